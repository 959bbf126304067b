"""OpenSSF model signing: one list of all files, as an in-toto statement in a DSSE envelope.

The file is a Sigstore bundle with a key (v0.3), as `model_signing verify key` reads it.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType

from causeway.core.ids import DIGEST_PREFIX, canonical_json

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
MODEL_SIGNATURE = "model.sig"


class NoModelSignature(ValueError):
    """These bytes are no model signature of the kind that is known here."""


class _PublicKey(Struct, frozen=True, rename="camel", omit_defaults=True):
    hint: str = ""
    raw_bytes: str = ""


class _Material(Struct, frozen=True, rename="camel"):
    public_key: _PublicKey
    tlog_entries: list[msgspec.Raw] = []


class _Made(Struct, frozen=True):
    sig: str
    keyid: str | None = ""


class _Envelope(Struct, frozen=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Made, ...]


class _Bundle(Struct, frozen=True, rename="camel"):
    media_type: str
    verification_material: _Material
    dsse_envelope: _Envelope


class _Subject(Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Resource(Struct, frozen=True):
    name: str
    algorithm: str
    digest: str


class _Serialization(Struct, frozen=True, omit_defaults=True):
    method: str = ""
    hash_type: str = ""
    allow_symlinks: bool | UnsetType = UNSET
    ignore_paths: tuple[str, ...] | UnsetType = UNSET


class _Predicate(Struct, frozen=True, omit_defaults=True):
    serialization: _Serialization | UnsetType = UNSET
    resources: tuple[_Resource, ...] | UnsetType = UNSET


class _Statement(Struct, frozen=True, omit_defaults=True):
    type: str = msgspec.field(name="_type")
    subject: tuple[_Subject, ...]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: _Predicate


class ModelSignature(Struct, frozen=True):
    """What a bundle says: the signature, the exact bytes it is over, and the digest of each file."""

    signature: bytes
    signed: bytes
    digests: dict[str, str]
    hint: str
    """SHA-256 of the public key's PEM; empty in bundles older than 1.1."""


def statement_over(name: str, digests: Mapping[str, str]) -> bytes:
    """The in-toto statement that lists these files, sorted by name."""
    named = sorted(digests.items())
    resources = tuple(_Resource(path, "sha256", digest.removeprefix(DIGEST_PREFIX)) for path, digest in named)
    return canonical_json(
        _Statement(
            STATEMENT,
            (_Subject(name, {"sha256": _root(resources)}),),
            PREDICATE,
            _Predicate(
                _Serialization("files", "sha256", allow_symlinks=False, ignore_paths=(MODEL_SIGNATURE,)),
                resources,
            ),
        )
    )


def envelope_bytes(payload: bytes) -> bytes:
    """What is signed in place of the payload: its type and length before it (DSSE, PAE)."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def write_model_signature(payload: bytes, signature: bytes, *, public_pem: str) -> bytes:
    """The bundle of a signed statement: the same bytes for the same signature."""
    return canonical_json(
        _Bundle(
            MEDIA_TYPE,
            _Material(_PublicKey(hint=hint_of(public_pem))),
            _Envelope(_text(payload), PAYLOAD_TYPE, (_Made(_text(signature)),)),
        )
    )


def read_model_signature(content: bytes) -> ModelSignature:
    """What this bundle says; whether its signature holds is for its reader to find out."""
    try:
        bundle = msgspec.json.decode(content, type=_Bundle)
        payload = base64.b64decode(bundle.dsse_envelope.payload, validate=True)
        statement = msgspec.json.decode(payload, type=_Statement)
        (made,) = bundle.dsse_envelope.signatures
        signature = base64.b64decode(made.sig, validate=True)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise NoModelSignature(f"it cannot be read: {error}") from error
    _check_kinds(bundle, statement)
    return ModelSignature(
        signature, envelope_bytes(payload), _digests(statement), bundle.verification_material.public_key.hint
    )


def is_as_written(content: bytes, *, public_pem: str) -> bool:
    """Whether these are the very bytes that `write_model_signature` makes, none added or respelled."""
    bundle = msgspec.json.decode(content, type=_Bundle)
    payload = base64.b64decode(bundle.dsse_envelope.payload)
    signature = base64.b64decode(bundle.dsse_envelope.signatures[0].sig)
    return write_model_signature(payload, signature, public_pem=public_pem) == content


def hint_of(public_pem: str) -> str:
    """How a bundle names the key that signed it."""
    return hashlib.sha256(public_pem.encode()).hexdigest()


def _check_kinds(bundle: _Bundle, statement: _Statement) -> None:
    kinds = (
        bundle.media_type,
        bundle.dsse_envelope.payload_type,
        statement.type,
        statement.predicate_type,
    )
    if kinds != (MEDIA_TYPE, PAYLOAD_TYPE, STATEMENT, PREDICATE):
        raise NoModelSignature(f"it is of another kind: {', '.join(kinds)}")


def _digests(statement: _Statement) -> dict[str, str]:
    resources = statement.predicate.resources
    if resources is UNSET or len(statement.subject) != 1:
        raise NoModelSignature("it does not list the files of one model")
    if any(resource.algorithm != "sha256" for resource in resources):
        raise NoModelSignature("it uses another digest than SHA-256")
    if statement.subject[0].digest.get("sha256") != _root(resources):
        raise NoModelSignature("its own sum is not that of the files it lists")
    digests = {resource.name: DIGEST_PREFIX + resource.digest for resource in resources}
    if len(digests) != len(resources):
        raise NoModelSignature("it lists a file twice")
    return digests


def _root(resources: tuple[_Resource, ...]) -> str:
    summed = hashlib.sha256()
    for resource in resources:
        try:
            summed.update(bytes.fromhex(resource.digest))
        except ValueError as error:
            raise NoModelSignature(f"the digest of {resource.name} is none") from error
    return summed.hexdigest()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()

"""Whether the bytes of a bundle are what its name, its signature and its own list of files say."""

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
from msgspec import Struct

from causeway.core.errors import Refused
from causeway.core.ids import canonical_json, digest_of, short
from causeway.core.model_signing import (
    MODEL_SIGNATURE,
    NoModelSignature,
    is_as_written,
    read_model_signature,
)
from causeway.core.release import Release

WHOLE = 2
"""From this format on, `model.sig` covers every file of the bundle, and no other may lie there."""
RELEASE = "release.json"
SIGNATURE = "release.sig"
FEATURES = "features.json"
COLUMNS = "columns.json"
"""How each column of the model is made, in words."""
AGAIN = "make the release again: causeway run"
FUNCTION = "features/"
"""The folder of the modules whose function makes the model's columns."""

Verify = Callable[[str, bytes, bytes], bool]
"""Whether the holder of this public key (PEM) made this signature over these bytes."""


class BadBundle(Refused):
    """The bundle is not what it says it is."""

    code = "bad_bundle"


class BundleSignature(Struct, frozen=True, omit_defaults=True):
    """What `release.sig` holds: who signed the bytes of `release.json`, and the signature in base64.

    The same key says in `model_key_signature` that `model_key` is its holder's own: the P-256 key (PEM) with
    which `model.sig` is made, since the format of model signatures knows no Ed25519.
    """

    key_id: str
    signature: str
    model_key: str = ""
    model_key_signature: str = ""


_release = msgspec.json.Decoder(Release).decode
_signature = msgspec.json.Decoder(BundleSignature).decode


def verified_release(
    content: bytes, signature: bytes, *, name: str, trusted: Sequence[str], verify: Verify
) -> Release:
    """The release that these bytes describe, once its name and a trusted signature are proven."""
    if digest_of(content) != name:
        raise BadBundle(
            f"{RELEASE} has the digest {short(digest_of(content))}, the release is named {short(name)}",
            hint="make the release again; never edit a bundle",
        )
    _check_signature(content, signature, trusted=trusted, verify=verify)
    try:
        return _release(content)
    except msgspec.DecodeError as error:
        raise BadBundle(
            f"{RELEASE} cannot be read: {error}", hint="it was made by another version"
        ) from error


def check_file(release: Release, path: str, content: bytes) -> None:
    """Refuses bytes that are not those of this file when the release was made."""
    if digest_of(content) != release.files.get(path):
        raise BadBundle(
            f"{path} is not the file that was released",
            hint="unpack the bundle again; its content does not match its digest",
        )


def check_paths(release: Release) -> None:
    """Refuses a bundle whose list of files leaves its folder or lacks its model."""
    for path in release.files:
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            raise BadBundle(f"the bundle names a file outside itself: {path}")
    if release.model.file not in release.files:
        raise BadBundle(f"the bundle does not list its model {release.model.file}")


def signed_files(
    release: Release, signature: bytes, model_signature: bytes, *, trusted: Sequence[str], verify: Verify
) -> Mapping[str, str]:
    """The digest of every file that the bundle was signed with, but for `model.sig` itself.

    A release older than this signature has only the files that it lists.
    """
    if release.format < WHOLE:
        return release.files
    key = _model_key(signature, trusted=trusted, verify=verify)
    try:
        made = read_model_signature(model_signature)
        whole = is_as_written(model_signature, public_pem=key)
    except NoModelSignature as error:
        raise BadBundle(f"{MODEL_SIGNATURE}: {error}", hint=AGAIN) from error
    if not whole or not verify(key, made.signature, made.signed):
        raise BadBundle(f"{MODEL_SIGNATURE} is not the signature that was made", hint=AGAIN)
    if not made.digests.items() >= release.files.items():
        raise BadBundle(f"{MODEL_SIGNATURE} is that of another release", hint=AGAIN)
    return made.digests


def check_names(release: Release, signed: Collection[str], names: Collection[str]) -> None:
    """Refuses a folder with a file that nobody signed, or without one that was."""
    if release.format < WHOLE:
        return
    wanted = {*signed, MODEL_SIGNATURE}
    for name in sorted(wanted ^ set(names)):
        if name in wanted:
            raise BadBundle(f"{name} is missing from the bundle", hint=AGAIN)
        raise BadBundle(f"{name} was put into the bundle after it was signed", hint=AGAIN)


def check_signed(signed: Mapping[str, str], path: str, content: bytes) -> None:
    """Refuses bytes that are not those of this file when the bundle was signed."""
    if path != MODEL_SIGNATURE and digest_of(content) != signed.get(path):
        raise BadBundle(f"{path} is not the file that was released", hint=AGAIN)


def model_key_statement(public_pem: str) -> bytes:
    """What the holder of a release key signs to make a model-signing key his own."""
    return b"causeway model-signing key\n" + public_pem.encode()


def _model_key(signature: bytes, *, trusted: Sequence[str], verify: Verify) -> str:
    held = _read_signature(signature)
    if canonical_json(held) != signature:
        raise BadBundle(f"{SIGNATURE} is not the file that was signed", hint=AGAIN)
    said = _decoded(held.model_key_signature)
    if not any(verify(public, said, model_key_statement(held.model_key)) for public in trusted):
        raise BadBundle(f"{SIGNATURE} names a model-signing key that no trusted key vouches for", hint=AGAIN)
    return held.model_key


def _check_signature(content: bytes, signature: bytes, *, trusted: Sequence[str], verify: Verify) -> None:
    if not trusted:
        raise BadBundle("the route trusts no signing key", hint="ship again: it writes the trusted keys")
    made = _decoded(_read_signature(signature).signature)
    if not any(verify(public, made, content) for public in trusted):
        raise BadBundle(
            f"the release is not signed by a trusted key: {SIGNATURE}",
            hint="make the release again with a key that this route trusts",
        )


def _read_signature(content: bytes) -> BundleSignature:
    try:
        return _signature(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadBundle(f"{SIGNATURE} cannot be read", hint=AGAIN) from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadBundle(f"{SIGNATURE} cannot be read", hint=AGAIN) from error

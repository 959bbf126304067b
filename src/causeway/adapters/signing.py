"""Signing keys as PEM files in a folder that lies outside every database and workspace.

`signing.key` is the private half (mode 0600); each `<key id>.pub.pem` is a public key that is trusted here.
`model-signing.key` and `model-signing.pem` are the P-256 pair that OpenSSF model signatures ask for.
"""

import os
import secrets
import stat
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_p256
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from causeway.core.errors import OutsideError, UsageError
from causeway.core.signatures import key_id_of

PRIVATE_NAME = "signing.key"
PUBLIC_SUFFIX = ".pub.pem"
MODEL_PRIVATE_NAME = "model-signing.key"
MODEL_PUBLIC_NAME = "model-signing.pem"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO

NAMES = {Ed25519PrivateKey: "Ed25519", EllipticCurvePrivateKey: "ECDSA"}
PrivateKey = TypeVar("PrivateKey", Ed25519PrivateKey, EllipticCurvePrivateKey)


class FolderSigner:
    """Signs with the private key of this folder; makes the key pair when there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            path = folder / PRIVATE_NAME
            self._key = _load(path, Ed25519PrivateKey) or _make(
                path, Ed25519PrivateKey, Ed25519PrivateKey.generate()
            )
            self.public_pem = _public_pem(self._key)
            self.key_id = key_id_of(self.public_pem)
            _publish(folder / f"{self.key_id}{PUBLIC_SUFFIX}", self.public_pem)
        except OSError as error:
            raise _unusable(folder, error) from error

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes, 64 bytes long."""
        return self._key.sign(content)

    @property
    def model_pem(self) -> str:
        """The public half of the key for model signatures, PEM."""
        return _public_pem(self._model_key)

    def sign_model(self, content: bytes) -> bytes:
        """The ECDSA signature (P-256, SHA-256, DER) over these bytes, the smaller of its two forms."""
        r, s = decode_dss_signature(self._model_key.sign(content, ECDSA(SHA256())))
        return encode_dss_signature(r, min(s, P256_ORDER - s))

    @cached_property
    def _model_key(self) -> EllipticCurvePrivateKey:
        path = self._folder / MODEL_PRIVATE_NAME
        try:
            key = _load(path, EllipticCurvePrivateKey) or _make(
                path, EllipticCurvePrivateKey, generate_p256(SECP256R1())
            )
            _publish(self._folder / MODEL_PUBLIC_NAME, _public_pem(key))
        except OSError as error:
            raise _unusable(self._folder, error) from error
        return key


def read_trusted(folder: Path) -> dict[str, str]:
    """The public keys trusted on this machine: key id to PEM; empty when the folder is not there."""
    try:
        # a glob would take a folder that may not be read for an empty one
        found = [path for path in sorted(folder.iterdir()) if path.name.endswith(PUBLIC_SUFFIX)]
        return dict(_public(path) for path in found)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unusable(folder, error) from error


def trust(folder: Path, public_pem: str) -> None:
    """Puts a public key among the trusted ones."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _publish(folder / f"{key_id_of(public_pem)}{PUBLIC_SUFFIX}", public_pem)
    except OSError as error:
        raise _unusable(folder, error) from error


def _public(path: Path) -> tuple[str, str]:
    pem = path.read_text(encoding="utf-8", errors="replace")
    try:
        return key_id_of(pem), pem
    except UsageError as error:
        raise OutsideError(
            error.message, where=str(path), hint="take that file away, or bring it back from your own copy"
        ) from error


def _load(path: Path, kind: type[PrivateKey]) -> PrivateKey | None:
    if not path.exists():
        return None
    if path.stat().st_mode & FOR_OTHERS:
        raise OutsideError(
            "the private signing key can be read by others", where=str(path), hint=f"run: chmod 600 {path}"
        )
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise OutsideError(
            "the private signing key cannot be read", where=str(path), hint="bring it back from your own copy"
        ) from error
    if not isinstance(key, kind):
        raise OutsideError(
            f"the private signing key is not {NAMES[kind]}",
            where=str(path),
            hint="set CAUSEWAY_KEYS to the folder of keys that Causeway made",
        )
    return key


def _make(path: Path, kind: type[PrivateKey], key: PrivateKey) -> PrivateKey:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write_private(scratch, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        # a link refuses to replace what another process made in the meantime
        os.link(scratch, path)
    except FileExistsError:
        return _load(path, kind) or key
    finally:
        scratch.unlink()
    return key


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _publish(path: Path, pem: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") == pem:
        return
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    scratch.write_text(pem, encoding="utf-8")
    scratch.replace(path)


def _public_pem(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _unusable(folder: Path, error: OSError) -> OutsideError:
    return OutsideError(
        f"the folder of signing keys cannot be used: {error.strerror}",
        where=str(folder),
        hint="set CAUSEWAY_KEYS to a folder of your own that you may write to",
    )

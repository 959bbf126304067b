"""Signing keys as PEM files in a folder that lies outside every database and workspace.

`signing.key` is the private half (mode 0600); each `<key id>.pub.pem` is a public key that is trusted here.
"""

import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FolderSigner:
    """Signs with the private key of this folder; makes the key pair when there is none."""

    def __init__(self, folder: Path) -> None:
        try:
            self._key = _load(folder / PRIVATE_NAME) or _make(folder)
            self.public_pem = _public_pem(self._key)
            self.key_id = key_id_of(self.public_pem)
            _publish(folder / f"{self.key_id}{PUBLIC_SUFFIX}", self.public_pem)
        except OSError as error:
            raise _unusable(folder, error) from error

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes, 64 bytes long."""
        return self._key.sign(content)


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


def _load(path: Path) -> Ed25519PrivateKey | None:
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
    if not isinstance(key, Ed25519PrivateKey):
        raise OutsideError(
            "the private signing key is not Ed25519",
            where=str(path),
            hint="set CAUSEWAY_KEYS to the folder of keys that Causeway made",
        )
    return key


def _make(folder: Path) -> Ed25519PrivateKey:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    scratch = folder / f".{PRIVATE_NAME}.{secrets.token_hex(4)}"
    _write_private(scratch, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        # a link refuses to replace what another process made in the meantime
        os.link(scratch, folder / PRIVATE_NAME)
    except FileExistsError:
        return _load(folder / PRIVATE_NAME) or key
    finally:
        scratch.unlink()
    return key


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _publish(path: Path, pem: str) -> None:
    if path.exists():
        return
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    scratch.write_text(pem, encoding="utf-8")
    scratch.replace(path)


def _public_pem(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _unusable(folder: Path, error: OSError) -> OutsideError:
    return OutsideError(
        f"the folder of signing keys cannot be used: {error.strerror}",
        where=str(folder),
        hint="set CAUSEWAY_KEYS to a folder of your own that you may write to",
    )

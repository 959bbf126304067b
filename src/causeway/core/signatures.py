"""Ed25519 signatures (RFC 8032): whether one holds, and what a public key is called."""

import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from causeway.core.errors import UsageError

ID_DIGITS = 16


def verify(public_pem: str, signature: bytes, content: bytes) -> bool:
    """Whether the holder of this public key made this signature over these bytes."""
    try:
        _public_key(public_pem).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def key_id_of(public_pem: str) -> str:
    """The name of a public key: `k-` and the first digits of the SHA-256 of its 32 bytes."""
    return "k-" + hashlib.sha256(_public_key(public_pem).public_bytes_raw()).hexdigest()[:ID_DIGITS]


@lru_cache(maxsize=64)
def _public_key(public_pem: str) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(public_pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(
            "this is not a public key in PEM form", hint="it starts with -----BEGIN PUBLIC KEY-----"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(
            "this public key is not Ed25519", hint="Causeway's own keys lie in the folder CAUSEWAY_KEYS"
        )
    return key

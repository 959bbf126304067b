"""Whether a signature holds, Ed25519 (RFC 8032) or ECDSA, and what a public Ed25519 key is called."""

import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from causeway.core.errors import UsageError

ID_DIGITS = 16
CURVES = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384(), "secp521r1": hashes.SHA512()}


def verify(public_pem: str, signature: bytes, content: bytes) -> bool:
    """Whether the holder of this public key made this signature over these bytes."""
    key = _loaded(public_pem)
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, content, ECDSA(CURVES[key.curve.name]))
        else:
            key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def key_id_of(public_pem: str) -> str:
    """The name of a public key: `k-` and the first digits of the SHA-256 of its 32 bytes."""
    key = _loaded(public_pem)
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(
            "this public key is not Ed25519", hint="Causeway's own keys lie in the folder CAUSEWAY_KEYS"
        )
    return "k-" + hashlib.sha256(key.public_bytes_raw()).hexdigest()[:ID_DIGITS]


@lru_cache(maxsize=64)
def _loaded(public_pem: str) -> Ed25519PublicKey | EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(public_pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UsageError(
            "this is not a public key in PEM form", hint="it starts with -----BEGIN PUBLIC KEY-----"
        ) from error
    if isinstance(key, Ed25519PublicKey) or (
        isinstance(key, EllipticCurvePublicKey) and key.curve.name in CURVES
    ):
        return key
    raise UsageError(
        "this public key is neither Ed25519 nor ECDSA on a NIST curve",
        hint="Causeway's own keys lie in the folder CAUSEWAY_KEYS",
    )

"""Checks an Ed25519 signature (RFC 8032) in plain Python, for where no library is to be trusted."""

import base64
import hashlib

SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P

Point = tuple[int, int, int, int]


def signed_by(public_pem: str, signature: bytes, content: bytes) -> bool:
    """Whether this Ed25519 signature holds (RFC 8032, section 5.1.7)."""
    public = raw_key(public_pem)
    point = decompress(public)
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + content).digest()
    x, y, z, t = times(int.from_bytes(digest, "little") % ORDER, point)
    base = decompress(BASE_Y.to_bytes(32, "little"))
    return bool(base) and compress(add(times(scalar, base), (-x, y, z, -t))) == signature[:32]


def raw_key(public_pem: str) -> bytes:
    """The 32 bytes of an Ed25519 public key; ValueError when it is none."""
    lines = [line for line in public_pem.split("\n") if line and not line.startswith("-----")]
    der = base64.b64decode("".join(lines), validate=True)
    if len(der) != len(SPKI_PREFIX) + 32 or not der.startswith(SPKI_PREFIX):
        raise ValueError("not an Ed25519 public key in PEM form")
    return der[len(SPKI_PREFIX) :]


def add(left: Point, right: Point) -> Point:
    """The sum of two points of the curve, in extended coordinates."""
    a = (left[1] - left[0]) * (right[1] - right[0]) % P
    b = (left[1] + left[0]) * (right[1] + right[0]) % P
    c = 2 * left[3] * right[3] * D % P
    d = 2 * left[2] * right[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: Point) -> Point:
    """The point added to itself so many times."""
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point = add(point, point)
        scalar >>= 1
    return total


def compress(point: Point) -> bytes:
    """The 32 bytes of a point."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decompress(content: bytes) -> Point | None:
    """The point of these 32 bytes; None when there is none on the curve."""
    y = int.from_bytes(content, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)

"""Names that nobody has to hand out: digests of bytes, and identifiers that sort by time."""

import hashlib
import re
import secrets
from datetime import datetime
from typing import Any

import msgspec

from causeway.core.errors import UsageError

_canonical = msgspec.json.Encoder(order="sorted")

DIGEST_PREFIX = "sha256:"
# the manifest's own pattern
PRODUCT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any value msgspec can encode
    """The one JSON text of a value: sorted keys, no spaces, UTF-8."""
    return _canonical.encode(value)


def digest_of(content: bytes) -> str:
    """The name of these bytes: `sha256:` and 64 hexadecimal digits."""
    return DIGEST_PREFIX + hashlib.sha256(content).hexdigest()


def digest_of_value(value: Any) -> str:  # noqa: ANN401 - any value msgspec can encode
    """The digest of a value's canonical JSON."""
    return digest_of(canonical_json(value))


def is_product_name(name: str) -> bool:
    """Whether a manifest could call a product so."""
    return PRODUCT.fullmatch(name) is not None


def check_product_name(name: str) -> None:
    """Refuses what no manifest could call a product, before it becomes a part of a path."""
    if not is_product_name(name):
        raise UsageError(
            f"{name!r} is no name of a product",
            hint="lower-case letters, digits and hyphens, at most 63; a ledger that holds others is not ours",
        )


def counted(number: int, noun: str) -> str:
    """The number with its noun, which takes an s unless there is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short(digest: str) -> str:
    """The first twelve hexadecimal digits, enough for a person to tell digests apart."""
    return digest.removeprefix(DIGEST_PREFIX)[:12]


def beside(prediction: str, release: str) -> str:
    """The name of what a shadow said beside this prediction; of that name, the prediction's again."""
    # the low 60 bits, so that the name still sorts by its time
    number = int(prediction.replace("-", ""), 16) ^ int(release.removeprefix(DIGEST_PREFIX)[:15], 16)
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid7(at: datetime) -> str:
    """A random identifier that sorts by its time, to the millisecond (RFC 9562, section 5.7)."""
    milliseconds = int(at.timestamp() * 1000)
    value = (milliseconds & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

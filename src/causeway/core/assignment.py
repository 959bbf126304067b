"""Who is answered by which release, and who by none: a salted hash of a name, the same on every machine.

The slot of a unit is the BLAKE2b digest of eight bytes of `<purpose>/<product>/<salt>/<unit>`, big end first,
modulo 10,000. Releases and the holdout are drawn for different purposes, so that neither draw tells anything
about the other.
"""

from collections.abc import Sequence
from hashlib import blake2b

from msgspec import Struct

SLOTS = 10_000
PERCENT = SLOTS // 100
RELEASE, HOLDOUT = "release", "holdout"


class Lots(Struct, frozen=True):
    """The draws of one product; another `salt` draws everybody anew."""

    product: str
    shares: tuple[int, ...]
    """Of the releases, in percent; they sum to 100."""
    salt: str = ""
    holdout_percent: int = 0

    def release(self, unit: str) -> int:
        """Which of the releases this unit is answered by."""
        return position(self.shares, unit, salt=self._salt(RELEASE))

    def held_out(self, unit: str) -> bool:
        """Whether this unit gets no answer of any model."""
        return self.holdout_percent > 0 and (
            slot(unit, salt=self._salt(HOLDOUT)) < self.holdout_percent * PERCENT
        )

    def _salt(self, purpose: str) -> str:
        return f"{purpose}/{self.product}/{self.salt}"


def slot(unit: str, *, salt: str) -> int:
    """The slot, 0 to 9,999, in which this unit always falls."""
    return int.from_bytes(blake2b(f"{salt}/{unit}".encode(), digest_size=8).digest()) % SLOTS


def position(shares: Sequence[int], unit: str, *, salt: str) -> int:
    """Which of these shares, which sum to 100, the unit falls into."""
    if len(shares) == 1:
        return 0
    place = slot(unit, salt=salt)
    for index, share in enumerate(shares):
        if place < share * PERCENT:
            return index
        place -= share * PERCENT
    return len(shares) - 1


def unit_of(value: object) -> str:
    """The name that a value is as a unit, empty where it names nobody; 17, 17.0 and "17" are one name."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)

"""What a process of the gateway answered by the minute: a line of a `.minutes` file, even where it is 0.

That a line is there says that the process was up and had the product loaded.
"""

from msgspec import Struct

MINUTES_SUFFIX = ".minutes"


class Minute(Struct, frozen=True, array_like=True):
    """The requests of one product in some seconds, by status and by the reason of a refusal."""

    since_ns: int
    until_ns: int
    codes: dict[str, int] = {}
    reasons: dict[str, int] = {}
    cpu_us: int | None = None
    """Processor time of the process that went to this product; None where nobody measured it."""

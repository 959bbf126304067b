"""Facts of what a product used, what its budget came to, and what was foretold of its cost."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.core.fact import Fact


class Usage(Struct, frozen=True, omit_defaults=True):
    """What one caller was answered by one release in one arm; such counts add up."""

    release: str
    arm: str = ""
    consumer: str = ""
    requests: int = 0
    rows: int = 0
    busy_us: int = 0
    """From request to answer, added up over requests; waiting is in it."""
    tokens_in: int = 0
    tokens_cached: int = 0
    """Those of the input that the service had kept; they are not in `tokens_in`."""
    tokens_out: int = 0
    batch: bool = False
    """Answered by `causeway score`, not by the gateway."""


class UsageMetered(Fact, frozen=True, tag="usage.metered"):
    """What lies in a segment was counted after it was sealed, as nobody had done so then."""

    segment: str
    day: date
    usage: tuple[Usage, ...] = ()


class ServingMetered(Fact, frozen=True, tag="serving.metered"):
    """For how long the gateway was up on one day (UTC), and how much processor time went to this product."""

    day: date
    up_seconds: float
    """Seconds in which any of its processes was up with this product loaded."""
    cpu_seconds: float | None = None
    """None where no process said it."""
    how: str = ""


class BudgetJudged(Fact, frozen=True, tag="budget.judged"):
    """The month's cost came near its budget, reached it, or is within it again."""

    month: str
    """Such as `2026-11`."""
    verdict: str
    """`within`, `near` or `reached`."""
    spent: Decimal
    budget: Decimal
    currency: str
    because: str = ""
    """One sentence with the numbers in it."""
    refuses: bool = False
    """Whether callers are refused until the month is over."""


class CostUnusual(Fact, frozen=True, tag="cost.unusual"):
    """One day cost what nobody could expect, and money enough to look at."""

    day: date
    actual: Decimal
    expected: Decimal
    low: Decimal
    high: Decimal
    """Between these the day was forecast to lie, the day before."""
    currency: str
    floor: Decimal
    """Less money than this off is not told."""
    price: Decimal = Decimal(0)
    volume: Decimal = Decimal(0)
    mix: Decimal = Decimal(0)
    """What of the change against the week before is dearer units, more of them, and dearer sorts of them."""
    driver: str = ""
    """What grew or fell most."""
    owner: str = ""
    """Who is to be told."""


class CostForecast(Fact, frozen=True, tag="cost.forecast"):
    """What somebody was told that the product would cost, from the day after `until` on."""

    until: date
    """The last day that it was drawn from."""
    days: int
    currency: str
    total: float
    low: float
    high: float
    """Of all those days together, at `level`."""
    level: float
    peak: float
    peak_high: float
    """The dearest single day among them."""
    method: str = ""
    daily: tuple[float, ...] = ()


Metering = UsageMetered | ServingMetered | BudgetJudged | CostUnusual | CostForecast

WITHIN, NEAR, REACHED = "within", "near", "reached"

"""What a product cost and what it brought over a period: the two sides of its page, in one currency."""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.core.figure import Figure

CATEGORIES = (
    "compute",
    "ai services",
    "peaks",
    "tooling",
    "storage",
    "people",
    "build",
    "licences",
    "idle",
)
"""The survey's five cost centres, and four that it leaves out."""


class SpentLine(Struct, frozen=True, omit_defaults=True):
    """One part of the cost: its category, and the rule by which it came to this product."""

    category: str
    rule: str
    """`direct`, `metered`, `fixed`, `even` or `unallocated`."""
    metered: Decimal | None = None
    """Estimated: what was metered, at the prices of the rate card."""
    billed: Decimal | None = None
    """Actual: what an invoice says; None where none covers it."""
    what: str = ""


class Spent(Struct, frozen=True, omit_defaults=True):
    """What was spent from `since` up to and including `until`; metered and billed stand side by side."""

    product: str
    currency: str
    since: date
    until: date
    lines: tuple[SpentLine, ...] = ()
    total: Decimal = Decimal(0)
    """Billed where an invoice covers it, else metered; every part once."""
    billed: Decimal | None = None
    metered: Decimal = Decimal(0)
    variance: Decimal | None = None
    """Billed less metered of what both cover; never scaled away."""
    unallocated: Decimal = Decimal(0)
    """Of all invoices of the workspace in this currency: what belongs to no product."""
    not_counted: tuple[str, ...] = ()
    """Categories of which nothing is known."""
    completeness: float = 0.0
    """Share of the categories that something is known of."""
    days: tuple[tuple[date, Decimal], ...] = ()
    """The total by day, as far as it is known by day."""
    once: Decimal = Decimal(0)
    """What of the total was for building it, once."""
    facts: tuple[int, ...] = ()
    """Sequence numbers of the product's own events that it rests on."""
    shared: tuple[int, ...] = ()
    """Those of the chain of bills and prices, which no single product owns."""
    invoiced: Decimal | None = None
    """What the invoices ask for the same, before commitments and prepayments are spread over their time."""
    elsewhere: dict[str, Decimal] = {}
    """What it cost in other currencies, which are never added."""
    apart: Decimal = Decimal(0)
    """Metered of what bills in other currencies ask for: it stands beside them, in no total."""


class SpentPart(Struct, frozen=True, omit_defaults=True):
    """What one day of one release cost; billed where it is known, else metered, they sum to the total."""

    day: date
    release: str
    """Empty where it is no single release's."""
    category: str
    rule: str
    currency: str
    metered: Decimal | None = None
    billed: Decimal | None = None


class Guardrail(Struct, frozen=True, omit_defaults=True):
    """Something that must not get worse, with how much worse it may be."""

    name: str
    verdict: str
    """`held`, `breached` or `unknown`."""
    difference: Figure | None = None
    why: str = ""
    """Why it was not measured, if so."""


class PartEffect(Struct, frozen=True, omit_defaults=True):
    """The effect on a part of the units, which is told and never booked."""

    name: str
    effect: Figure | None = None
    """With an interval that holds for all parts together."""
    treated: int = 0
    control: int = 0
    p: float = 1.0
    """Of no effect, corrected for how many parts were looked at (Holm)."""
    found: bool = False


class Assumption(Struct, frozen=True, omit_defaults=True):
    """A number that nobody measured here: who stands for it, and since when."""

    name: str
    figure: Figure
    approver: str = ""
    source: str = ""
    fact: int = 0
    own: bool = False
    """Whether the approver put it on record themselves; else somebody typed their name."""


class Benefit(Struct, frozen=True, omit_defaults=True):
    """What it brought from `since` up to and including `until`: a claim, its grade, how far it is money."""

    product: str
    since: date
    until: date
    kpi: str
    family: str
    """`hours`, `margin` or `conversion`."""
    design: str
    grade: str
    """A, B, C or D; empty where nothing can be said yet."""
    wording: str
    """The fixed words of the grade: `caused`, ..., `claimed`."""
    sentence: str
    """The claim in words, with its interval; or why there is none."""
    effect: Figure | None = None
    """On one unit of exposure, in the measure's own unit."""
    units: Figure | None = None
    """On everything that was exposed in the period, in the measure's unit."""
    exposed: int = 0
    arms: dict[str, int] = {}
    """How many units each arm had; `treated` and `control`."""
    money: Figure | None = None
    """Gross: units at their value, realised or not."""
    booked: Decimal | None = None
    """The lower bound, realised, after overlap and haircut: what may stand in a budget."""
    not_cashable: Decimal = Decimal(0)
    overlap: Decimal = Decimal(0)
    haircut: Decimal = Decimal(0)
    """What the grade takes off; the policy is declared."""
    currency: str = ""
    pending: float = 0.0
    """Share of exposures whose outcome is not mature."""
    hours: Figure | None = None
    automation: Figure | None = None
    """Share of cases that nobody had to touch."""
    baseline: Figure | None = None
    """Recorded before launch; None where it was not, which the sentence says."""
    lapses: tuple[str, ...] = ()
    """Why the grade is not higher, each in a sentence."""
    falsifies: tuple[str, ...] = ()
    """What would show the claim to be wrong."""
    guardrails: tuple[Guardrail, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    changes: tuple[str, ...] = ()
    """What was changed after the start, with its day."""
    weeks: tuple[tuple[date, float, float | None, float | None], ...] = ()
    """The measure's effect by week: first day, effect, low, high."""
    later: Figure | None = None
    """The effect of the later half of the units, which alone may be carried forward where it differs."""
    disputed: bool = False
    """Whether a guardrail is breached: then nothing is booked."""
    observed: Figure | None = None
    """How far the measure itself changed since its baseline, on one unit, whatever changed it."""
    ceiling: Decimal | None = None
    """The lower end of that in money: no more can all who claim the measure have brought together."""
    by_part: tuple[PartEffect, ...] = ()
    facts: tuple[int, ...] = ()

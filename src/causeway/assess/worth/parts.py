"""The parts of the page about what a product costs and brings; every number with what it rests on.

An event is named by its number in the product's chain; `bills/3` lies in the chain of bills and prices.
"""

from datetime import date
from decimal import Decimal

from msgspec import Struct

from causeway.core.figure import Figure
from causeway.core.worth import Assumption, Guardrail, PartEffect, SpentLine


class Signed(Struct, frozen=True):
    """Who of finance put their name to the page, when, and whether its numbers are still the same."""

    name: str
    at: date
    same: bool
    fact: str = ""


class Header(Struct, frozen=True, omit_defaults=True):
    """Whose page it is, of which period, and how far it can be trusted."""

    product: str
    since: date
    until: date
    currency: str = ""
    owner: str = ""
    sponsor: str = ""
    stage: str = ""
    grade: str = ""
    """A, B, C or D; empty where nothing can be said yet."""
    wording: str = ""
    signed: Signed | None = None
    ledger: str = ""
    """Hash of the last event that the page rests on."""
    seq: int = 0


class Missing(Struct, frozen=True):
    """Something without which less can be said, and what brings it."""

    what: str
    why: str
    command: str


class Step(Struct, frozen=True, omit_defaults=True):
    """One step of the bridge from gross value to net; `after` is what is left once it was taken."""

    what: str
    kind: str
    """`gross`, `less`, `booked`, `cost` or `net`."""
    amount: Decimal
    after: Decimal
    how: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    facts: tuple[str, ...] = ()


class Bridge(Struct, frozen=True, omit_defaults=True):
    """From gross value to net, in one currency; where there is none, `why` says so."""

    currency: str
    steps: tuple[Step, ...] = ()
    why: str = ""

    @property
    def booked(self) -> Decimal | None:
        """What may stand in a budget."""
        return self._after("booked")

    @property
    def net(self) -> Decimal | None:
        """What is left of it when everything is paid."""
        return self._after("net")

    def _after(self, kind: str) -> Decimal | None:
        return next((step.after for step in self.steps if step.kind == kind), None)


class Number(Struct, frozen=True, omit_defaults=True):
    """A figure under its name, and the events that it rests on."""

    what: str
    figure: Figure
    facts: tuple[str, ...] = ()


class Month(Struct, frozen=True):
    """What had been booked and spent by the end of this day, since it began."""

    until: date
    booked: Decimal
    spent: Decimal

    @property
    def net(self) -> Decimal:
        """Booked less spent."""
        return self.booked - self.spent


class Band(Struct, frozen=True):
    """Where the cumulative net will be on this day: one case in ten below `low`, one above `high`."""

    until: date
    low: float
    middle: float
    high: float


class Case(Struct, frozen=True, omit_defaults=True):
    """The business case as it was first declared: what it was to cost and to bring, month by month."""

    declared: date
    currency: str
    build: Decimal
    run_per_month: Decimal
    value_per_month: Decimal
    how: str
    fact: str = ""
    points: tuple[tuple[date, Decimal], ...] = ()
    """Cumulative net at the end of each month."""
    months: int | None = None
    """In which month it was to be paid back; None where never within the horizon."""


class PaybackLine(Struct, frozen=True, omit_defaults=True):
    """Cumulative net: what was, what will be, and what was promised."""

    currency: str
    actual: tuple[Month, ...] = ()
    fan: tuple[Band, ...] = ()
    case: Case | None = None
    paid_back: date | None = None
    words: str = ""
    """When it pays back, in one sentence."""
    how: str = ""
    numbers: tuple[Number, ...] = ()
    """Net present value, chance that it pays, and what else finance asks for."""
    facts: tuple[str, ...] = ()


class Evidence(Struct, frozen=True, omit_defaults=True):
    """How it is known what it brought, and what would show the contrary."""

    grade: str
    wording: str
    design: str
    kpi: str
    sentence: str
    since: date | None = None
    until: date | None = None
    arms: dict[str, int] = {}
    exposed: int = 0
    pending: float = 0.0
    effect: Figure | None = None
    baseline: Figure | None = None
    hours: Figure | None = None
    automation: Figure | None = None
    guardrails: tuple[Guardrail, ...] = ()
    lapses: tuple[str, ...] = ()
    falsifies: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    weeks: tuple[tuple[date, float, float | None, float | None], ...] = ()
    by_part: tuple[PartEffect, ...] = ()
    observed: Figure | None = None
    """How far the measure itself changed since its baseline."""
    ceiling: Decimal | None = None
    """That in money, its lower end: no more can all products that claim the measure have brought together."""
    facts: tuple[str, ...] = ()


class Cost(Struct, frozen=True, omit_defaults=True):
    """What it cost, how far invoices say so too, what it will cost, and what is not in it."""

    currency: str
    total: Decimal
    lines: tuple[SpentLine, ...] = ()
    billed: Decimal | None = None
    metered: Decimal = Decimal(0)
    variance: Decimal | None = None
    invoiced: Decimal | None = None
    """What the invoices ask for what is billed, before commitments are spread over their time."""
    elsewhere: dict[str, Decimal] = {}
    """What it cost in other currencies."""
    apart: Decimal = Decimal(0)
    """Metered of what bills in those currencies ask for, in no sum."""
    unallocated: Decimal = Decimal(0)
    once: Decimal = Decimal(0)
    tied_out: float = 0.0
    """Share of the total that an invoice says."""
    completeness: float = 0.0
    not_counted: tuple[str, ...] = ()
    year_end: Figure | None = None
    """All of this calendar year, what was spent of it included."""
    peak: Figure | None = None
    """The dearest day of the coming four weeks."""
    running: Figure | None = None
    """A month of running it, as it goes."""
    budget: Figure | None = None
    """What a month may cost, as the manifest says."""
    a_month: Figure | None = None
    """Infrastructure of one month, where nothing was spent yet."""
    before: tuple[str, ...] = ()
    """How far earlier forecasts were off."""
    facts: tuple[str, ...] = ()


class Ranked(Struct, frozen=True, omit_defaults=True):
    """An assumption, and by how much the net moves when it goes from one end of its range to the other."""

    assumption: Assumption
    rank: int
    swing: Decimal | None = None
    how: str = ""


class Changed(Struct, frozen=True):
    """One number that is another than in the last report."""

    what: str
    before: str
    after: str


class Changes(Struct, frozen=True, omit_defaults=True):
    """What is not as it was in the last report; `since` is None where this is the first."""

    since: date | None = None
    fact: str = ""
    lines: tuple[Changed, ...] = ()


class WorthPage(Struct, frozen=True, omit_defaults=True):
    """Everything that is on the page of one product."""

    header: Header
    sentence: str
    bridge: Bridge
    payback: PaybackLine
    units: tuple[Number, ...]
    evidence: Evidence
    cost: Cost
    assumptions: tuple[Ranked, ...] = ()
    missing: tuple[Missing, ...] = ()
    changes: Changes = Changes()
    predictions: int = 0
    """Answered in the period."""

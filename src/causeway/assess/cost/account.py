"""What products cost in a period: metered and billed side by side, every part once, summing to the cent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from msgspec import Struct

from causeway.assess.cost.attribute import NOBODY, Portion, apportioned
from causeway.assess.cost.cents import daily_cents
from causeway.assess.cost.meter import Priced
from causeway.assess.cost.reconcile import group_of, of_lines
from causeway.core.worth import CATEGORIES, Spent, SpentLine, SpentPart

MOST_WORDS = 2
BILLED, METERED, BESIDE, APART = "billed", "metered", "beside", "apart"
"""How a line counts: billed; metered or entered; beside the bill that covers it; apart, where that bill is in
another currency.
"""


class Cell(Struct, frozen=True):
    """One amount: of whom, when, for what, and how it is known."""

    product: str
    day: date
    category: str
    rule: str
    currency: str
    amount: Decimal
    invoiced: Decimal | None = None
    """What the invoice asks; None where it was metered or entered."""
    release: str = ""
    what: str = ""
    quantity: Decimal = Decimal(0)
    unit: str = ""
    facts: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()
    bill: int = 0
    entered: bool = False
    """Whether a person entered it; no invoice of a provider covers that."""


class Line(Struct, frozen=True, order=True):
    """The cells that become one line, and how they count."""

    product: str
    category: str
    rule: str
    how: str

    @property
    def counts(self) -> bool:
        """Whether it is in the total."""
        return self.how in {BILLED, METERED}

    @property
    def group(self) -> str:
        """What an invoice covers together."""
        return group_of(self.category)


Periods = Mapping[int, tuple[date, date]]
"""Of each bill the first and the last day."""


def metered_cells(priced: Iterable[Priced]) -> list[Cell]:
    """What was metered."""
    return [
        Cell(
            each.product,
            each.day,
            each.category,
            each.rule,
            each.currency,
            each.amount,
            release=each.release,
            what=each.what,
            quantity=each.quantity,
            unit=each.unit,
            facts=each.facts,
            shared=(each.shared,) if each.shared else (),
        )
        for each in priced
    ]


def billed_cells(portions: Iterable[Portion]) -> list[Cell]:
    """What was billed, as it was attributed: what it cost counts, what the invoice asks stands beside."""
    return [
        Cell(
            each.product,
            each.line.day,
            each.line.category or "tooling",
            each.rule,
            each.line.currency,
            each.effective,
            invoiced=each.billed,
            what=each.line.service or each.line.provider,
            shared=(each.line.bill,) if each.line.bill else (),
            bill=each.line.bill,
        )
        for each in portions
    ]


class Account:
    """Everything that a workspace spent in one currency and period, by product.

    Of other currencies and days it is given the bills, which cover what was metered; and the earlier days of
    the first month, by which the days are rounded: whatever a month is cut into sums to the same cents.
    """

    def __init__(
        self, cells: Iterable[Cell], currency: str, periods: Periods, *, since: date, until: date
    ) -> None:
        self.currency, self.since, self.until = currency, since, until
        every = tuple(cells)
        covered = _covered(every, periods)
        self._lines: dict[Line, list[Cell]] = {}
        self._earlier: list[tuple[Line, Cell]] = []
        for each in every:
            if each.currency == currency and since.replace(day=1) <= each.day <= until:
                line = Line(each.product, each.category, each.rule, _how(each, covered))
                if each.day >= since:
                    self._lines.setdefault(line, []).append(each)
                else:
                    self._earlier.append((line, each))

    @cached_property
    def _days(self) -> dict[Line, dict[date, Decimal]]:
        """The days of each line in cents."""
        amounts: dict[str, dict[Line, dict[date, Decimal]]] = {}
        held = [(line, each) for line, cells in self._lines.items() for each in cells]
        for line, each in sorted((*held, *self._earlier), key=lambda one: one[0]):
            days = amounts.setdefault(line.how, {}).setdefault(line, {})
            days[each.day] = days.get(each.day, Decimal(0)) + each.amount
        # all products at once, so that what is rounded sums over them too
        return {
            line: {day: cents for day, cents in days.items() if day >= self.since}
            for lines in amounts.values()
            for line, days in daily_cents(lines).items()
        }

    @cached_property
    def _cents(self) -> dict[Line, Decimal]:
        return {line: sum(days.values(), Decimal(0)) for line, days in self._days.items()}

    @property
    def unallocated(self) -> Decimal:
        """What belongs to no product."""
        return self.total(NOBODY)

    def total(self, product: str) -> Decimal:
        """What counts of this product."""
        return self._sum(line for line in self._lines if line.product == product and line.counts)

    def orphans(self) -> list[tuple[str, str, Decimal]]:
        """What belongs to no product by category and service, the largest first."""
        found: dict[tuple[str, str], Decimal] = {}
        for line, cells in self._lines.items():
            for each in cells if line.product == NOBODY else ():
                key = (each.category, each.what)
                found[key] = found.get(key, Decimal(0)) + each.amount
        return sorted(((*key, each) for key, each in found.items()), key=lambda one: -abs(one[2]))

    def spent(self, product: str) -> Spent:
        """What this product cost."""
        mine = {line: cells for line, cells in self._lines.items() if line.product == product}
        cells = [each for held in mine.values() for each in held]
        invoices = [each.invoiced for each in cells if each.invoiced is not None]
        billed = [line for line in mine if line.how == BILLED]
        lines = self._spent_lines(mine)
        both = of_lines(lines)
        known = {line.category for line in mine} & set(CATEGORIES)
        return Spent(
            product=product,
            currency=self.currency,
            since=self.since,
            until=self.until,
            lines=lines,
            total=self.total(product),
            billed=self._sum(billed) if billed else None,
            metered=sum((each.metered for each in lines if each.metered is not None), Decimal(0)),
            variance=both.variance if both else None,
            unallocated=self.unallocated,
            not_counted=tuple(each for each in CATEGORIES if each not in known),
            completeness=len(known) / len(CATEGORIES),
            days=self._by_day(line for line in mine if line.counts),
            once=self._sum(line for line in mine if line.counts and line.category == "build"),
            facts=_sorted(each.facts for each in cells),
            shared=_sorted(each.shared for each in cells),
            invoiced=sum(invoices, Decimal(0)) if invoices else None,
            apart=self._sum(line for line in mine if line.how == APART),
        )

    def expected(self, product: str) -> list[Cell]:
        """What tells of days to come, before it is rounded: what counts, and what is apart from the total."""
        lines = self._lines.items()
        mine = [cells for line, cells in lines if line.product == product and line.how != BESIDE]
        return [each for cells in mine for each in cells]

    def parts(self, product: str) -> tuple[SpentPart, ...]:
        """The same by day and release; billed where that is known, else metered, they sum to the total."""
        found: list[SpentPart] = []
        for line, cells in self._lines.items():
            for day, release, amount in self._released(line, cells) if line.product == product else ():
                both = (None, amount) if line.how == BILLED else (amount, None)
                found.append(SpentPart(day, release, line.category, line.rule, self.currency, *both))
        return tuple(sorted(found, key=lambda each: (each.day, each.category, each.rule, each.release)))

    def _released(self, line: Line, cells: Sequence[Cell]) -> Iterator[tuple[date, str, Decimal]]:
        """The cents of each day by release."""
        if not line.counts:
            return
        weights: dict[date, dict[str, Decimal]] = {}
        for each in cells:
            releases = weights.setdefault(each.day, {})
            releases[each.release] = releases.get(each.release, Decimal(0)) + abs(each.amount)
        for day, releases in weights.items():
            for release, amount in apportioned(self._days[line][day], releases).items():
                yield day, release, amount

    def _spent_lines(self, mine: Mapping[Line, Sequence[Cell]]) -> tuple[SpentLine, ...]:
        """Lines in the order of the categories; what was metered beside a bill stands at its largest."""
        beside: dict[str, list[Line]] = {}
        for line in mine:
            if line.how == BESIDE:
                beside.setdefault(line.group, []).append(line)
        shown = sorted((line for line in mine if line.counts), key=lambda line: -abs(self._cents[line]))
        asked = {line.group for line in shown if line.how == BILLED}
        # a bill covers these days, and asks nothing for them
        shown += [
            max(held, key=self._cents.__getitem__) for group, held in beside.items() if group not in asked
        ]
        order = {name: place for place, name in enumerate(CATEGORIES)}
        found: list[SpentLine] = []
        for line in sorted(shown, key=lambda each: order.get(each.category, len(order))):
            held = beside.pop(line.group, []) if line.how != METERED else []
            what = _what([each for one in dict.fromkeys((line, *held)) for each in mine[one]])
            metered = self._sum(held) if held else None
            if line.how == METERED:
                metered = self._cents[line]
            billed = {BILLED: self._cents[line], BESIDE: Decimal("0.00")}.get(line.how)
            found.append(SpentLine(line.category, line.rule, metered, billed, what))
        return tuple(found)

    def _by_day(self, lines: Iterable[Line]) -> tuple[tuple[date, Decimal], ...]:
        days: dict[date, Decimal] = {}
        for line in lines:
            for day, amount in self._days[line].items():
                days[day] = days.get(day, Decimal(0)) + amount
        return tuple(sorted(days.items()))

    def _sum(self, lines: Iterable[Line]) -> Decimal:
        return sum((self._cents[line] for line in lines), Decimal(0))


def known_until(cells: Iterable[Cell], until: date) -> date:
    """The last day whose cost is whole: bills come later than what is metered."""
    billed = [each.day for each in cells if each.invoiced is not None]
    return min(until, max(billed, default=until))


_Covered = Mapping[tuple[str, str], set[tuple[str, date, date]]]
"""By product and what is invoiced together: the currencies and periods of bills that have anything of it."""


def _covered(cells: Iterable[Cell], periods: Periods) -> _Covered:
    found: dict[tuple[str, str], set[tuple[str, date, date]]] = {}
    for each in cells:
        if each.invoiced is not None:
            period = periods.get(each.bill, (each.day, each.day))
            found.setdefault((each.product, group_of(each.category)), set()).add((each.currency, *period))
    return found


def _how(cell: Cell, covered: _Covered) -> str:
    if cell.invoiced is not None:
        return BILLED
    bills = () if cell.entered else covered.get((cell.product, group_of(cell.category)), ())
    asked = {currency for currency, since, until in bills if since <= cell.day <= until}
    return METERED if not asked else BESIDE if cell.currency in asked else APART


def _what(cells: Sequence[Cell]) -> str:
    """What the amounts are for, in the fewest words: quantities added up where they have one unit."""
    quantities: dict[str, Decimal] = {}
    for each in sorted(cells, key=lambda each: each.what):
        quantities[each.what] = quantities.get(each.what, Decimal(0)) + each.quantity
    said = [f"{_plain(much)} {words}" if much else words for words, much in quantities.items() if words]
    more = f" and {len(said) - MOST_WORDS} more" if len(said) > MOST_WORDS else ""
    return ", ".join(said[:MOST_WORDS]) + more


def _plain(quantity: Decimal) -> str:
    if abs(quantity) < Decimal("0.001"):
        return "under 0.001"
    if abs(quantity) >= 100 or quantity == quantity.to_integral_value():
        return f"{quantity:,.0f}"
    return f"{quantity:.3g}"


def _sorted(numbers: Iterable[Iterable[int]]) -> tuple[int, ...]:
    return tuple(sorted({each for held in numbers for each in held}))

"""Is running it paid for: until when, for how many predictions, and who said so."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct, structs

from causeway.core.figure import Figure, plain
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.manifest import BudgetPart, Manifest

CODE = "RUN-UNFUNDED"
NEEDED_AT = ("production", "scaled")
"""The stages that a product does not reach without its running being paid for."""
MANIFEST = "causeway.toml"
MOST = 1_000_000_000_000
DAYS_A_MONTH = 365.25 / 12

Cost = Callable[[int], Figure]
"""What a month costs at so many predictions."""


class Funding(Struct, frozen=True, omit_defaults=True):
    """What was granted beside what is forecast; funded where nothing lapses."""

    words: str = ""
    lapses: tuple[str, ...] = ()
    """Why its running is not paid for, each in a few words."""
    until: date | None = None
    """The last day that is paid for: the grant's end, or when its money is used up at the forecast cost."""
    volume: Figure | None = None
    """Up to how many predictions a month the run line pays for."""
    run: Figure | None = None
    """The forecast of a month; None where it cannot be compared with what was granted."""
    build: Figure | None = None
    """The forecast of what is left to build."""
    notes: tuple[str, ...] = ()
    """What is worth saying and no reason to stop."""

    is_short: bool = False
    """Whether less is granted than a month is forecast at."""

    @property
    def is_funded(self) -> bool:
        """Whether its running is paid for."""
        return not self.lapses


class Needs(Struct, frozen=True):
    """The forecast of what is to be paid for."""

    month: Figure
    """What is bought in a month: computing, storage, tools."""
    at: Cost | None = None
    """None where no prediction was measured."""
    left: Figure | None = None
    """What is left to build."""
    parts: tuple[str, ...] = ()
    """What a month is made of."""
    people: float | None = None
    """What the people cost a month who keep it going."""


def funding(manifest: Manifest | None, needs: Needs, *, today: date) -> Funding:
    """How far the manifest's grant goes by the forecast."""
    if manifest is None:
        return Funding(words="nothing is granted: there is no manifest", lapses=("there is no manifest",))
    budget = manifest.budget
    same = not budget.currency or budget.currency == needs.month.unit
    run = needs.month if same else None
    until = _until(budget, run, today=today)
    lapses = tuple(_lapses(budget, run, until=until, today=today))
    volume = _volume(budget, needs) if same else None
    found = Funding(
        lapses=lapses,
        until=until,
        volume=volume,
        run=run,
        build=needs.left if same else None,
        notes=tuple(_notes(budget, needs, same=same)),
    )
    words = _words(budget, found, parts=needs.parts)
    line = budget.run_per_month
    short = run is not None and line is not None and run.value > float(line)
    return structs.replace(found, words=words, is_short=short)


def judge(found: Funding, *, stage: str) -> tuple[Finding, ...]:
    """The finding of a product that is to be in production and whose running nobody pays for."""
    if found.is_funded or stage not in NEEDED_AT:
        return ()
    return (
        Finding(
            CODE,
            Severity.BLOCKER,
            f"Running it is not paid for: {'; '.join(found.lapses)}.",
            Remedy(
                f"Have it granted and write that under [budget] of {MANIFEST}, or waive it with a reason."
            ),
            evidence=(Evidence(MANIFEST),),
            damage=0.7,
        ),
    )


def _until(budget: BudgetPart, run: Figure | None, *, today: date) -> date | None:
    """The grant's last day, or the day on which what is granted until then is spent."""
    end, line = budget.until, budget.run_per_month
    if end is None or line is None or run is None or end < today or run.value <= float(line):
        return end
    return today + timedelta(days=int((end - today).days * float(line) / run.value))


def _lapses(budget: BudgetPart, run: Figure | None, *, until: date | None, today: date) -> Iterator[str]:
    if budget.run_per_month is None:
        yield "no run line ([budget] run_per_month)"
    if not budget.approver:
        yield "nobody is named who granted it ([budget] approver)"
    if budget.until is None:
        yield "no last day ([budget] until)"
    elif budget.until < today:
        yield f"the grant ended on {budget.until}"
    if budget.run_per_month is not None and run is not None and run.value > float(budget.run_per_month):
        line = f"{_money(budget.run_per_month)} {run.unit}"
        gone = f", so the money is used up on {until}" if until and until >= today else ""
        yield f"forecast at {run} ({plain(run.value)} mostly), {line} are granted{gone}"


def _notes(budget: BudgetPart, needs: Needs, *, same: bool) -> Iterator[str]:
    month, line = needs.month, budget.run_per_month
    if not same:
        yield (
            f"the grant is in {budget.currency} and the forecast in {month.unit}: they cannot be compared "
            "until the rate card has an exchange"
        )
        return
    if line is not None and month.value <= float(line) < (month.high or month.value):
        yield f"the dearest case, {plain(month.high or 0)} {month.unit} a month, is above the run line"
    if line is not None and needs.people and month.value <= float(line) < month.value + needs.people:
        yield f"people, {plain(needs.people)} {month.unit} a month, are not paid of it"
    left = needs.left
    if left is not None and budget.build is not None and left.value > float(budget.build):
        yield f"what is left to build is forecast at {left}, and {_money(budget.build)} are granted"


def _volume(budget: BudgetPart, needs: Needs) -> Figure | None:
    """The most predictions a month that the run line pays for, in the usual, the dear and the cheap case."""
    line = budget.run_per_month
    if needs.at is None or line is None:
        return None
    low, value, high = (_most(needs.at, float(line), case) for case in ("high", "value", "low"))
    how = f"the most for which a month's forecast is within {_money(line)} {needs.month.unit}"
    return Figure(value, "predictions", "month", low, high, how)


def _most(cost: Cost, line: float, case: str) -> float:
    least, most = 0, MOST
    if (getattr(cost(1), case) or 0.0) > line:
        return 0.0
    while most - least > max(1, least // 1000):
        middle = (least + most) // 2
        least, most = (middle, most) if (getattr(cost(middle), case) or 0.0) <= line else (least, middle)
    # two figures, and never more than is paid for
    unit = 10 ** max(len(str(least)) - 2, 0)
    return float(least // unit * unit)


def _words(budget: BudgetPart, found: Funding, *, parts: tuple[str, ...]) -> str:
    if found.lapses:
        return f"not for production: {'; '.join(found.lapses)}"
    pays = f"until {found.until}"
    if found.volume is not None:
        usual, cheap = (f"{int(each or 0):,}" for each in (found.volume.value, found.volume.high))
        pays += f", for up to {usual} predictions a month ({cheap} at the lowest prices)"
    beside = f"; forecast at {found.run} ({', '.join(parts)})" if found.run else ""
    return "; ".join([f"{pays}, by {budget.approver}{beside}", *found.notes])


def _money(amount: Decimal) -> str:
    return f"{amount:,f}"

"""What twelve months cost: computing, people, tools, and what is left to do; never with a part made up."""

from collections.abc import Iterator

from msgspec import Struct

from causeway.assess.running_cost import Line, RunningCost
from causeway.core.figure import Figure
from causeway.core.manifest import BudgetPart, Manifest

MONTHS = 12
YEAR = "year"


class Year(Struct, frozen=True):
    """The cost of twelve months with its parts; None while something is `missing`, which is named."""

    total: Figure | None = None
    lines: tuple[Line, ...] = ()
    missing: tuple[str, ...] = ()


def year(manifest: Manifest | None, *, cost: RunningCost, work: Figure) -> Year:
    """The forecast of a year from what the manifest declares and the gateway measured."""
    budget = manifest.budget if manifest else BudgetPart()
    if missing := tuple(_missing(budget, cost)):
        return Year(missing=missing)
    lines = tuple(_lines(budget, cost, work))
    low, value, high = (
        round(sum(bounds), 2)
        for bounds in zip(
            *((each.cost.low or 0.0, each.cost.value, each.cost.high or 0.0) for each in lines), strict=True
        )
    )
    how = "each part's low and high ends added up; not yet held against a month that was billed"
    return Year(Figure(value, cost.total.unit, YEAR, low, high, how), lines)


def month(manifest: Manifest | None, *, cost: RunningCost) -> tuple[Figure, tuple[str, ...]]:
    """What is bought in a month, with its parts: computing, and tools where they are declared."""
    budget = manifest.budget if manifest else BudgetPart()
    parts = [(line.what, line.cost) for line in cost.lines]
    if budget.currency in {"", cost.total.unit} and budget.tools_per_month:
        parts.append(("tools", Figure(float(budget.tools_per_month), cost.total.unit)))
    low, value, high = (
        round(sum(figure.value if bound is None else bound for figure, bound in bounds), 2)
        for bounds in (
            [(each, each.low) for _, each in parts],
            [(each, each.value) for _, each in parts],
            [(each, each.high) for _, each in parts],
        )
    )
    names = tuple(name for name, _ in parts)
    how = f"{', '.join(names)}: each part's low and high ends added up"
    return Figure(value, cost.total.unit, "month", low, high, how), names


def people(manifest: Manifest | None) -> float | None:
    """What a month of the people costs who keep it going; None where it is not declared."""
    budget = manifest.budget if manifest else BudgetPart()
    if budget.day_rate is None or budget.upkeep_days is None:
        return None
    return budget.upkeep_days * float(budget.day_rate)


def _missing(budget: BudgetPart, cost: RunningCost) -> Iterator[str]:
    for name in ("predictions_per_month", "day_rate", "upkeep_days", "tools_per_month", "currency"):
        if getattr(budget, name) in (None, ""):
            yield f"budget.{name}"
    if cost.measured is None:
        yield "seconds of a prediction, measured"
    if budget.currency and cost.total.unit != budget.currency:
        yield f"what {cost.total.unit} is in {budget.currency}: exchange in the rate card"


def _lines(budget: BudgetPart, cost: RunningCost, work: Figure) -> Iterator[Line]:
    unit, rate = cost.total.unit, float(budget.day_rate or 0)
    for line in cost.lines:
        figure = line.cost
        yield Line(line.what, _figure(unit, figure.value, figure.low, figure.high, times=MONTHS))
    upkeep = float(budget.upkeep_days or 0) * rate
    yield Line("people", _figure(unit, upkeep, upkeep, upkeep, times=MONTHS))
    tools = float(budget.tools_per_month or 0)
    yield Line("tools", _figure(unit, tools, tools, tools, times=MONTHS))
    yield Line("what is left to do", _figure(unit, work.value, work.low, work.high, times=rate))


def _figure(unit: str, value: float, low: float | None, high: float | None, *, times: float) -> Figure:
    least, most = (value if bound is None else bound for bound in (low, high))
    return Figure(round(value * times, 2), unit, YEAR, round(least * times, 2), round(most * times, 2))

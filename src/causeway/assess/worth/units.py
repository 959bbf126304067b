"""Unit economics: what a thousand answers and one success cost, and from where on it pays."""

from collections.abc import Iterator
from decimal import Decimal

from causeway.assess.worth.amounts import months_between, refs
from causeway.assess.worth.bridge import cost_of
from causeway.assess.worth.parts import Number
from causeway.core.figure import Figure
from causeway.core.worth import Benefit, Spent

PEOPLE = frozenset({"people", "build"})


def unit_economics(benefit: Benefit | None, spent: Spent | None, *, predictions: int) -> tuple[Number, ...]:
    """What can be said of single answers and successes; only what both sides are known for."""
    if spent is None or not spent.lines or not spent.total:
        return ()
    return (*_of_cost(spent, predictions), *_of_both(benefit, spent, predictions))


def _of_cost(spent: Spent, predictions: int) -> Iterator[Number]:
    if not predictions:
        return
    yield Number(
        "cost of 1,000 predictions, all-in",
        Figure(
            float(spent.total) * 1000 / predictions,
            spent.currency,
            how=f"everything that it cost, over {predictions:,} predictions",
        ),
        refs(spent.facts, spent.shared),
    )
    running = spent.total - spent.once
    machines = sum((cost_of(line) for line in spent.lines if line.category not in PEOPLE), Decimal(0))
    if spent.once:
        yield Number(
            "cost of 1,000 predictions, running only",
            Figure(float(running) * 1000 / predictions, spent.currency, how="without what building it cost"),
            refs(spent.facts, spent.shared),
        )
    if 0 < machines < running:
        how = "computing, services, storage and tools alone; neither people nor building"
        yield Number(
            "cost of 1,000 predictions, technology only",
            Figure(float(machines) * 1000 / predictions, spent.currency, how=how),
            refs(spent.facts, spent.shared),
        )


def _of_both(benefit: Benefit | None, spent: Spent, predictions: int) -> Iterator[Number]:
    if benefit is None or benefit.units is None or not benefit.units.value > 0:
        return
    facts = refs(sorted({*benefit.facts, *spent.facts}), spent.shared)
    cost = _each(benefit.units, spent)
    yield Number(f"cost of one success ({benefit.units.unit})", cost, facts)
    if benefit.money is None or benefit.currency != spent.currency or not benefit.money.value > 0:
        return
    needed = float(spent.total) / benefit.money.value
    months = months_between(spent.since, spent.until)
    if predictions:
        low, high = _over(needed, predictions / months, benefit.money)
        how = "the gross value of one prediction stays, and so does what it cost: then this many pay for it"
        volume = Figure(needed * predictions / months, "predictions", "month", low, high, how)
        yield Number("break-even volume", volume, facts)
    if benefit.effect is not None:
        how = f"the effect at which gross value equals cost; measured {benefit.effect.value:.3g}"
        effect = Figure(benefit.effect.value * needed, benefit.effect.unit, benefit.effect.period, how=how)
        yield Number("break-even effect", effect, facts)


def _each(units: Figure, spent: Spent) -> Figure:
    total = float(spent.total)
    low = total / units.high if units.high and units.high > 0 else None
    high = total / units.low if units.low and units.low > 0 else None
    how = f"everything that it cost, over {units.unit} by the measured effect"
    if high is None:
        how += "; no upper end, as the effect may be none"
    return Figure(total / units.value, spent.currency, low=low if high else None, high=high, how=how)


def _over(needed: float, volume: float, money: Figure) -> tuple[float | None, float | None]:
    if money.low is None or money.high is None or money.low <= 0:
        return None, None
    return needed * volume * money.value / money.high, needed * volume * money.value / money.low

"""What production would take, would cost a month, and what must be true for it to pay."""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from causeway.assess.cost.cadence import trainings_a_month
from causeway.assess.cost.funding import Funding, Needs, funding
from causeway.assess.effort import Work, work
from causeway.assess.payback import Payback, payback
from causeway.assess.rates import RateCard
from causeway.assess.running_cost import Measured, RunningCost, Trained, running_cost
from causeway.assess.year_cost import Year, month, people, year
from causeway.core.evaluation import DecisionSeen
from causeway.core.figure import Figure
from causeway.core.finding import Finding
from causeway.core.manifest import Manifest
from causeway.core.toml_lines import Path, lines_of

VOLUME = "budget.predictions_per_month"


class Wanted(Struct, frozen=True, omit_defaults=True):
    """A key of causeway.toml without which a figure is not known; `line` is where to write it."""

    key: str
    line: int | None = None
    """The key's own line, or the one below which it belongs."""
    header: bool = False
    """Whether `line` is that of its table's header, and the key is not there yet."""


class Forecast(Struct, frozen=True):
    """Work, running cost and pay-back; what nobody declared or measured is named, and not made up."""

    work: Work
    cost: RunningCost
    payback: Payback
    wanted: tuple[Wanted, ...]
    year: Year = Year()
    """What twelve months cost, people and tools included."""
    funding: Funding = Funding()
    """How far what was granted goes."""

    @property
    def run_is_granted(self) -> bool:
        """Whether anything was said about who pays for running it, and until when."""
        return self.funding.until is not None


def forecast(
    findings: Iterable[Finding],
    manifest: Manifest | None,
    *,
    rates: RateCard,
    measured: Measured | None,
    today: date,
    runnable: bool,
    text: str = "",
    trained: Trained | None = None,
    decided: DecisionSeen | None = None,
) -> Forecast:
    """The forecast of a folder; `text` is its manifest's, for the lines to fill in."""
    pays = payback(manifest, today=today, decided=decided)
    volume = manifest.budget.predictions_per_month if manifest else None
    keys = [*([] if volume else [VOLUME]), *pays.missing]
    lines = lines_of(text) if text else {}
    todo = work(findings, runnable=runnable)
    trainings = trainings_a_month(manifest)

    def cost_at(predictions: int | None) -> RunningCost:
        return running_cost(
            rates,
            predictions=predictions,
            measured=measured,
            currency=_currency(manifest),
            trained=trained,
            trainings=trainings,
        )

    cost = cost_at(volume)
    known, parts = month(manifest, cost=cost)
    needs = Needs(
        month=known,
        at=(lambda predictions: month(manifest, cost=cost_at(predictions))[0]) if measured else None,
        left=_left(manifest, todo, currency=cost.total.unit),
        parts=parts,
        people=people(manifest),
    )
    return Forecast(
        work=todo,
        cost=cost,
        year=year(manifest, cost=cost, work=todo.with_tool),
        payback=pays,
        wanted=tuple(_wanted(key, lines) for key in keys),
        funding=funding(manifest, needs, today=today),
    )


def _left(manifest: Manifest | None, todo: Work, *, currency: str) -> Figure | None:
    """What is left to do, in money; None where no day has a price."""
    rate = manifest.budget.day_rate if manifest else None
    if rate is None or not todo.findings:
        return None
    low, value, high = (
        round(float(rate) * days, 2)
        for days in (todo.with_tool.low or 0.0, todo.with_tool.value, todo.with_tool.high or 0.0)
    )
    return Figure(value, currency, low=low, high=high, how=f"{todo.with_tool} at {rate:,} a day")


def _currency(manifest: Manifest | None) -> str:
    return (manifest.budget.currency or manifest.kpi.currency) if manifest else ""


def _wanted(key: str, lines: Mapping[Path, int]) -> Wanted:
    section, _, name = key.partition(".")
    if (section, name) in lines:
        return Wanted(key, lines[section, name])
    return Wanted(key, lines.get((section,)), header=(section,) in lines)

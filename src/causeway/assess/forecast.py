"""What production would take, would cost a month, and what must be true for it to pay."""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from causeway.assess.effort import Work, work
from causeway.assess.payback import Payback, payback
from causeway.assess.rates import RateCard
from causeway.assess.running_cost import Measured, RunningCost, running_cost
from causeway.assess.year_cost import Year, year
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


def forecast(
    findings: Iterable[Finding],
    manifest: Manifest | None,
    *,
    rates: RateCard,
    measured: Measured | None,
    today: date,
    runnable: bool,
    text: str = "",
) -> Forecast:
    """The forecast of a folder; `text` is its manifest's, for the lines to fill in."""
    pays = payback(manifest, today=today)
    volume = manifest.budget.predictions_per_month if manifest else None
    keys = [*([] if volume else [VOLUME]), *pays.missing]
    lines = lines_of(text) if text else {}
    todo = work(findings, runnable=runnable)
    cost = running_cost(rates, predictions=volume, measured=measured, currency=_currency(manifest))
    return Forecast(
        work=todo,
        cost=cost,
        year=year(manifest, cost=cost, work=todo.with_tool),
        payback=pays,
        wanted=tuple(_wanted(key, lines) for key in keys),
    )


def _currency(manifest: Manifest | None) -> str:
    return (manifest.budget.currency or manifest.kpi.currency) if manifest else ""


def _wanted(key: str, lines: Mapping[Path, int]) -> Wanted:
    section, _, name = key.partition(".")
    if (section, name) in lines:
        return Wanted(key, lines[section, name])
    return Wanted(key, lines.get((section,)), header=(section,) in lines)

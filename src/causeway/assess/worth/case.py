"""The business case as it was first declared: what stands dotted behind what came true."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from causeway.assess.payback import payback
from causeway.assess.worth.amounts import cents, month_end
from causeway.assess.worth.parts import Case
from causeway.core.manifest import Manifest

NOTHING = Decimal(0)
HORIZON_MONTHS = 36


def business_case(
    manifest: Manifest, *, declared: date, fact: str = "", months: int = HORIZON_MONTHS
) -> Case | None:
    """The declared case by months; None where the manifest does not say enough for one."""
    aim = next((each for each in payback(manifest, today=declared).conditions if each.what == "aim"), None)
    run, worth = manifest.budget.run_per_month, manifest.kpi.unit_value
    if aim is None or run is None or not worth:
        return None
    build = manifest.budget.build or NOTHING
    value = cents(Decimal(str(aim.figure.value)) * worth)
    points = tuple(_points(declared, -build, value - run, months=months))
    paid = next((at for at, (_, net) in enumerate(points) if net >= 0), None)
    return Case(
        declared=declared,
        currency=manifest.budget.currency,
        build=build,
        run_per_month=run,
        value_per_month=value,
        how=f"{aim.words}; less {run:,f} a month for running and {build:,f} for building it",
        fact=fact,
        points=points,
        months=paid,
    )


def first_case(declared: Iterable[tuple[Manifest, date, str]]) -> Case | None:
    """The case of the first of these promises that says enough; each comes with its day and its event."""
    cases = (business_case(manifest, declared=day, fact=fact) for manifest, day, fact in declared)
    return next((case for case in cases if case is not None), None)


def undeclared(manifest: Manifest | None) -> tuple[str, ...]:
    """The keys without which no business case can be drawn."""
    if manifest is None:
        return ("kpi.unit_value", "kpi.target", "budget.run_per_month")
    kpi, budget = manifest.kpi, manifest.budget
    keys: tuple[tuple[str, object], ...] = (
        ("kpi.family", kpi.family),
        ("kpi.unit_value", kpi.unit_value),
        ("kpi.baseline", kpi.baseline is not None),
        ("kpi.target", kpi.target is not None),
        ("kpi.currency", kpi.currency),
        ("budget.run_per_month", budget.run_per_month is not None),
        ("budget.predictions_per_month", budget.predictions_per_month),
        ("budget.currency", budget.currency),
    )
    return tuple(name for name, said in keys if not said)


def _points(start: date, net: Decimal, change: Decimal, *, months: int) -> list[tuple[date, Decimal]]:
    """What it costs to begin with, then the end of each month; the first by the days that are left of it."""
    found: list[tuple[date, Decimal]] = [(start, net)]
    day = month_end(start)
    net += cents(change * ((day - start).days + 1) / day.day)
    found.append((day, net))
    for _ in range(months - 1):
        day = month_end(day + timedelta(days=1))
        net += change
        found.append((day, net))
    return found

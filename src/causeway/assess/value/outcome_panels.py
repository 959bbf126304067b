"""A panel from outcomes by entity and time: days of one series, or weeks of each unit."""

from datetime import UTC, datetime, timedelta

import numpy as np

from causeway.assess.value.panels import Holes, Panel
from causeway.assess.value.plan import INTERRUPTED, STAGGERED, Plan
from causeway.assess.value.units import DAY_US, Exposures, Values
from causeway.stats.quality_form import Floats, Integers


def panel_of_outcomes(seen: Exposures, values: Values, plan: Plan, *, live_since: datetime | None) -> Panel:
    """The panel of the plan's design; refused where outcomes do not make one."""
    told = np.isfinite(values.value) & ~values.own
    if not told.any():
        raise Holes(
            "no outcome of an entity has come that a series could be made of",
            hint="causeway label FILE --entity COLUMN, or a table: causeway measure --from FILE",
        )
    if plan.design == INTERRUPTED:
        return _days(values.at_us[told], values.value[told], plan, live_since)
    if plan.design == STAGGERED:
        return _weeks(values.unit[told], values.at_us[told], values.value[told], seen)
    raise Holes(
        "a switchback is measured from a table, which says what was switched when",
        hint="causeway measure --from FILE",
    )


def _days(at_us: Floats, value: Floats, plan: Plan, live_since: datetime | None) -> Panel:
    """The mean of each day; treated from the start that is written, else from the day that it went live."""
    start = plan.start or (live_since.date() if live_since else None)
    if start is None:
        raise Holes("nothing says when it began", hint="write [value] start")
    day = np.floor(at_us / DAY_US).astype(np.int64)
    days, period = np.unique(day, return_inverse=True)
    return Panel(
        unit=np.zeros(len(day), np.int64),
        period=period,
        value=value,
        treated=day >= start.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal(),
        units=("all",),
        periods=tuple(map(_name, days.tolist())),
    )


def _weeks(unit: Integers, at_us: Floats, value: Floats, seen: Exposures) -> Panel:
    """Each unit's mean of each week; treated from the week after its first exposure began."""
    first = np.full(max(seen.units, int(unit.max()) + 1), np.inf)
    np.minimum.at(first, seen.unit[~seen.control], seen.at_us[~seen.control])
    week = np.floor((at_us / DAY_US + 3) / 7).astype(np.int64)
    start = np.floor((first[unit] / DAY_US + 3) / 7)
    units, places = np.unique(unit, return_inverse=True)
    weeks, periods = np.unique(week, return_inverse=True)
    return Panel(
        unit=places,
        period=periods,
        value=value,
        treated=week >= start,
        units=tuple(f"unit {each}" for each in units.tolist()),
        periods=tuple(_name(7 * each - 3) for each in weeks.tolist()),
    )


def _name(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()

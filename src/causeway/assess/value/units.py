"""Units and what came of them: who was assigned to what, since when, and what their values come to."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.assess.value.plan import ROWS, Plan
from causeway.stats.quality_form import Floats, Integers

DAY_US = 86_400e6

Bools = NDArray[np.bool_]


class Exposures(Struct, frozen=True, eq=False):
    """Rows that were asked about, each with the unit that it belongs to, in no order."""

    unit: Integers
    at_us: Floats
    control: Bools
    covariate: Floats
    """NaN where it is not known."""
    units: int
    """How many different ones there are."""

    def __len__(self) -> int:
        return len(self.unit)

    def only(self, mine: Bools) -> "Exposures":
        """Those rows."""
        return Exposures(
            self.unit[mine], self.at_us[mine], self.control[mine], self.covariate[mine], self.units
        )


class Values(Struct, frozen=True, eq=False):
    """Values of one measure, each of a unit."""

    unit: Integers
    at_us: Floats
    """When it came about; of a value that is a prediction's own, when that was asked for."""
    value: Floats
    own: Bools
    """Whether it is a prediction's own, and not only of its unit."""


class Units(Struct, frozen=True, eq=False):
    """Each unit once, in the arm of its first exposure."""

    treated: Bools
    first_us: Floats
    rows: Integers
    """How often it was asked about."""
    mature: Bools
    mature_rows: Integers
    value: Floats
    """NaN where nothing is known."""
    covariate: Floats
    crossed: int = 0
    """How many were in both arms."""

    def __len__(self) -> int:
        return len(self.treated)

    def only(self, mine: Bools) -> "Units":
        """Those units."""
        return Units(
            self.treated[mine],
            self.first_us[mine],
            self.rows[mine],
            self.mature[mine],
            self.mature_rows[mine],
            self.value[mine],
            self.covariate[mine],
            self.crossed,
        )

    @property
    def ready(self) -> Bools:
        """Those that are mature and of which something is known."""
        return self.mature & np.isfinite(self.value)


def no_values() -> Values:
    """Nothing."""
    return Values(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, bool))


def first_of(seen: Exposures) -> Floats:
    """When each unit was first asked about, in no order."""
    order = np.argsort(seen.at_us, kind="stable")
    _, at = np.unique(seen.unit[order], return_index=True)
    return seen.at_us[order[at]]


def together(seen: Exposures, values: Values, plan: Plan, *, now_us: float) -> Units:
    """The units of these exposures with what their values come to, as far as that is known for good now."""
    order = np.argsort(seen.at_us, kind="stable")
    present, at = np.unique(seen.unit[order], return_index=True)
    head = order[at]
    first = np.full(seen.units, np.inf)
    first[present] = seen.at_us[head]
    horizon, lag = plan.horizon_days * DAY_US, plan.lag_days * DAY_US
    row_is_mature = seen.at_us + horizon + lag <= now_us
    rows = np.bincount(seen.unit, minlength=seen.units)
    mature_rows = np.bincount(seen.unit, weights=row_is_mature, minlength=seen.units).astype(np.int64)
    mature = mature_rows > 0 if plan.counts == ROWS else first + horizon + lag <= now_us
    held = np.bincount(seen.unit, weights=seen.control, minlength=seen.units)
    crossed = int(((held > 0) & (held < rows)).sum())
    counted = _counted(values, first, mature, plan, now_us=now_us)
    value = _come_to(values, counted, mature, plan)
    covariate = seen.covariate[head] if plan.covariate != "before" else _before(values, first, plan)[present]
    return Units(
        treated=~seen.control[head],
        first_us=first[present],
        rows=rows[present],
        mature=mature[present],
        mature_rows=mature_rows[present],
        value=value[present],
        covariate=covariate,
        crossed=crossed,
    )


def _counted(values: Values, first: Floats, mature: Bools, plan: Plan, *, now_us: float) -> Bools:
    """Which values count: of mature units those within the horizon, of rows those that are final."""
    if not len(values.unit):
        return np.empty(0, bool)
    began, horizon, lag = first[values.unit], plan.horizon_days * DAY_US, plan.lag_days * DAY_US
    since = values.at_us >= began
    if plan.counts == ROWS:
        return since & (values.at_us + np.where(values.own, horizon, 0.0) + lag <= now_us)
    return since & (values.at_us < began + max(horizon, 1.0)) & mature[values.unit]


def _come_to(values: Values, counted: Bools, mature: Bools, plan: Plan) -> Floats:
    """What each unit's values come to, before any cap."""
    units, amounts = values.unit[counted], values.value[counted]
    if plan.per == "any":
        sums = np.bincount(units, weights=amounts != 0, minlength=len(mature))
        return np.where(mature, (sums > 0).astype(np.float64), np.nan)
    sums = np.bincount(units, weights=amounts, minlength=len(mature))
    if plan.per == "sum":
        return np.where(mature, sums, np.nan)
    known = np.bincount(units, minlength=len(mature))
    return np.where(known > 0, sums / np.maximum(known, 1), np.nan)


def _before(values: Values, first: Floats, plan: Plan) -> Floats:
    """Each unit's own measure over as many days before its first exposure; what nobody knows is the mean."""
    if not len(values.unit):
        return np.full(len(first), np.nan)
    began, horizon = first[values.unit], plan.horizon_days * DAY_US
    mine = (values.at_us < began) & (values.at_us >= began - horizon) & ~values.own
    return _come_to(values, mine, np.ones(len(first), bool), plan)

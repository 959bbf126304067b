"""The effect where time or a roll-out decided: units by periods, blocks of time, or one series of days."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
from msgspec import Struct

from causeway.assess.value.arms import figure_of
from causeway.assess.value.plan import STAGGERED, SWITCHBACK, Plan, WrongUnit
from causeway.assess.value.units import Bools
from causeway.core.errors import Refused
from causeway.core.figure import Figure
from causeway.core.manifest import GuardrailPart
from causeway.core.worth import Guardrail
from causeway.stats.effects.checks import wrong_unit
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.guardrail import UNKNOWN, non_inferior
from causeway.stats.effects.interrupted import interrupted
from causeway.stats.effects.staggered import staggered
from causeway.stats.effects.switchback import blocks_of, switchback
from causeway.stats.quality_form import Floats, Integers

MOST_FALSE = 0.1
LEAST_SPREAD = 1e-9
"""Of the largest value: what is below it is how computers round."""


class Holes(Refused):
    """The table has holes, or less than its design needs."""

    code = "holes"


class Panel(Struct, frozen=True, eq=False):
    """Rows of a table: a unit, a period, a value, and whether it was treated then."""

    unit: Integers
    period: Integers
    """Places of the periods in the order of time."""
    value: Floats
    treated: Bools
    units: tuple[str, ...]
    periods: tuple[str, ...]
    assigned: Integers | None = None
    """What was decided on, where that is another thing than the unit."""
    beside: Floats | None = None
    """A series that the product cannot have changed."""


class Estimated(Struct, frozen=True):
    """What such a design found."""

    effect: Effect
    exposed: int
    """Treated units and periods, or periods, that the effect is on each of."""
    parallel: bool | None
    """Whether placebo and pre-trend passed; None where there was too little to try them."""
    treated: int
    control: int
    days: float = 0.0

    def figure(self, unit: str) -> Figure | None:
        """The effect with its interval; None where nothing can be said yet."""
        return figure_of(self.effect, unit) if self.effect.is_known else None


def estimated(panel: Panel, plan: Plan) -> Estimated:
    """The effect by the plan's design; refused where rows are not what was decided on."""
    check_units(panel)
    if plan.design == STAGGERED:
        found = _staggered(panel)
    elif plan.design == SWITCHBACK:
        found = _switchback(panel, plan)
    else:
        found = _interrupted(panel)
    if found.effect.is_known and not found.effect.error > LEAST_SPREAD * float(np.abs(panel.value).max()):
        raise Holes(
            "the values do not vary by chance at all, so nothing says how far the effect may be chance",
            hint="bring what was measured of each period, not what was assumed",
        )
    return found


def guarded_panel(panel: Panel, part: GuardrailPart, plan: Plan) -> Guardrail:
    """Whether this guardrail held, by the plan's design on its own values."""
    try:
        effect = estimated(panel, plan).effect
    except Holes as error:
        return Guardrail(part.name, UNKNOWN, why=error.message)
    if not effect.is_known:
        return Guardrail(part.name, UNKNOWN, why="too little is told of it")
    verdict = non_inferior(effect, margin=part.margin, higher_is_better=part.better == "more")
    return Guardrail(part.name, verdict, figure_of(effect, part.unit or part.name))


def check_units(panel: Panel) -> None:
    """Refuses values by a finer unit than was decided on: their noise is not independent."""
    if panel.assigned is None:
        return
    pairs = np.unique(np.stack([panel.assigned, panel.unit]), axis=1)
    if pairs.shape[1] == len(np.unique(panel.assigned)):
        return
    latest = panel.period == panel.period.max()
    seen = wrong_unit(panel.value[latest], panel.assigned[latest])
    raise WrongUnit(
        f"of {len(panel.units):,} units in the table {len(np.unique(panel.assigned)):,} were assigned: "
        f"compared as if each had been, {seen.false_alarms:.0%} of tests would find an effect that is none",
        hint="leave the finer unit's column out, so that values are averaged by what was assigned",
    )


def _staggered(panel: Panel) -> Estimated:
    outcome, treated = _grid(panel)
    first = np.where(treated.any(axis=1), treated.argmax(axis=1), -1)
    after = treated.sum(axis=1)
    stays = after == np.where(first < 0, 0, len(panel.periods) - first)
    if not stays.all():
        name = panel.units[int(np.flatnonzero(~stays)[0])]
        raise Holes(
            f"{name} is treated, and later is not", hint='that is a switchback: design = "switchback"'
        )
    found = staggered(outcome, first)
    tried = found.pretrend.is_known or found.placebo.is_known
    return Estimated(
        found.effect,
        exposed=round(int(after.sum()) * found.compared),
        parallel=found.is_parallel if tried else None,
        treated=int((first >= 0).sum()),
        control=int((first < 0).sum()),
    )


def _switchback(panel: Panel, plan: Plan) -> Estimated:
    value, treated = _series(panel)
    block = np.concatenate(([0], np.cumsum(np.diff(treated.astype(np.int64)) != 0)))
    try:
        blocks = blocks_of(value, block, treated, washout=plan.washout)
    except ValueError as error:
        raise Holes(str(error), hint="make [value] washout shorter than the shortest block") from None
    effect = switchback(blocks)
    mine = int(treated.sum())
    arms = int(blocks.treated.sum()), int((~blocks.treated).sum())
    return Estimated(effect, mine, parallel=True, treated=arms[0], control=arms[1])


def _interrupted(panel: Panel) -> Estimated:
    value, treated = _series(panel)
    if not treated.any() or treated[0] or not treated[int(treated.argmax()) :].all():
        raise Holes(
            "the series does not begin without the product and go on with it",
            hint="treated is 0 up to the start, and 1 from then on",
        )
    _expect_days(panel.periods)
    start = int(treated.argmax())
    beside = None
    if panel.beside is not None:
        beside = np.bincount(panel.period, panel.beside) / np.bincount(panel.period)
    found = interrupted(value, start, control=beside)
    tried = any(each.is_known for each in found.placebos)
    return Estimated(
        found.effect,
        exposed=len(value) - start,
        parallel=found.is_quiet if tried else None,
        treated=len(value) - start,
        control=start,
    )


def _expect_days(periods: Sequence[str]) -> None:
    """Refuses a series whose periods are not one day after the other."""
    try:
        days = [date.fromisoformat(name[:10]).toordinal() for name in periods]
    except ValueError:
        raise Holes("the periods of the series are no days", hint="write them as 2026-01-31") from None
    for earlier, later in pairwise(days):
        if later != earlier + 1:
            missing = date.fromordinal(earlier + 1)
            raise Holes(f"there is no value of {missing}", hint="bring a table with a row for every day")


def _grid(panel: Panel) -> tuple[Floats, Bools]:
    """Units by periods: the mean of each cell's values, and whether it was treated."""
    shape = len(panel.units), len(panel.periods)
    at = panel.unit * shape[1] + panel.period
    count = np.bincount(at, minlength=shape[0] * shape[1])
    if (count == 0).any():
        hole = int(np.flatnonzero(count == 0)[0])
        where = f"{panel.units[hole // shape[1]]} in {panel.periods[hole % shape[1]]}"
        raise Holes(
            f"there is no value of {where}, and {int((count == 0).sum()):,} cells are empty",
            hint="bring a table with a value of every unit in every period",
        )
    sums = np.bincount(at, panel.value, minlength=len(count))
    treated = np.bincount(at, panel.treated, minlength=len(count)) > 0
    return (sums / count).reshape(shape), treated.reshape(shape)


def _series(panel: Panel) -> tuple[Floats, Bools]:
    """The mean of all units in each period, and whether it was treated."""
    count = np.bincount(panel.period)
    treated = np.bincount(panel.period, panel.treated) / count
    if not np.isin(treated, (0.0, 1.0)).all():
        name = panel.periods[int(np.flatnonzero(~np.isin(treated, (0.0, 1.0)))[0])]
        raise Holes(
            f"in {name} some rows were treated and some were not", hint="that is a staggered roll-out"
        )
    return np.bincount(panel.period, panel.value) / count, treated > 0


def places(names: Sequence[str]) -> tuple[Integers, tuple[str, ...]]:
    """Each name's place among all in order: numbers by size, all else, such as days, by text."""
    known = sorted(set(names), key=_order)
    place = {name: at for at, name in enumerate(known)}
    return np.array([place[name] for name in names], np.int64), tuple(known)


def _order(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name), name
    except ValueError:
        return 1, 0.0, name

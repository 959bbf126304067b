"""The effect where chance assigned: at any look or at registered ones, split, novelty, weeks, guardrails."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
from msgspec import Struct

from causeway.assess.value.plan import GROUP_SEQUENTIAL, Plan
from causeway.assess.value.units import DAY_US, Bools, Units
from causeway.core.figure import Figure
from causeway.core.manifest import GuardrailPart
from causeway.core.worth import Guardrail
from causeway.stats.effects.checks import Split, novelty, sample_ratio
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.group_sequential import group_sequential
from causeway.stats.effects.guardrail import UNKNOWN, non_inferior
from causeway.stats.effects.moments import ArmMoments, arm
from causeway.stats.effects.randomised import once, randomised
from causeway.stats.quality_form import Floats

WEEK_US = 7 * DAY_US
LEAST_A_HALF = 50
"""Units of each arm in each half, below which nobody can tell whether the effect lasts."""

NOVELTY_ALPHA = 0.01
"""Lower than elsewhere, as it is looked at again and again, and costs a grade."""

Week = tuple[date, float, float | None, float | None]


class Compared(Struct, frozen=True):
    """What the two arms say."""

    effect: Effect
    split: Split
    treated: int
    control: int
    """Mature units of which something is known."""
    lasting: bool | None
    """Whether the effect of the later half is that of the earlier; None where it is too early to tell."""
    later: Effect | None
    """Of the units that came later, which alone may be carried forward."""
    weeks: tuple[Week, ...]
    days: float
    """Between the first and the last mature unit."""
    missing: float
    """Share of mature units of which nothing is known."""
    lost: bool
    """Whether that share differs between the arms beyond chance."""


def compared(units: Units, plan: Plan, *, looks: Sequence[int] = (), is_last: bool = False) -> Compared:
    """The effect on these units, and what speaks for and against it; `looks` are earlier numbers of units."""
    ready = units.only(units.ready)
    binary = is_binary(ready.value)
    control, treated = arms_of(ready, plan)
    lasting, later = _halves(ready, plan, binary=binary)
    mature = units.only(units.mature)
    return Compared(
        effect=_effect(control, treated, plan, binary=binary, looks=looks, is_last=is_last),
        split=_split(units, plan),
        treated=int(treated.n),
        control=int(control.n),
        lasting=lasting,
        later=later,
        weeks=_weeks(ready, plan, binary=binary),
        days=float(np.ptp(ready.first_us)) / DAY_US if len(ready) else 0.0,
        missing=1 - len(ready) / len(mature) if len(mature) else 0.0,
        lost=_lost(mature),
    )


def guarded(units: Units, part: GuardrailPart, plan: Plan) -> Guardrail:
    """Whether this guardrail held on these units, whose values are its own."""
    ready = units.only(units.ready)
    control, treated = arms_of(ready, plan, capped=False)
    effect = randomised(control, treated, planned=plan.expected, binary=is_binary(ready.value))
    verdict = non_inferior(effect, margin=part.margin, higher_is_better=part.better == "more")
    if not effect.is_known:
        return Guardrail(part.name, UNKNOWN)
    return Guardrail(part.name, verdict, figure_of(effect, part.unit or part.name))


def figure_of(effect: Effect, unit: str) -> Figure:
    """The effect as a figure, which has bounds."""
    low, high = (effect.low, effect.high) if effect.is_known else (None, None)
    return Figure(effect.estimate, unit, low=low, high=high, how=effect.method)


def is_binary(values: Floats) -> bool:
    """Whether it is yes or no of every unit."""
    return bool(len(values)) and bool(np.isin(values, (0.0, 1.0)).all())


def arms_of(units: Units, plan: Plan, *, capped: bool = True) -> tuple[ArmMoments, ArmMoments]:
    """The moments of the control and of the treated arm, with the covariate where there is one."""
    known = units.covariate
    x = None
    if capped and plan.covariate and np.isfinite(known).any():
        # who has none is as the others are on average, in both arms alike
        x = np.where(np.isfinite(known), known, np.nanmean(known))
    cap = plan.cap if capped else None

    def one(mine: Bools) -> ArmMoments:
        return arm(units.value[mine], None if x is None else x[mine], cap=cap)

    return one(~units.treated), one(units.treated)


def _effect(
    control: ArmMoments,
    treated: ArmMoments,
    plan: Plan,
    *,
    binary: bool,
    looks: Sequence[int],
    is_last: bool,
) -> Effect:
    if plan.design == GROUP_SEQUENTIAL and plan.planned:
        earlier = tuple(float(each) for each in looks if each < control.n + treated.n)
        return group_sequential(
            control, treated, planned=plan.expected, looks=earlier, is_last=is_last, binary=binary
        )
    return randomised(control, treated, planned=plan.expected, binary=binary)


def _split(units: Units, plan: Plan) -> Split:
    """All that were assigned, mature or not: whether as many are held out as were to be."""
    treated = int(units.treated.sum())
    return sample_ratio(len(units) - treated, treated, share=1 - plan.control_share)


def _lost(mature: Units) -> bool:
    """Whether one arm's values are missing more often than the other's."""
    known = np.isfinite(mature.value)
    if not len(mature) or known.all():
        return False
    share = float(mature.treated.mean())
    if not 0 < share < 1:
        return False
    mine = int((known & mature.treated).sum())
    return sample_ratio(int(known.sum()) - mine, mine, share=share).is_off


def _halves(ready: Units, plan: Plan, *, binary: bool) -> tuple[bool | None, Effect | None]:
    if not len(ready):
        return None, None
    middle = float(np.median(ready.first_us))
    halves = ready.only(ready.first_us < middle), ready.only(ready.first_us >= middle)
    effects: list[Effect] = []
    for half in halves:
        control, treated = arms_of(half, plan)
        if min(control.n, treated.n) < LEAST_A_HALF:
            return None, None
        effects.append(once(control, treated, binary=binary))
    apart = novelty(effects[0], effects[1], alpha=NOVELTY_ALPHA)
    return (not apart.is_found if apart.is_known else None), effects[1]


def _weeks(ready: Units, plan: Plan, *, binary: bool) -> tuple[Week, ...]:
    """The effect on the units that began in each week, a Monday first, each with its own interval."""
    # the first of January 1970 was a Thursday
    weeks = np.floor((ready.first_us / DAY_US + 3) / 7).astype(np.int64)
    found: list[Week] = []
    for week in np.unique(weeks).tolist():
        control, treated = arms_of(ready.only(weeks == week), plan)
        effect = once(control, treated, binary=binary)
        if not np.isfinite(effect.estimate):
            continue
        low, high = (effect.low, effect.high) if effect.is_known else (None, None)
        found.append((_monday(week), effect.estimate, low, high))
    return tuple(found)


def _monday(week: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=7 * week - 3)).date()

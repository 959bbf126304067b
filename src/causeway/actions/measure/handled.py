"""Automation and hours saved, from decisions and minutes of handling."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct, structs

from causeway.assess.value.arms import arms_of
from causeway.assess.value.handling import Period, automation, cases_of, saved_hours, since_baseline
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Exposures, Units, Values, no_values
from causeway.core.figure import Figure
from causeway.core.value import AUTOMATION, DECISION, MINUTES
from causeway.stats.effects.randomised import randomised
from causeway.views.benefit import OnRecord


class Handled(Struct, frozen=True):
    """What became of cases in people's hands."""

    hours: Figure | None = None
    automation: Figure | None = None


def handling_of(
    seen: Exposures, values: Mapping[str, Values], plan: Plan, known: OnRecord, *, units: Units | None
) -> Handled:
    """The share of cases that nobody had to touch, and the hours that the others took less.

    `units` are those of minutes; held against the holdout where there is one, else against what was recorded
    before launch.
    """
    decisions, minutes = (values.get(each) or no_values() for each in (DECISION, MINUTES))
    if not len(seen):
        return Handled()
    treated = np.ones(seen.units, bool)
    treated[seen.unit[seen.control]] = False
    treated &= np.bincount(seen.unit, minlength=seen.units) > 0
    within = Period(float(seen.at_us.min()), np.inf)
    share = automation(decisions, minutes, treated, within=within)
    before = known.baseline(AUTOMATION)
    if share is not None and before is not None and not before.after_launch:
        share = structs.replace(share, how=f"{share.how}; {before.value:.0%} before launch")
    return Handled(_hours(minutes, treated, plan, known, within=within, units=units), share)


def _hours(
    minutes: Values,
    treated: np.ndarray,
    plan: Plan,
    known: OnRecord,
    *,
    within: Period,
    units: Units | None,
) -> Figure | None:
    cases = cases_of(minutes, treated, within=within)
    if not len(cases):
        return None
    if units is not None and not units.treated.all():
        control, mine = arms_of(units.only(units.ready), plan, capped=False)
        return saved_hours(randomised(control, mine, planned=plan.expected), cases=len(cases))
    before = known.baseline(MINUTES)
    if before is None or before.after_launch:
        return None
    effect = since_baseline(minutes.value[cases], minutes.unit[cases], before.value)
    return saved_hours(effect, cases=len(cases)) if effect else None

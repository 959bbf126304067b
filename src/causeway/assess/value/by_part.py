"""The effect on parts of the units: told, never booked, and none is found by luck as there are many."""

from collections.abc import Mapping

from causeway.assess.value.arms import arms_of, figure_of, is_binary
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Bools, Units
from causeway.core.worth import PartEffect
from causeway.stats.effects.checks import holm
from causeway.stats.effects.effect import Effect
from causeway.stats.effects.randomised import randomised

ALPHA = 0.05
"""The chance that of all parts together one is found though it has no effect."""


def by_part(units: Units, members: Mapping[str, Bools], plan: Plan) -> tuple[PartEffect, ...]:
    """The effect on each part; `members` say of every unit whether it is in it.

    An interval is so wide that all of them hold together; found is what Holm's correction leaves.
    """
    if not members:
        return ()
    whole = max(int(units.ready.sum()), 1)
    effects: list[tuple[Effect, int, int]] = []
    for mine in members.values():
        ready = units.only(units.ready & mine)
        control, treated = arms_of(ready, plan)
        planned = max(plan.expected * len(ready) / whole, 1.0)
        alpha = ALPHA / len(members)
        effect = randomised(control, treated, planned=planned, alpha=alpha, binary=is_binary(ready.value))
        effects.append((effect, int(treated.n), int(control.n)))
    chances = holm([effect.p for effect, _, _ in effects])
    return tuple(
        PartEffect(
            name,
            figure_of(effect, plan.kpi or "the measure") if effect.is_known else None,
            treated,
            control,
            float(p),
            bool(p <= ALPHA),
        )
        for name, (effect, treated, control), p in zip(members, effects, chances, strict=True)
    )

"""The looks of a group-sequential design, as the ledger has them: each counts, and the first find ends it."""

from causeway.assess.value.plan import Plan
from causeway.core.figure import Figure
from causeway.views.benefit import Measurement, OnRecord


def looks_of(known: OnRecord, plan: Plan) -> tuple[int, ...]:
    """How many units each earlier look of this design had, rising."""
    looks: list[int] = []
    for each in known.measured:
        units = each.fact.treated + each.fact.control
        if each.fact.design == plan.design and units > (looks[-1] if looks else 0):
            looks.append(units)
    return tuple(looks)


def last_look(known: OnRecord, plan: Plan, *, new: Figure | None) -> Figure | None:
    """The claim of the first look that found an effect; else the new one, else the last on record."""
    mine = (plan.design, plan.kpi)
    looks = [each for each in known.measured if (each.fact.design, each.fact.kpi) == mine]
    figures = [figure for figure in (_figure(each, plan) for each in looks) if figure is not None]
    for figure in figures:
        if (figure.low or 0) > 0 or (figure.high or 0) < 0:
            return figure
    return new or (figures[-1] if figures else None)


def _figure(look: Measurement, plan: Plan) -> Figure | None:
    fact = look.fact
    if fact.effect is None or fact.low is None or fact.high is None:
        return None
    told = "" if "at the look of" in fact.method else f", at the look of {look.at:%Y-%m-%d}"
    return Figure(fact.effect, plan.kpi, low=fact.low, high=fact.high, how=f"{fact.method}{told}")

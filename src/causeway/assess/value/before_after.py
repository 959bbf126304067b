"""What is told from before and after alone, or declared: a claim, and never proof."""

from causeway.assess.value.observed import change_of_units
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Units
from causeway.core.figure import Figure


def before_after(units: Units, plan: Plan, baseline: Figure | None) -> Figure | None:
    """The mean of mature units less the baseline; where there are none, what was declared, without bounds."""
    if baseline is None:
        return None
    if seen := change_of_units(units, plan, baseline):
        return seen
    if plan.target is None:
        return None
    name = plan.kpi or "the measure"
    return Figure(plan.target - baseline.value, name, how="declared: [kpi] target less the baseline")

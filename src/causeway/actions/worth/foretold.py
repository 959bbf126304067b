"""What a month would cost of which nothing was spent yet: from declared volume and the rate card."""

from pathlib import Path

from msgspec import structs

from causeway.actions.forecasting import rates_of
from causeway.assess.running_cost import running_cost
from causeway.core.figure import Figure
from causeway.core.manifest import Manifest


def a_month_of(manifest: Manifest, folder: Path) -> Figure:
    """Infrastructure alone, from the cheapest case to the dearest."""
    budget = manifest.budget
    found = running_cost(
        rates_of(folder, manifest),
        predictions=budget.predictions_per_month,
        measured=None,
        currency=budget.currency or manifest.kpi.currency,
    )
    volume = f"{found.predictions:,} predictions" if found.predictions else "no declared volume"
    how = f"forecast for {volume}; {found.lines[0].cost.how}; {found.prices}"
    return structs.replace(found.total, how=how)

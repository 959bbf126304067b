"""Whether what is about to go to production is paid for there."""

from datetime import date
from pathlib import Path

from causeway.actions.bundles import Bundle
from causeway.actions.forecasting import forecast_of
from causeway.actions.promise import promise_of
from causeway.actions.trained import trained
from causeway.actions.workspace import Workspace
from causeway.assess.cost.funding import NEEDED_AT, judge
from causeway.core.finding import Finding
from causeway.views.product import ProductState


def unfunded(
    work: Workspace, folder: Path, state: ProductState, *, bundle: Bundle, today: date
) -> tuple[Finding, ...]:
    """The finding, where the manifest's stage needs it; a product that is in production already goes on."""
    promise = promise_of(folder)
    stage = promise.manifest.product.stage if promise.manifest else ""
    passed = state.routings and state.shares and state.routings[-1].stage in NEEDED_AT
    if promise.manifest is None or stage not in NEEDED_AT or passed:
        return ()
    made = state.releases.get(bundle.digest)
    known = trained(work.ledger.read(state.product), made.run, work.bundle(bundle.digest)) if made else None
    expected = forecast_of(folder, promise, (), runnable=False, today=today, trained=known)
    return judge(expected.funding, stage=stage)

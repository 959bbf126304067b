"""Metered and billed of the last weeks beside each other, for judges that only look."""

from datetime import UTC, timedelta
from pathlib import Path

from causeway.actions.bill.spent import spent
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.cost.reconcile import Reconciled, of_lines
from causeway.core.clock import Clock
from causeway.core.costs import BILLS_CHAIN
from causeway.core.errors import CausewayError
from causeway.ledger import Ledger
from causeway.views.spend import bills

LATELY_DAYS = 92


def reconciled_lately(state: Path, ledger: Ledger, product: str, clock: Clock) -> Reconciled | None:
    """How far the bills of the last 92 days are from what was metered; None where none covers it."""
    if not bills(ledger.read(BILLS_CHAIN)).statements:
        return None
    work = Workspace(state.parent, state, ledger, clock, "", registry.artifact_store(state / "artifacts"))
    until = clock.now().astimezone(UTC).date()
    try:
        found = spent(work, product, since=until - timedelta(days=LATELY_DAYS - 1), until=until)
    except (CausewayError, OSError):
        return None
    return of_lines(found.lines)

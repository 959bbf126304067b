"""What records need from time to time: erasures finished, old rows gone, small segments joined."""

from causeway.actions.compact import compact, groups
from causeway.actions.erase import carry_on, erasing, expire, expired
from causeway.actions.replaced import removal_waits, remove_replaced
from causeway.actions.routes import promise
from causeway.actions.seal import alone
from causeway.actions.segments import OUTCOMES, PREDICTIONS
from causeway.actions.workspace import Workspace
from causeway.core.ids import counted
from causeway.views.product import ProductState

TURN_SECONDS = 10.0


def kept_in_order(work: Workspace, state: ProductState) -> tuple[str, ...]:
    """What was done to the product's records, in words; nothing where nothing was due."""
    told: list[str] = []
    if erasing(work, state.product) and (done := carry_on(work, state.product)):
        told.append(f"an erasure was finished: {counted(done.rows, 'prediction')} gone")
    if state.segments and state.manifest:
        told += _expired(work, state)
        told += _joined(work, state)
    if removal_waits(work, state.product):
        with alone(work, state.product, seconds=TURN_SECONDS):
            remove_replaced(work, state.product)
    return tuple(told)


def _expired(work: Workspace, state: ProductState) -> list[str]:
    days = promise(work, state).serving.retention_days
    predictions = [fact for fact in state.segments if fact.stream == PREDICTIONS]
    if days is None or not expired(predictions, work.clock.now(), days=days):
        return []
    gone = expire(work, state.product, days=days)
    what = f"{counted(gone.rows, 'prediction')} and {counted(gone.outcomes, 'outcome')}"
    return [f"{what} older than {counted(days, 'day')} erased"]


def _joined(work: Workspace, state: ProductState) -> list[str]:
    streams = (
        [fact for fact in state.segments if fact.stream == stream] for stream in (PREDICTIONS, OUTCOMES)
    )
    if not any(next(groups(segments, work.clock.now()), None) for segments in streams):
        return []
    joined = compact(work, state.product)
    return [f"{counted(joined.segments, 'segment')} joined into {joined.into:,}"]

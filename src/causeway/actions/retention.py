"""What records need from time to time: erasures finished, old rows gone, small segments joined."""

from causeway.actions.compact import STREAMS, compact, groups
from causeway.actions.erase import carry_on, erasing, expire, expired
from causeway.actions.replaced import removal_due, remove_replaced
from causeway.actions.routes import promise
from causeway.actions.seal import alone
from causeway.actions.segments import PREDICTIONS
from causeway.actions.workspace import Workspace
from causeway.core.ids import counted
from causeway.views.product import ProductState

TURN_SECONDS = 10.0


def due_now(work: Workspace, state: ProductState) -> bool:
    """Whether anything waits to be done to the product's records."""
    return (
        erasing(work, state.product)
        or removal_due(work, state.product)
        or bool(_days_kept(work, state))
        or _has_small(work, state)
    )


def kept_in_order(work: Workspace, state: ProductState) -> tuple[str, ...]:
    """What was done to the product's records, in words; nothing where nothing was due."""
    told: list[str] = []
    if erasing(work, state.product) and (done := carry_on(work, state.product)):
        told.append(f"an erasure was finished: {counted(done.rows, 'prediction')} gone")
    if days := _days_kept(work, state):
        gone = expire(work, state.product, days=days)
        what = f"{counted(gone.rows, 'prediction')} and {counted(gone.outcomes, 'outcome')}"
        told.append(f"{what} older than {counted(days, 'day')} erased")
    if _has_small(work, state):
        joined = compact(work, state.product)
        told.append(f"{counted(joined.segments, 'segment')} joined into {joined.into:,}")
    if removal_due(work, state.product):
        with alone(work, state.product, seconds=TURN_SECONDS):
            remove_replaced(work, state.product)
    return tuple(told)


def _days_kept(work: Workspace, state: ProductState) -> int:
    """For how many days records are kept, where some are older; zero where none are."""
    predictions = [fact for fact in state.segments if fact.stream == PREDICTIONS]
    if not state.manifest or not expired(predictions, work.clock.now(), days=1):
        return 0
    days = promise(work, state).serving.retention_days
    return days if days and expired(predictions, work.clock.now(), days=days) else 0


def _has_small(work: Workspace, state: ProductState) -> bool:
    """Whether segments of a day are to become one."""
    streams = ([fact for fact in state.segments if fact.stream == stream] for stream in STREAMS)
    return any(next(groups(segments, work.clock.now()), None) for segments in streams)

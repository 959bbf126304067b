"""When a product is looked at without anybody asking: on news, and once an hour."""

from datetime import timedelta

from causeway.actions.seal import log_folder
from causeway.actions.watch.gather import live_release
from causeway.actions.watch.kept import kept
from causeway.actions.watch.service import failed_since
from causeway.actions.watch.watch import Watched, seen_of, watch
from causeway.actions.workspace import Workspace
from causeway.views.product import ProductState

ON_NEWS = timedelta(minutes=5)
ANYHOW = timedelta(hours=1)


def due(work: Workspace, state: ProductState) -> bool:
    """Whether it is time to look: an hour went by, or five minutes and there is something new."""
    if live_release(state) is None or not state.segments:
        return False
    last, now = kept(work.state, state.product), work.clock.now()
    if last is None or now < last.at:
        return True
    if now - last.at < ON_NEWS:
        return False
    is_new = last.seen != seen_of(state) or failed_since(log_folder(work, state.product), last.at)
    return is_new or now - last.at >= ANYHOW


def look(work: Workspace, state: ProductState) -> Watched:
    """One look at a product whose records are sealed."""
    return watch(work, state.product, sealing=False)


def words_of(watched: Watched) -> str:
    """What a look said that is news, in one line."""
    said = [
        f"{each.alarm.cause}: {each.alarm.verdict} (was {each.before or 'fine'}): {each.alarm.because}"
        for each in watched.news
    ]
    return "; ".join(said)

"""When a product is looked at without anybody asking: on news, and once an hour."""

from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from causeway.actions.watch.gather import live_release
from causeway.actions.watch.watch import Watched, watch
from causeway.actions.workspace import Workspace, write_whole
from causeway.core.ids import digest_of_value
from causeway.views.product import ProductState

ON_NEWS = timedelta(minutes=5)
ANYHOW = timedelta(hours=1)


class _Last(Struct, frozen=True):
    """The last look: when it was, and what there was to see."""

    at: datetime
    seen: str


def due(work: Workspace, state: ProductState) -> bool:
    """Whether it is time to look: an hour went by, or five minutes and there is something new."""
    if live_release(state) is None or not state.segments:
        return False
    last, now = _last(work, state.product), work.clock.now()
    if last is None or now < last.at:
        return True
    return now - last.at >= ANYHOW or (now - last.at >= ON_NEWS and last.seen != _seen(state))


def look(work: Workspace, state: ProductState) -> Watched:
    """One look at a product whose records are sealed, remembered."""
    watched = watch(work, state.product, sealing=False)
    content = msgspec.json.encode(_Last(work.clock.now(), _seen(state)))
    write_whole(work.state / "watch" / f"{state.product}.json", content)
    return watched


def _seen(state: ProductState) -> str:
    """What a look depends on, but for the time."""
    segments = [each.segment for each in state.segments]
    return digest_of_value([segments, state.manifest, live_release(state), state.outcomes.joined])


def _last(work: Workspace, product: str) -> _Last | None:
    try:
        return msgspec.json.decode((work.state / "watch" / f"{product}.json").read_bytes(), type=_Last)
    except (OSError, msgspec.MsgspecError):
        return None


def words_of(watched: Watched) -> str:
    """What a look said that is news, in one line."""
    said = [
        f"{each.alarm.cause}: {each.alarm.verdict} (was {each.before or 'fine'}): {each.alarm.because}"
        for each in watched.news
    ]
    return "; ".join(said)

"""What was answered, by the hour: profiles out of sealed segments, no further back than is needed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from causeway.actions.segments import PREDICTIONS, profile_at
from causeway.actions.workspace import Workspace
from causeway.core.assignment import HOLDOUT
from causeway.core.events import SegmentSealed
from causeway.core.score import REHEARSAL
from causeway.stats.profile import merged_profiles
from causeway.stats.profile_form import Profile, Window
from causeway.views.product import ProductState

DAYS = 36
"""Four weeks to compare with, and a week that is compared."""
ROWS = 200 * 36
"""Where few rows come, so many windows of 200 are read, however long ago they were answered."""
BESIDE = frozenset({"canary", "shadow"})
NOBODY = frozenset({HOLDOUT, REHEARSAL})
"""Arms that no release answered a caller in."""


class History(Struct, frozen=True):
    """The hours of a product, oldest first."""

    live: tuple[Window, ...] = ()
    beside: tuple[Window, ...] = ()
    """Of canaries and shadows."""
    unread: int = 0
    """Segments without a profile."""


def history_of(
    work: Workspace, state: ProductState, *, now: datetime, days: float = DAYS, rows: int = ROWS
) -> History:
    """What was answered in so many days, or in as many more as so many rows take."""
    known = [each for each in state.segments if each.stream == PREDICTIONS and each.last_at]
    known.sort(key=lambda each: each.last_at or now, reverse=True)
    oldest = now - timedelta(days=days)
    profiles: list[Profile] = []
    seen = unread = 0
    for segment in known:
        if _is_older(segment, oldest) and seen >= rows:
            break
        profile = profile_at(work, segment)
        if profile is None:
            unread += 1
            continue
        profiles.append(profile)
        seen += segment.rows
    return _sorted(merged_profiles(profiles).windows, unread)


def hour_of(moment: datetime) -> int:
    """The hours since 1970."""
    return int(moment.timestamp() // 3600)


def time_of(hour: int) -> datetime:
    """When this hour began."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def _is_older(segment: SegmentSealed, than: datetime) -> bool:
    return segment.last_at is not None and segment.last_at < than


def _sorted(windows: Sequence[Window], unread: int) -> History:
    beside = tuple(each for each in windows if each.arm in BESIDE)
    live = tuple(each for each in windows if each.arm not in BESIDE | NOBODY)
    return History(live, beside, unread)

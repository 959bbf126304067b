"""What was answered over any days, out of blocks that are kept: a year is a merge of a few dozen files.

Only days that are over are kept, each block named after all that it was made of: rows that come late, are
joined or are erased make it anew. The folder may be deleted.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from causeway.actions.segments import PREDICTIONS, profile_at
from causeway.actions.workspace import Workspace, write_whole
from causeway.core.events import SegmentSealed
from causeway.core.ids import digest_of_value, short
from causeway.stats.profile_form import Profile, Window, read_profile, write_profile
from causeway.stats.rollup import DAY_HOURS, LENGTHS, Block, blocks_of, merged_block, parts_of
from causeway.views.product import ProductState

FORMAT = 1
"""Raised when the same profiles are to make other blocks."""
FOLDER, SUFFIX = "watch/blocks", ".profile"
_FIRST = date(1970, 1, 1).toordinal()


class Blocks:
    """The answers of one product by days."""

    def __init__(
        self,
        folder: Path,
        segments: Sequence[SegmentSealed],
        read: Callable[[SegmentSealed], Profile | None],
        *,
        today: int,
    ) -> None:
        self._folder, self._read, self._today = folder, read, today
        self._by_day: dict[int, list[SegmentSealed]] = {}
        for each in segments:
            for day in days_of(each):
                self._by_day.setdefault(day, []).append(each)
        self._wrote = False

    @property
    def days(self) -> list[int]:
        """Those of which a segment may hold rows, in order, in days since 1970."""
        return sorted(self._by_day)

    def unread(self, since: int, until: int) -> int:
        """How many segments of these days have no profile."""
        there = [each for day, facts in self._by_day.items() if since <= day < until for each in facts]
        return len({each.segment for each in there if not each.profile})

    def span(self, since: int, until: int) -> tuple[Window, ...]:
        """All rows from one day to before another: one window for each release and arm."""
        return merged_block(self.parts(since, until), day=since)

    def parts(self, since: int, until: int) -> list[Window]:
        """The same in blocks, oldest first."""
        known = self.days
        if not known:
            return []
        first, end = max(since, known[0]), min(until, known[-1] + 1)
        found = [window for block in blocks_of(first, end) for window in self._block(block)]
        if self._wrote:
            self.forget()
        return found

    def forget(self) -> None:
        """Takes away what was made of segments that are replaced or gone, and with them of erased rows."""
        files = list(self._folder.glob(f"*{SUFFIX}"))
        if not files:
            return
        starts = {(day // length * length, length) for day in self._by_day for length in LENGTHS}
        known = {self._file(block) for block in starts}
        for file in files:
            if file not in known:
                file.unlink(missing_ok=True)
        self._wrote = False

    def _block(self, block: Block) -> tuple[Window, ...]:
        day, length = block
        if not self._touching(day, day + length):
            return ()
        file = self._file(block)
        is_over = day + length <= self._today
        if is_over:
            with suppress(FileNotFoundError, ValueError):
                return read_profile(file.read_bytes()).windows
        made = merged_block(self._made(block), day=day)
        if is_over:
            write_whole(file, write_profile(Profile(made)))
            self._wrote = True
        return made

    def _made(self, block: Block) -> list[Window]:
        below = parts_of(block)
        if below:
            return [window for part in below for window in self._block(part)]
        day = block[0]
        profiles = [self._read(each) for each in self._by_day[day]]
        hours = (each for profile in profiles if profile is not None for each in profile.windows)
        return sorted((each for each in hours if each.hour // DAY_HOURS == day), key=lambda each: each.hour)

    def _file(self, block: Block) -> Path:
        """Where the block is kept, named after all that it is made of."""
        day, length = block
        stamp = digest_of_value([FORMAT, [each.profile for each in self._touching(day, day + length)]])
        return self._folder / f"{day}-{length}-{short(stamp)}{SUFFIX}"

    def _touching(self, since: int, until: int) -> list[SegmentSealed]:
        return [each for day in range(since, until) for each in self._by_day.get(day, ())]


def blocks_of_product(work: Workspace, state: ProductState) -> Blocks:
    """The blocks of what this product answered and sealed."""
    segments = [each for each in state.segments if each.stream == PREDICTIONS]
    folder = work.state / FOLDER / state.product
    return Blocks(folder, segments, lambda fact: profile_at(work, fact), today=day_of(work.clock.now()))


def days_of(segment: SegmentSealed) -> range:
    """The days that its rows lie in; none where it does not say."""
    if segment.first_at is None or segment.last_at is None:
        return range(0)
    return range(day_of(segment.first_at), day_of(segment.last_at) + 1)


def day_of(moment: datetime | date) -> int:
    """The days since 1970, of a moment in UTC."""
    day = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return day.toordinal() - _FIRST


def date_of(day: int) -> date:
    """The day that is so many days after 1970."""
    return date.fromordinal(day + _FIRST)

"""Days and longer blocks of hourly profiles, so that any span of the past is a merge of few.

A day belongs to one block of each length, all counted from 1970. A block's windows are those of its hours
merged by release and arm, and so they can be made of the blocks below as well. How columns go together is
left out: a release says nothing of it that a span could be held against.
"""

from collections.abc import Iterable, Sequence

from causeway.stats.profile_form import Window
from causeway.stats.profile_many import merged_rows

LENGTHS = (1, 8, 64)
"""Days in a block."""
DAY_HOURS = 24

Block = tuple[int, int]
"""The first day, in days since 1970 in UTC, and how many there are."""


def blocks_of(since: int, until: int) -> list[Block]:
    """The fewest blocks that make the days from `since` to before `until`, in order."""
    found: list[Block] = []
    while since < until:
        length = max(each for each in LENGTHS if since % each == 0 and since + each <= until)
        found.append((since, length))
        since += length
    return found


def parts_of(block: Block) -> list[Block]:
    """The blocks of the next shorter length that make this one; none of a day."""
    day, length = block
    if length == 1:
        return []
    below = LENGTHS[LENGTHS.index(length) - 1]
    return [(part, below) for part in range(day, day + length, below)]


def merged_block(windows: Iterable[Window], *, day: int) -> tuple[Window, ...]:
    """One window for each release and arm, in their order, which begins with this day."""
    found: dict[tuple[str, str], list[Window]] = {}
    for each in windows:
        found.setdefault((each.release, each.arm), []).append(each)
    return tuple(joined(found[key], hour=day * DAY_HOURS) for key in sorted(found))


def joined(windows: Sequence[Window], *, hour: int) -> Window:
    """All rows of these windows, named after the first of them."""
    first, rows = windows[0], sum(each.rows for each in windows)
    return Window(hour, first.release, first.arm, rows, merged_rows(windows))

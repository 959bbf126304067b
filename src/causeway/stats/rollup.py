"""Hours, days and longer blocks of a column's profiles, so that any span is a merge of few.

An hour belongs to one block of each length, all counted from 1970. What is cached of the blocks can be thrown
away: hours make it again.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from causeway.stats.profile_form import Window
from causeway.stats.profile_many import merged_rows
from causeway.stats.relations import merged_relations

LENGTHS = (1, 24, 192, 1536)
"""Hours in a block: an hour, a day, eight days, 64 days."""

Block = tuple[int, int]
"""The first hour, and how many there are."""


def blocks_of(since: int, until: int) -> list[Block]:
    """The fewest blocks that make the hours from `since` to before `until`, in order."""
    found: list[Block] = []
    while since < until:
        length = max(each for each in LENGTHS if since % each == 0 and since + each <= until)
        found.append((since, length))
        since += length
    return found


def rolled_up(hours: Iterable[Window]) -> dict[Block, Window]:
    """All blocks that hold anything, of the windows of one release and arm, oldest first."""
    known = {(each.hour, 1): each for each in merged_hours(hours)}
    below = list(known.values())
    for length in LENGTHS[1:]:
        below = [
            joined(list(part), hour=start * length)
            for start, part in groupby(below, key=lambda each, length=length: each.hour // length)
        ]
        known |= {(each.hour, length): each for each in below}
    return known


def span_of(find: Callable[[Block], Window | None], since: int, until: int) -> Window | None:
    """All rows of these hours as one window; `find` gives a block, or None where there were no rows."""
    found = [each for each in map(find, blocks_of(since, until)) if each is not None]
    return joined(found, hour=since) if found else None


def joined(windows: Sequence[Window], *, hour: int) -> Window:
    """All rows of these windows, named after the first of them."""
    first = windows[0]
    return Window(
        hour,
        first.release,
        first.arm,
        sum(each.rows for each in windows),
        merged_rows(windows),
        merged_relations([each.relations for each in windows]),
    )


def merged_hours(windows: Iterable[Window]) -> list[Window]:
    """One window for each hour, in order."""
    ordered = sorted(windows, key=lambda each: each.hour)
    return [joined(list(part), hour=hour) for hour, part in groupby(ordered, key=lambda each: each.hour)]

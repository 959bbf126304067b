"""Windows of answers beside outcomes, put together: hours make days, days the life of a release."""

from collections.abc import Iterable, Mapping, Sequence

from causeway.stats.binned import merged_scores
from causeway.stats.binned_answers import merged_labels, merged_numbers
from causeway.stats.delays import merged_delays
from causeway.stats.quality_form import HOUR_US, ErrorsExpected, QualityWindow
from causeway.stats.sequential import Moments


def merged_windows(many: Iterable[QualityWindow]) -> QualityWindow | None:
    """All rows of these windows together, in time's order, under the first one's names; None of none."""
    found = sorted(many, key=lambda window: window.since_us)
    if len(found) < 2:
        return found[0] if found else None
    scores = [each.scores for each in found if each.scores is not None]
    labels = [each.labels for each in found if each.labels is not None]
    numbers = [each.numbers for each in found if each.numbers is not None]
    delays = [each.delays for each in found if each.delays is not None]
    expected = [each.expected for each in found if each.expected is not None]
    return QualityWindow(
        since_us=found[0].since_us,
        until_us=max(each.until_us for each in found),
        release=found[0].release,
        arm=found[0].arm,
        slice=found[0].slice,
        answered=sum(each.answered for each in found),
        labelled=sum(each.labelled for each in found),
        scores=merged_scores(scores) if scores else None,
        labels=merged_labels(labels) if labels else None,
        numbers=merged_numbers(numbers) if numbers else None,
        loss=sum((each.loss for each in found), Moments()),
        delays=merged_delays(delays) if delays else None,
        expected=sum(expected, ErrorsExpected()) if expected else None,
    )


def by_slice(windows: Iterable[QualityWindow]) -> Mapping[str, list[QualityWindow]]:
    """The windows of each slice, oldest first; those of all rows under the empty name."""
    found: dict[str, list[QualityWindow]] = {}
    for window in sorted(windows, key=lambda each: each.since_us):
        found.setdefault(window.slice, []).append(window)
    return found


def lately(windows: Sequence[QualityWindow], *, hours: int, rows: int) -> Sequence[QualityWindow]:
    """The last of these windows, over so many hours and with so many labelled rows at least."""
    seen = 0
    for place in range(len(windows) - 1, -1, -1):
        seen += windows[place].labelled
        if seen >= rows and windows[-1].until_us - windows[place].since_us >= hours * HOUR_US:
            return windows[place:]
    return windows


def grouped(windows: Sequence[QualityWindow], *, hours: int, least: int) -> tuple[QualityWindow, ...]:
    """Windows of so many hours, each with `least` labelled rows at least: what has fewer is put to the next.

    The last one may have fewer.
    """
    made: list[QualityWindow] = []
    waiting: list[QualityWindow] = []
    rows = 0
    for place, window in enumerate(windows):
        waiting.append(window)
        rows += window.labelled
        span = hours * HOUR_US
        following = windows[place + 1].since_us // span if place + 1 < len(windows) else None
        if following is None or (following != window.since_us // span and rows >= least):
            if (whole := merged_windows(waiting)) is not None:
                made.append(whole)
            waiting, rows = [], 0
    return tuple(made)

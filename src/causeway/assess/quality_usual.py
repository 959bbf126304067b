"""Whether the last windows are worse than what was usual: a decay is a loss beside something comparable.

A metric differs from window to window by more than its sampling error: seasons, weekdays, who asks. That
scatter is learnt from the median difference of neighbouring windows, which a slow decay hardly widens and a
sudden one not at all. What is comparable: what the release was measured to do, as so many windows as it has
rows; and every seven windows in a row that the product itself answered, whatever release did. Among so many
references one is the best by chance, so the limit grows with their number. No single window makes a fall; and
the same days of weeks before, once there were years the same season, must have been better.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct, structs

from causeway.assess.quality_promise import QualityRules
from causeway.stats.binned_metrics import Measured
from causeway.stats.proportion import Z
from causeway.stats.quality_form import HOUR_US

LATELY = (2, 3, 7, 14, 28)
"""So many of the last windows are held against what was usual."""
LIMIT = 3.1
"""In standard errors: one reference in 1,000 is so much better by chance."""
SEASON_LIMIT = 2.0
DAY_US = 24 * HOUR_US
WEEK_US, YEAR_US = 7 * DAY_US, 365.25 * DAY_US
MOST_FOR_WEEKDAYS_US = 2 * DAY_US
MEDIAN_OF_TWO = 0.9539
"""The median distance of two draws of a normal, in its standard deviations."""
SEASON_US = 21 * DAY_US
"""Windows of other years belong to the same season when they lie so near the same day."""


class Spell(Struct, frozen=True):
    """One window's metric, and its standard error by its rows alone."""

    since_us: int
    until_us: int
    value: float
    error: float
    rows: int
    release: str = ""


class Fall(Struct, frozen=True):
    """The last windows beside the reference that they are most surely worse than."""

    windows: int
    value: float
    reference: float
    since_us: int
    until_us: int
    """Of the reference; 0 where it is what the release was measured to do."""
    spared: bool = False
    """Whether it was no better on the same days of weeks, or of years, before."""


def spell_of(since_us: int, until_us: int, seen: Measured, *, release: str = "") -> Spell:
    """The window's metric as it is compared."""
    return Spell(since_us, until_us, seen.value, (seen.high - seen.low) / (2 * Z), seen.rows, release)


def fall_of(
    own: Sequence[Spell],
    before: Sequence[Spell],
    measured: Spell | None,
    *,
    sign: float,
    tolerance: float,
    rules: QualityRules,
) -> Fall | None:
    """The surest fall of the live release's last windows; `before` are the product's under other releases."""
    found: tuple[float, Fall] | None = None
    for count in LATELY:
        if len(own) < count:
            break
        last, past = own[-count:], [*before, *own[:-count]]
        scatter = scatter_of(past)
        mean, error = _mean(last, scatter)
        references = list(_references(past, measured, scatter, horizon=rules.horizon))
        limit = math.sqrt(LIMIT**2 + 2 * math.log(max(1.0, len(past) / rules.horizon)))
        for value, its, since_us, until_us in references:
            sure = (sign * (value - mean) - tolerance) / math.hypot(error, its)
            if (
                sure > limit
                and _lasts(last, value, scatter, sign=sign, tolerance=tolerance)
                and (found is None or sure > found[0])
            ):
                spared = _is_season(last, past, scatter, sign=sign, tolerance=tolerance)
                found = sure, Fall(count, mean, value, since_us, until_us, spared)
    return found[1] if found else None


def _lasts(last: Sequence[Spell], reference: float, scatter: float, *, sign: float, tolerance: float) -> bool:
    """Whether it is no single window that is worse: the last two or three one by one, of more the half."""
    below = [sign * (reference - each.value) - tolerance for each in last]
    if len(last) > 3:
        return sum(each > 0 for each in below) > len(last) / 2
    worse = [beyond > math.sqrt(each.error**2 + scatter) for beyond, each in zip(below, last, strict=True)]
    return worse[-1] and sum(worse) >= 2


def scatter_of(spells: Sequence[Spell]) -> float:
    """The variance between neighbouring windows beyond that of their rows; 0 of fewer than three."""
    pairs = [(one, other) for one, other in pairwise(spells) if one.release == other.release]
    if len(pairs) < 2:
        return 0.0
    apart = sorted(abs(other.value - one.value) for one, other in pairs)
    middle = (apart[(len(apart) - 1) // 2] + apart[len(apart) // 2]) / 2
    by_rows = sum(each.error**2 for pair in pairs for each in pair) / (2 * len(pairs))
    return max(0.0, (middle / MEDIAN_OF_TWO) ** 2 - by_rows) * (1 + math.sqrt(2 / len(pairs)))


def _mean(spells: Sequence[Spell], scatter: float) -> tuple[float, float]:
    """Their mean, and its standard error."""
    count = len(spells)
    variance = sum(each.error**2 + scatter for each in spells) / count**2
    return sum(each.value for each in spells) / count, max(math.sqrt(variance), 1e-9)


def _references(
    past: Sequence[Spell], measured: Spell | None, scatter: float, *, horizon: int
) -> Iterator[tuple[float, float, int, int]]:
    """Value, standard error, beginning and end of everything that the last windows are comparable with."""
    if measured is not None:
        usual = sorted(each.rows for each in past)[len(past) // 2] if past else measured.rows
        windows = max(measured.rows / max(usual, 1), 1.0)
        yield measured.value, max(math.sqrt(measured.error**2 + scatter / windows), 1e-9), 0, 0
    size = min(horizon, len(past))
    for begin in range(len(past) - size + 1 if size > 1 else 0):
        part = past[begin : begin + size]
        yield *_mean(part, scatter), part[0].since_us, part[-1].until_us


def _is_season(
    last: Sequence[Spell], past: Sequence[Spell], scatter: float, *, sign: float, tolerance: float
) -> bool:
    """Whether the same weekdays, or days of the year, were no better before, and others since then were."""
    if last[0].until_us - last[0].since_us <= MOST_FOR_WEEKDAYS_US:
        alike = [each for each in past if any(_is_alike(each, one, WEEK_US, DAY_US / 2) for one in last)]
        if _were_so(last, alike, past, scatter, sign=sign, tolerance=tolerance):
            return True
    reach = max(SEASON_US, (last[-1].until_us - last[0].since_us) / 2)
    whole = structs.replace(last[0], until_us=last[-1].until_us)
    alike = [each for each in past if _is_alike(each, whole, YEAR_US, reach)]
    return _were_so(last, alike, past, scatter, sign=sign, tolerance=tolerance)


def _were_so(
    last: Sequence[Spell],
    alike: Sequence[Spell],
    past: Sequence[Spell],
    scatter: float,
    *,
    sign: float,
    tolerance: float,
) -> bool:
    mean, error = _mean(last, scatter)
    since = [each for each in past if alike and each.since_us >= alike[-1].until_us]
    if not since or sign * (_mean(since, scatter)[0] - mean) <= tolerance:
        # what was never well again since then is no season
        return False
    usual, its = _mean(alike, scatter)
    return (sign * (usual - mean) - tolerance) / math.hypot(error, its) <= SEASON_LIMIT


def _is_alike(earlier: Spell, now: Spell, period: float, reach: float) -> bool:
    apart = (now.since_us + now.until_us - earlier.since_us - earlier.until_us) / 2
    times = round(apart / period)
    return times >= 1 and abs(apart - times * period) <= reach

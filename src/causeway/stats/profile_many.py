"""Many profiles merged at once: what a window of days costs is one pass over its bins."""

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain
from typing import Any

import numpy as np
from msgspec import structs

from causeway.stats.profile import merged, merged_texts
from causeway.stats.profile_form import VALUES_COUNTED, ColumnProfile, NumberProfile, TextProfile, Window

FEW = 3
"""So few are merged one by one."""


def merged_columns(profiles: Sequence[ColumnProfile]) -> ColumnProfile:
    """One profile of all these rows; there must be one at least."""
    full = [each for each in profiles if each.count]
    numbers = [each for each in full if isinstance(each, NumberProfile)]
    texts = [each for each in profiles if isinstance(each, TextProfile)]
    if len(texts) == len(profiles):
        return merged_texts(texts)
    same = len(numbers) == len(full) and len({each.shift for each in numbers}) == 1
    return _of_numbers(profiles, numbers) if same and len(full) > FEW else reduce(merged, profiles)


def merged_rows(windows: Sequence[Window]) -> dict[str, ColumnProfile]:
    """Each column over all these windows; where a window lacks it, its rows are missing there."""
    names = dict.fromkeys(name for window in windows for name in window.columns)
    rows = sum(window.rows for window in windows)
    made: dict[str, ColumnProfile] = {}
    for name in names:
        found = [window.columns[name] for window in windows if name in window.columns]
        one = merged_columns(found)
        lacking = rows - one.count - one.missing
        made[name] = structs.replace(one, missing=one.missing + lacking) if lacking > 0 else one
    return made


def _of_numbers(profiles: Sequence[ColumnProfile], full: Sequence[NumberProfile]) -> NumberProfile:
    count = sum(each.count for each in full)
    mean = sum(each.mean * (each.count / count) for each in full)
    spread = sum(each.spread + each.count * (each.mean - mean) ** 2 for each in full)
    bins, counts = _added_bins((each.bins for each in full), (each.counts for each in full))
    values: tuple[float, ...] = ()
    times: tuple[int, ...] = ()
    if all(each.values for each in full):
        values, times = _added((each.values for each in full), (each.value_counts for each in full))
    few = len(values) <= VALUES_COUNTED
    return NumberProfile(
        count=count,
        missing=sum(each.missing for each in profiles),
        mean=mean,
        spread=spread,
        minimum=min(each.minimum for each in full if each.minimum is not None),
        maximum=max(each.maximum for each in full if each.maximum is not None),
        shift=full[0].shift,
        bins=bins,
        counts=counts,
        values=values if few else (),
        value_counts=times if few else (),
    )


def _added(
    places: Iterable[Sequence[float]], counts: Iterable[Sequence[int]]
) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The counts of all tables by place, in the places' order."""
    every = np.fromiter(chain.from_iterable(places), np.float64)
    times = np.fromiter(chain.from_iterable(counts), np.int64)
    known, where = np.unique(every, return_inverse=True)
    return tuple(known.tolist()), tuple(np.bincount(where, times).astype(np.int64).tolist())


def _added_bins(
    bins: Iterable[Sequence[int]], counts: Iterable[Sequence[int]]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The same of bins, of which there are so few that all of them can be counted."""
    every = np.fromiter(chain.from_iterable(bins), np.int64)
    times = np.fromiter(chain.from_iterable(counts), np.int64)
    least = int(every.min())
    total = np.bincount(every - least, times).astype(np.int64)
    full = np.flatnonzero(total)
    return tuple((full + least).tolist()), tuple(total[full].tolist())

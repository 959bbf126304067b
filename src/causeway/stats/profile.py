"""Profiles of columns: made of arrays in one pass, merged in any order, read as quantiles and distances."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from causeway.stats.profile_form import (
    HOUR_US,
    TEXT_GROUPS,
    TEXTS_COUNTED,
    VALUES_COUNTED,
    Arrays,
    Coded,
    ColumnProfile,
    NumberProfile,
    Profile,
    TextProfile,
    Window,
)
from causeway.stats.relations import merged_relations, relations_of, sample_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

PARTS = 64
_PART_BITS = 6
_NEAREST = -32
_FARTHEST = 64
_LAST = (_FARTHEST - _NEAREST) * PARTS + 1
_BASE = ((1023 + _NEAREST) << _PART_BITS) - 1
# below so many numbers sorting them is cheaper than counting all bins
_FEW = 2048
_SAMPLE = 1024
# so many numbers, and what is made of them, stay in the processor's cache
_CHUNK = 16384


Shifts = Mapping[str, Mapping[str, float]]
EMPTY = NumberProfile(0, 0, 0.0, 0.0, None, None, 0.0, (), ())
"""Of no rows."""


def profile_of(arrays: Arrays, *, shifts: Shifts, columns: Sequence[str]) -> Profile:
    """The profile of these columns by hour (`at`, in microseconds), `release` and `arm`.

    `shifts` says for a release from where the numbers of a column are counted; zero where it says nothing.
    """
    release, arm, at = arrays["release"], arrays["arm"], arrays["at"]
    if not isinstance(release, Coded) or not isinstance(arm, Coded) or isinstance(at, Coded) or not len(at):
        return Profile(())
    hours = at.astype(np.int64) // HOUR_US
    arms = len(arm.names) + 1
    keys = (hours * (len(release.names) + 1) + release.codes + 1) * arms + arm.codes + 1
    order = None if np.all(keys[1:] >= keys[:-1]) else np.argsort(keys, kind="stable")
    sorted_keys = keys if order is None else keys[order]
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
    ends = np.r_[starts[1:], len(keys)]
    first = starts if order is None else order[starts]
    zeros = [shifts.get(_named(release, row), {}) for row in first.tolist()]
    windows = [
        Window(int(hours[row]), _named(release, row), _named(arm, row), int(end - start), {})
        for row, start, end in zip(first.tolist(), starts, ends, strict=True)
    ]
    sampled: list[dict[str, Floats | Coded]] = [{} for _ in windows]
    for name in columns:
        column = arrays[name]
        for place, window in enumerate(windows):
            where = slice(starts[place], ends[place])
            part = _part(column, where if order is None else order[where])
            window.columns[name] = _column_profile(part, shift=zeros[place].get(name, 0.0))
            sampled[place][name] = sample_of(part)
    return Profile(
        tuple(
            structs.replace(window, relations=relations_of(rows))
            for window, rows in zip(windows, sampled, strict=True)
        )
    )


def _part(column: Floats | Coded, rows: slice | Integers) -> Floats | Coded:
    return Coded(column.codes[rows], column.names) if isinstance(column, Coded) else column[rows]


def _column_profile(column: Floats | Coded, *, shift: float) -> ColumnProfile:
    if isinstance(column, Coded):
        return text_profile(column.codes.astype(np.int64, copy=False), column.names)
    return number_profile(column.astype(np.float64, copy=False), shift=shift)


def number_profile(values: Floats, *, shift: float = 0.0) -> NumberProfile:
    """The profile of these numbers."""
    known = np.isfinite(values)
    found = values if known.all() else values[known]
    missing = len(values) - len(found)
    if not len(found):
        return NumberProfile(0, missing, 0.0, 0.0, None, None, shift, (), ())
    bins, counts = _binned(found, shift)
    # the squares of what is near the largest numbers there are come to infinity
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(found.mean())
        away = found - mean
        # not as a product of vectors: so few numbers are not worth the threads that it would start
        spread = float(np.square(away, out=away).sum())
    distinct, times = _few_values(found) if len(bins) <= VALUES_COUNTED else ((), ())
    return NumberProfile(
        count=len(found),
        missing=missing,
        mean=mean,
        spread=spread,
        minimum=float(found.min()),
        maximum=float(found.max()),
        shift=shift,
        bins=bins,
        counts=counts,
        values=distinct,
        value_counts=times,
    )


def text_profile(codes: Integers, names: Sequence[str]) -> TextProfile:
    """The profile of texts that are given as places in `names`, -1 for none."""
    times = np.bincount(codes + 1, minlength=len(names) + 1)
    places = np.flatnonzero(times[1:])
    counts = {names[place]: int(times[place + 1]) for place in places.tolist()}
    return counted_texts(counts, missing=int(times[0]))


def counted_texts(counts: dict[str, int], *, missing: int) -> TextProfile:
    """The profile of texts that are counted already."""
    groups = _groups(counts) if len(counts) > TEXTS_COUNTED else ()
    return TextProfile(sum(counts.values()), missing, _frequent(counts), groups=groups)


def merged(first: ColumnProfile, second: ColumnProfile) -> ColumnProfile:
    """The profile of both columns' rows; a column that held numbers once and texts once counts as texts.

    Of more different numbers than are counted no text is named then; `slack` is the larger by all of them.
    """
    match first, second:
        case NumberProfile(), NumberProfile():
            return _merged_numbers(first, second)
        case TextProfile(), TextProfile():
            return merged_texts((first, second))
        case _ if not (first.count and second.count):
            # a column without any value is of no kind
            kept, other = (first, second) if first.count else (second, first)
            return structs.replace(kept, missing=kept.missing + other.missing)
        case _:
            return merged(_as_texts(first), _as_texts(second))


def merged_texts(profiles: Sequence[TextProfile]) -> TextProfile:
    """The profile of all these columns' texts."""
    counts: dict[str, int] = {}
    for each in profiles:
        for name, count in each.counts.items():
            counts[name] = counts.get(name, 0) + count
    whole = len(counts) <= TEXTS_COUNTED and not any(each.slack for each in profiles)
    return TextProfile(
        sum(each.count for each in profiles),
        sum(each.missing for each in profiles),
        _frequent(dict(sorted(counts.items()))),
        sum(each.uncounted for each in profiles),
        () if whole else _added_groups([groups_of(each) for each in profiles]),
    )


def merged_profiles(profiles: Iterable[Profile]) -> Profile:
    """One profile of all rows: windows of the same hour, release and arm become one."""
    found: dict[tuple[int, str, str], Window] = {}
    for window in (each for profile in profiles for each in profile.windows):
        key = (window.hour, window.release, window.arm)
        found[key] = merged_windows(found[key], window) if key in found else window
    return Profile(tuple(found[key] for key in sorted(found)))


def merged_windows(first: Window, second: Window) -> Window:
    """The rows of both windows, under the name of the first; what one lacks is missing there."""
    names = {**first.columns, **second.columns}
    columns = {
        name: merged(_column(first, name, like=like), _column(second, name, like=like))
        for name, like in names.items()
    }
    together = merged_relations((first.relations, second.relations))
    return Window(first.hour, first.release, first.arm, first.rows + second.rows, columns, together)


def quantile(profile: NumberProfile, share: float) -> float:
    """The number below which this share of them lies; off by at most a 64th of its distance from `shift`."""
    if not profile.count:
        return float("nan")
    values, counts = support(profile)
    place = np.searchsorted(np.cumsum(counts), share * (profile.count - 1), side="right")
    return float(values[min(int(place), len(values) - 1)])


def distance(first: NumberProfile, second: NumberProfile) -> float:
    """The Kolmogorov-Smirnov distance at the edges of bins; exact where all values are counted."""
    if not first.count or not second.count:
        return float("nan")
    exact = bool(first.values and second.values)
    left = _table(first.values, first.value_counts) if exact else _table(first.bins, first.counts)
    right = _table(second.values, second.value_counts) if exact else _table(second.bins, second.counts)
    places = sorted({*left, *right})
    shares = [
        np.cumsum([table.get(place, 0) for place in places]) / count
        for table, count in ((left, first.count), (right, second.count))
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def bounds(place: int, shift: float) -> tuple[float, float]:
    """The numbers between which a bin lies."""
    if place == 0:
        return shift - 2.0**_NEAREST, shift + 2.0**_NEAREST
    doubling, part = divmod(abs(place) - 1, PARTS)
    low = 2.0 ** (doubling + _NEAREST) * (1 + part / PARTS)
    high = low + 2.0 ** (doubling + _NEAREST) / PARTS
    return (shift + low, shift + high) if place > 0 else (shift - high, shift - low)


def edges(places: Integers, shift: float) -> tuple[Floats, Floats]:
    """The numbers between which each bin lies."""
    doubling, part = np.divmod(np.abs(places) - 1, PARTS)
    low = np.where(places, np.ldexp(1 + part / PARTS, doubling + _NEAREST), -(2.0**_NEAREST))
    high = np.where(places, low + np.ldexp(1 / PARTS, doubling + _NEAREST), 2.0**_NEAREST)
    below = places < 0
    return shift + np.where(below, -high, low), shift + np.where(below, -low, high)


def support(profile: NumberProfile) -> tuple[Floats, Integers]:
    """Numbers in order, and how many of the column each stands for."""
    if profile.values:
        return np.array(profile.values), np.array(profile.value_counts)
    low, high = edges(np.array(profile.bins), profile.shift)
    return np.clip((low + high) / 2, profile.minimum, profile.maximum), np.array(profile.counts)


def _binned(values: Floats, shift: float) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if len(values) < _FEW:
        bins, counts = np.unique(_places(values, shift), return_counts=True)
        return tuple(bins.tolist()), tuple(counts.tolist())
    everywhere = np.zeros(2 * _LAST + 1, np.int64)
    for start in range(0, len(values), _CHUNK):
        places = _places(values[start : start + _CHUNK], shift)
        places += _LAST
        everywhere += np.bincount(places, minlength=len(everywhere))
    full = np.flatnonzero(everywhere)
    return tuple((full - _LAST).tolist()), tuple(everywhere[full].tolist())


def _places(values: Floats, shift: float) -> Integers:
    """The bin of each number."""
    with np.errstate(over="ignore"):
        away = values - shift
    places = np.abs(away).view(np.int64) >> (52 - _PART_BITS)
    places -= _BASE
    np.clip(places, 0, _LAST, out=places)
    if away.min() < 0:
        np.negative(places, out=places, where=away < 0)
    return places


def _few_values(values: Floats) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """All different values with their counts; nothing where there are more than are kept."""
    known = np.unique(values[:_SAMPLE])
    for _ in range(2):
        if len(known) > VALUES_COUNTED:
            return (), ()
        places = np.minimum(np.searchsorted(known, values), len(known) - 1)
        strange = known[places] != values
        if not strange.any():
            return tuple(known.tolist()), tuple(np.bincount(places, minlength=len(known)).tolist())
        known = np.unique(np.r_[known, values[strange]])
    return (), ()


def _merged_numbers(first: NumberProfile, second: NumberProfile) -> NumberProfile:
    if not second.count or not first.count:
        kept, other = (first, second) if first.count or not second.count else (second, first)
        return _with_missing(kept, kept.missing + other.missing)
    if first.shift != second.shift:
        # bins of different zeros cannot be added: the middle of each stands for its numbers
        second = rebased(second, first.shift)
    count = first.count + second.count
    apart = second.mean - first.mean
    bins, counts = _added(first.bins, first.counts, second.bins, second.counts)
    values, times = (
        _added(first.values, first.value_counts, second.values, second.value_counts)
        if first.values and second.values
        else ((), ())
    )
    few = len(values) <= VALUES_COUNTED
    return NumberProfile(
        count=count,
        missing=first.missing + second.missing,
        mean=first.mean + apart * second.count / count,
        spread=first.spread + second.spread + apart * apart * first.count * second.count / count,
        minimum=min(x for x in (first.minimum, second.minimum) if x is not None),
        maximum=max(x for x in (first.maximum, second.maximum) if x is not None),
        shift=first.shift,
        bins=bins,
        counts=counts,
        values=values if few else (),
        value_counts=times if few else (),
    )


def rebased(profile: NumberProfile, shift: float) -> NumberProfile:
    """The profile counted from another number; the middle of each bin stands for the rows in it."""
    values, counts = support(profile)
    places = [_binned(values[i : i + 1], shift)[0][0] for i in range(len(values))]
    bins, added = _added((), (), places, counts.tolist())
    return structs.replace(profile, shift=shift, bins=bins, counts=added)


def _with_missing(profile: NumberProfile, missing: int) -> NumberProfile:
    return structs.replace(profile, missing=missing)


def _added(
    first: Sequence[float], first_counts: Sequence[int], second: Sequence[float], second_counts: Sequence[int]
) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The counts of both tables by place, in the places' order."""
    counts = _table(first, first_counts)
    for place, count in zip(second, second_counts, strict=True):
        counts[place] = counts.get(place, 0) + count
    places = sorted(counts)
    return tuple(places), tuple(counts[place] for place in places)


def _table(places: Sequence[float], counts: Sequence[int]) -> dict[float, int]:
    return dict(zip(places, counts, strict=True))


def groups_of(profile: TextProfile) -> tuple[int, ...]:
    """How many texts fall into each group; nothing where that is not known."""
    return profile.groups or (() if profile.slack else _groups(profile.counts))


def _groups(counts: Mapping[str, int]) -> tuple[int, ...]:
    where = np.array([zlib.crc32(name.encode()) % TEXT_GROUPS for name in counts], np.int64)
    return tuple(np.bincount(where, list(counts.values()), TEXT_GROUPS).astype(np.int64).tolist())


def _added_groups(groups: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*groups, strict=True))) if all(groups) else ()


def _frequent(counts: dict[str, int]) -> dict[str, int]:
    """The frequent ones, each less what the first of the others counts, so that slack stays bounded."""
    if len(counts) <= TEXTS_COUNTED:
        return counts
    less = sorted(counts.values(), reverse=True)[TEXTS_COUNTED]
    return {name: count - less for name, count in counts.items() if count > less}


def _as_texts(profile: ColumnProfile) -> TextProfile:
    if isinstance(profile, TextProfile):
        return profile
    # written as a text of them is: 4711, not 4711.0 and not 4.711e+03
    named = {
        str(int(value) if value.is_integer() else value): count
        for value, count in zip(profile.values, profile.value_counts, strict=True)
    }
    return TextProfile(profile.count, profile.missing, named, profile.count - sum(profile.value_counts))


def _column(window: Window, name: str, *, like: ColumnProfile) -> ColumnProfile:
    if found := window.columns.get(name):
        return found
    if isinstance(like, TextProfile):
        return TextProfile(0, window.rows, {})
    return NumberProfile(0, window.rows, 0.0, 0.0, None, None, like.shift, (), ())


def _named(column: Coded, row: int) -> str:
    code = int(column.codes[row])
    return column.names[code] if code >= 0 else ""

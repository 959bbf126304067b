"""What the rows of a segment used: counts by release, arm and caller, which add up."""

import re
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from causeway.core.metering import Usage
from causeway.stats.profile_form import Arrays, Coded

# as OpenTelemetry, the providers' own interfaces and published traces call them, without what separates words
_TOKENS_IN = frozenset(
    {"inputtokens", "prompttokens", "contexttokens", "tokensin", "inputtokencount", "prompttokencount"}
    | {"genaiusageinputtokens", "usageprompttokens", "usageinputtokens"}
)
_TOKENS_OUT = frozenset(
    {"outputtokens", "completiontokens", "generatedtokens", "tokensout", "outputtokencount"}
    | {"candidatestokencount", "genaiusageoutputtokens", "usagecompletiontokens", "usageoutputtokens"}
)
_WITHIN_INPUT = frozenset({"cachedtokens", "cachedprompttokens", "cachedcontenttokencount"})
"""Counted in the tokens of the input, too."""
_BESIDE_INPUT = frozenset({"cachereadinputtokens", "tokenscached"})
_PLACE = re.compile(r"^(?:in|out)_")
_BETWEEN = re.compile(r"[^a-z0-9]")

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def usage_of(arrays: Arrays, *, batch: bool = False) -> tuple[Usage, ...]:
    """What these rows used; rows of one request have its name and its time."""
    at = arrays.get("at")
    if at is None or isinstance(at, Coded) or not len(at):
        return ()
    columns = [_coded(arrays.get(name), len(at)) for name in ("release", "arm", "consumer")]
    group, firsts = _groups([codes for codes, _ in columns])
    names = [tuple(_name(known, int(codes[row])) for codes, known in columns) for row in firsts]
    request = _coded(arrays.get("request"), len(at))[0]
    is_first = _is_first(group, at, request) if len(request) else np.ones(len(at), np.bool_)
    tokens_in, cached, tokens_out = _tokens(arrays, len(at))
    size = len(firsts)
    summed = {
        "requests": np.bincount(group[is_first], minlength=size),
        "rows": np.bincount(group, minlength=size),
        "busy_us": _sums(group[is_first], _numbers(arrays.get("latency_us"), len(at))[is_first], size),
        "tokens_in": _sums(group, tokens_in, size),
        "tokens_cached": _sums(group, cached, size),
        "tokens_out": _sums(group, tokens_out, size),
    }
    return tuple(
        Usage(
            release, arm, consumer, batch=batch, **{name: int(each[place]) for name, each in summed.items()}
        )
        for place, (release, arm, consumer) in enumerate(names)
    )


def added(usage: Iterable[Usage], *, less: Iterable[Usage] = ()) -> tuple[Usage, ...]:
    """Counts of the same release, arm and caller in one; without those that are taken off."""
    found: dict[tuple[str, str, str, bool], list[int]] = {}
    for sign, each in ((1, one) for one in usage):
        _add(found, each, sign)
    for each in less:
        _add(found, each, -1)
    return tuple(
        Usage(*key[:3], *(max(0, count) for count in counts), batch=key[3])
        for key, counts in sorted(found.items())
        if any(count > 0 for count in counts)
    )


def _add(found: dict[tuple[str, str, str, bool], list[int]], each: Usage, sign: int) -> None:
    counts = found.setdefault((each.release, each.arm, each.consumer, each.batch), [0] * 6)
    mine = (each.requests, each.rows, each.busy_us, each.tokens_in, each.tokens_cached, each.tokens_out)
    for place, count in enumerate(mine):
        counts[place] += sign * count


def _coded(column: Floats | Coded | None, rows: int) -> tuple[Codes, tuple[str, ...]]:
    if isinstance(column, Coded):
        return column.codes.astype(np.int64), column.names
    if column is None:
        return np.full(rows, -1, np.int64), ()
    values, codes = np.unique(column, return_inverse=True)
    return codes.astype(np.int64), tuple(f"{value:g}" for value in values)


def _name(known: tuple[str, ...], code: int) -> str:
    return known[code] if code >= 0 else ""


def _groups(columns: Iterable[Codes]) -> tuple[Codes, list[int]]:
    """Which group each row is of, and the first row of each."""
    key: Codes | None = None
    for codes in columns:
        key = codes + 1 if key is None else key * (int(codes.max()) + 2) + codes + 1
    if key is None:
        return np.zeros(0, np.int64), []
    _, firsts, group = np.unique(key, return_index=True, return_inverse=True)
    return group.astype(np.int64), firsts.tolist()


def _is_first(group: Codes, at: Floats, request: Codes) -> NDArray[np.bool_]:
    """Whether a row is the first of its request that this release answered."""
    order = np.lexsort((request, at, group))
    changes = np.ones(len(order), np.bool_)
    changes[1:] = (
        (np.diff(group[order]) != 0) | (np.diff(at[order]) != 0) | (np.diff(request[order]) != 0)
    ) | (request[order][1:] < 0)
    first = np.zeros(len(order), np.bool_)
    first[order] = changes
    return first


def _numbers(column: Floats | Coded | None, rows: int) -> Floats:
    if column is None or isinstance(column, Coded):
        return np.zeros(rows)
    return np.where(np.isfinite(column), column, 0.0)


def _sums(group: Codes, values: Floats, size: int) -> Floats:
    return np.rint(np.bincount(group, weights=values, minlength=size))


def _tokens(arrays: Arrays, rows: int) -> tuple[Floats, Floats, Floats]:
    """Tokens of the input that were new, those that were kept, and those of the output, row by row."""
    named = _by_meaning(arrays)
    whole = _positive(named.get("in"), rows)
    within, beside = _positive(named.get("within"), rows), _positive(named.get("beside"), rows)
    return np.maximum(whole - within, 0.0), within + beside, _positive(named.get("out"), rows)


def _positive(column: Floats | Coded | None, rows: int) -> Floats:
    return np.maximum(_numbers(column, rows), 0.0)


def _by_meaning(arrays: Arrays) -> Mapping[str, Floats | Coded]:
    """The first column of each meaning; what was answered before what was asked."""
    found: dict[str, Floats | Coded] = {}
    for name in sorted(arrays, key=lambda each: not each.startswith("out_")):
        if not _PLACE.match(name) or isinstance(arrays[name], Coded):
            continue
        plain = _BETWEEN.sub("", _PLACE.sub("", name.lower()))
        for meaning, words in (
            ("in", _TOKENS_IN),
            ("out", _TOKENS_OUT),
            ("within", _WITHIN_INPUT),
            ("beside", _BESIDE_INPUT),
        ):
            if plain in words:
                found.setdefault(meaning, arrays[name])
    return found

"""Candidates that read a raw column as categories: a number, or a text, for each."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from causeway.core.features import Map, Numeric, Words
from causeway.core.features_parts import part_of
from causeway.core.features_rules import Features
from causeway.core.table import Numbers, Text
from causeway.recover.cleaning import cleaning_candidates
from causeway.recover.fitting import single
from causeway.recover.loaded import Positions, listed
from causeway.recover.numbers import Candidate
from causeway.recover.pool import Grouping, Pool

CLOSED_SHARE = 1 / 3
"""Above this share of rows, categories are taken for free text."""
CLOSED_CATEGORIES = 2000


class Evidence(Struct, frozen=True):
    """What tells a target's mean from an honest code: the target over the kept rows, and the fitted rows."""

    target: Numbers
    fitted: Positions


def map_candidates(
    pool: Pool, name: str, wanted: Numbers, *, evidence: Evidence | None
) -> Iterator[Candidate]:
    """Exact functions of a category, each with its likely intent."""
    for grouping in pool.groupings:
        values = _values(grouping, wanted)
        if values is None or not _absent_agree(grouping, wanted):
            continue
        what = _intent(pool, grouping, name, values)
        if not _supported(grouping, name, what, values, wanted):
            continue
        yield _cost(grouping, name, what, values), _map(grouping, what, values, wanted, evidence)


def _values(grouping: Grouping, wanted: Numbers) -> Numbers | None:
    """The number of each category, where it is one number."""
    low, high = grouping.bounds(wanted)
    return low if np.array_equal(low, high) else None


def _absent_agree(grouping: Grouping, wanted: Numbers) -> bool:
    there = wanted[grouping.absent]
    return not len(there) or bool(np.isnan(there).all() or np.all(there == there[0]))


def _intent(pool: Pool, grouping: Grouping, name: str, values: Numbers) -> str:
    ordered = values[grouping.label_order]
    if _is_rank(ordered):
        small = len(values) == 2 and _named(grouping, name, values)
        return "one-hot" if small else "label-encoder"
    if grouping.vague:
        return "factorize" if _is_rank(values[grouping.first_seen]) else "nothing"
    if len(np.unique(values)) == 2:
        return "one-hot" if np.sum(values == values.max()) == 1 else "group-indicator"
    if _is_rank(values[grouping.first_seen]):
        return "factorize"
    return "frequency" if _is_frequency(pool, grouping, values) else "code-map"


def _is_rank(ordered: Numbers) -> bool:
    """Whether the values count up: 0, 1, 2..., with gaps for categories that were not kept, or scaled."""
    if len(ordered) < 2:
        return False
    steps = np.diff(ordered)
    if np.any(steps <= 0):
        return False
    whole = np.array_equal(ordered, np.round(ordered)) and ordered[0] >= 0
    counts = whole and ordered[-1] < 2 * len(ordered) + 2
    return bool(counts or np.allclose(steps, steps[0], rtol=1e-6))


def _is_frequency(pool: Pool, grouping: Grouping, values: Numbers) -> bool:
    """Whether the values are the categories' counts or shares, among the kept rows or in the source."""
    if _in_proportion(values, grouping.counts):
        return True
    factor = pool.sheet.factor(grouping.column)
    if grouping.part:
        return False
    counted = dict(zip(factor.keys, np.bincount(factor.codes[factor.codes >= 0]), strict=True))
    return _in_proportion(values, np.array([counted.get(key, 0) for key in grouping.keys], np.int64))


def _in_proportion(values: Numbers, counts: Positions) -> bool:
    ratio = values / np.maximum(counts, 1)
    return bool(np.allclose(ratio, ratio[0], rtol=1e-9)) and len(np.unique(counts)) > 1


def _named(grouping: Grouping, name: str, values: Numbers) -> bool:
    """Whether the matrix column is named after the one category that stands out."""
    on = np.flatnonzero(values == values.max())
    return len(on) == 1 and _contains(name, grouping.keys[int(on[0])])


def _contains(name: str, part: str) -> bool:
    return bool(part.strip()) and part.strip().lower() in name.lower()


def _supported(grouping: Grouping, name: str, what: str, values: Numbers, wanted: Numbers) -> bool:
    """Whether rows confirm the map: a category seen once explains itself, and nothing else."""
    counts = grouping.counts
    if what == "nothing":
        return False
    if what in {"label-encoder", "factorize"}:
        return not grouping.vague and bool(np.sum(counts > 1) >= 2)
    if what == "one-hot":
        return bool(counts[int(np.argmax(values))] >= 2) or _named(grouping, name, values)
    telling = values != _commonest(wanted)
    rows = counts[telling].sum()
    confirmed = counts[telling & (counts > 1)].sum()
    if confirmed < 2 or confirmed < rows / 2:
        return False
    return what == "group-indicator" or np.sum(counts == 1) <= len(counts) / 2


def _commonest(wanted: Numbers) -> float:
    kinds, counts = np.unique(wanted[~np.isnan(wanted)], return_counts=True)
    return float(kinds[int(np.argmax(counts))])


def _cost(grouping: Grouping, name: str, what: str, values: Numbers) -> float:
    counts = np.unique(values, return_counts=True)[1]
    base = {
        "one-hot": 2.0,
        "label-encoder": 2.0,
        "factorize": 2.5,
        "frequency": 3.0,
        "group-indicator": 2 + 0.3 * float(counts.min()),
        "code-map": 2 + 0.3 * len(values),
    }[what]
    if what == "one-hot":
        base -= 1.0 if _named(grouping, name, values) else 0.0
    elif grouping.numeric:  # a line or a bin says more about numbers than a list of them
        base += 2.0
    return base + (0.5 if grouping.part == "strip" else 1.0 if grouping.part else 0.0)


def _map(grouping: Grouping, what: str, values: Numbers, wanted: Numbers, evidence: Evidence | None) -> Map:
    pairs = dict(zip(grouping.keys, values.tolist(), strict=True))
    rest = None
    if what in Features.INDICATORS:
        rest = float(values.min())
        pairs = {key: value for key, value in pairs.items() if value != rest}
    there = wanted[grouping.absent]
    keeps = bool(len(there)) and bool(np.isnan(there).all())
    return Map(
        column=grouping.column,
        what=what,
        values=pairs,
        rest=rest,
        missing=float(there[0]) if len(there) and not keeps else None,
        keeps_missing=keeps,
        strip=grouping.part == "strip",
        part="" if grouping.part == "strip" else grouping.part,
        target_encoded=evidence is not None and _is_target_mean(grouping, values, evidence),
    )


def _is_target_mean(grouping: Grouping, values: Numbers, evidence: Evidence) -> bool:
    """Whether each value is the target's mean in its category, over all kept rows or the fitted ones.

    The mean may be drawn towards a prior. Two whole numbers are taken for codes.
    """
    if _may_be_codes(values) or np.isnan(evidence.target[grouping.present]).any():
        return False
    if _are_means(values, grouping.means(evidence.target) * grouping.counts, grouping.counts):
        return True
    chosen = np.isin(grouping.present, evidence.fitted)
    codes = grouping.codes[chosen]
    sums = np.zeros(len(values))
    np.add.at(sums, codes, evidence.target[grouping.present[chosen]])
    counts = np.bincount(codes, minlength=len(values))
    seen = counts > 0
    return _are_means(values[seen], sums[seen], counts[seen])


def _may_be_codes(values: Numbers) -> bool:
    return len(np.unique(values)) < 3 and np.array_equal(values, np.round(values))


def _are_means(values: Numbers, sums: Numbers, counts: Positions) -> bool:
    """Whether the values are sum / count, or (sum + prior * weight) / (count + weight)."""
    if len(np.unique(values)) < 2:
        return False
    if np.allclose(sums / counts, values, rtol=1e-6, atol=1e-12):
        return True
    if len(values) < 3 or np.array_equal(values, np.round(values)):
        return False
    unknowns = np.column_stack([values, -np.ones(len(values))])  # value * weight - prior * weight
    weight, pull = np.linalg.lstsq(unknowns, sums - values * counts, rcond=None)[0].tolist()
    means = sums / counts
    sound = 0 < weight <= counts.sum() and means.min() <= pull / weight <= means.max()
    return sound and bool(np.allclose((sums + pull) / (counts + weight), values, rtol=1e-6, atol=1e-12))


def absence_candidates(pool: Pool, wanted: Numbers) -> Iterator[Candidate]:
    """One number where a raw column has a value, another where it has none."""
    for name in pool.sheet.table.columns:
        absent = pool.sheet.missing(name)[pool.positions]
        missing, there = single(wanted[absent]), single(wanted[~absent])
        if absent.sum() < 2 or missing is None or there is None:
            continue
        if not isinstance(pool.sheet.column(name), Text):
            yield 2.5, Numeric(name, a=0.0, b=there, missing=missing)
        elif closed_domain(pool, name) is None:
            yield 2.5, Numeric(name, base="length", a=0.0, b=there, missing=missing)
        else:
            yield 2.5, Map(name, "one-hot", {}, rest=there, missing=missing)


def word_candidates(pool: Pool, wanted: Text) -> Iterator[Candidate]:
    """Text as it is, stripped, or replaced category by category."""
    words = list(wanted.values)
    for name in pool.sheet.table.columns:
        raw = pool.sheet.column(name)
        if not isinstance(raw, Text):
            continue
        held = [raw.values[at] for at in listed(pool.positions)]
        keeps = any(a is None and b is None for a, b in zip(held, words, strict=True))
        if held == words:
            yield 1.0, Words(name, keeps_missing=keeps)
        elif [v and v.strip() for v in held] == words:
            yield 1.5, Words(name, strip=True, keeps_missing=keeps)
        elif (values := _replacement(held, words)) is not None:
            yield 2 + 0.3 * len(values), Words(name, values=values, keeps_missing=keeps)
        else:
            yield from cleaning_candidates(name, held, words, keeps=keeps)


def _replacement(held: list[str | None], words: list[str | None]) -> dict[str, str] | None:
    """One text for each category, confirmed by categories that stand more than once."""
    found: dict[str, str] = {}
    counts: dict[str, int] = {}
    for raw, word in zip(held, words, strict=True):
        if (raw is None) != (word is None):
            return None
        if raw is None or word is None:
            continue
        if found.setdefault(raw, word) != word:
            return None
        counts[raw] = counts.get(raw, 0) + 1
    once = sum(count == 1 for count in counts.values())
    return found if found and once <= len(found) / 2 else None


def alphabet_of(pool: Pool, rule: Words) -> str:
    """The characters of a free text column on the kept rows; empty where its texts are all known."""
    if rule.values is not None or closed_domain(pool, rule.column) is not None:
        return ""
    return "".join(sorted(set("".join(domain_of(pool, rule.column)))))


def closed_domain(pool: Pool, column: str) -> tuple[str, ...] | None:
    """The categories of a column on the kept rows; None where it is free text."""
    keys = domain_of(pool, column)
    closed = len(keys) <= min(CLOSED_CATEGORIES, max(2.0, pool.rows * CLOSED_SHARE))
    return keys if closed else None


def domain_of(pool: Pool, column: str, *, part: str = "") -> tuple[str, ...]:
    """The categories of a column, or of a part of it, on the kept rows."""
    factor = pool.sheet.factor(column)
    codes = listed(np.unique(factor.codes[pool.positions]))
    take = part_of(part)
    found = {take(factor.keys[code]) for code in codes if code >= 0}
    return tuple(sorted(key for key in found if key is not None))

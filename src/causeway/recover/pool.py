"""The raw material of the search: the source's columns as numbers and as categories, on the kept rows."""

import re
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.dates import DATE_LAYOUTS
from causeway.core.features import Sheet
from causeway.core.features_parts import PARTS, part_of
from causeway.core.features_read import (
    AMOUNT_SIGNS,
    COUNT_BASES,
    DATE_PARTS,
    TEXT_BASES,
    UFUNCS,
    reader_of,
)
from causeway.core.table import Numbers, Table, Text
from causeway.recover.loaded import Positions, listed

Mask = NDArray[np.bool_]

_LOOKS_LIKE_DATE = re.compile(r"\d[-/.:]\d")
READABLE_SHARE = 0.2
MARKS = ",.-_/:@|(;#"
MARKED_SHARE = 0.9
PROBES = 32


class Series:
    """A raw column read as numbers by one base, on the kept rows."""

    def __init__(self, column: str, base: str, layout: str, values: Numbers, missing: Mask) -> None:
        self.column = column
        self.base = base
        self.layout = layout
        self.values = values
        self.missing = missing
        self.finite = np.isfinite(values)
        self.probes = _probes(values, self.finite)
        rows = np.flatnonzero(self.finite)
        self.order: Positions = rows[np.argsort(values[rows], kind="stable")]
        self._made: dict[str, Numbers] = {"id": values}

    def under(self, fn: str) -> Numbers:
        """The values under a function; not finite where it is undefined."""
        if fn not in self._made:
            with np.errstate(all="ignore"):
                self._made[fn] = UFUNCS[fn](self.values)
        return self._made[fn]


class Grouping:
    """A raw column as categories, on the kept rows: sorted by category once, so a test costs one pass."""

    def __init__(
        self, column: str, codes: Positions, keys: list[str], *, numeric: bool = False, part: str = ""
    ) -> None:
        self.column = column
        self.part = part
        self.numeric = numeric
        present = np.flatnonzero(codes >= 0)
        self.absent = np.flatnonzero(codes < 0)
        used, inverse = np.unique(codes[present], return_inverse=True)
        self.keys = [keys[code] for code in listed(used)]
        self.codes: Positions = inverse
        self.present = present
        self.order = present[np.argsort(inverse, kind="stable")]
        self.counts: Positions = np.bincount(inverse, minlength=len(used))
        self.starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]]).astype(np.int64)

    @property
    def vague(self) -> bool:
        """Whether most rows have a category of their own, which explains whatever it is asked to."""
        return len(self.keys) > len(self.codes) / 2

    def bounds(self, values: Numbers) -> tuple[Numbers, Numbers]:
        """The least and the greatest value in each category."""
        ordered = values[self.order]
        return np.minimum.reduceat(ordered, self.starts), np.maximum.reduceat(ordered, self.starts)

    def means(self, values: Numbers) -> Numbers:
        """The mean of each category."""
        return np.add.reduceat(values[self.order], self.starts) / self.counts

    @cached_property
    def label_order(self) -> Positions:
        """The categories in the order in which a label encoder has them."""
        if self.numeric:
            return np.argsort(np.array([float(key) for key in self.keys]))
        return np.array(sorted(range(len(self.keys)), key=self.keys.__getitem__), np.int64)

    @cached_property
    def first_seen(self) -> Positions:
        """The categories in the order in which they appear."""
        first = np.full(len(self.keys), len(self.codes))
        np.minimum.at(first, self.codes, np.arange(len(self.codes)))
        return np.argsort(first)


class Pool(Struct, frozen=True):
    """All readings of the source's columns, at the positions of the kept rows."""

    sheet: Sheet
    positions: Positions
    series: tuple[Series, ...]
    groupings: tuple[Grouping, ...]

    @property
    def rows(self) -> int:
        """How many rows were kept."""
        return len(self.positions)


def pool_of(table: Table, positions: Positions) -> Pool:
    """The readings that say something: more than one value, and not the same as a simpler one."""
    sheet = Sheet(table)
    series = [one for name in table.columns for one in _series_of(sheet, name, positions)]
    groupings = [one for name in table.columns for one in _groupings_of(sheet, name, positions)]
    return Pool(sheet, positions, tuple(series), tuple(groupings))


def _series_of(sheet: Sheet, name: str, positions: Positions) -> Iterator[Series]:
    missing = sheet.missing(name)[positions]
    kept: list[Numbers] = []
    for base, layout in _bases_of(sheet, name, positions):
        values = sheet.base(name, base, layout)[positions]
        finite = values[np.isfinite(values)]
        telling = len(finite) > READABLE_SHARE * len(values) and np.any(finite != finite[:1])
        if telling and not any(np.array_equal(values, other, equal_nan=True) for other in kept):
            kept.append(values)
            yield Series(name, base, layout, values, missing)


def _bases_of(sheet: Sheet, name: str, positions: Positions) -> list[tuple[str, str]]:
    if not isinstance(sheet.column(name), Text):
        return [("number", "")]
    signs = _signs_in(sheet, name, positions)
    bases = [(base, signs if base == "amount" else "") for base in TEXT_BASES]
    bases += [(base, "") for base in COUNT_BASES]
    return [*bases, *((f"date.{part}", layout) for layout in _layouts_of(sheet, name) for part in DATE_PARTS)]


def _signs_in(sheet: Sheet, name: str, positions: Positions) -> str:
    factor = sheet.factor(name)
    seen = "".join(factor.keys[code] for code in listed(np.unique(factor.codes[positions])) if code >= 0)
    return "".join(sign for sign in AMOUNT_SIGNS if sign in seen)


def _layouts_of(sheet: Sheet, name: str) -> list[str]:
    """The layouts in which every value is a date; two where days and months cannot be told apart."""
    keys = sheet.factor(name).keys
    if not keys or not all(_LOOKS_LIKE_DATE.search(key) for key in keys[:PROBES]):
        return []
    return [layout for layout in DATE_LAYOUTS if _all_in(sheet, name, layout)]


def _all_in(sheet: Sheet, name: str, layout: str) -> bool:
    read = reader_of("date.year", layout)
    keys = sheet.factor(name).keys
    return all(np.isfinite(read(key)) for key in keys[:PROBES]) and all(
        np.isfinite(read(key)) for key in keys
    )


def _groupings_of(sheet: Sheet, name: str, positions: Positions) -> Iterator[Grouping]:
    factor = sheet.factor(name)
    codes = factor.codes[positions]
    numeric = not isinstance(sheet.column(name), Text)
    if np.any(codes == -2):
        return
    plain = Grouping(name, codes, factor.keys, numeric=numeric)
    if not plain.keys or (numeric and len(plain.keys) > max(2, len(positions) / 3)):
        return
    yield plain
    if numeric:
        return
    for part in ["strip", *PARTS, *_marked(plain.keys)]:
        grouping = _by_part(name, codes, factor.keys, part)
        if grouping is None or (grouping.vague and part != "strip"):
            continue
        if len(grouping.keys) < len(plain.keys):
            yield grouping


def _by_part(name: str, codes: Positions, keys: list[str], part: str) -> Grouping | None:
    """The column by a part of its texts; None where a text has no such part."""
    take = part_of(part)
    taken = [take(key) for key in keys]
    words = {word: place for place, word in enumerate(dict.fromkeys(w for w in taken if w is not None))}
    slots = np.array([-2 if word is None else words[word] for word in taken] + [-1], np.int64)
    found = slots[codes]
    return None if np.any(found == -2) or len(words) < 2 else Grouping(name, found, list(words), part=part)


def _marked(keys: list[str]) -> list[str]:
    """The parts before, after and between marks that nearly all of the texts have."""
    few = keys[:PROBES]
    marks = [mark for mark in MARKS if sum(mark in key for key in few) > MARKED_SHARE * len(few)]
    pairs = [(one, other) for one in marks for other in marks if one != other]
    plain = [f"{how} {mark}" for mark in marks for how in ("before", "after")]
    return [*plain, *(f"between {one}{other}" for one, other in pairs)]


def _probes(values: Numbers, finite: Mask) -> Positions:
    """A few rows that tell quickly that a column is not it: spread out, with both extremes."""
    where = np.flatnonzero(finite)
    if not len(where):
        return where
    spread = where[np.linspace(0, len(where) - 1, min(PROBES, len(where))).astype(np.int64)]
    extremes = where[[int(np.argmin(values[where])), int(np.argmax(values[where]))]]
    return np.concatenate([extremes, spread])

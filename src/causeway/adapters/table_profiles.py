"""Profiles of whole tables of any size: read once, a batch at a time, by Polars."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from causeway.adapters.ports import Source
from causeway.core.errors import OutsideError, UsageError, remedy
from causeway.stats.profile import EMPTY, counted_texts, merged_texts, number_profile
from causeway.stats.profile_form import (
    Coded,
    ColumnProfile,
    NumberProfile,
    Relations,
    TableProfile,
    TextProfile,
)
from causeway.stats.profile_many import merged_columns
from causeway.stats.relations import merged_relations, relations_of, sampled_places

ROWS_AT_ONCE = 131_072
TEXTS_AT_ONCE = 20_000
"""So many different texts are counted exactly before only the frequent ones are kept."""


def table_profile(
    files: Sequence[Source], *, columns: Sequence[str] = (), shifts: Mapping[str, float] | None = None
) -> TableProfile:
    """The profile of all rows of these files, or of these columns of them.

    Numbers are counted from `shifts`, else from the least of the first batch; a table is compared best when
    they are counted as those of its reference are.
    """
    try:
        frame = pl.concat([_scan(file) for file in files], how="diagonal_relaxed")
        schema = frame.collect_schema()
        wanted = {name: kind for name, kind in schema.items() if not columns or name in columns}
        read = {name: _read(name, kind) for name, kind in wanted.items()}
        known = {name: each for name, each in read.items() if each is not None}
        left_out = {name: str(wanted[name]) for name, each in read.items() if each is None}
        if not known:
            return TableProfile(frame.select(pl.len()).collect().item(), {}, None, left_out)
        asked = frame.select(known.values())
        kinds = {name: kind.is_numeric() for name, kind in asked.collect_schema().items()}
        batches = asked.collect_batches(chunk_size=ROWS_AT_ONCE, maintain_order=True, engine="streaming")
        return _profiled(batches, kinds, shifts or {}, left_out)
    except (OSError, PolarsError) as error:
        said = remedy(error) if isinstance(error, OSError) else "see that each file is whole and of one kind"
        raise OutsideError(f"a table cannot be read: {str(error).splitlines()[0]}", hint=said) from error


def _scan(file: Source) -> pl.LazyFrame:
    if isinstance(file, bytes):
        return pl.scan_parquet(io.BytesIO(file))
    name = str(file).lower()
    if name.endswith((".parquet", ".pq")):
        return pl.scan_parquet(file)
    if name.endswith((".jsonl", ".ndjson")):
        return pl.scan_ndjson(file, infer_schema_length=None)
    if name.endswith(".csv"):
        return pl.scan_csv(file, infer_schema_length=10_000)
    raise UsageError(f"{name} is no table", hint="name a .parquet, .csv, .jsonl or .ndjson file")


def _read(name: str, kind: pl.DataType) -> pl.Expr | None:
    """The column as numbers or texts; None where it is neither."""
    column = pl.col(name)
    if kind.is_numeric() or kind == pl.Boolean:
        return column.cast(pl.Float64)
    if kind.is_temporal():
        return column.to_physical().cast(pl.Float64)
    if kind == pl.String or isinstance(kind, pl.Categorical | pl.Enum):
        return column.cast(pl.String)
    return column.cast(pl.Float64) if kind == pl.Null else None


class _Numbers:
    """A column of numbers while it is read."""

    def __init__(self, shift: float | None) -> None:
        self._shift = shift
        self._parts: list[NumberProfile] = []

    def add(self, series: pl.Series) -> None:
        values = _plain(series)
        if self._shift is None:
            finite = values[np.isfinite(values)]
            self._shift = float(finite.min()) if len(finite) else None
        self._parts.append(number_profile(values, shift=self._shift or 0.0))

    def profile(self) -> ColumnProfile:
        return merged_columns(self._parts) if self._parts else EMPTY


class _Texts:
    """A column of texts while it is read: exact counts, until there are too many."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._missing = 0
        self._before: list[TextProfile] = []

    def add(self, series: pl.Series) -> None:
        found = series.drop_nulls().value_counts(name="count")
        self._missing += series.null_count()
        counts = self._counts
        for name, count in zip(found[series.name].to_list(), found["count"].to_list(), strict=True):
            counts[name] = counts.get(name, 0) + count
        if len(counts) > TEXTS_AT_ONCE:
            self._before = [self._merged()]
            self._counts, self._missing = {}, 0

    def profile(self) -> ColumnProfile:
        return self._merged()

    def _merged(self) -> TextProfile:
        last = counted_texts(dict(sorted(self._counts.items())), missing=self._missing)
        return merged_texts([*self._before, last])


def _profiled(
    batches: Iterable[pl.DataFrame],
    kinds: Mapping[str, bool],
    shifts: Mapping[str, float],
    left_out: dict[str, str],
) -> TableProfile:
    columns = {
        name: _Numbers(shifts.get(name)) if is_number else _Texts() for name, is_number in kinds.items()
    }
    rows = 0
    together: Relations | None = None
    for batch in batches:
        rows += len(batch)
        for name, column in columns.items():
            column.add(batch[name])
        together = merged_relations([together, relations_of(_sampled(batch))])
    made = {name: column.profile() for name, column in columns.items()}
    return TableProfile(rows, made, together, left_out)


def _sampled(batch: pl.DataFrame) -> dict[str, NDArray[np.float64] | Coded]:
    """Some rows of the batch, to see which columns go together."""
    rows = batch[sampled_places(len(batch))]
    return {series.name: _coded(series) if series.dtype == pl.String else _plain(series) for series in rows}


def _coded(series: pl.Series) -> Coded:
    values = series.to_list()
    names = tuple(dict.fromkeys(value for value in values if value is not None))
    places = {name: place for place, name in enumerate(names)}
    return Coded(np.array([places.get(value, -1) for value in values], np.int64), names)


def _plain(series: pl.Series) -> NDArray[np.float64]:
    return series.fill_null(math.nan).to_numpy()

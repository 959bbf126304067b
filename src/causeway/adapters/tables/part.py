"""The rows of one part: as the gateway takes them, and as they go on to files."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from causeway.adapters.contracts.parts import faults
from causeway.adapters.tables.staging import raise_if_full
from causeway.core.contract import Contract
from causeway.core.errors import OutsideError
from causeway.core.score import ROW, RULES, Part, Staged
from causeway.core.table import Column, Number, Text

EXACT = 2.0**53
Mask = NDArray[np.bool_]


class PartRows:
    """Some rows of a staged source; `nothing` are the texts that stand for no value in a number's column."""

    def __init__(self, staged: Staged, part: Part, *, nothing: frozenset[str]) -> None:
        try:
            self._frame = pl.scan_parquet(staged.path).slice(part.offset, part.rows).collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise OutsideError(
                f"{staged.path} cannot be read any more: {str(error).splitlines()[0]}", hint="score again"
            ) from error
        self._textual = staged.textual
        self._nothing = sorted(nothing)

    def __len__(self) -> int:
        return len(self._frame)

    def faults(
        self, contract: Contract, *, without: str
    ) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
        """The rows that break a rule of the contract, and the rules that a part cannot tell."""
        return faults(contract, self._frame, textual=self._textual, without=without)

    def column(self, name: str, kind: str) -> tuple[Column, Mask]:
        """The column as values of this kind, and where it must be looked at more closely."""
        if name not in self._frame.columns:
            return _nowhere(kind, len(self))
        series = self._frame[name]
        if kind == "text":
            return _texts(series, textual=self._textual)
        values, strange = _numbers(self._read(series, kind), series, kind)
        return values, strange & ~self._absent(series)

    def _read(self, series: pl.Series, kind: str) -> pl.Series:
        """The numbers in the column; null where there is none, or none that is plain."""
        if not self._textual:
            plain = series.dtype == pl.Boolean if kind == "boolean" else series.dtype.is_numeric()
            return series.cast(pl.Float64) if plain else pl.Series([None] * len(series), dtype=pl.Float64)
        if kind == "boolean":
            return series.str.to_lowercase().replace_strict(
                {"true": 1.0, "false": 0.0}, default=None, return_dtype=pl.Float64
            )
        return series.cast(pl.Float64, strict=False)

    def _absent(self, series: pl.Series) -> Mask:
        """Where a column of numbers holds nothing."""
        gone = series.is_null()
        if series.dtype.is_float():
            gone = gone | series.is_nan().fill_null(value=False)
        if self._textual:
            gone = gone | series.is_in(self._nothing).fill_null(value=False)
        return gone.to_numpy()

    def rows(self, positions: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
        """These rows with the plain values of these columns, as JSON could hold them."""
        there = [name for name in names if name in self._frame.columns]
        found = self._frame.select(there)[list(positions)]
        columns = {name: [_plain(value) for value in found[name].to_list()] for name in there}
        return [dict(zip(there, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def texts(self, name: str) -> list[str]:
        """A column as texts."""
        return self._frame[name].cast(pl.String, strict=False).fill_null("").to_list()

    def write_answers(
        self,
        file: Path,
        positions: Sequence[int],
        answers: Mapping[str, Sequence[Any]],
        *,
        keep: Sequence[str],
    ) -> None:
        """These rows' answers, with the columns that are kept behind the first two."""
        made = {name: _series(name, values) for name, values in answers.items()}
        names = list(made)
        kept = [self._frame[name].gather(list(positions)) for name in keep]
        frame = pl.DataFrame([made[n] for n in names[:2]] + kept + [made[n] for n in names[2:]])
        _write(frame, file)

    def write_apart(self, file: Path, first: int, reasons: Mapping[int, Sequence[str]]) -> None:
        """The rows that were set apart, all their values as they stood, with their numbers and why."""
        positions = sorted(reasons)
        told = [
            pl.Series(ROW, [first + position + 1 for position in positions], dtype=pl.Int64),
            pl.Series(RULES, ["; ".join(reasons[position]) for position in positions], dtype=pl.String),
        ]
        # rows that were set apart once, and are sent again, have these two from then
        rest = self._frame[positions].drop(ROW, RULES, strict=False)
        _write(pl.DataFrame(told + rest.get_columns()), file)


def _nowhere(kind: str, rows: int) -> tuple[Column, Mask]:
    empty = Text([None] * rows) if kind == "text" else Number(np.full(rows, np.nan), kind)
    return empty, np.zeros(rows, np.bool_)


def _texts(series: pl.Series, *, textual: bool) -> tuple[Column, Mask]:
    nothing = np.zeros(len(series), np.bool_)
    if textual:
        return Text([value or None for value in series.to_list()]), nothing
    if series.dtype == pl.String:
        return Text(series.to_list()), nothing
    if series.dtype.is_temporal():
        return Text([_plain(value) for value in series.to_list()]), nothing
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        return Text(series.cast(pl.String).to_list()), nothing
    return Text([None] * len(series)), ~nothing


def _numbers(read: pl.Series, series: pl.Series, kind: str) -> tuple[Column, Mask]:
    values = read.fill_null(np.nan).to_numpy().astype(np.float64)
    # what is there and no plain number goes the way of a single request
    strange = series.is_not_null().to_numpy() & ~np.isfinite(values)
    if kind == "integer":
        with np.errstate(invalid="ignore"):
            strange |= (values != np.floor(values)) & np.isfinite(values)
            strange |= np.abs(values) > EXACT
    return Number(values, kind), strange


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a column may hold
    match value:
        case float():
            return None if np.isnan(value) else value
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return value


def _series(name: str, values: Sequence[Any]) -> pl.Series:
    if name == "flags":
        return pl.Series(name, values, dtype=pl.String)
    return pl.Series(name, values, strict=False)


def _write(frame: pl.DataFrame, file: Path) -> None:
    try:
        frame.write_parquet(file, compression="lz4")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise_if_full(error, file)
        raise OutsideError(f"cannot write {file}: {error}", hint="check the disk, and repeat") from error

"""Brings a source to a file: some of its columns, some of them masked, in chunks, whole or not at all."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import polars as pl

from causeway.adapters.sources.files import PARQUET, FileTable
from causeway.adapters.sources.masking import masked as under_mask
from causeway.core.errors import CausewayError, OutsideError, outside

ROW_GROUP_ROWS = 100_000
DROP = "drop"


class Rows(Protocol):
    """Whatever has rows."""

    def frame(self, *, typed: bool) -> pl.LazyFrame:
        """All rows, lazily."""
        ...


class Landing:
    """A source that can be brought to a file; what it holds is looked at once."""

    def __init__(self, rows: Rows, *, told: str) -> None:
        self._rows = rows
        self._told = told

    def kinds(self) -> dict[str, str]:
        """Each column, and whether it holds `text`, `number`, `date` or something `other`."""
        return {name: _kind(dtype) for name, dtype in self._schema(typed=False).items()}

    def land(self, into: Path, *, columns: Sequence[str], masked: Mapping[str, str], key: bytes) -> int:
        """Writes these columns to the file, in CSV or Parquet as its name says; the number of rows."""
        into.parent.mkdir(parents=True, exist_ok=True)
        part = into.with_name(f".{into.name}.part")
        try:
            if self._is_as_it_is(into, columns, masked):
                shutil.copyfile(self._rows.path, part)  # pyright: ignore[reportAttributeAccessIssue] - a file
            else:
                self._write(part, columns, masked, key, form=into.suffix.lower())
            rows = _count(part, form=into.suffix.lower())
            part.replace(into)
        except pl.exceptions.PolarsError as error:
            raise self._plain(error) from error
        except OSError as error:
            raise outside(error) from error
        finally:
            part.unlink(missing_ok=True)
        return rows

    def _is_as_it_is(self, into: Path, columns: Sequence[str], masked: Mapping[str, str]) -> bool:
        """Whether the file can be copied byte by byte."""
        rows = self._rows
        if not isinstance(rows, FileTable) or masked or set(columns) != set(self._schema(typed=False)):
            return False
        return rows.path.suffix.lower() == into.suffix.lower()

    def _write(
        self, part: Path, columns: Sequence[str], masked: Mapping[str, str], key: bytes, *, form: str
    ) -> None:
        typed = form in PARQUET
        schema = self._schema(typed=typed)
        wanted = [
            under_mask(name, masked[name], schema[name], key=key) if name in masked else pl.col(name)
            for name in columns
            if masked.get(name) != DROP
        ]
        frame = self._rows.frame(typed=typed).select(wanted)
        if typed:
            frame.sink_parquet(part, row_group_size=ROW_GROUP_ROWS, maintain_order=True)
        else:
            frame.sink_csv(part, separator="\t" if form == ".tsv" else ",", maintain_order=True)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())

    def _schema(self, *, typed: bool) -> dict[str, pl.DataType]:
        try:
            return dict(self._rows.frame(typed=typed).collect_schema())
        except pl.exceptions.PolarsError as error:
            raise self._plain(error) from error

    def _plain(self, error: BaseException) -> CausewayError:
        """Our own error where one lies behind Polars' words."""
        behind: BaseException | None = error
        while behind is not None:
            if isinstance(behind, CausewayError):
                return behind
            behind = behind.__cause__ or behind.__context__
        said = next(iter(str(error).splitlines()), "")
        return OutsideError(
            f"{self._told} cannot be read: {said}", hint="is it whole, and are its columns of one type each?"
        )


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_numeric():
        return "number"
    if isinstance(dtype, pl.Date | pl.Datetime):
        return "date"
    return "text" if isinstance(dtype, pl.String) else "other"


def _count(file: Path, *, form: str) -> int:
    if form in PARQUET:
        return pl.scan_parquet(file).select(pl.len()).collect().item()
    separator = "\t" if form == ".tsv" else ","
    frame = pl.scan_csv(file, separator=separator, infer_schema=False, encoding="utf8-lossy")
    return frame.select(pl.len()).collect(engine="streaming").item()

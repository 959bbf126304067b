"""Files become Parquet with short row groups, so that every part of them is found at once."""

import os
from pathlib import Path

import polars as pl

from causeway.adapters.contracts.sources import WINDOWS, Source, WindowsText, open_source, ragged, uneven
from causeway.core.contract import SchemaObject
from causeway.core.errors import OutsideError
from causeway.core.score import Staged

NO_SPACE = ("no space left", "file too large", "disk quota")


def stage(file: Path, into: Path, *, part_rows: int) -> Staged:
    """A copy of this CSV or Parquet file, whole or not at all, that parts can be read of."""
    try:
        return _staged(file, into, part_rows=part_rows, encoding="")
    except WindowsText:
        return _staged(file, into, part_rows=part_rows, encoding=WINDOWS)


def _staged(file: Path, into: Path, *, part_rows: int, encoding: str) -> Staged:
    part = into.with_name(f".{into.name}.part")
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open_source(file, SchemaObject(file.stem), encoding=encoding) as source:
            _write(source, part, part_rows)
            _refuse_short_records(file, source, part)
            textual = source.textual
        part.replace(into)
    finally:
        part.unlink(missing_ok=True)
    found = pl.scan_parquet(into)
    rows = int(found.select(pl.len()).collect().item())
    return Staged(str(into), rows, tuple(found.collect_schema().names()), textual)


def _write(source: Source, part: Path, part_rows: int) -> None:
    try:
        source.frame.sink_parquet(part, compression="lz4", row_group_size=part_rows, maintain_order=True)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise_if_full(error, part)
        raise
    with part.open("rb") as stream:
        os.fsync(stream.fileno())


def _refuse_short_records(file: Path, source: Source, part: Path) -> None:
    """Polars fills short records up with nothing, which would pass for missing values."""
    if not source.last_column or source.text is None:
        return
    holes = pl.scan_parquet(part).select(pl.col(source.last_column).is_null().any()).collect().item()
    if holes and uneven(source.text, source.separator):
        raise ragged(file, source.text, separator=source.separator)


def raise_if_full(error: Exception, file: Path) -> None:
    """Polars tells of a full disk in words of its own."""
    if any(words in str(error).lower() for words in NO_SPACE):
        raise OutsideError(
            f"cannot write {file}: no space left", hint="free some space, and repeat; what was done is kept"
        ) from error

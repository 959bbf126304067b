"""The parts of a scoring put together: one file, or a folder of them, whole or not at all."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from causeway.adapters.tables.staging import raise_if_full
from causeway.core.errors import OutsideError, outside

ROW_GROUP_ROWS = 100_000
FORMS = (".csv", ".tsv", ".parquet", ".pq")
SEPARATORS = {".csv": ",", ".tsv": "\t"}

Before = Callable[[Path], None]
"""Told where all of it lies before it takes its name."""


def join_file(parts: Sequence[Path], into: Path, *, before: Before) -> None:
    """One CSV or Parquet file of all parts, as its name says, in their order."""
    made = into.with_name(f".{into.name}.part")
    try:
        frame = pl.concat([pl.scan_parquet(part) for part in parts], how="vertical_relaxed")
        if (separator := SEPARATORS.get(into.suffix.lower())) is not None:
            _as_texts(frame).sink_csv(made, separator=separator, maintain_order=True)
        else:
            frame.sink_parquet(made, row_group_size=ROW_GROUP_ROWS, maintain_order=True)
        with made.open("rb") as stream:
            os.fsync(stream.fileno())
        before(made)
        made.replace(into)
    except pl.exceptions.PolarsError as error:
        raise_if_full(error, into)
        raise OutsideError(f"cannot write {into}: {error}", hint="check the disk, and repeat") from error
    except OSError as error:
        raise_if_full(error, into)
        raise outside(error) from error
    finally:
        made.unlink(missing_ok=True)


def _as_texts(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows; what no CSV file holds, such as a list, goes as text."""
    strange = [name for name, kind in frame.collect_schema().items() if kind.is_nested() or kind == pl.Binary]
    return frame.with_columns(pl.col(name).map_batches(_texts, return_dtype=pl.String) for name in strange)


def _texts(values: pl.Series) -> pl.Series:
    told = [None if value is None else str(value) for value in values.to_list()]
    return pl.Series(values.name, told, pl.String)


def join_folder(parts: Sequence[Path], into: Path, *, before: Before) -> None:
    """A folder of Parquet files, one a part; it takes its name when all of them are there."""
    made = into.with_name(f".{into.name}.part")
    try:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for number, part in enumerate(parts):
            shutil.copyfile(part, made / f"part-{number:05}.parquet")
        before(made)
        made.replace(into)
    except OSError as error:
        raise outside(error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)

"""Run by itself: reads Parquet from standard input and writes it as JSON; the gateway holds no reader.

A table is 4 bytes of length, little-endian, and its bytes; so is each answer: `{"dataframe_split": ...}`,
or `{"error": ..., "hint": ...}` with `"large": true` where there is too much of it.
"""

import os
import resource
import sys
from collections.abc import Mapping
from io import BytesIO

MEMORY_BYTES = 4 << 30
MAX_COLUMNS = 5_000
MAX_TEXT_BYTES = 16 << 20
"""Of a table's texts together: a few bytes of Parquet can stand for very many."""
INDEX = "__index_level_"
"""What pandas calls an index that has no name; it is none of the model's fields."""

# before it is imported: one caller at a time, so one thread
os.environ["POLARS_MAX_THREADS"] = "1"

import msgspec  # noqa: E402
import polars as pl  # noqa: E402
from polars.exceptions import PolarsError  # noqa: E402

NUMBERS = (pl.Boolean, pl.Null)
TEXTS = (pl.String, pl.Categorical, pl.Enum)


def main(most_rows: int) -> None:
    """Answers until there is nothing more to read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    given, told = sys.stdin.buffer, sys.stdout.buffer
    _tell(told, b"{}")
    while length := given.read(4):
        body = given.read(int.from_bytes(length, "little"))
        _tell(told, msgspec.json.encode(answer(body, most_rows)))


def _tell(told: object, content: bytes) -> None:
    told.write(len(content).to_bytes(4, "little") + content)  # type: ignore[attr-defined]
    told.flush()  # type: ignore[attr-defined]


def answer(body: bytes, most_rows: int) -> Mapping[str, object]:
    """The table as MLflow's `dataframe_split`, or why not."""
    try:
        if len(pl.read_parquet_schema(BytesIO(body))) > MAX_COLUMNS:
            return {"error": f"more than {MAX_COLUMNS:,} columns", "hint": "send the model's fields only"}
        table = pl.read_parquet(BytesIO(body), n_rows=most_rows + 1)
    except (PolarsError, OSError, ValueError) as error:
        said = (str(error).splitlines() or [""])[0][:200]
        return {"error": f"the body is not Parquet: {said}", "hint": "send what DataFrame.to_parquet writes"}
    except MemoryError:
        return {"error": "the table is too large", "hint": "send fewer rows at a time", "large": True}
    return _told(table.select(name for name in table.columns if not name.startswith(INDEX)), most_rows)


def _told(table: pl.DataFrame, most_rows: int) -> Mapping[str, object]:
    texts = [column for column in table if column.dtype in TEXTS]
    if table.height > most_rows or sum(_bytes_of(column) for column in texts) > MAX_TEXT_BYTES:
        hint = f"send at most {most_rows:,} rows at a time, and less text"
        return {"error": "the table is too large for one request", "hint": hint, "large": True}
    for column in table:
        if not (column.dtype in TEXTS or column.dtype in NUMBERS or _is_number(column.dtype)):
            return {
                "error": f"column {column.name[:60]!r} holds {str(column.dtype)[:60]}",
                "hint": "send numbers, booleans or texts",
            }
        if column.dtype.is_float() and (endless := column.is_infinite()).any():
            row = endless.arg_true()[0]
            return {
                "error": f"row {row}, field {column.name[:60]!r}: not a finite number",
                "hint": "send null where there is no value",
            }
    # what is not a number becomes null, as pandas has no other word for what is missing
    return {"dataframe_split": {"columns": table.columns, "data": table.rows()}}


def _is_number(dtype: pl.DataType) -> bool:
    return dtype.is_float() or (dtype.is_integer() and dtype != pl.Int128)


def _bytes_of(column: pl.Series) -> int:
    return int(column.cast(pl.String).str.len_bytes().sum() or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""A staged table in another order of its rows."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from msgspec import structs

from causeway.adapters.tables.staging import raise_if_full
from causeway.core.errors import OutsideError
from causeway.core.score import Staged


def reordered(staged: Staged, order: Sequence[int], into: Path) -> Staged:
    """The rows at these places, in this order, as a file of their own."""
    try:
        frame = pl.read_parquet(staged.path)[list(order)]
        frame.write_parquet(into, compression="lz4")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise_if_full(error, into)
        raise OutsideError(f"cannot write {into}: {error}", hint="check the disk, and repeat") from error
    return structs.replace(staged, path=str(into), rows=len(order))

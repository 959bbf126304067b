"""The rows that are replayed, in the order of their times."""

from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.adapters import registry
from causeway.core.dates import moments_of
from causeway.core.errors import NotFound, UsageError
from causeway.core.release import Release
from causeway.core.score import Part, Staged
from causeway.gateway.protocols.invocations import NULLS

PART_ROWS = 50_000
MICROSECONDS = 1_000_000
EPOCH_SECONDS = (1e8, 1e11)
"""Numbers between these are seconds since 1970; a thousand times as much, milliseconds."""


class Wanted(Struct, frozen=True):
    """What somebody asked for; times in seconds."""

    file: Path
    outcome: str
    """The column that says what really happened; empty where none does."""
    time: str = ""
    every: float = 0.0
    """From one row to the next, where no column says when they came."""
    delay: float = 0.0
    """After which an outcome is known."""
    step: float = 86_400.0
    """How often somebody looks."""
    block: float = 28 * 86_400.0
    """Over which the metric is taken."""
    speed: float = 0.0
    """So many seconds of the table a second; as fast as it goes where it is 0."""


class Rows(Struct, frozen=True):
    """The staged rows, when each came (microseconds, growing), and its outcome."""

    staged: Staged
    at_us: NDArray[np.int64]
    outcomes: list[str]


def rows_of(wanted: Wanted, release: Release, scratch: Path) -> Rows:
    """The table as it is replayed; refused where it lacks what the release takes."""
    if not wanted.file.exists():
        raise NotFound(f"there is no file {wanted.file}", hint="name a CSV or Parquet file")
    tables = registry.tables()
    staged: Staged = tables.stage(wanted.file, scratch / "rows.parquet", part_rows=PART_ROWS)
    _check(wanted, release, staged)
    whole = tables.read(staged, Part(0, 0, 0, staged.rows, 0), nothing=NULLS)
    at_us = _times(wanted, whole.texts(wanted.time) if wanted.time else None, staged.rows)
    outcomes: list[str] = whole.texts(wanted.outcome) if wanted.outcome else [""] * staged.rows
    order = np.argsort(at_us, kind="stable")
    if np.any(order[1:] < order[:-1]):
        staged = tables.reordered(staged, order.tolist(), scratch / "ordered.parquet")
        outcomes = [outcomes[place] for place in order.tolist()]
    return Rows(staged, at_us[order], outcomes)


def _check(wanted: Wanted, release: Release, staged: Staged) -> None:
    there = f"its columns: {', '.join(staged.columns[:20])}"
    if not staged.rows:
        raise UsageError(f"{wanted.file} has no rows", hint="bring it again, with its rows")
    for option, name in (("--time", wanted.time), ("--outcome", wanted.outcome)):
        if name and name not in staged.columns:
            raise UsageError(f"{wanted.file} has no column {name!r} ({option})", hint=there)
    fields = release.signature.inputs
    lacking = [each.name for each in fields if each.required and each.name not in staged.columns]
    if lacking:
        raise UsageError(f"{wanted.file} lacks what the release takes: {', '.join(lacking[:8])}", hint=there)


def _times(wanted: Wanted, texts: list[str] | None, rows: int) -> NDArray[np.int64]:
    if texts is None:
        if wanted.every <= 0:
            raise UsageError(
                "nothing says when the rows came",
                hint="name the column: --time COLUMN; or how far apart they are: --every 30m",
            )
        return (np.arange(rows) * wanted.every * MICROSECONDS).astype(np.int64)
    moments = moments_of(texts)
    if moments is None:
        raise UsageError(
            f"the column {wanted.time!r} is not all times of one form",
            where=str(wanted.file),
            hint="ISO 8601 is always understood: 2026-11-23T17:00:00",
        )
    low, high = EPOCH_SECONDS
    if moments.min() >= high:
        moments = moments / 1000
    elif moments.min() < low:
        raise UsageError(
            f"the column {wanted.time!r} holds numbers that are no times",
            where=str(wanted.file),
            hint="without times, say how far apart the rows are: --every 30m",
        )
    return np.round(moments * MICROSECONDS).astype(np.int64)

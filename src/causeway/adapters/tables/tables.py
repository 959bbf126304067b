"""The door to tables larger than memory: files by Polars, databases by their drivers."""

from collections.abc import Sequence
from pathlib import Path

from causeway.adapters.tables.databases import sql_table as sql
from causeway.adapters.tables.joining import FORMS, Before, join_file, join_folder
from causeway.adapters.tables.ordering import reordered
from causeway.adapters.tables.part import PartRows
from causeway.adapters.tables.staging import stage
from causeway.adapters.tables.watched import watched_table as watched
from causeway.core.score import Part, Staged

__all__ = ["join", "read", "reordered", "sql", "stage", "watched"]


def read(staged: Staged, part: Part, *, nothing: frozenset[str]) -> PartRows:
    """One part; `nothing` are the texts that stand for no value in a number's column."""
    return PartRows(staged, part, nothing=nothing)


def join(parts: Sequence[Path], into: Path, *, before: Before = lambda _: None) -> None:
    """One file, or a folder, of all parts, as the name says, whole or not at all."""
    (join_file if into.suffix.lower() in FORMS else join_folder)(parts, into, before=before)

"""Held-out answers on the disk: what a later release is compared with, row by row."""

import hashlib

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.stages.held import Held
from causeway.actions.stages.kept import pack, unpack
from causeway.assess.parity import words_of
from causeway.core.table import Column, Number, Numbers, Table

HELD = "held.msgpack"


class KeptAnswers(Struct, frozen=True, omit_defaults=True):
    """Every row that a model was measured or trained with, and the answers of clones that had not seen it."""

    classes: tuple[str, ...]
    one: int | None
    rows: bytes
    """The raw rows."""
    answers: bytes
    """`at`, the place of each scored row among the raw rows, with `truth`, `answer` and `chance`."""

    @property
    def raw(self) -> Table:
        """The raw rows."""
        return unpack(self.rows)

    def column(self, name: str) -> Numbers:
        """One of the columns of the scored rows; none of `chance` where the model gives none."""
        column = unpack(self.answers).columns.get(name)
        return column.values if isinstance(column, Number) else np.empty(0)


def write_held(held: Held, raw: Table) -> bytes:
    """The bytes of these answers; `raw` holds every row of the measure, scored or not."""
    columns: dict[str, Column] = {
        "at": Number(held.at.astype(np.float64), "integer"),
        "truth": Number(held.truth),
        "answer": Number(held.answers),
    }
    if held.has_chance:
        columns["chance"] = Number(held.chance)
    return msgspec.msgpack.encode(
        KeptAnswers(held.classes, held.one, rows=pack(raw), answers=pack(Table(columns)))
    )


def read_held(content: bytes) -> KeptAnswers:
    """The answers that `write_held` made these bytes of; raises msgspec.MsgspecError for others."""
    return msgspec.msgpack.decode(content, type=KeptAnswers)


def names_of_rows(table: Table, columns: list[str]) -> NDArray[np.bytes_]:
    """A name for each row by its values in these columns: equal rows have equal names."""
    words = [words_of(table.columns[name]) for name in columns]
    digests = [hashlib.sha256(msgspec.json.encode(row)).digest()[:16] for row in zip(*words, strict=True)]
    return np.array(digests, dtype="S16")

"""Tables as bytes for the artefact store: numbers as float64, texts as they are."""

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec import Struct

from causeway.core.table import Column, Number, Table, Text


class _Packed(Struct, frozen=True, omit_defaults=True):
    name: str
    kind: str
    numbers: bytes = b""
    texts: Sequence[str | None] = ()


_decode = msgspec.msgpack.Decoder(list[_Packed]).decode
_encode = msgspec.msgpack.Encoder().encode


def pack(table: Table) -> bytes:
    """The table's bytes; equal tables have equal bytes."""
    return _encode([_packed(name, column) for name, column in table.columns.items()])


def unpack(content: bytes) -> Table:
    """The table that `pack` made these bytes of."""
    return Table({packed.name: _column(packed) for packed in _decode(content)})


def _packed(name: str, column: Column) -> _Packed:
    if isinstance(column, Text):
        return _Packed(name, "text", texts=list(column.values))
    return _Packed(name, column.kind, numbers=np.ascontiguousarray(column.values, "<f8").tobytes())


def _column(packed: _Packed) -> Column:
    if packed.kind == "text":
        return Text(packed.texts)
    return Number(np.frombuffer(packed.numbers, "<f8").astype(np.float64), packed.kind)

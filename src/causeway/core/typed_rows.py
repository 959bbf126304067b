"""Rows that were decoded straight into a type of their own, and are dicts only for whoever asks for one."""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Annotated, Any, overload

import numpy as np
from msgspec import Meta, Struct, defstruct
from msgspec.msgpack import Encoder
from msgspec.structs import astuple
from numpy.typing import NDArray

from causeway.core.release import Field
from causeway.core.table import Numbers

_WHOLE = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_encode = Encoder().encode
_FLOAT = 0xCB
"""What MessagePack writes before the eight bytes of a number."""
_SHORT = 16
"""From so many values on it says in three bytes how many there are, before in one."""
_MANY = 64
"""From so many rows on reading packed ones takes less time than packing numbers one by one."""
_TYPES: dict[str, Any] = {"number": float, "integer": _WHOLE, "boolean": bool, "text": str}


class RowType:
    """What each row of a release is: its fields in order, under their own names.

    A ValueError where a field has a name that none of a type's may have.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self.names = tuple(field.name for field in fields)
        self.types = tuple(_TYPES[field.kind] | None for field in fields)
        self.all_numbers = all(field.kind == "number" for field in fields)
        self.of = _struct_of(fields, self.types)
        self._attributes = self.of.__struct_fields__
        # fields that may be left out make all of them go by name
        self._make: Callable[..., Any] | None = self.of if all(field.required for field in fields) else None
        self._gets: dict[tuple[str, ...], Callable[[Any], tuple[Any, ...]]] = {self.names: astuple}

    def made(self, values: Iterable[Any]) -> Any:  # noqa: ANN401 - of a type that is made at run time
        """The row with these values, which are in order and of its types."""
        return (
            self._make(*values) if self._make else self.of(**dict(zip(self._attributes, values, strict=True)))
        )

    def numbers(self, rows: Sequence[Any], names: tuple[str, ...]) -> Numbers | None:
        """What rows have in these fields, which are numbers; None where some value is missing."""
        get, pack = self._get(names), struct.Struct(f"{len(names)}d").pack
        try:
            packed = b"".join([pack(*get(row)) for row in rows])
        except struct.error:
            return None
        return np.frombuffer(packed, np.float64).reshape(len(rows), -1)

    def _get(self, names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
        get = self._gets.get(names)
        if get is None:
            attributes = [self._attributes[self.names.index(name)] for name in names]
            one = attrgetter(*attributes)
            get = self._gets[names] = one if attributes[1:] else lambda row: (one(row),)
        return get


class TypedRows(Sequence[dict[str, Any]]):
    """Rows of one type; each is made a dict when it is looked at."""

    __slots__ = ("_packed", "_parts", "kind", "sent")

    def __init__(self, kind: RowType, sent: Sequence[Any], parts: "Sequence[TypedRows]" = ()) -> None:
        self.kind = kind
        self.sent = sent
        """The rows as they were decoded: written as maps, they are what the dicts would be."""
        self._parts = parts
        self._packed = b""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.sent)

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        """The row as a dict."""
        if isinstance(index, slice):
            return [self._row(each) for each in self.sent[index]]
        return self._row(self.sent[index])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each row as a dict."""
        return map(self._row, self.sent)

    def numbers(self, names: tuple[str, ...]) -> Numbers | None:
        """What the rows have in these fields, which are numbers; None where some value is missing."""
        if len(self) >= _MANY and self.kind.all_numbers and names == self.kind.names:
            found = self._together() if self._parts else _unpacked(self.packed(), len(self), len(names))
            if found is not None:
                return found
        return self.kind.numbers(self.sent, names)

    def packed(self) -> bytes:
        """Each row's values in order, in MessagePack: made once, for the model and for the record."""
        if not self._packed:
            self._packed = _encode(list(map(astuple, self.sent)))
        return self._packed

    def _together(self) -> Numbers | None:
        found = [part.numbers(self.kind.names) for part in self._parts]
        made = [each for each in found if each is not None]
        return np.concatenate(made) if len(made) == len(found) else None

    def _row(self, row: Any) -> dict[str, Any]:  # noqa: ANN401 - of a type that was made at run time
        return dict(zip(self.kind.names, astuple(row), strict=True))


def joined(parts: Sequence[Sequence[dict[str, Any]]]) -> Sequence[dict[str, Any]]:
    """The rows of all parts, which are of one release, in order."""
    typed = [part for part in parts if isinstance(part, TypedRows)]
    if len(typed) < len(parts):
        return [row for part in parts for row in part]
    sent = [row for part in typed for row in part.sent]
    # many small ones are faster read as one
    large = len(sent) >= _SHORT * len(typed)
    return TypedRows(typed[0].kind, sent, typed if large else ())


def _unpacked(packed: bytes, rows: int, width: int) -> Numbers | None:
    """The numbers of packed rows that hold nothing else; None where something else is among them."""
    start, before = (1 if rows < _SHORT else 3), (1 if width < _SHORT else 3)
    size = before + 9 * width
    if len(packed) != start + rows * size:
        return None
    shape, steps = (rows, width), (size, 9)
    marks: NDArray[np.uint8] = np.ndarray(shape, np.uint8, packed, start + before, steps)
    if not (marks == _FLOAT).all():
        return None
    return np.ndarray(shape, ">f8", packed, start + before + 1, steps).astype(np.float64)


def _struct_of(fields: Sequence[Field], types: Sequence[Any]) -> type[Struct]:
    names = {f"f{place}": field.name for place, field in enumerate(fields)}
    plan = [
        (attribute, kind) if field.required else (attribute, kind, None)
        for attribute, field, kind in zip(names, fields, types, strict=True)
    ]
    by_name = not all(field.required for field in fields)
    return defstruct(
        "Row", plan, rename=names, forbid_unknown_fields=True, frozen=True, gc=False, kw_only=by_name
    )

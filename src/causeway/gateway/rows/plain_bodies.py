"""Bodies in which every value is just what the release takes: decoded straight into rows of its own type.

So nearly all are. Whatever is remarkable about one (another form, a wrong or an unknown field, a text for a
number) makes it no such body, and it is read the long way, which says what is wrong with it.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, defstruct

from causeway.core.release import Field, Release
from causeway.core.typed_rows import RowType, TypedRows

MAX_ROWS = 10_000
MAX_ID = 128
_DATATYPES = {
    "number": ("FP64", "FP32", "FP16"),
    "integer": ("INT64",),
    "boolean": ("BOOL",),
    "text": ("BYTES",),
}


class PlainBodies:
    """The forms of `/invocations` that hold whole rows, for one release."""

    def __init__(self, kind: RowType, fields: Sequence[Field]) -> None:
        self.kind = kind
        self._decode_tensors = msgspec.json.Decoder(_tensors_of(kind, fields)).decode
        self._columns = list(kind.names)
        rows = Annotated[list[kind.of], Meta(max_length=MAX_ROWS)] | UnsetType
        split = _split_of(kind) | UnsetType
        forms: list[Any] = [("dataframe_records", rows), ("instances", rows), ("dataframe_split", split)]
        body = defstruct("Body", [(*form, UNSET) for form in forms], forbid_unknown_fields=True, gc=False)
        self._decode = msgspec.json.Decoder(body).decode

    def rows(self, body: bytes) -> TypedRows | None:
        """The rows in this body; None where it has to be read the long way, or has none."""
        try:
            read: Any = self._decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        records, instances, split = read.dataframe_records, read.instances, read.dataframe_split
        given = records if instances is UNSET else instances
        if split is UNSET:
            both = records is not UNSET and instances is not UNSET
            return None if both or given is UNSET else TypedRows(self.kind, given)
        if given is not UNSET or split.columns != self._columns:
            return None
        return TypedRows(self.kind, list(map(self.kind.made, split.data)))

    def tensors(self, body: bytes) -> tuple[TypedRows, str] | None:
        """The rows of a body of `infer`, and what it calls itself; None where it is read the long way."""
        try:
            read: Any = self._decode_tensors(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        columns = [tensor.data for tensor in read.inputs]
        count = len(columns[0])
        shapes = ([count], [count, 1])
        if not count or not all(
            tensor.shape in shapes and len(tensor.data) == count for tensor in read.inputs
        ):
            return None
        return TypedRows(self.kind, list(map(self.kind.made, zip(*columns, strict=True)))), read.id or ""


def plain_bodies_of(release: Release) -> PlainBodies | None:
    """The reader of this release's plain bodies; None where a field's name can be none of a type."""
    if not release.signature.inputs:
        return None
    try:
        return PlainBodies(RowType(release.signature.inputs), release.signature.inputs)
    except ValueError:
        return None


def _split_of(kind: RowType) -> type[Struct]:
    # without a default all three would be needed, and an index is never read
    values = Annotated[list[tuple[kind.types]], Meta(max_length=MAX_ROWS)]
    fields: list[Any] = [("columns", list[str]), ("data", values), ("index", Raw, Raw())]
    return defstruct("Split", fields, forbid_unknown_fields=True, gc=False)


def _tensors_of(kind: RowType, fields: Sequence[Field]) -> type[Struct]:
    """One tensor a field, in order, of a datatype that holds nothing but what the field takes."""
    inputs = [_tensor_of(field, values) for field, values in zip(fields, kind.types, strict=True)]
    plan: list[Any] = [
        ("inputs", tuple[tuple(inputs)]),
        ("id", Annotated[str, Meta(max_length=MAX_ID)] | None, None),
    ]
    return defstruct("Tensors", plan, forbid_unknown_fields=True, gc=False)


def _tensor_of(field: Field, values: Any) -> type[Struct]:  # noqa: ANN401 - a type
    plan: list[Any] = [
        ("name", Literal[field.name]),
        ("shape", list[int]),
        ("datatype", Literal[_DATATYPES[field.kind]]),
        ("data", Annotated[list[values], Meta(max_length=MAX_ROWS)]),
    ]
    return defstruct("Tensor", plan, forbid_unknown_fields=True, gc=False)

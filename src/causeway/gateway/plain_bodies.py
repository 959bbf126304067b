"""Bodies in which every value is just what the release takes: decoded straight into rows of its own type.

So nearly all are. Whatever is remarkable about one (another form, a wrong or an unknown field, a text for a
number) makes it no such body, and it is read the long way, which says what is wrong with it.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, defstruct

from causeway.core.release import Release
from causeway.core.typed_rows import RowType, TypedRows

MAX_ROWS = 10_000


class PlainBodies:
    """The forms of `/invocations` that hold whole rows, for one release."""

    def __init__(self, kind: RowType) -> None:
        self.kind = kind
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


def plain_bodies_of(release: Release) -> PlainBodies | None:
    """The reader of this release's plain bodies; None where a field's name can be none of a type."""
    try:
        return PlainBodies(RowType(release.signature.inputs))
    except ValueError:
        return None


def _split_of(kind: RowType) -> type[Struct]:
    # without a default all three would be needed, and an index is never read
    values = Annotated[list[tuple[kind.types]], Meta(max_length=MAX_ROWS)]
    fields: list[Any] = [("columns", list[str]), ("data", values), ("index", Raw, Raw())]
    return defstruct("Split", fields, forbid_unknown_fields=True, gc=False)

"""One row that a release answers, as it stands in its document."""

from collections.abc import Sequence
from typing import Any

import msgspec

from causeway.core.records import Value
from causeway.core.release import Field
from causeway.gateway.models.bundles import Loaded
from causeway.gateway.protocols.oip import DATATYPES

_decode = msgspec.json.Decoder(dict[str, Value]).decode


def example_of(loaded: Loaded) -> dict[str, Value]:
    """The row that came with the release; one made of its signature where none came."""
    fields = loaded.release.signature.inputs
    brought = _decode(loaded.example) if loaded.example else {}
    return {field.name: brought.get(field.name, _value(field)) for field in fields}


def tensors(fields: Sequence[Field], row: dict[str, Value]) -> list[dict[str, Any]]:
    """The row as tensors; what it has no value for is left out."""
    return [
        {"name": field.name, "shape": [1], "datatype": DATATYPES[field.kind], "data": [row[field.name]]}
        for field in fields
        if row[field.name] is not None
    ]


def _value(field: Field) -> Value:
    if field.categories and field.kind == "text":
        return field.categories[0]
    if field.kind == "text":
        # reads as a text and as a number, whichever the release makes of it
        return "1"
    if field.kind == "boolean":
        return False
    middle = ((field.minimum or 0.0) + (field.maximum or field.minimum or 0.0)) / 2
    return round(middle) if field.kind == "integer" else middle

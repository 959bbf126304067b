"""The parts of an OpenAPI document that every product has in common."""

from collections.abc import Iterator, Mapping
from typing import Any

from causeway.core.errors import CausewayError
from causeway.gateway import refusals

Schema = dict[str, Any]

SECURITY: Mapping[str, Schema] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The token of a key."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same token."},
}

HEADERS: Mapping[str, Schema] = {
    "causeway-release": {
        "description": "Digest of the release that answered.",
        "schema": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    },
    "causeway-prediction-id": {
        "description": "The id of the first row's prediction.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "x-request-id": {"description": "The request's name: yours, or ours.", "schema": {"type": "string"}},
    "retry-after": {
        "description": "Seconds after which to come back; where it is missing, nobody knows.",
        "schema": {"type": "integer", "minimum": 0},
    },
}

ERROR: Schema = {
    "type": "object",
    "properties": {
        "ok": {"const": False},
        "error": {"type": "string", "description": "What happened; of a row and a field, which."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "where": {"type": "string"},
        "hint": {"type": "string", "description": "What to do."},
        "status": {"type": "integer"},
    },
    "required": ["ok", "error", "code", "where", "hint", "status"],
}

_ROWS: Schema = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Row"}}
_PLAIN: Schema = {"type": ["string", "number", "boolean", "null"]}
_SPLIT: Schema = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "data": {"type": "array", "items": {"type": "array", "items": _PLAIN}},
        "index": {},
    },
    "required": ["columns", "data"],
    "additionalProperties": False,
}
_COLUMNS: Schema = {
    "type": "object",
    "additionalProperties": {"anyOf": [_PLAIN, {"type": "array", "items": _PLAIN}]},
}


def _form(name: str, schema: Schema) -> Schema:
    return {
        "title": name,
        "type": "object",
        "properties": {name: schema, "params": {"type": ["object", "null"], "maxProperties": 0}},
        "required": [name],
        "additionalProperties": False,
    }


INVOCATION: Mapping[str, Schema] = {
    "Invocation": {
        "oneOf": [
            _form("dataframe_records", _ROWS),
            _form("instances", _ROWS),
            _form("dataframe_split", _SPLIT),
            _form("inputs", {"anyOf": [_ROWS, _COLUMNS]}),
        ]
    },
    "Predictions": {
        "type": "object",
        "properties": {
            "predictions": {"type": "array", "items": {"$ref": "#/components/schemas/Prediction"}},
            "ids": {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "description": "A name for each prediction, by which its outcome is joined.",
            },
            "flags": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "description": "By row number, from 0, what is remarkable about it.",
            },
            "releases": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Who answered each row, where not all are one release's.",
            },
        },
        "required": ["predictions", "ids"],
    },
}

_TENSOR: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 2},
        "datatype": {"type": "string"},
        "data": {"type": "array"},
        "parameters": {"type": "object"},
    },
    "required": ["name", "shape", "datatype"],
}

INFER: Mapping[str, Schema] = {
    "Tensor": _TENSOR,
    "InferRequest": {
        "type": "object",
        "properties": {
            "id": {"type": "string", "maxLength": 128},
            "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}},
            "outputs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}},
                    "required": ["name"],
                },
            },
            "parameters": {"type": "object"},
        },
        "required": ["inputs"],
    },
    "InferResponse": {
        "type": "object",
        "properties": {
            "model_name": {"type": "string"},
            "model_version": {"type": "string"},
            "id": {"type": "string"},
            "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}},
            "parameters": {"type": "object"},
        },
        "required": ["model_name", "outputs"],
    },
}


def errors_by_status() -> dict[int, list[type[CausewayError]]]:
    """Everything that the gateway says instead of an answer, by its HTTP status."""
    found: dict[int, list[type[CausewayError]]] = {}
    for kind in sorted(_kinds(), key=lambda each: (each.status, each.code)):
        same = found.setdefault(kind.status, [])
        # a kind below another speaks with its code
        if kind.code not in {each.code for each in same}:
            same.append(kind)
    return found


def _kinds() -> Iterator[type[CausewayError]]:
    for kind in vars(refusals).values():
        if not isinstance(kind, type) or not issubclass(kind, CausewayError):
            continue
        # what the root of a family says is said by none of its members
        if kind.__module__ == refusals.__name__ and kind is not refusals.Refusal:
            yield kind

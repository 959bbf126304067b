"""What a product takes and gives, as an OpenAPI 3.1 document with its release's own fields."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from causeway.core.errors import CausewayError
from causeway.core.release import Field, Output
from causeway.gateway.models.bundles import Loaded
from causeway.gateway.openapi.example import example_of, tensors
from causeway.gateway.openapi.words import ERROR, HEADERS, INFER, INVOCATION, SECURITY, errors_by_status
from causeway.gateway.routes.routing import Live

Schema = dict[str, Any]
Errors = Mapping[int, Sequence[type[CausewayError]]]
STRICT, FLAG = "strict", "flag"

_TYPES = {"number": "number", "integer": "integer", "boolean": "boolean", "text": "string"}


def document(live: Live, loaded: Loaded) -> Schema:
    """The whole document."""
    release, product = loaded.release, live.product
    stage = f" Stage: {live.route.label}." if live.route.label else ""
    errors = errors_by_status()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": product,
            "version": loaded.version,
            "description": f"Answers {release.target} ({release.task}).{stage} Rows go by the names of their "
            "fields. Keep each prediction's id: what really happened is joined by it.",
            "x-release": loaded.digest,
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in SECURITY],
        "paths": {
            f"/products/{product}/invocations": {"post": _invocations(loaded, errors)},
            f"/v2/models/{product}/infer": {"post": _infer(loaded, errors)},
            f"/v2/models/{product}": {"get": _metadata(errors)},
        },
        "components": {
            "securitySchemes": SECURITY,
            "headers": HEADERS,
            "schemas": {
                "Row": row_schema(live, loaded),
                "Prediction": prediction_schema(live, loaded),
                "Error": ERROR,
                **INVOCATION,
                **INFER,
            },
            "responses": {f"Error{status}": _error(errors[status]) for status in errors},
        },
    }


def _invocations(loaded: Loaded, errors: Errors) -> Schema:
    row = example_of(loaded)
    asked = {"dataframe_records": [row]}
    return {
        "operationId": "predict",
        "summary": "Answers to rows, all or none.",
        "parameters": [_NAME],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Invocation"},
                    "examples": {"row": {"summary": "a row that this release answers", "value": asked}},
                },
                "text/csv": {"schema": {"type": "string"}},
            },
        },
        "responses": {"200": _answer("Predictions"), **_refusals(errors)},
    }


def _infer(loaded: Loaded, errors: Errors) -> Schema:
    asked = {"inputs": tensors(loaded.release.signature.inputs, example_of(loaded))}
    return {
        "operationId": "infer",
        "summary": "The same in the words of the Open Inference Protocol: one tensor for each field.",
        "parameters": [_NAME],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/InferRequest"},
                    "examples": {"row": {"summary": "a row that this release answers", "value": asked}},
                }
            },
        },
        "responses": {"200": _answer("InferResponse"), **_refusals(errors)},
    }


def _metadata(errors: Errors) -> Schema:
    told = {"description": "The signature.", "content": {"application/json": {"schema": {"type": "object"}}}}
    refused = {
        str(status): _ref("responses", f"Error{status}") for status in (401, 404, 503) if status in errors
    }
    return {
        "operationId": "metadata",
        "summary": "The release's signature in the words of the Open Inference Protocol.",
        "responses": {"200": told, **refused},
    }


_NAME = {
    "name": "x-request-id",
    "in": "header",
    "required": False,
    "description": "Your own name for the request; recorded, and sent back.",
    "schema": {"type": "string", "maxLength": 128},
}


_ENTITY: Schema = {
    "type": ["string", "number", "boolean", "null"],
    "description": "Whom the row is of: decides which release answers, and is recorded. Flagged if missing.",
}


def may_be_null(live: Live) -> bool:
    """Whether a row that is as it should be may stay without an answer of a release."""
    return live.route.holdout_percent > 0 or live.route.on_failure == "fallback"


def row_schema(live: Live, loaded: Loaded) -> Schema:
    """What one row is."""
    fields = loaded.release.signature.inputs
    optional = loaded.release.missing == "flag"
    example = example_of(loaded)
    properties = {f.name: field_schema(f, loaded, live, example.get(f.name)) for f in fields}
    if live.route.entity:
        properties.setdefault(live.route.entity, _ENTITY)
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": live.route.validation != STRICT,
        "examples": [example],
    }
    required = [field.name for field in fields if field.required and not optional]
    return schema | ({"required": required} if required else {})


def field_schema(field: Field, loaded: Loaded, live: Live, example: object) -> Schema:
    """What one field is: only what would be refused is a rule, the rest is told."""
    release = loaded.release
    types = [_TYPES[field.kind]]
    if field.kind == "text" and isinstance(example, int | float):
        types.append("number")
    if not field.required or release.missing == "flag":
        types.append("null")
    schema: Schema = {"type": types[0] if len(types) == 1 else types}
    if field.kind == "integer":
        schema["format"] = "int64"
    known = _categories(field)
    closed = bool(known) and release.unseen == "refuse"
    if closed:
        schema["enum"] = [*known, *([None] if "null" in types else [])]
    elif known:
        schema["x-known"] = known
    limits = {"minimum": field.at_least, "maximum": field.at_most}
    told = {"x-minimum": field.minimum, "x-maximum": field.maximum}
    # where the contract's limits are only flagged, they are no rule for callers
    told |= (
        {f"x-allowed-{n}": bound for n, bound in limits.items()} if live.route.validation == FLAG else limits
    )
    schema |= {name: bound for name, bound in told.items() if bound is not None}
    if said := " ".join(_said(field, known=bool(known), closed=closed)):
        schema["description"] = said
    return schema


def _said(field: Field, *, known: bool, closed: bool) -> Iterator[str]:
    if field.minimum is not None or field.maximum is not None:
        low, high = (f"{bound:g}" if bound is not None else "any" for bound in (field.minimum, field.maximum))
        yield f"Proven on {low} to {high}; outside of that it is answered, and flagged `range:{field.name}`."
    if known and not closed:
        yield f"Proven on the values in x-known; others are answered, if at all, with `unseen:{field.name}`."


def _categories(field: Field) -> list[str | float | int | bool]:
    """The proven values as JSON has them; none where they cannot be said so."""
    try:
        return [_READ[field.kind](text) for text in field.categories]
    except (ValueError, KeyError):
        return []


_READ: Mapping[str, Any] = {
    "text": str,
    "number": float,
    "integer": int,
    "boolean": {"True": True, "False": False, "true": True, "false": False}.__getitem__,
}


def prediction_schema(live: Live, loaded: Loaded) -> Schema:
    """What one prediction is: plain where the release has one output, else an object."""
    release = loaded.release
    # where a value may be missing or new, a row may have no answer; some are held out
    undefined = "flag" in (release.missing, release.unseen) or may_be_null(live)
    outputs = release.signature.outputs
    if len(outputs) == 1:
        return _output(outputs[0], undefined=undefined)
    return {
        "type": "object",
        "properties": {output.name: _output(output, undefined=undefined) for output in outputs},
        "required": [output.name for output in outputs],
    }


def _output(output: Output, *, undefined: bool) -> Schema:
    schema = _OUTPUTS.get(output.kind, _number)(output)
    if not undefined:
        return schema
    null: Schema = {
        "type": "null",
        "description": "the row cannot be answered, or is held out; `flags` says which",
    }
    return {"anyOf": [schema, null]}


def _probability(output: Output) -> Schema:
    part = {"type": "number", "minimum": 0, "maximum": 1}
    return {
        "type": "object",
        "properties": dict.fromkeys(output.classes, part),
        "required": list(output.classes),
    }


def _label(output: Output) -> Schema:
    classes: list[str | int] = list(output.classes)
    if all(name.lstrip("-").isdecimal() for name in output.classes):
        # a model that knows its classes as numbers answers with them
        classes += map(int, output.classes)
    return {"enum": classes} if classes else {"type": ["string", "number", "boolean"]}


def _act(output: Output) -> Schema:
    said = f"Whether the probability of `{output.positive}` reaches {output.threshold:g}."
    return {"type": "boolean", "description": said}


def _number(_output: Output) -> Schema:
    return {"type": "number"}


_OUTPUTS = {"probability": _probability, "label": _label, "act": _act}


def _answer(schema: str) -> Schema:
    return {
        "description": "The answers.",
        "headers": {name: _ref("headers", name) for name in HEADERS if name != "retry-after"},
        "content": {"application/json": {"schema": _ref("schemas", schema)}},
    }


def _refusals(errors: Errors) -> Schema:
    return {str(status): _ref("responses", f"Error{status}") for status in errors}


def _error(errors: Sequence[type[CausewayError]]) -> Schema:
    said = " ".join(f"`{each.code}`: {(each.__doc__ or '').splitlines()[0]}" for each in errors)
    response: Schema = {
        "description": said,
        "content": {"application/json": {"schema": _ref("schemas", "Error")}},
    }
    if any(each.status in (429, 503) for each in errors):
        response["headers"] = {"retry-after": _ref("headers", "retry-after")}
    return response


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}

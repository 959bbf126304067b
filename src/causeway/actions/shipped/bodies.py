"""What other servers were sent and answered, as rows of a release: OIP (V2), V1 and MLflow's forms."""

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from typing import Any

from causeway.core.records import Value
from causeway.core.release import Field, Output, Signature

MOST_ROWS = 100_000
MOST_WHOLE = 2.0**63
"""No whole number that is kept is as large."""
_NUMBERS = ("number", "integer")

Row = dict[str, Value]


class Strange(ValueError):
    """Why something is no record."""


def inputs_of(body: object, signature: Signature) -> list[Row]:
    """The rows that were sent, by the release's own fields; what it does not take is left out."""
    rows = _sent(body, [field.name for field in signature.inputs])
    if not rows:
        raise Strange("the request has no rows")
    if len(rows) > MOST_ROWS:
        raise Strange(f"a request of more than {MOST_ROWS:,} rows")
    fields = {field.name: field for field in signature.inputs}
    if not any(name in fields for name in rows[0]):
        raise Strange("the request has no column that the release takes")
    return [
        {name: _value(row.get(name), field) for name, field in fields.items() if name in row} for row in rows
    ]


def outputs_of(body: object, signature: Signature, rows: int) -> list[Row]:
    """The answers of as many rows, by the release's own outputs."""
    columns = _answered(body, rows)
    found: dict[str, list[Value]] = {}
    taken: set[str] = set()
    for output in signature.outputs:
        for name in (output.name, *(f"{output.name}_{each}" for each in output.classes)):
            if name in columns:
                taken.add(name)
                found |= _of_output(output, columns[name], name=name)
    for name, values in columns.items():
        if name not in taken:
            found = _guessed(values, signature, name=name) | found
    if not found:
        raise Strange("the answer has nothing that the release answers")
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _sent(body: object, fields: Sequence[str]) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return _listed(body, fields)
    if not isinstance(body, dict):
        raise Strange("the request is no JSON object")
    if "dataframe_split" in body:
        return _split(body["dataframe_split"])
    for form in ("dataframe_records", "instances"):
        if form in body:
            return _listed(body[form], fields)
    inputs = body.get("inputs")
    if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict) and "datatype" in inputs[0]:
        return _from_tensors(inputs, fields)
    if isinstance(inputs, dict):
        return _from_columns(inputs)
    if inputs is not None:
        return _listed(inputs, fields)
    raise Strange("the request has none of instances, inputs, dataframe_split, dataframe_records")


def _listed(rows: object, fields: Sequence[str]) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        raise Strange("the request's rows are no list")
    return [_named(row, fields) for row in rows]


def _named(row: object, fields: Sequence[str]) -> dict[str, Any]:
    if isinstance(row, dict):
        return row
    values = row if isinstance(row, list) else [row]
    if len(values) != len(fields):
        raise Strange(f"a row of {len(values)} values without names, where the release takes {len(fields)}")
    return dict(zip(fields, values, strict=True))


def _split(table: object) -> list[dict[str, Any]]:
    columns, data = (table.get("columns"), table.get("data")) if isinstance(table, dict) else (None, None)
    named = isinstance(columns, list) and all(isinstance(name, str) for name in columns)
    if not named or not isinstance(data, list):
        raise Strange("dataframe_split without columns and data")
    if any(not isinstance(row, list) or len(row) != len(columns) for row in data):
        raise Strange("dataframe_split with rows of another length than its columns")
    return [dict(zip(columns, row, strict=True)) for row in data]


def _from_columns(columns: Mapping[str, object]) -> list[dict[str, Any]]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in columns.items()}
    if len({len(each) for each in lists.values()}) > 1:
        raise Strange("inputs of unequal length")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _from_tensors(tensors: Sequence[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
    if not all(isinstance(each, dict) for each in tensors):
        raise Strange("inputs that are not all tensors")
    if len(tensors) == 1 and tensors[0].get("name") not in fields:
        table = _tensor(tensors[0])
        return [_named(row, fields) for row in table]
    return _from_columns({str(each.get("name")): _tensor(each) for each in tensors})


def _tensor(tensor: Mapping[str, Any]) -> list[Any]:
    """A tensor's values, a list a row where it has several."""
    data, shape = tensor.get("data"), tensor.get("shape")
    if not isinstance(data, list) or not isinstance(shape, list) or not shape:
        raise Strange("a tensor without data, as in binary requests")
    flat = _flat(data)
    parameters = tensor.get("parameters")
    if isinstance(parameters, dict) and parameters.get("content_type") == "base64":
        flat = [_text_of(value) for value in flat]
    width = math.prod(shape[1:]) if all(isinstance(size, int) for size in shape) else 0
    if width < 1 or shape[0] * width != len(flat):
        raise Strange("a tensor whose shape and values differ")
    return flat if width == 1 else [flat[at : at + width] for at in range(0, len(flat), width)]


def _flat(data: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for each in data:
        found += _flat(each) if isinstance(each, list) else [each]
    return found


def _text_of(value: object) -> object:
    try:
        return base64.b64decode(value, validate=True).decode() if isinstance(value, str) else value
    except (binascii.Error, ValueError):
        return value


def _value(value: object, field: Field) -> Value:
    """The value as the field holds it; None where it is nothing of the kind."""
    if value is None:
        return None
    if not isinstance(value, str | int | float):
        raise Strange(f"{field.name} holds no plain value")
    if field.kind in _NUMBERS:
        return _as_number(value, whole=field.kind == "integer")
    if field.kind == "boolean":
        return value.lower() == "true" if isinstance(value, str) else bool(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _as_number(value: str | float, *, whole: bool) -> Value:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    if whole and number.is_integer():
        return int(number) if abs(number) < MOST_WHOLE else None
    return number


def _answered(body: object, rows: int) -> dict[str, list[Any]]:
    """What came back by name, a value a row; under the empty name where it has none."""
    if isinstance(body, dict) and isinstance(body.get("outputs"), list):
        columns = {
            str(each.get("name", "")): _tensor(each) for each in body["outputs"] if isinstance(each, dict)
        }
    elif isinstance(body, dict) and "predictions" in body:
        columns = _by_name(body["predictions"])
    elif isinstance(body, list):
        columns = _by_name(body)
    else:
        raise Strange("the answer has neither predictions nor outputs")
    if any(len(values) != rows for values in columns.values()) or not columns:
        raise Strange("an answer of another number of rows than its request")
    return columns


def _by_name(predictions: object) -> dict[str, list[Any]]:
    if isinstance(predictions, dict):
        return {name: value if isinstance(value, list) else [value] for name, value in predictions.items()}
    if not isinstance(predictions, list):
        return {"": [predictions]}
    if predictions and all(isinstance(each, dict) for each in predictions):
        names = dict.fromkeys(name for each in predictions for name in each)
        return {name: [each.get(name) for each in predictions] for name in names}
    return {"": predictions}


def _guessed(values: Sequence[Any], signature: Signature, *, name: str) -> dict[str, list[Value]]:
    """Which output it is, by its values, where its name is another server's."""
    chance = next((each for each in signature.outputs if each.kind == "probability"), None)
    label = next((each for each in signature.outputs if each.kind == "label"), None)
    number = next((each for each in signature.outputs if each.kind == "value"), None)
    several = all(isinstance(each, list | dict) for each in values)
    share = all(isinstance(each, float) and 0 <= each <= 1 for each in values)
    if chance is not None and (
        several or "proba" in name or (share and label is not None and not _counts(values))
    ):
        return _of_output(chance, values, name=chance.name)
    if label is not None:
        return _of_output(label, values, name=label.name)
    return _of_output(number, values, name=number.name) if number is not None else {}


def _counts(values: Sequence[Any]) -> bool:
    """Whether the numbers are classes or their places."""
    return all(float(each).is_integer() for each in values)


def _of_output(output: Output, values: Sequence[Any], *, name: str) -> dict[str, list[Value]]:
    if output.kind == "probability" and name == output.name:
        return _chances(output, values)
    if output.kind == "label":
        return {output.name: [_label(output, each) for each in values]}
    if output.kind == "act":
        return {output.name: [bool(each) for each in values]}
    return {name: [_number(each) for each in values]}


def _chances(output: Output, values: Sequence[Any]) -> dict[str, list[Value]]:
    """A chance a class, or only that of the positive one, as they are recorded."""
    rows = [_by_class(output, each) for each in values]
    if output.positive:
        return {output.name: [row.get(output.positive) for row in rows]}
    return {f"{output.name}_{each}": [row.get(each) for row in rows] for each in output.classes}


def _by_class(output: Output, value: object) -> dict[str, Value]:
    if isinstance(value, dict):
        return {str(name): _number(each) for name, each in value.items()}
    if isinstance(value, list):
        if len(value) != len(output.classes):
            raise Strange(f"{len(value)} chances, where the release has {len(output.classes)} classes")
        return {name: _number(each) for name, each in zip(output.classes, value, strict=True)}
    chance = _number(value)
    found: dict[str, Value] = {output.positive or output.classes[-1]: chance}
    if len(output.classes) == 2 and not output.positive:
        found[output.classes[0]] = None if chance is None else 1 - chance
    return found


def _label(output: Output, value: object) -> Value:
    """The class; a number that is none of them is its place among them, as encoders count."""
    said = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    if isinstance(value, bool):
        said = said if said in output.classes else said.lower()
    if said in output.classes or not output.classes:
        return said
    if isinstance(value, int | float) and 0 <= value < len(output.classes) and float(value).is_integer():
        return output.classes[int(value)]
    # which one is a row's value, and reasons go into the ledger
    raise Strange("a label that the release does not answer")


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, list) and len(value) == 1:
        return _number(value[0])
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Strange("an answer that is no number")
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None

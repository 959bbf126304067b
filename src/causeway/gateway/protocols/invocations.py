"""MLflow's and SageMaker's `/invocations`: four JSON forms and CSV; and the `instances` of Vertex AI."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from causeway.core.release import Field
from causeway.gateway.answers.plane import Answer, releases_of
from causeway.gateway.protocols.bodies import Many, Scalar, decoded, shown_lengths
from causeway.gateway.refusals import Invalid, Malformed, TooLarge
from causeway.gateway.rows.schema import MAX_ROWS

Rows = list[dict[str, Scalar]]
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
NULLS = frozenset(("", "null", "NULL", "NaN", "nan", "None", "NA"))


class Split(Struct, forbid_unknown_fields=True):
    """A table as pandas writes it with `orient="split"`."""

    columns: list[str]
    data: Many[list[Scalar]]
    index: Raw = Raw()


class Invocation(Struct, forbid_unknown_fields=True):
    """The body: exactly one of the four forms."""

    dataframe_split: Split | UnsetType = UNSET
    dataframe_records: Many[dict[str, Scalar]] | UnsetType = UNSET
    instances: Many[dict[str, Scalar]] | UnsetType = UNSET
    inputs: dict[str, Many[Scalar] | Scalar] | Many[dict[str, Scalar]] | UnsetType = UNSET
    params: dict[str, Scalar] | None = None


class Prediction(Struct, forbid_unknown_fields=True):
    """The body that Vertex AI and KServe's V1 clients send."""

    instances: Many[dict[str, Scalar]]
    parameters: dict[str, Scalar] | None = None


class Predictions(Struct, omit_defaults=True):
    """The answer: a prediction a row, and the id to send its outcome with."""

    predictions: list[Any]
    ids: Sequence[str]
    flags: dict[str, Sequence[str]] = {}
    """By row number, where there is something remarkable about it."""
    releases: Sequence[str] = ()
    """Who answered each row, where not all are one release's."""


_decoder = msgspec.json.Decoder(Invocation)
_instances = msgspec.json.Decoder(Prediction)


def rows_of_json(body: bytes) -> Rows:
    """The rows in this body."""
    asked = decoded(_decoder, body)
    given = [form for form in FORMS if getattr(asked, form) is not UNSET]
    if len(given) != 1:
        raise Malformed(
            f"the body has {' and '.join(given) or 'none of the forms'}",
            hint=f"send exactly one of {', '.join(FORMS)}",
        )
    if asked.params:
        raise Invalid("this model takes no params", hint="leave them out")
    return _READERS[given[0]](getattr(asked, given[0]))


def rows_of_instances(body: bytes) -> Rows:
    """The rows in this body of `instances`."""
    asked = decoded(_instances, body)
    if asked.parameters:
        raise Invalid("this model takes no parameters", hint="leave them out")
    return asked.instances


def _split(table: Split) -> Rows:
    columns = table.columns
    if len(set(columns)) != len(columns):
        raise Malformed("dataframe_split names a column twice")
    for number, row in enumerate(table.data):
        if len(row) != len(columns):
            raise Malformed(
                f"row {number} of dataframe_split has {len(row)} values for {len(columns)} columns"
            )
    return [dict(zip(columns, row, strict=True)) for row in table.data]


def _records(rows: Rows) -> Rows:
    return rows


def _inputs(given: dict[str, list[Scalar] | Scalar] | Rows) -> Rows:
    if isinstance(given, list):
        return given
    columns = {name: value if isinstance(value, list) else [value] for name, value in given.items()}
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        raise Malformed(f"inputs of unequal length: {shown_lengths(lengths)}")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


_READERS = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _records,
    "inputs": _inputs,
}


def rows_of_csv(body: bytes, fields: Sequence[Field]) -> Rows:
    """The rows of a CSV with a header, each value read as its field's kind."""
    kinds = {field.name: field.kind for field in fields}
    try:
        lines = csv.reader(io.StringIO(body.decode("utf-8-sig")), strict=True)
        header = next(lines, None)
        if not header:
            raise Malformed(
                "the body is empty", hint="send a header line with the field names, then the rows"
            )
        if len(set(header)) != len(header):
            raise Malformed("the header names a column twice")
        return [_csv_row(header, line, number, kinds) for number, line in enumerate(lines) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"the body is not CSV: {error}", hint="send UTF-8 text with a header line") from None


def _csv_row(header: list[str], line: list[str], number: int, kinds: dict[str, str]) -> dict[str, Any]:
    if len(line) != len(header):
        raise Malformed(f"row {number} has {len(line)} values for {len(header)} columns")
    if number >= MAX_ROWS:
        raise TooLarge(f"more than {MAX_ROWS:,} rows", hint="send them in several requests")
    return {name: csv_value(text, kinds.get(name, "text")) for name, text in zip(header, line, strict=True)}


def csv_value(text: str, kind: str) -> object:
    """The value that the text is; text that is none of its kind stays text, and is refused as such."""
    if text in NULLS and (kind != "text" or not text):
        return None
    if kind in ("number", "integer"):
        try:
            return int(text) if text.lstrip("+-").isdecimal() and len(text) < 20 else float(text)
        except ValueError:
            return text
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def response(made: Answer) -> Predictions:
    """The answer as MLflow's clients read it: plain values for one output, objects for several."""
    plain = made.variant.loaded.plain
    predictions = plain.told(made.outputs) if plain else _told(made)
    flags = {str(row): flags for row, flags in enumerate(made.flags) if flags} if any(made.flags) else {}
    return Predictions(predictions, made.ids, flags, releases_of(made))


def _told(made: Answer) -> list[Any]:
    outputs = made.variant.loaded.release.signature.outputs
    columns = [made.outputs[output.name] for output in outputs]
    for index, output in enumerate(outputs):
        if output.kind == "probability" and output.classes:
            columns[index] = [
                dict(zip(output.classes, value, strict=True)) if value else None for value in columns[index]
            ]
    names = [output.name for output in outputs]
    if len(columns) == 1:
        return columns[0]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

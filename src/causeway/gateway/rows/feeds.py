"""From checked rows to the tensors that the model takes."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import onnxruntime as ort
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.bundle import BadBundle
from causeway.core.features import Compiled, Problem, read_features
from causeway.core.release import Field, Release
from causeway.gateway.refusals import Invalid
from causeway.gateway.rows.schema import Row

Array = NDArray[np.generic]


class Fed(Struct, frozen=True):
    """Tensors by name, a row each; and what is not defined, or remarkable, in which row."""

    tensors: dict[str, Array]
    problems: Sequence[Problem]


Feed = Callable[[Sequence[Row]], Fed]
Tensors = Callable[[NDArray[np.float64]], Fed]

DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}


def feed_of(release: Release, features: bytes | None, *, inputs: Sequence[ort.NodeArg]) -> Feed:
    """The way from this release's rows into its model."""
    if strange := next((tensor for tensor in inputs if tensor.type not in DTYPES), None):
        raise BadBundle(f"the model's input {strange.name} is a {strange.type}")
    if release.model.form == "columns":
        return _columns(release, features, inputs)
    if len(inputs) != 1:
        raise BadBundle(f"the model takes {len(inputs)} inputs, a matrix is one")
    return _matrix(release, features, inputs[0])


def tensors_of(release: Release, inputs: Sequence[ort.NodeArg]) -> Tensors:
    """The way into this release's model from a matrix that its own function made."""
    for tensor in inputs:
        if DTYPES.get(tensor.type, np.object_) is np.object_:
            raise BadBundle(f"the model's input {tensor.name} is a {tensor.type}, its columns are numbers")
    columns = release.model.columns
    if release.model.form == "matrix":
        _expect_width(inputs[0], len(columns))
        name, dtype = inputs[0].name, DTYPES[inputs[0].type]
        return lambda matrix: Fed({name: _cast(matrix, dtype)}, ())
    dtypes = {tensor.name: DTYPES[tensor.type] for tensor in inputs}
    names = release.model.input_names or tuple(dtypes)
    _expect_inputs(names, columns)
    return lambda matrix: Fed({name: _cast(matrix[:, [i]], dtypes[name]) for i, name in enumerate(names)}, ())


def plain_row(fields: Sequence[Field]) -> Row:
    """One row of values that each field is known to take, where anything is known of it."""
    return {field.name: _plain_value(field) for field in fields}


def _plain_value(field: Field) -> str | float | bool:
    if field.categories:
        return field.categories[0]
    match field.kind:
        case "text":
            return ""
        case "boolean":
            return False
        case "integer":
            return int(field.minimum or 0)
        case _:
            return float(field.minimum or 0.0)


def blank(tensor: ort.NodeArg) -> Array:
    """One made-up row for this input."""
    shape = [size if isinstance(size, int) and size > 0 else 1 for size in tensor.shape]
    value = "" if tensor.type == "tensor(string)" else 0
    return np.full(shape, value, dtype=DTYPES[tensor.type])


def _matrix(release: Release, features: bytes | None, tensor: ort.NodeArg) -> Feed:
    dtype = DTYPES[tensor.type]
    if features is None:
        texts = [field.name for field in release.signature.inputs if field.kind == "text"]
        if texts:
            raise BadBundle(f"{texts[0]} is text, and the bundle has no features to make numbers of it")
        names = [field.name for field in release.signature.inputs]
        _expect_width(tensor, len(names))
        return lambda rows: _plain_matrix(rows, names, tensor.name, dtype)
    compiled = compiled_of(release, features)
    _expect_width(tensor, len(compiled.features.columns))

    def feed(rows: Sequence[Row]) -> Fed:
        prepared = compiled.matrix(rows)
        return Fed({tensor.name: _cast(prepared.values, dtype)}, prepared.problems)

    return feed


def _plain_matrix(rows: Sequence[Row], names: Sequence[str], into: str, dtype: type[np.generic]) -> Fed:
    problems = [
        Problem(i, name, "missing", "null", "a value is required")
        for i, row in enumerate(rows)
        for name in names
        if row[name] is None
    ]
    values = np.array([[row[name] for name in names] for row in rows], np.float64)
    return Fed({into: _cast(values, dtype)}, problems)


def _columns(release: Release, features: bytes | None, inputs: Sequence[ort.NodeArg]) -> Feed:
    tensors = {tensor.name: tensor for tensor in inputs}
    names = release.model.input_names or tuple(tensors)
    if set(names) != set(tensors):
        raise BadBundle(f"the model's inputs are {', '.join(tensors)}, the release says {', '.join(names)}")
    dtypes = [DTYPES[tensors[name].type] for name in names]
    if features is None:
        fields = [field.name for field in release.signature.inputs]
        _expect_inputs(names, fields)
        return lambda rows: _plain_columns(rows, list(zip(fields, names, dtypes, strict=True)))
    compiled = compiled_of(release, features)
    _expect_inputs(names, compiled.features.columns)

    def feed(rows: Sequence[Row]) -> Fed:
        prepared = compiled.columns(rows)
        made = zip(names, compiled.features.columns, dtypes, strict=True)
        columns = prepared.columns
        return Fed({n: _cast(columns[c], d).reshape(-1, 1) for n, c, d in made}, prepared.problems)

    return feed


def _plain_columns(rows: Sequence[Row], plan: Sequence[tuple[str, str, type[np.generic]]]) -> Fed:
    problems: list[Problem] = []
    tensors: dict[str, Array] = {}
    for field, name, dtype in plan:
        values = [row[field] for row in rows]
        absent = [i for i, value in enumerate(values) if value is None]
        problems += [Problem(i, field, "missing", "null", "a value is required") for i in absent]
        filler = "" if dtype is np.object_ else 0
        filled = [filler if value is None else value for value in values]
        tensors[name] = _cast(np.array(filled, dtype=object), dtype).reshape(-1, 1)
    return Fed(tensors, problems)


def _cast(values: Array, dtype: type[np.generic]) -> Array:
    if dtype is np.object_:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        made = values.astype(dtype)
    if issubclass(dtype, np.floating) and np.isinf(made).any():
        row = int(np.argwhere(np.isinf(made))[0][0])
        raise Invalid(
            f"row {row}: a number is too large for the model", hint="its magnitude must stay below 3.4e38"
        )
    return made


def compiled_of(release: Release, features: bytes) -> Compiled:
    """The release's rules, ready for its rows."""
    try:
        return Compiled(
            read_features(features),
            release.signature.inputs,
            missing=release.missing,
            unseen=release.unseen,
        )
    except msgspec.DecodeError as error:
        raise BadBundle(
            f"features.json cannot be read: {error}", hint="it was made by another version"
        ) from error


def _expect_width(tensor: ort.NodeArg, columns: int) -> None:
    width = tensor.shape[-1]
    if isinstance(width, int) and width != columns:
        raise BadBundle(f"the model takes {width} columns, the features make {columns}")


def _expect_inputs(names: Sequence[str], columns: Sequence[str]) -> None:
    if len(names) != len(columns):
        raise BadBundle(f"the model takes {len(names)} inputs, the features make {len(columns)}")

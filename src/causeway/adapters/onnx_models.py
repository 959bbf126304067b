"""Runs a converted model with ONNX Runtime, for proofs and batches; the gateway has its own way."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from causeway.core.answers import Answers
from causeway.core.errors import MissingExtra, OutsideError
from causeway.core.table import Column, Number, Numbers, Text

try:
    import onnxruntime as ort
    import onnxruntime.capi.onnxruntime_pybind11_state as ort_state
except ImportError as missing:
    raise MissingExtra(
        "proving a converted model needs onnxruntime", hint='install with: pip install "causeway[serve]"'
    ) from missing

Array = NDArray[np.generic]
CHUNK_ROWS = 20_000

_DTYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
# the runtime's errors share no base class of their own
_ERRORS = (
    ort_state.EPFail,
    ort_state.EngineError,
    ort_state.Fail,
    ort_state.InvalidArgument,
    ort_state.InvalidGraph,
    ort_state.InvalidProtobuf,
    ort_state.NoSuchFile,
    ort_state.NotImplemented,
    ort_state.RuntimeException,
)


def onnx_answers(file: Path, rows: Numbers | Mapping[str, Column], *, classes: tuple[str, ...]) -> Answers:
    """What the model answers: for a matrix, or for columns by the names of its inputs.

    `classes` are those of a classifier in its own order; a model without is a regressor.
    """
    try:
        session = ort.InferenceSession(str(file), _options(), providers=["CPUExecutionProvider"])
        inputs = {node.name: _DTYPES[node.type] for node in session.get_inputs()}
        pieces = [session.run(None, piece) for piece in _pieces(rows, inputs)]
    except (KeyError, *_ERRORS) as error:
        raise OutsideError(
            f"the converted model does not run: {str(error).splitlines()[0][:200]}", where=str(file)
        ) from error
    outputs = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    if not classes:
        return Answers(Number(outputs[0].reshape(-1).astype(np.float64)), None, ())
    probabilities = _both(outputs[1].astype(np.float64)) if len(outputs) > 1 else None
    return Answers(_labels(outputs[0].reshape(-1), classes), probabilities, classes)


def _pieces(
    rows: Numbers | Mapping[str, Column], inputs: dict[str, type[np.generic]]
) -> list[dict[str, Array]]:
    if isinstance(rows, np.ndarray):
        tensors = {next(iter(inputs)): rows.astype(next(iter(inputs.values())))}
    else:
        tensors = {name: _tensor(rows[name], dtype) for name, dtype in inputs.items()}
    count = len(next(iter(tensors.values())))
    starts = range(0, max(count, 1), CHUNK_ROWS)
    return [{name: array[i : i + CHUNK_ROWS] for name, array in tensors.items()} for i in starts]


def _tensor(column: Column, dtype: type[np.generic]) -> Array:
    if isinstance(column, Text):
        return np.array(["" if value is None else value for value in column.values], object).reshape(-1, 1)
    if dtype is np.object_:
        return np.array([str(value) for value in column.values], object).reshape(-1, 1)
    return column.values.astype(dtype).reshape(-1, 1)


def _labels(values: Array, classes: tuple[str, ...]) -> Column:
    """The labels in the classes' own words, where the model counts its classes instead."""
    words = [str(value) for value in values.tolist()]
    if set(words) <= set(classes):
        return Text(words)
    return Text([_named(word, classes) for word in words])


def _named(word: str, classes: tuple[str, ...]) -> str:
    number = int(float(word))
    return str(number) if str(number) in classes else classes[number]


def _both(probabilities: Numbers) -> Numbers:
    """Both columns of a binary model that gives only that of its second class."""
    table = probabilities.reshape(len(probabilities), -1)
    return np.hstack([1 - table, table]) if table.shape[1] == 1 else table


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # some converters declare a wrong output shape, and the runtime warns of it at every call
    options.log_severity_level = 3
    return options

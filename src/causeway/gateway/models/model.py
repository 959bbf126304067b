"""One verified ONNX model: checked rows in, the signature's outputs out."""

from collections.abc import Sequence

import numpy as np
import onnxruntime as ort
import onnxruntime.capi.onnxruntime_pybind11_state as ort_state
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.bundle import BadBundle
from causeway.core.features import Problem
from causeway.core.release import Output, Release
from causeway.gateway.refusals import Broken, Invalid, NoNumber
from causeway.gateway.rows.feeds import Fed, Feed, Tensors, blank, feed_of, plain_row, tensors_of
from causeway.gateway.rows.schema import Row

Answers = dict[str, list[object]]
"""Output name to one value a row: a label, a number, or a list of probabilities; None where undefined."""

Array = NDArray[np.generic]


# the runtime's errors share no base class of their own
RUNTIME_ERRORS = (
    ort_state.EPFail,
    ort_state.EngineError,
    ort_state.Fail,
    ort_state.InvalidArgument,
    ort_state.InvalidGraph,
    ort_state.InvalidProtobuf,
    ort_state.NoModel,
    ort_state.NoSuchFile,
    ort_state.NotImplemented,
    ort_state.RuntimeException,
    ValueError,
    RuntimeError,
)


class Predicted(Struct, frozen=True):
    """The answers; and what the features do not define, or find remarkable, in which row."""

    answers: Answers
    problems: Sequence[Problem]
    kept: Answers | None = None
    """What is recorded, where that is not what is told."""


class Model:
    """An ONNX Runtime session on one thread, with the release's features before it."""

    def __init__(self, content: bytes, *, release: Release, features: bytes | None) -> None:
        try:
            self._session = ort.InferenceSession(content, _options(), providers=["CPUExecutionProvider"])
        except RUNTIME_ERRORS as error:
            raise BadBundle(f"the model cannot be loaded: {_first_line(error)}") from error
        inputs = self.inputs = self._session.get_inputs()
        self._feed: Feed | None = None
        self._tensors: Tensors | None = None
        if release.model.features:
            self._tensors = tensors_of(release, inputs)
        else:
            self._feed = feed_of(release, features, inputs=inputs)
        self._outputs = Outputs(release, names=[o.name for o in self._session.get_outputs()])
        self._warm(release)

    def predict(self, rows: Sequence[Row]) -> Predicted:
        """The answers for these rows; those of undefined rows are None."""
        if self._feed is None:
            raise Broken("this release's own function makes its columns", hint="ask its worker first")
        return self._answered(self._feed(rows), len(rows))

    def predict_made(self, matrix: NDArray[np.float64]) -> Predicted:
        """The answers for columns that the release's own function made."""
        if self._tensors is None:
            raise Broken("rules make this release's columns", hint="send it raw rows")
        return self._answered(self._tensors(matrix), len(matrix))

    def predict_fed(self, tensors: dict[str, Array], rows: int) -> Predicted:
        """The answers for tensors of so many rows on which nothing is to be said."""
        return self._answered(Fed(tensors, ()), rows)

    def _answered(self, fed: Fed, rows: int) -> Predicted:
        tensors, problems = fed.tensors, fed.problems
        undefined = {problem.row for problem in problems if problem.refused}
        if not undefined:
            return Predicted(self._outputs.read(self._run(tensors), range(rows)), problems)
        kept = [i for i in range(rows) if i not in undefined]
        if not kept:
            return Predicted({name: [None] * rows for name in self._outputs.names}, problems)
        answers = self._outputs.read(self._run({name: x[kept] for name, x in tensors.items()}), kept)
        return Predicted({n: spread(values, kept, rows) for n, values in answers.items()}, problems)

    def _run(self, tensors: dict[str, Array]) -> list[Array]:
        try:
            return self._session.run(self._outputs.wanted, tensors)
        except RUNTIME_ERRORS as error:
            raise Broken(
                f"the model failed: {_first_line(error)}", hint="the rows were valid; tell its owner"
            ) from error

    def _warm(self, release: Release) -> None:
        """One run on a made-up row, so that a model that cannot answer is found before it must."""
        tensors = self._made_up(release) or {each.name: blank(each) for each in self._session.get_inputs()}
        rows = next((len(tensor) for tensor in tensors.values() if tensor.ndim), 1)
        try:
            self._outputs.read(self._run(tensors), range(rows))
        except Broken as error:
            raise BadBundle(error.message, hint="the model does not run; make the release again") from error
        except Invalid:
            # made-up rows may well be none that it makes a number of
            return

    def _made_up(self, release: Release) -> dict[str, Array] | None:
        """A row of values that the release was proven on, as a model may refuse others."""
        if self._feed is None or not release.signature.inputs:
            return None
        fed = self._feed([plain_row(release.signature.inputs)])
        return None if any(problem.refused for problem in fed.problems) else fed.tensors


class Outputs:
    """Which of the model's outputs is which of the signature's.

    A classifier's outputs are the label, then the probabilities; a regressor has one.
    """

    def __init__(self, release: Release, *, names: Sequence[str]) -> None:
        named = release.model.output_names or tuple(names)
        if missing := set(named) - set(names):
            raise BadBundle(f"the model has no output {', '.join(sorted(missing))}")
        self._outputs = release.signature.outputs
        self.names = [output.name for output in self._outputs]
        place = {"label": 0, "value": 0, "probability": min(1, len(named) - 1)}
        place["act"] = place["probability"]
        if unknown := {output.kind for output in self._outputs} - place.keys():
            raise BadBundle(f"an output of unknown kind: {', '.join(sorted(unknown))}")
        self.wanted = [named[place[output.kind]] for output in self._outputs]

    def read(self, arrays: Sequence[Array], rows: Sequence[int]) -> Answers:
        """The signature's outputs as plain values, one for each of the rows of these numbers."""
        return {
            output.name: _READERS[output.kind](output, array, rows)
            for output, array in zip(self._outputs, arrays, strict=True)
        }


def _labels(output: Output, array: Array, rows: Sequence[int]) -> list[object]:
    values: list[object] = array.reshape(-1).tolist()
    _check_count(len(values), rows)
    classes = output.classes
    different = [*map(str, set(values))]
    if not classes or set(different) <= set(classes):
        return values
    if not all(value.isdecimal() and int(value) < len(classes) for value in different):
        strange = next((value for value in values if str(value) not in classes), None)
        raise Broken(
            f"the model answers {str(strange)[:60]!r}, which is none of its classes",
            hint="the rows were valid; tell its owner",
        )
    # the model counts its classes, the signature names them
    return [classes[int(str(value))] for value in values]


def _probabilities(output: Output, array: Array, rows: Sequence[int]) -> list[object]:
    if not isinstance(array, np.ndarray):
        raise BadBundle("the model's probabilities are no tensor", hint="convert it with zipmap off")
    _check_count(len(array), rows)
    table = array.reshape(len(array), -1).astype(np.float64)
    if table.shape[1] == 1 and len(output.classes) == 2:
        table = np.hstack([1 - table, table])
    if output.classes and table.shape[1] != len(output.classes):
        raise Broken(f"the model gives {table.shape[1]} probabilities for {len(output.classes)} classes")
    finite = np.isfinite(table)
    if not finite.all():
        _check_finite(finite.all(axis=1), rows)
    told: list[object] = table.tolist()
    return told


def _check_count(answers: int, rows: Sequence[int]) -> None:
    if answers != len(rows):
        raise Broken(
            f"the model gives {answers:,} answers for {len(rows):,} rows",
            hint="the rows were valid; tell its owner",
        )


def _check_finite(finite: NDArray[np.bool_], rows: Sequence[int]) -> None:
    if not finite.all():
        raise NoNumber(
            f"row {rows[int(finite.argmin())]}: the model makes no number of it",
            hint="send values as the training data had them",
        )


def _acts(output: Output, array: Array, rows: Sequence[int]) -> list[object]:
    table = np.asarray(_probabilities(output, array, rows), dtype=np.float64)
    acts: list[object] = (table[:, output.classes.index(output.positive)] >= output.threshold).tolist()
    return acts


def _values(output: Output, array: Array, rows: Sequence[int]) -> list[object]:  # noqa: ARG001 - the readers share one shape
    values = array.reshape(-1)
    _check_count(len(values), rows)
    _check_finite(np.isfinite(values), rows)
    return values.tolist()


_READERS = {"label": _labels, "probability": _probabilities, "value": _values, "act": _acts}


def _options() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # some converters declare a wrong output shape, and the runtime warns of it at every call
    options.log_severity_level = 3
    return options


def spread(values: list[object], kept: Sequence[int], rows: int) -> list[object]:
    """The values in their places among so many rows, None in the others."""
    out: list[object] = [None] * rows
    for position, value in zip(kept, values, strict=True):
        out[position] = value
    return out


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__

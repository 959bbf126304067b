"""One captured model with what it was fitted on, and matrices and answers as the runner's files."""

from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from causeway.adapters.runs.traces import read_column, read_trace
from causeway.core.answers import Answers, HonestAnswers
from causeway.core.errors import NotFound
from causeway.core.table import Column, Number, Numbers, Table
from causeway.core.trace import Captured, Matrix, Trace, TracedColumn

MAX_ANSWER_BYTES = 2 << 30


class RawAnswers(Struct):
    """What the runner's result file says of the answers beside it."""

    labels: TracedColumn
    probabilities: str
    classes: tuple[str, ...]
    method: str = ""
    seconds: float = 0.0
    refused: tuple[int, ...] = ()
    why: str = ""


class Case:
    """A captured model of a trace."""

    def __init__(self, folder: Path, captured: int) -> None:
        self.folder = folder
        self.trace: Trace = read_trace(folder)
        self.captured = self.model(captured)

    def model(self, number: int) -> Captured:
        """The captured object of this number."""
        for one in self.trace.captured:
            if one.object == number:
                return one
        raise NotFound(f"no model {number} was captured", where=str(self.folder))

    @cached_property
    def fitted_on(self) -> Matrix | None:
        """The matrix of its last fit."""
        fits = [fit for fit in self.trace.fits if fit.object == self.captured.object and fit.call == "fit"]
        names = {matrix.id: matrix for matrix in self.trace.matrices}
        return names.get(fits[-1].matrix) if fits else None

    @cached_property
    def target_kind(self) -> str:
        """The kind of the target it was fitted on; empty where it was not seen."""
        fits = [fit for fit in self.trace.fits if fit.object == self.captured.object and fit.target]
        kinds = {vector.name: vector.kind for vector in self.trace.vectors}
        return kinds.get(fits[-1].target, "") if fits else ""

    def request(self, scratch: Path) -> dict[str, object]:
        """What every script needs to load the model."""
        return {
            "trace": str(self.folder),
            "script": self.trace.script,
            "model": self.captured.file,
            "scratch": str(scratch),
            "out": str(scratch),
            "limit_bytes": MAX_ANSWER_BYTES,
        }

    def matrix(self, scratch: Path, table: Table) -> dict[str, object]:
        """The table written for the runner, in the form and types that the model was fitted on."""
        seen = self.fitted_on
        kinds = {column.name: column.kind for column in seen.columns} if seen else {}
        columns = [
            write_column(scratch / f"matrix{i}", name, column, kinds.get(name, ""))
            for i, (name, column) in enumerate(table.columns.items())
        ]
        return {
            "columns": columns,
            "rows": len(table),
            "named": seen.named if seen else None,
            "float32": bool(seen and seen.float32),
            "one_dimensional": bool(seen and seen.one_dimensional),
        }


def write_column(path: Path, name: str, column: Column, kind: str = "") -> dict[str, object]:
    """The column in a file of its own, described for the runner; `kind` is what it was at the fit."""
    if isinstance(column, Number):
        np.ascontiguousarray(column.values, "<f8").tofile(path)
        kind = kind if kind in {"float", "integer", "boolean"} and _whole(column) else column.kind
    else:
        path.write_bytes(msgspec.json.encode(list(column.values)))
        kind = "text"
    described = TracedColumn(name, kind, path.name, 0, len(column))
    return msgspec.to_builtins(described)


def _whole(column: Number) -> bool:
    return bool((column.values == np.rint(column.values)).all())


def read_answers(folder: Path, raw: RawAnswers) -> Answers:
    """The answers that the runner wrote to this folder."""
    return Answers(read_column(folder, raw.labels), _probabilities(folder, raw), raw.classes)


def read_honest_answers(folder: Path, raw: RawAnswers) -> HonestAnswers:
    """The held-out answers that the runner wrote to this folder."""
    folds = np.fromfile(folder / "folds.bin", "<f8")
    labels = read_column(folder, raw.labels)
    return HonestAnswers(labels, _probabilities(folder, raw), raw.classes, folds, raw.method, raw.seconds)


def _probabilities(folder: Path, raw: RawAnswers) -> Numbers | None:
    if not raw.probabilities:
        return None
    return np.fromfile(folder / raw.probabilities, "<f8").reshape(raw.labels.rows, -1)

"""A model that was not converted: checked rows in, its worker's answers out."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.bundle import BadBundle
from causeway.core.features import Compiled, Problem
from causeway.core.release import Release
from causeway.gateway.models.model import Array, Outputs, Predicted, spread
from causeway.gateway.models.worker import Made, Matrix, Worker
from causeway.gateway.refusals import Broken
from causeway.gateway.rows.feeds import compiled_of
from causeway.gateway.rows.schema import Row

NAMED = {"classes": ("label", "probability"), "values": ("value",)}


class _Column(Struct):
    name: str
    kind: str


class _Matrix(Struct):
    columns: tuple[_Column, ...]


class _Spec(Struct):
    matrix: _Matrix
    classifies: bool


class WholeModel:
    """The release's features before the worker that holds the model, and its signature behind it."""

    def __init__(self, spec: bytes, *, release: Release, features: bytes | None) -> None:
        try:
            told = msgspec.json.decode(spec, type=_Spec)
        except msgspec.DecodeError as error:
            raise BadBundle(f"{release.model.spec} cannot be read: {error}", hint="run again") from error
        self._columns = told.matrix.columns
        self._classifies = told.classifies
        self._names = [field.name for field in release.signature.inputs]
        self._rules: Compiled | None = None
        if features is not None:
            self._rules = compiled_of(release, features)
            self._names = list(self._rules.features.columns)
        names = [column.name for column in self._columns]
        if not release.model.features and len(self._names) != len(names):
            raise BadBundle(f"the model takes {len(names)} columns, {len(self._names)} are made")
        self._outputs = Outputs(release, names=NAMED["classes" if told.classifies else "values"])

    async def predict(self, rows: Sequence[Row], made: Matrix | None, *, worker: Worker | None) -> Predicted:
        """The answers for these rows, or for the columns made of them; those of undefined rows are None."""
        if worker is None:
            raise Broken("this release's model has no process", hint="ship it again")
        columns, problems = self._prepared(rows) if made is None else (dict(enumerate(made.T)), ())
        undefined = {problem.row for problem in problems if problem.refused}
        kept = [i for i in range(len(rows)) if i not in undefined]
        if not kept:
            return Predicted({name: [None] * len(rows) for name in self._outputs.names}, problems)
        answers = self._outputs.read(self._arrays(await self._asked(columns, kept, worker)), kept)
        if undefined:
            answers = {name: spread(values, kept, len(rows)) for name, values in answers.items()}
        return Predicted(answers, problems)

    def _prepared(self, rows: Sequence[Row]) -> tuple[dict[int, NDArray[Any]], Sequence[Problem]]:
        """The model's columns by their place."""
        if self._rules is not None:
            prepared = self._rules.columns(rows, absent=None)
            return dict(enumerate(prepared.columns[name] for name in self._names)), prepared.problems
        problems = [
            Problem(i, name, "missing", "null", "a value is required")
            for i, row in enumerate(rows)
            for name in self._names
            if row[name] is None
        ]
        cells = [[row[name] for row in rows] for name in self._names]
        kinds = [object if column.kind == "text" else np.float64 for column in self._columns]
        return {i: np.array(one, kinds[i]) for i, one in enumerate(cells)}, problems

    async def _asked(self, columns: dict[int, NDArray[Any]], kept: Sequence[int], worker: Worker) -> Made:
        kinds = [column.kind for column in self._columns]
        numbers = [columns[i][kept] for i, kind in enumerate(kinds) if kind != "text"]
        texts = {
            self._columns[i].name: columns[i][kept].tolist() for i, kind in enumerate(kinds) if kind == "text"
        }
        matrix = np.column_stack(numbers) if numbers else np.empty((len(kept), 0))
        return await worker.answers(matrix, texts)

    def _arrays(self, made: Made) -> list[Array]:
        given: dict[str, Array] = {"label": np.array(made.labels, object)}
        given["probability"] = given["value"] = made.values
        return [given[name] for name in self._outputs.wanted]

"""Answers to the rows of a part, gathered as columns: as people get them, and as records."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.assignment import unit_of
from causeway.core.records import EXACT, FLAG_SEPARATOR, SegmentColumn, Value, any_beyond, column_of
from causeway.core.release import Field, Output
from causeway.core.table import Column, Number, Table
from causeway.gateway.models.model import Predicted
from causeway.gateway.routes.routing import Variant

_KINDS = {"number": "number", "integer": "integer", "boolean": "boolean", "text": "text"}
_OUTPUT_KINDS = {"probability": "number", "value": "number", "act": "boolean"}


class _Answered(Struct):
    """What is known of the rows of a part; None where there is no answer (yet)."""

    ids: list[str]
    releases: list[str]
    arms: list[str]
    flags: list[str | None]
    taken: NDArray[np.bool_]
    inputs: dict[str, list[Value]]
    outputs: dict[str, list[Any]]
    withheld: list[int]
    kept: dict[str, dict[int, Any]]
    """Of rows whose answer is withheld: what is recorded in its place, if the release said anything."""


class Filled:
    """So many rows of a part, whose first is number `first` (from 0) of the source."""

    def __init__(self, rows: int, *, first: int) -> None:
        self._rows = rows
        self._first = first
        self._known = _Answered(
            [""] * rows, [""] * rows, [""] * rows, [None] * rows, np.zeros(rows, np.bool_), {}, {}, [], {}
        )

    @property
    def positions(self) -> list[int]:
        """The rows that have an answer."""
        places: list[int] = np.flatnonzero(self._known.taken).tolist()
        return places

    def numbers(self, positions: NDArray[np.int64]) -> list[int]:
        """The numbers of these rows in the source, from 1."""
        found: list[int] = (positions + self._first + 1).tolist()
        return found

    def begin(self, variant: Variant, positions: NDArray[np.int64], *, ids: Sequence[str]) -> None:
        """Says which release these rows go to, and what their answers are called."""
        known = self._known
        for position, name in zip(positions.tolist(), ids, strict=True):
            known.ids[position] = name
            known.releases[position] = variant.loaded.digest
            known.arms[position] = variant.arm

    def put_columns(
        self, positions: NDArray[np.int64], table: Table, answers: Mapping[str, Sequence[Any]]
    ) -> None:
        """The answers to rows that went in as columns."""
        known = self._known
        if len(positions) == self._rows:
            known.inputs |= {name: _values(column) for name, column in table.columns.items()}
            known.outputs |= {name: list(values) for name, values in answers.items()}
        else:
            places: list[int] = positions.tolist()
            for name, column in table.columns.items():
                _spread(self._inputs(name), places, _values(column))
            for name, values in answers.items():
                _spread(self._outputs(name), places, values)
        self._known.taken[positions] = True

    def put_beside(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A column of the source that is recorded though no release takes it."""
        self._known.inputs[name] = [unit_of(row[name]) or None for row in rows]

    def put_row(
        self, position: int, row: Mapping[str, Value], answers: Mapping[str, Any], flags: Sequence[str]
    ) -> None:
        """The answer to one row."""
        for name, value in row.items():
            self._inputs(name)[position] = value
        for name, value in answers.items():
            self._outputs(name)[position] = value
        self._known.flags[position] = FLAG_SEPARATOR.join(flags) or None
        self._known.taken[position] = True

    def keep(self, positions: Sequence[int], predicted: Predicted) -> None:
        """What a release says of the first of these rows, which are not told it."""
        refused = {problem.row for problem in predicted.problems if problem.refused}
        for name, values in predicted.answers.items():
            kept = self._known.kept.setdefault(name, {})
            for place, (position, value) in enumerate(zip(positions, values, strict=False)):
                if place not in refused:
                    kept[position] = value

    def put_withheld(
        self, position: int, row: Mapping[str, Value], told: Mapping[str, Any], flags: Sequence[str]
    ) -> None:
        """The same where the answer of the release is withheld."""
        self.put_row(position, row, told, flags)
        self._known.withheld.append(position)

    def arms(self, *, arm: str) -> dict[str, int]:
        """How many rows each arm answered."""
        places = self.positions
        return {arm: len(places)} if arm else dict(Counter(_picked(self._known.arms, places)))

    def answers(self, outputs: Sequence[Output], *, arm: str) -> dict[str, list[Any]]:
        """What people get of each row that has an answer."""
        places, known = self.positions, self._known
        made: dict[str, list[Any]] = {
            "prediction_id": _picked(known.ids, places),
            "row": [self._first + position + 1 for position in places],
            "release": _picked(known.releases, places),
            "arm": self._named(arm),
            "flags": _picked(known.flags, places),
        }
        for output in outputs:
            values = _picked(self._outputs(output.name), places)
            if output.kind != "probability":
                made[output.name] = values
            for place, name in enumerate(output.classes if output.kind == "probability" else ()):
                made[f"{output.name}_{name}"] = [value and value[place] for value in values]
        return made

    def records(
        self,
        outputs: Sequence[Output],
        fields: Sequence[Field],
        *,
        arm: str,
        at_us: int | Sequence[int],
        request: str,
        consumer: str,
        latency_us: int,
    ) -> dict[str, SegmentColumn]:
        """The same rows as the gateway records them; `at_us` is one time, or that of each row."""
        places, known = self.positions, self._known
        rows = len(places)
        times = [at_us] * rows if isinstance(at_us, int) else _picked(list(at_us), places)
        columns = {
            "id": SegmentColumn("text", _picked(known.ids, places)),
            "request": SegmentColumn("text", [request] * rows),
            "at": SegmentColumn("time", times),
            "release": SegmentColumn("text", _picked(known.releases, places)),
            "arm": SegmentColumn("text", self._named(arm)),
            "consumer": SegmentColumn("text", [consumer] * rows),
            "latency_us": SegmentColumn("integer", [latency_us] * rows),
            "flags": SegmentColumn("text", _picked(known.flags, places)),
        }
        for field in fields:
            columns[f"in_{field.name}"] = _typed(
                _picked(self._inputs(field.name), places), _KINDS[field.kind]
            )
        for output in outputs:
            values, kept = list(self._outputs(output.name)), known.kept.get(output.name, {})
            for position in known.withheld:
                values[position] = kept.get(position)
            columns |= _recorded(output, _picked(values, places))
        return columns

    def _named(self, arm: str) -> list[str]:
        """The arm of each row that has an answer."""
        places = self.positions
        return [arm] * len(places) if arm else _picked(self._known.arms, places)

    def _inputs(self, name: str) -> list[Value]:
        return self._known.inputs.setdefault(name, [None] * self._rows)

    def _outputs(self, name: str) -> list[Any]:
        return self._known.outputs.setdefault(name, [None] * self._rows)


def _recorded(output: Output, values: list[Any]) -> dict[str, SegmentColumn]:
    """An output as it is recorded: one probability, of the positive class, where there is one."""
    name = f"out_{output.name}"
    if output.kind != "probability":
        return {name: _typed(values, _OUTPUT_KINDS.get(output.kind, ""))}
    if output.positive:
        place = output.classes.index(output.positive)
        return {name: SegmentColumn("number", [value and value[place] for value in values])}
    return {
        f"{name}_{each}": SegmentColumn("number", [value and value[place] for value in values])
        for place, each in enumerate(output.classes)
    }


def _typed(values: list[Any], kind: str) -> SegmentColumn:
    """The values as this kind where all of them are; otherwise as the narrowest that holds them."""
    types = set(map(type, values)) - {type(None)}
    if int in types and any_beyond(EXACT, values):
        return column_of(values)
    allowed = {"number": {int, float}, "integer": {int}, "boolean": {bool}, "text": {str}}
    for each in (kind, "boolean", "integer", "number"):
        if each and types and types <= allowed[each]:
            return SegmentColumn(each, values)
    return SegmentColumn("text", [None if value is None else str(value) for value in values])


def _values(column: Column) -> list[Value]:
    if not isinstance(column, Number):
        return list(column.values)
    made: dict[str, Any] = {"integer": int, "boolean": bool}
    convert = made.get(column.kind)
    values: list[float] = column.values.tolist()
    if convert:
        return [None if math.isnan(value) else convert(value) for value in values]
    return [None if math.isnan(value) else value for value in values]


def _spread(into: list[Any], places: Sequence[int], values: Sequence[Any]) -> None:
    for place, value in zip(places, values, strict=True):
        into[place] = value


def _picked(values: list[Any], places: Sequence[int]) -> list[Any]:
    if len(places) == len(values):
        return values
    return [values[place] for place in places]

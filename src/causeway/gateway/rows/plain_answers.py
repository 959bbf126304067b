"""Answers a row each, as types made of the signature's outputs: they write themselves as dicts would."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import defstruct

from causeway.core.release import Output

Columns = Mapping[str, Sequence[Any]]
"""Output name to one value a row; a probability is one number a class, or None where undefined."""


class PlainAnswers:
    """How one release's answers are told, and how they are recorded."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        self._chances = {
            output.name: _type(output.classes)
            for output in outputs
            if output.kind == "probability" and output.classes
        }
        self._told = _type([output.name for output in outputs])
        self._kept = _type([name for output in outputs for name in _kept_names(output)])

    def told(self, answers: Columns) -> list[Any]:
        """Each row's answer: a plain value for one output, an object for several."""
        columns = [self._column(output, answers[output.name]) for output in self._outputs]
        return list(columns[0]) if len(columns) == 1 else list(map(self._told, *columns))

    def kept(self, answers: Columns) -> list[Any]:
        """Each row's answer as it is recorded: one probability, of the positive class, where there is one."""
        return list(map(self._kept, *self.columns(answers).values()))

    def columns(self, answers: Columns) -> dict[str, Sequence[Any]]:
        """The same as columns."""
        columns: dict[str, Sequence[Any]] = {}
        for output in self._outputs:
            values, name = answers[output.name], output.name
            if output.kind != "probability":
                columns[name] = values
            elif output.positive:
                columns[name] = _of_class(values, output.classes.index(output.positive))
            else:
                columns |= {f"{name}_{each}": _of_class(values, i) for i, each in enumerate(output.classes)}
        return columns

    def _column(self, output: Output, values: Sequence[Any]) -> Sequence[Any]:
        chances = self._chances.get(output.name)
        return [chances(*value) if value else None for value in values] if chances else values


def plain_answers_of(outputs: Sequence[Output]) -> PlainAnswers | None:
    """How these outputs are written; None where one has a name that none of a type's may have."""
    try:
        return PlainAnswers(outputs)
    except ValueError:
        return None


def _kept_names(output: Output) -> list[str]:
    if output.kind != "probability" or output.positive:
        return [output.name]
    return [f"{output.name}_{name}" for name in output.classes]


def _type(names: Sequence[str]) -> Callable[..., Any]:
    if len(set(names)) < len(names):
        raise ValueError
    attributes = {f"f{place}": name for place, name in enumerate(names)}
    return defstruct("Row", list(attributes), rename=attributes, frozen=True, gc=False)


def _of_class(values: Sequence[Any], place: int) -> list[Any]:
    return [value[place] if value else None for value in values]

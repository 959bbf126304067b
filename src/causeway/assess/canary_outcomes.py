"""How wrong releases on trial were, and what their decisions were worth, once outcomes are known."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from causeway.assess.canary import amounts
from causeway.core.assignment import unit_of
from causeway.core.manifest import DecisionPart
from causeway.core.records import Value
from causeway.core.release import Output, Signature
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.views.canary import Canary

FEWEST_ERRORS = 30
"""So many of the live release's errors settle how large an error counts, and are not counted themselves."""


def losses_of(joined: Table, signature: Signature, canary: Canary) -> dict[bool, list[float]]:
    """How wrong each release was on rows whose outcome is known, between 0 and 1, since the trial began.

    Squared error of a chance, error of a label; of a number, whether it lies farther off than the live
    release's median error was at first.
    """
    if not len(joined):
        return {True: [], False: []}
    losses = by_release(joined, _errors(joined, signature), canary)
    if any(output.kind == "value" for output in signature.outputs):
        return _exceeding(losses)
    return losses


def regrets_of(joined: Table, signature: Signature, worth: DecisionPart) -> Numbers:
    """How far each decision was from the best there is, as a share of the span; NaN where there was none."""
    nothing = np.full(len(joined), np.nan)
    if worth.true_positive is None or worth.false_positive is None:
        return nothing
    # what a release says to act on, else what it says
    outputs = sorted(signature.outputs, key=lambda output: output.kind != "act")
    acted = next((_acted(joined, each) for each in outputs if each.kind in ("act", "label")), None)
    positive = next((each.positive for each in signature.outputs if each.positive), "")
    if acted is None or not positive:
        return nothing
    truth = np.array([each == positive for each in texts(joined, "outcome")])
    on_ones = np.where(acted, float(worth.true_positive), float(worth.false_negative))
    on_zeros = np.where(acted, float(worth.false_positive), float(worth.true_negative))
    least, most = amounts(worth)
    return (most - np.where(truth, on_ones, on_zeros)) / (most - least) if most > least else nothing


def _acted(joined: Table, output: Output) -> NDArray[np.bool_]:
    values = values_of(joined, f"out_{output.name}")
    return np.array([bool(each) if output.kind == "act" else each == output.positive for each in values])


def by_release(joined: Table, values: Numbers, canary: Canary) -> dict[bool, list[float]]:
    """The numbers of each release's rows since the trial began, in the order of their times."""
    at, releases = numbers(joined, "at"), texts(joined, "release")
    since = microseconds(canary.started_at)
    order: list[int] = np.argsort(at, kind="stable").tolist()
    rows = [i for i in order if at[i] >= since and np.isfinite(values[i])]
    return {
        mine: [float(values[i]) for i in rows if releases[i] == release]
        for mine, release in ((True, canary.release), (False, canary.champion))
    }


def _exceeding(losses: dict[bool, list[float]]) -> dict[bool, list[float]]:
    first, rest = losses[False][:FEWEST_ERRORS], losses[False][FEWEST_ERRORS:]
    if len(first) < FEWEST_ERRORS:
        return {True: [], False: []}
    large = float(np.median(first))
    return {
        True: [float(error > large) for error in losses[True]],
        False: [float(error > large) for error in rest],
    }


def _errors(joined: Table, signature: Signature) -> Numbers:
    outcomes = texts(joined, "outcome")
    for output in signature.outputs:
        name = f"out_{output.name}"
        if output.kind == "probability" and output.positive and name in joined.columns:
            truth = np.array([float(each == output.positive) for each in outcomes])
            return (numbers(joined, name) - truth) ** 2
    for output in signature.outputs:
        name = f"out_{output.name}"
        if output.kind == "label" and name in joined.columns:
            said = [unit_of(value) for value in values_of(joined, name)]
            return np.array([float(each != known) for each, known in zip(said, outcomes, strict=True)])
        if output.kind == "value" and name in joined.columns:
            return np.abs(numbers(joined, name) - numbers(joined, "outcome_number"))
    return np.full(len(joined), np.nan)


def stacked(first: Table, second: Table) -> Table:
    """The rows of both, those that belong together in the same place of each."""
    columns: dict[str, Column] = {}
    for name, column in first.columns.items():
        other = second.columns[name]
        if isinstance(column, Number) and isinstance(other, Number):
            columns[name] = Number(np.concatenate([column.values, other.values]), column.kind)
        elif isinstance(column, Text) and isinstance(other, Text):
            columns[name] = Text([*column.values, *other.values])
    return Table(columns)


def microseconds(at: datetime) -> int:
    """The moment in microseconds since 1970."""
    return round(at.timestamp() * 1_000_000)


def texts(table: Table, name: str) -> Sequence[str | None]:
    """A column of texts; nothing in every row where it is none."""
    column = table.columns.get(name)
    return column.values if isinstance(column, Text) else [None] * len(table)


def numbers(table: Table, name: str) -> Numbers:
    """A column of numbers; NaN in every row where it is none."""
    column = table.columns.get(name)
    return column.values if isinstance(column, Number) else np.full(len(table), np.nan)


def values_of(table: Table, name: str) -> Sequence[Value]:
    """A column's values as records have them."""
    column = table.columns[name]
    if isinstance(column, Text):
        return column.values
    return [None if value != value else value for value in column.values.tolist()]  # noqa: PLR0124 - not a number

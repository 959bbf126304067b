"""How wrong releases on trial were, and what their decisions were worth, once outcomes are known."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from causeway.assess.canary import amounts
from causeway.assess.canary_rows import is_label, own_answer
from causeway.core.assignment import unit_of
from causeway.core.canary import KpiTrial
from causeway.core.manifest import DecisionPart
from causeway.core.records import FLAG_SEPARATOR, Value
from causeway.core.release import Output, Signature
from causeway.core.table import Column, Number, Numbers, Table, Text
from causeway.views.canary import Canary

FEWEST_ERRORS = 30
"""So many of the live release's errors settle how large an error counts, and are not counted themselves."""


def losses_of(joined: Table, signature: Signature, canary: Canary) -> Numbers:
    """How wrong each answer was whose outcome is known, between 0 and 1; NaN where nobody can tell.

    Squared error of a chance, error of a label; of a number, whether it lies farther off than the live
    release's median error was when the trial began.
    """
    errors = _errors(joined, signature)
    if any(output.kind == "value" for output in signature.outputs):
        return _exceeding(errors, joined, canary)
    return errors


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
    truth = np.array([_came(each, positive) for each in texts(joined, "outcome")])
    on_ones = np.where(acted, float(worth.true_positive), float(worth.false_negative))
    on_zeros = np.where(acted, float(worth.false_positive), float(worth.true_negative))
    least, most = amounts(worth)
    return (most - np.where(truth, on_ones, on_zeros)) / (most - least) if most > least else nothing


def shortfalls_of(values: Numbers, kpi: KpiTrial) -> Numbers:
    """How far each value of the business measure is from the best it can be, as a share of all it can be.

    Below 0 or above 1 where a value lies beyond.
    """
    best = kpi.most if kpi.more_is_better else kpi.least
    worst = kpi.least if kpi.more_is_better else kpi.most
    return (best - values) / (best - worst)


def _acted(joined: Table, output: Output) -> NDArray[np.bool_]:
    values = values_of(joined, f"out_{output.name}")
    if output.kind == "act":
        return np.array([bool(each) for each in values])
    return np.array([is_label(each, output.positive) for each in values])


def by_release(joined: Table, values: Numbers, canary: Canary, *, entity: str) -> dict[bool, list[float]]:
    """The mean of each unit's numbers, by release, since the trial began and in the order of their times.

    A unit is a request, or whom the rows are about where they are drawn by that: the rows of one are alike.
    """
    releases, units = texts(joined, "release"), _units(joined, entity)
    mine_or_not = {canary.release: True, canary.champion: False}
    found: dict[tuple[str, bool], list[float]] = {}
    for i in _since(joined, values, canary):
        mine = mine_or_not.get(releases[i] or "")
        if mine is not None:
            found.setdefault((units[i], mine), []).append(float(values[i]))
    return of_each_release([(mine, sum(its) / len(its)) for (_, mine), its in found.items()], canary)


def of_each_release(units: Sequence[tuple[bool, float]], canary: Canary) -> dict[bool, list[float]]:
    """Numbers of units in the order of their times, by whether the canary answered them."""
    if canary.percent > min(canary.steps, default=100):
        units = _alike(units, canary.percent)
    return {mine: [number for whose, number in units if whose is mine] for mine in (True, False)}


def _alike(means: Sequence[tuple[bool, float]], percent: int) -> list[tuple[bool, float]]:
    """Of the live release only as many at any time as there are of the canary's, by the shares of now.

    Else it would count for more when the canary's share was smaller, and what changed since would be laid
    to the canary.
    """
    room, each = 0.0, (100 - percent) / percent
    kept: list[tuple[bool, float]] = []
    for mine, mean in means:
        if mine or room >= 1:
            room += each if mine else -1
            kept.append((mine, mean))
    return kept


def _units(joined: Table, entity: str) -> list[str]:
    """Whom or which request each row belongs to."""
    names: Sequence[Value] = [None] * len(joined)
    if entity and f"in_{entity}" in joined.columns:
        names = values_of(joined, f"in_{entity}")
    requests, at = texts(joined, "request"), numbers(joined, "at")
    return [unit_of(name) or f"{requests[i]}/{at[i]:.0f}" for i, name in enumerate(names)]


def _since(joined: Table, values: Numbers, canary: Canary) -> list[int]:
    """The rows with a number since the trial began, in the order of their times."""
    at, since = numbers(joined, "at"), microseconds(canary.started_at)
    arms, flags = texts(joined, "arm"), texts(joined, "flags")
    order: list[int] = np.argsort(at, kind="stable").tolist()
    return [
        i
        for i in order
        if at[i] >= since
        and np.isfinite(values[i])
        and own_answer(arms[i] or "", (flags[i] or "").split(FLAG_SEPARATOR))
    ]


def _exceeding(errors: Numbers, joined: Table, canary: Canary) -> Numbers:
    releases = texts(joined, "release")
    live = [i for i in _since(joined, errors, canary) if releases[i] == canary.champion]
    if len(live) < FEWEST_ERRORS:
        return np.full(len(errors), np.nan)
    first = live[:FEWEST_ERRORS]
    exceeds = np.where(np.isfinite(errors), (errors > np.median(errors[first])).astype(np.float64), np.nan)
    exceeds[first] = np.nan
    return exceeds


def _errors(joined: Table, signature: Signature) -> Numbers:
    outcomes = texts(joined, "outcome")
    for output in signature.outputs:
        name = f"out_{output.name}"
        if output.kind == "probability" and output.positive and name in joined.columns:
            truth = np.array([float(_came(each, output.positive)) for each in outcomes])
            return (numbers(joined, name) - truth) ** 2
    for output in signature.outputs:
        name = f"out_{output.name}"
        if output.kind == "label" and name in joined.columns:
            said = zip(values_of(joined, name), outcomes, strict=True)
            return np.array([float(not is_label(value, known or "")) for value, known in said])
        if output.kind == "value" and name in joined.columns:
            return np.abs(numbers(joined, name) - numbers(joined, "outcome_number"))
    return np.full(len(joined), np.nan)


def _came(outcome: str | None, name: str) -> bool:
    """Whether this label is what came; a truth may be written in small letters."""
    return outcome == name or (name in ("True", "False") and outcome == name.lower())


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
    known = (None if value != value else value for value in column.values.tolist())  # noqa: PLR0124 - not a number
    if column.kind == "boolean":
        return [None if value is None else bool(value) for value in known]
    return list(known)

"""The recorded rows whose outcome is known, as a training could read them again."""

import re
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.actions.label import outcomes_joined
from causeway.actions.workspace import Workspace
from causeway.core.personal import HASHED, HIDDEN
from causeway.core.records import Value
from causeway.core.release import Release
from causeway.core.table import Column, Number, Numbers, Table, Text

MICROSECONDS = 1_000_000


class Labelled(Struct, frozen=True):
    """Rows in the order of their times: what was asked, and what really happened."""

    ids: Sequence[str]
    at: NDArray[np.int64]
    """Microseconds."""
    inputs: Table
    """One column for each input of the release, by its raw name."""
    outcomes: Sequence[str]
    truth: Numbers
    """The outcome as the metric takes it: 1 for the positive class, the place of a class, or the number."""
    metric: str
    masked: int = 0
    """Left out: what was recorded in the place of a personal value teaches nothing."""
    strange: int = 0
    """Left out: the outcome is none that the release knows."""
    unrecorded: tuple[str, ...] = ()
    """Inputs that no row has."""

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: NDArray[np.int64]) -> "Labelled":
        """The rows at these places."""
        places: list[int] = rows.tolist()
        return Labelled(
            [self.ids[i] for i in places],
            self.at[rows],
            self.inputs.take(rows),
            [self.outcomes[i] for i in places],
            self.truth[rows],
            self.metric,
            self.masked,
            self.strange,
            self.unrecorded,
        )

    def row(self, place: int) -> dict[str, Value]:
        """One row as a caller would send it."""
        return {name: value_at(column, place) for name, column in self.inputs.columns.items()}


def labelled_rows(work: Workspace, release: Release) -> Labelled:
    """Every recorded row with an outcome that this release could have been asked, oldest first."""
    joined = outcomes_joined(work, release.product)
    names = [field.name for field in release.signature.inputs]
    missing = tuple(name for name in names if len(joined) and f"in_{name}" not in joined.columns)
    if missing or not len(joined):
        return _nothing(release, missing, masked=len(joined) if missing else 0)
    times = _numbers(joined, "at").astype(np.int64)
    order = np.argsort(times, kind="stable")
    # what only answered beside saw the same row a second time
    order = order[[arm != "shadow" for arm in _texts(joined.take(order), "arm")]]
    rows = joined.take(order)
    inputs = Table({name: rows.columns[f"in_{name}"] for name in names})
    outcomes = [text or "" for text in _texts(rows, "outcome")]
    truth, metric = truth_of(release, outcomes, _numbers(rows, "outcome_number"))
    masked, strange = _masked(inputs) | _left_out(inputs, release), np.isnan(truth)
    whole = Labelled(
        [text or "" for text in _texts(rows, "id")],
        times[order],
        inputs,
        outcomes,
        truth,
        metric,
        int(masked.sum()),
        int((strange & ~masked).sum()),
    )
    return whole.take(np.flatnonzero(~masked & ~strange))


def truth_of(release: Release, outcomes: Sequence[str], numbers: Numbers) -> tuple[Numbers, str]:
    """The outcomes as numbers, NaN where one is none of the release's, and what they are judged by."""
    if release.task == "regression":
        return numbers, "r2"
    output = next((each for each in release.signature.outputs if each.classes), None)
    classes = output.classes if output else ()
    places = {name: float(place) for place, name in enumerate(classes)}
    # a truth may be written in small letters
    places |= {name.lower(): places[name] for name in classes if name in ("True", "False")}
    truth = np.array([places.get(text, np.nan) for text in outcomes])
    if release.task == "binary" and output and _has_chance(release):
        one = places.get(output.positive, 1.0)
        return np.where(np.isnan(truth), np.nan, (truth == one).astype(np.float64)), "roc_auc"
    return truth, "accuracy"


def _has_chance(release: Release) -> bool:
    return any(each.kind == "probability" for each in release.signature.outputs)


def value_at(column: Column, place: int) -> Value:
    """One value as a record has it."""
    if isinstance(column, Text):
        return column.values[place]
    value = float(column.values[place])
    if np.isnan(value):
        return None
    if column.kind == "boolean":
        return bool(value)
    return int(value) if column.kind == "integer" else value


def _masked(inputs: Table) -> NDArray[np.bool_]:
    hidden = np.zeros(len(inputs), bool)
    is_hash = re.compile(HASHED).search
    for column in inputs.columns.values():
        if isinstance(column, Text):
            hidden |= [bool(text and (text.endswith(HIDDEN) or is_hash(text))) for text in column.values]
    return hidden


def _left_out(inputs: Table, release: Release) -> NDArray[np.bool_]:
    """The rows without a value that was needed for an answer: it was sent, and not recorded."""
    gone = np.zeros(len(inputs), bool)
    if release.missing != "refuse":
        return gone
    for field in release.signature.inputs:
        column = inputs.columns[field.name]
        if not field.required:
            continue
        if isinstance(column, Text):
            gone |= [text is None for text in column.values]
        else:
            gone |= np.isnan(column.values)
    return gone


def _nothing(release: Release, missing: tuple[str, ...], *, masked: int) -> Labelled:
    none = np.empty(0)
    _, metric = truth_of(release, (), none)
    return Labelled((), none.astype(np.int64), Table({}), (), none, metric, masked=masked, unrecorded=missing)


def _texts(table: Table, name: str) -> Sequence[str | None]:
    column = table.columns.get(name)
    return column.values if isinstance(column, Text) else [None] * len(table)


def _numbers(table: Table, name: str) -> Numbers:
    column = table.columns.get(name)
    return column.values if isinstance(column, Number) else np.full(len(table), np.nan)

"""From answered rows and what came of them to windows: by hour, release, arm and slice."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.assess.canary_rows import FALLBACK, is_label
from causeway.core.assignment import HOLDOUT, unit_of
from causeway.core.manifest import Manifest, SlicePart
from causeway.core.records import FLAG_SEPARATOR, Value
from causeway.core.release import Signature
from causeway.core.score import REHEARSAL
from causeway.stats.binned import binned
from causeway.stats.binned_answers import OTHER, UNKNOWN_YET, counted, summed
from causeway.stats.delays import delays_of
from causeway.stats.estimated_errors import ErrorModel, expected_of
from causeway.stats.profile_form import Arrays, Coded
from causeway.stats.quality_form import HOUR_US, Floats, Integers, QualityWindow
from causeway.stats.sequential import Moments

MOST_GROUPS = 10
"""A fairness column has at most so many groups; of others the commonest are kept."""
SHADOW = "shadow"
NO, YES = "no", "yes"
OTHER_ARM = -2
_MICRO = 1e6

Mask = NDArray[np.bool_]


class Asked(Struct, frozen=True):
    """What one release answers, and how it is told whether that was right."""

    signature: Signature
    task: str
    median_error: float | None = None
    """Of the answered numbers, when the release was measured."""
    errors: ErrorModel | None = None


class Came(Struct, frozen=True):
    """What came of each row: its text's place in `names` (-1 where not known), its number, and when."""

    codes: Integers
    names: tuple[str, ...]
    numbers: Floats
    at_us: Floats
    """Of the first outcome of the row, NaN where none is known."""


class Parts(Struct, frozen=True):
    """The parts of the rows that are looked at by themselves."""

    slices: tuple[SlicePart, ...] = ()
    fairness: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The recorded columns that tell who belongs to them."""
        names = (*(part.column for part in self.slices), *self.fairness)
        return tuple(dict.fromkeys(f"in_{name}" for name in names))


def parts_of(manifest: Manifest) -> Parts:
    """The slices and the fairness columns of the manifest."""
    return Parts(manifest.slices, manifest.evaluation.fairness)


def columns_asked(asked: Mapping[str, Asked], parts: Parts) -> tuple[str, ...]:
    """Every column that windows are made of, if it was recorded."""
    names = ["at", "release", "arm", "flags", "consumer", *parts.columns]
    for each in asked.values():
        for output in each.signature.outputs:
            names += [f"out_{output.name}", *(f"out_{output.name}_{name}" for name in output.classes)]
        if each.errors is not None:
            names += [f"in_{name}" for name in each.errors.features]
    return tuple(dict.fromkeys(names))


def windows_of(
    rows: Arrays, came: Came, *, asked: Mapping[str, Asked], parts: Parts
) -> Iterator[QualityWindow]:
    """The windows of these rows by hour: of models' own answers, to people who were to get them.

    Those of the holdout, in an arm of its own, are of what they would have been told.
    """
    release, arm, at = rows["release"], rows["arm"], rows["at"]
    if not isinstance(release, Coded) or not isinstance(arm, Coded) or isinstance(at, Coded):
        return
    own = own_rows(rows, arm, apart=(SHADOW,)) & (_is_answered(rows, len(arm.codes)) | ~_is_in(arm, HOLDOUT))
    hours = at.astype(np.int64) // HOUR_US
    keys = (hours * len(release.names) + release.codes) * len(arm.names) + arm.codes
    chosen = np.flatnonzero(own & (release.codes >= 0) & (arm.codes >= 0))
    order = chosen[np.argsort(keys[chosen], kind="stable")]
    if not len(order):
        return
    starts = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0])
    groups = _groups(rows, parts)
    made = {code: _Judged(asked.get(name), rows, came) for code, name in enumerate(release.names)}
    for place in np.split(order, starts[1:]):
        first = place[0]
        code = int(release.codes[first])
        names = release.names[code], arm.names[int(arm.codes[first])]
        for name, mask in (("", None), *groups.items()):
            inside = place if mask is None else place[mask[place]]
            if len(inside):
                yield made[code].window(inside, int(hours[first]), names=names, slice_=name)


class _Judged:
    """Rows of one release, as it answered them and as they came."""

    def __init__(self, asked: Asked | None, rows: Arrays, came: Came) -> None:
        self._rows, self._came, self._asked = rows, came, asked
        self._count = len(came.codes)
        at = rows["at"]
        self._delays = np.full(self._count, np.nan) if isinstance(at, Coded) else (came.at_us - at) / _MICRO
        self._classes: tuple[str, ...] = ()
        self._scores: Floats | None = None
        self._hits: Floats | None = None
        self._said: Integers | None = None
        self._truth: Integers | None = None
        self._numbers: Floats | None = None
        if asked is not None:
            self._read(asked)

    def window(self, inside: Integers, hour: int, *, names: tuple[str, str], slice_: str) -> QualityWindow:
        """Of the rows at these places."""
        delays = self._delays[inside]
        known = np.isfinite(delays)
        scores, said, numbers = self._scores, self._said, self._numbers
        truth, hits = self._truth, self._hits
        expected = None
        if self._asked is not None and self._asked.errors is not None and numbers is not None and not slice_:
            expected = expected_of(
                self._asked.errors, numbers[inside], _features(self._rows, self._asked.errors, inside), known
            )
        return QualityWindow(
            since_us=hour * HOUR_US,
            until_us=(hour + 1) * HOUR_US,
            release=names[0],
            arm=names[1],
            slice=slice_,
            answered=len(inside),
            labelled=int(known.sum()),
            scores=None if scores is None or hits is None else binned(scores[inside], hits[inside]),
            labels=None
            if said is None or truth is None
            else counted(self._classes, said[inside], truth[inside]),
            numbers=None if numbers is None else summed(numbers[inside], self._came.numbers[inside]),
            loss=self._loss(inside),
            delays=delays_of(delays[known]),
            expected=expected,
        )

    def _loss(self, inside: Integers) -> Moments:
        if self._scores is not None and self._asked is not None and self._asked.task == "binary":
            losses = (
                (self._scores[inside] - self._hits[inside]) ** 2 if self._hits is not None else np.empty(0)
            )
        elif self._said is not None and self._truth is not None:
            truth = self._truth[inside]
            wrong = (self._said[inside] != truth) | (truth < 0)
            losses = np.where(truth == UNKNOWN_YET, np.nan, wrong.astype(np.float64))
        elif self._numbers is not None and self._asked is not None and self._asked.median_error is not None:
            away = np.abs(self._numbers[inside] - self._came.numbers[inside])
            losses = np.where(np.isnan(away), np.nan, (away > self._asked.median_error).astype(np.float64))
        else:
            return Moments()
        return Moments().after(losses[np.isfinite(losses)])

    def _read(self, asked: Asked) -> None:
        positive = next((each.positive for each in asked.signature.outputs if each.positive), "")
        for output in asked.signature.outputs:
            name = f"out_{output.name}"
            if output.kind == "value":
                self._numbers = _numbers(self._rows, name, self._count)
            elif output.kind == "label" and self._said is None:
                self._labels(output.classes, positive if len(output.classes) == 2 else "", name)
            elif output.kind == "act":
                self._acts(name)
            elif output.kind == "probability" and positive:
                own = name if name in self._rows else f"{name}_{positive}"
                self._scores = _numbers(self._rows, own, self._count)
        if positive:
            self._hits = _as_truth(self._came, positive)
        elif self._said is not None:
            self._confidence(asked)

    def _labels(self, classes: Sequence[str], positive: str, name: str) -> None:
        ordered = sorted(classes, key=lambda each: each == positive) if positive else list(classes)
        self._classes = tuple(ordered)
        self._said = _codes(self._rows.get(name), ordered, self._count)
        self._truth = _came_codes(self._came, ordered)

    def _acts(self, name: str) -> None:
        """What was decided counts, not what was likelier."""
        acted = self._rows.get(name)
        if acted is None or len(self._classes) != 2:
            return
        said = _codes(acted, ["false", "true"], self._count)
        self._said = np.where(said >= 0, said, self._said if self._said is not None else OTHER)

    def _confidence(self, asked: Asked) -> None:
        chances = [
            _numbers(self._rows, f"out_{output.name}_{name}", self._count)
            for output in asked.signature.outputs
            if output.kind == "probability"
            for name in output.classes
        ]
        if not chances or self._said is None or self._truth is None:
            return
        table = np.column_stack(chances)
        # no number where one of them is missing
        self._scores = np.max(table, axis=1)
        hit = (self._said == self._truth).astype(np.float64)
        self._hits = np.where(self._truth == UNKNOWN_YET, np.nan, hit)


def own_rows(rows: Arrays, arm: Coded, *, apart: Sequence[str] = (HOLDOUT, SHADOW)) -> Mask:
    """Which rows are the release's own answers, to somebody who asked and was to get one."""
    own = ~np.logical_or.reduce([_is_in(arm, name) for name in apart])
    flags = rows.get("flags")
    if isinstance(flags, Coded):
        fell = [
            place
            for place, text in enumerate(flags.names)
            if any(flag.startswith(FALLBACK) for flag in text.split(FLAG_SEPARATOR))
        ]
        own &= ~np.isin(flags.codes, fell)
    consumer = rows.get("consumer")
    if isinstance(consumer, Coded) and REHEARSAL in consumer.names:
        own &= consumer.codes != consumer.names.index(REHEARSAL)
    return own


def _is_in(arm: Coded, name: str) -> Mask:
    return arm.codes == (arm.names.index(name) if name in arm.names else OTHER_ARM)


def _is_answered(rows: Arrays, count: int) -> Mask:
    """Whether anything was said of a row, be it to nobody."""
    found = np.zeros(count, bool)
    for name, column in rows.items():
        if name.startswith("out_"):
            found |= column.codes >= 0 if isinstance(column, Coded) else np.isfinite(column)
    return found


def _groups(rows: Arrays, parts: Parts) -> dict[str, Mask]:
    """Who belongs to which part, where that was recorded."""
    found: dict[str, Mask] = {}
    for part in parts.slices:
        column = rows.get(f"in_{part.column}")
        if column is not None:
            found |= _slice(part, column)
    for name in parts.fairness:
        column = rows.get(f"in_{name}")
        if column is not None:
            found |= {f"{name}={value}": mask for value, mask in _by_value(column).items()}
    return found


def _slice(part: SlicePart, column: Floats | Coded) -> dict[str, Mask]:
    if part.values:
        named = _by_value(column, only=part.values)
        masks = list(named.values())
        return {part.name: np.logical_or.reduce(masks)} if masks else {}
    if part.minimum is None and part.maximum is None:
        return {f"{part.name}: {value}": mask for value, mask in _by_value(column).items()}
    if isinstance(column, Coded):
        return {}
    low = -np.inf if part.minimum is None else part.minimum
    high = np.inf if part.maximum is None else part.maximum
    return {part.name: (column >= low) & (column <= high)}


def _by_value(column: Floats | Coded, *, only: Sequence[str] | None = None) -> dict[str, Mask]:
    """The rows of each value; of numbers with many values, and of texts, the commonest."""
    if isinstance(column, Coded):
        codes, names = column.codes, [*column.names]
    else:
        values, codes = np.unique(column, return_inverse=True)
        names = ["" if value != value else unit_of(value) for value in values.tolist()]  # noqa: PLR0124 - not a number
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    wanted = [place for place, name in enumerate(names) if name and (only is None or name in only)]
    if only is None:
        wanted = sorted(wanted, key=lambda place: (-int(counts[place]), names[place]))[:MOST_GROUPS]
    return {names[place]: codes == place for place in wanted}


def _codes(column: Floats | Coded | None, classes: Sequence[str], count: int) -> Integers:
    """The place of each value among the classes; `OTHER` where it is none of them."""
    if column is None:
        return np.full(count, OTHER)
    if isinstance(column, Coded):
        table = np.array([*(_place(name, classes) for name in column.names), OTHER])
        return table[column.codes]
    values, where = np.unique(column, return_inverse=True)
    return np.array([_place(value, classes) for value in values.tolist()], np.int64)[where]


def _place(value: Value, classes: Sequence[str]) -> int:
    """Booleans are numbers by now, whose classes are called true and false."""
    said = {1.0: "true", 0.0: "false"}.get(value) if isinstance(value, float) else None
    for place, name in enumerate(classes):
        if is_label(value, name) or (said is not None and said == name.lower()):
            return place
    return OTHER


def _came_codes(came: Came, classes: Sequence[str]) -> Integers:
    table = np.array([*(_place_of_outcome(name, classes) for name in came.names), UNKNOWN_YET])
    return table[came.codes]


def _place_of_outcome(outcome: str, classes: Sequence[str]) -> int:
    for place, name in enumerate(classes):
        if outcome == name or (name in ("True", "False") and outcome == name.lower()):
            return place
    return OTHER


def _as_truth(came: Came, positive: str) -> Floats:
    """1 where the class that counts as yes came, 0 where another did, NaN where nothing is known yet."""
    is_one = [float(_place_of_outcome(name, (positive,)) == 0) for name in came.names]
    return np.array([*is_one, np.nan])[came.codes]


def _numbers(rows: Arrays, name: str, count: int) -> Floats:
    column = rows.get(name)
    if column is None:
        return np.full(count, np.nan)
    if isinstance(column, Coded):
        return np.array([*map(_number, column.names), np.nan])[column.codes]
    return column


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _features(rows: Arrays, model: ErrorModel, inside: Integers) -> Floats:
    count = len(inside)
    columns = [_numbers(rows, f"in_{name}", 0) if f"in_{name}" in rows else None for name in model.features]
    found = [np.full(count, np.nan) if each is None else each[inside] for each in columns]
    return np.column_stack(found) if found else np.empty((count, 0))

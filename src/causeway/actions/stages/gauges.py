"""What the manifest asks of a model beyond one number: parts, probabilities, money and groups."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import msgspec
import numpy as np
from numpy.typing import NDArray

from causeway.actions.stages.held import Held
from causeway.assess.parity import words_of
from causeway.core.errors import Refused
from causeway.core.evaluation import CalibrationSeen, DecisionSeen, FairnessSeen, SliceSeen
from causeway.core.manifest import DecisionPart, EvaluationPart, Manifest, SlicePart
from causeway.core.release import Evaluation
from causeway.core.table import Column, Number, Numbers, Table
from causeway.stats.calibration import calibration_of
from causeway.stats.decision import Worth, threshold_of
from causeway.stats.fairness import fairness_of
from causeway.stats.quality import score_of

FEWEST = 30
"""A part with fewer rows has no value of its own."""
MOST_GROUPS = 10
"""A column of numbers with more values than this is cut into quarters."""

Mask = NDArray[np.bool_]


def gauged(evaluation: Evaluation, held: Held, rows: Table, manifest: Manifest) -> Evaluation:
    """The evaluation with all that the manifest asks; `rows` are the raw rows of the held-out answers."""
    asked = manifest.evaluation
    calibration = _calibration(held)
    decision = _decision(held, manifest.decision, calibration)
    return msgspec.structs.replace(
        evaluation,
        floor=asked.floor,
        slices=tuple(_slices(held, rows, manifest.slices)),
        calibration=calibration,
        calibration_ceiling=asked.calibration_error,
        decision=decision,
        fairness=tuple(_fairness(held, rows, asked, decision)),
    )


def _calibration(held: Held) -> CalibrationSeen | None:
    if held.probabilities is None:
        return None
    if held.has_chance:
        seen = calibration_of(held.is_one, held.chance)
        return msgspec.convert(seen, CalibrationSeen, from_attributes=True)
    hit = (held.truth == held.answers).astype(np.float64)
    seen = calibration_of(hit, held.probabilities.max(axis=1))
    found = msgspec.convert(seen, CalibrationSeen, from_attributes=True)
    return msgspec.structs.replace(found, of="confidence")


def _decision(held: Held, part: DecisionPart, calibration: CalibrationSeen | None) -> DecisionSeen | None:
    if part.true_positive is None or part.false_positive is None:
        return None
    worth = Worth(
        *map(float, (part.true_positive, part.false_positive, part.true_negative, part.false_negative))
    )
    if not held.has_chance or calibration is None:
        raise Refused(
            "[decision] needs the probability of one of two classes, and this model gives none",
            where="causeway.toml",
            hint="take [decision] out, or train a classifier of two classes that has predict_proba",
        )
    if not worth.acting_can_pay:
        raise Refused(
            "[decision] says that acting never pays, whatever the probability",
            where="causeway.toml",
            hint="true_positive must be above false_negative, and true_negative above false_positive",
        )
    seen = threshold_of(
        held.is_one,
        held.chance,
        held.folds,
        worth=worth,
        calibrated=not calibration.is_off,
        groups=held.copies,
    )
    return DecisionSeen(**msgspec.structs.asdict(seen), currency=part.currency)


def _slices(held: Held, rows: Table, asked: tuple[SlicePart, ...]) -> Iterator[SliceSeen]:
    for part in asked:
        column = _column(rows, part.column, asked_by=f'[[slices]] "{part.name}"')
        for name, mask in _parts(part, column):
            yield _slice(held, mask, name=name, floor=part.floor)


def _parts(part: SlicePart, column: Column) -> Iterator[tuple[str, Mask]]:
    if part.values:
        yield part.name, _among(column, part.values)
    elif part.minimum is None and part.maximum is None:
        yield from ((f"{part.name}: {value}", mask) for value, mask in groups_of(column).items())
    else:
        numbers = _numbers(column)
        low = -np.inf if part.minimum is None else part.minimum
        high = np.inf if part.maximum is None else part.maximum
        yield part.name, (numbers >= low) & (numbers <= high)


def _slice(held: Held, mask: Mask, *, name: str, floor: float | None) -> SliceSeen:
    metric, truth, answers = held.judged
    rows = int(mask.sum())
    if rows < FEWEST or len(np.unique(truth[mask])) < 2:
        return SliceSeen(name, rows, floor=floor)
    copies = None if held.copies is None else held.copies[mask]
    score = score_of(metric, truth[mask], answers[mask], held.trivial[mask], groups=copies)
    return SliceSeen(name, rows, score.value, score.low, score.high, floor)


def _fairness(
    held: Held, rows: Table, asked: EvaluationPart, decision: DecisionSeen | None
) -> Iterator[FairnessSeen]:
    if asked.fairness and held.one is None:
        raise Refused(
            "[evaluation] fairness compares who is chosen, and this model has no two classes",
            where="causeway.toml",
            hint="take fairness out, or declare [[slices]] on the same columns",
        )
    for name in asked.fairness:
        members = groups_of(_column(rows, name, asked_by="[evaluation] fairness"))
        chosen = held.answers == held.one if decision is None else held.chance >= decision.at
        large = {group: mask for group, mask in members.items() if mask.sum() >= FEWEST}
        seen = fairness_of(large, truth=held.is_one == 1, chosen=chosen)
        if seen is not None:
            told = {**msgspec.to_builtins(seen), "column": name, "floor": asked.fairness_ratio}
            yield msgspec.convert(told, FairnessSeen)


def groups_of(column: Column) -> Mapping[str, Mask]:
    """The rows of each value, those without one left out; numbers of many values by quarters."""
    if isinstance(column, Number) and len(np.unique(column.values[~np.isnan(column.values)])) > MOST_GROUPS:
        return _quarters(column.values)
    words = np.array([word or "" for word in words_of(column)])
    return {str(word): words == word for word in np.unique(words) if word}


def _quarters(values: Numbers) -> Mapping[str, Mask]:
    edges = np.unique(np.nanquantile(values, [0, 0.25, 0.5, 0.75, 1]))
    lows, highs = edges[:-1], edges[1:]
    return {
        f"{low:g} to {high:g}": (values >= low) & ((values < high) if high < edges[-1] else values <= high)
        for low, high in zip(lows, highs, strict=True)
    }


def _among(column: Column, values: tuple[str, ...]) -> Mask:
    if not isinstance(column, Number):
        return np.isin(np.array([word or "" for word in words_of(column)]), values)
    try:
        return np.isin(column.values, [float(value) for value in values])
    except ValueError:
        words = np.array([word or "" for word in words_of(column)])
        return np.isin(words, values)


def _numbers(column: Column) -> Numbers:
    if isinstance(column, Number):
        return column.values
    raise Refused(
        "a slice with bounds needs a column of numbers",
        where="causeway.toml",
        hint="give the slice `values` instead of minimum and maximum",
    )


def _column(rows: Table, name: str, *, asked_by: str) -> Column:
    if name in rows.columns:
        return rows.columns[name]
    near = get_close_matches(name, list(rows.columns), n=1)
    raise Refused(
        f"{asked_by} names a column {name}, which the data does not have",
        where="causeway.toml",
        hint=f"did you mean {near[0]}?" if near else f"its columns are {', '.join(list(rows.columns)[:8])}",
    )

"""From answered rows to the evidence on a canary: requests, not rows, are what is independent."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
from msgspec import Struct, structs

from causeway.assess.canary import LOG_RANGE, QUALITY, SHORTEST_US, Arm, Evidence
from causeway.core.assignment import HOLDOUT, unit_of
from causeway.core.records import Value
from causeway.core.release import Output, Signature
from causeway.stats.sequential import Moments

FLAGGED = "flagged"
FALLBACK = "fallback:"
MOST_CLASSES = 20
MOST_WAITING = 50_000
FIRST_ROWS = 50
"""So many of the live release's numbers only settle what is compared, and are not counted."""


class Row(Struct, frozen=True):
    """One answered row, as it was recorded."""

    at_us: int
    unit: str
    """The request, or whom the row is about where rows are drawn by that."""
    canary: bool
    latency_us: int
    outputs: dict[str, Value]
    flagged: bool
    request: str = ""
    """Only where the unit is another."""


Answered = tuple[bool, dict[str, float | None]]
"""Whether the canary gave the answer, and what is compared of it."""

Measure = Callable[[dict[str, Value]], float | None]
"""A number between 0 and 1 that stands for an answer; None where there is no answer."""


def own_answer(arm: str, flags: Sequence[str]) -> bool:
    """Whether the release's own model gave this answer, to somebody who was to get one."""
    return arm != HOLDOUT and not any(flag.startswith(FALLBACK) for flag in flags)


def is_label(value: Value, name: str) -> bool:
    """Whether this value is the label of that name: 1, 1.0 and "1" are, in logs and in segments alike."""
    said = unit_of(value)
    return said == name or (isinstance(value, bool) and said == name.lower())


def measures_of(signature: Signature, *, median: float | None = None) -> dict[str, Measure]:
    """What is compared of the answers: a chance, else the shares of labels, else how many exceed `median`."""
    for output in signature.outputs:
        if output.kind == "probability" and output.positive:
            return {f"chance of {output.positive}": _chance(output.name)}
    for output in signature.outputs:
        if output.kind == "label" and len(output.classes) <= MOST_CLASSES:
            return {f"share of {name}": _is(output.name, name) for name in output.classes}
    if median is None:
        return {}
    return {f"above {median:.4g}": _above(output.name, median) for output in _numbers(signature)}


def waits_for_median(signature: Signature) -> bool:
    """Whether what is compared of the answers is known once there is a median."""
    return not measures_of(signature) and bool(_numbers(signature))


def first_median(signature: Signature, rows: Sequence[Row]) -> float | None:
    """The median of the live release's first numbers; None where the answers are none, or still too few."""
    for output in _numbers(signature):
        values = [row.outputs.get(output.name) for row in rows if not row.canary]
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) >= FIRST_ROWS:
            return float(np.median(numbers[:FIRST_ROWS]))
    return None


def with_rows(
    evidence: Evidence, rows: Iterable[Row], measures: dict[str, Measure], *, settled_us: float
) -> Evidence:
    """The evidence after these rows, in the order of their times; a unit counts once.

    Whether the canary gets its share is counted from `settled_us` on.
    """
    ordered = sorted(rows, key=lambda row: row.at_us)
    if not ordered:
        return evidence
    units: dict[tuple[str, bool], list[Row]] = {}
    for row in ordered:
        units.setdefault((row.unit, row.canary), []).append(row)
    last_at = datetime.fromtimestamp(ordered[-1].at_us / 1e6, UTC)
    arms = {
        canary: _grown(arm, [rows for (_, its), rows in units.items() if its is canary], measures)
        for canary, arm in ((True, evidence.canary), (False, evidence.champion))
    }
    settled = [canary for (_, canary), its in units.items() if its[0].at_us >= settled_us]
    mine, others = evidence.assigned
    return structs.replace(
        evidence,
        canary=arms[True],
        champion=arms[False],
        last_at=last_at,
        assigned=(mine + sum(settled), others + len(settled) - sum(settled)),
    )


def with_requests(evidence: Evidence, rows: Iterable[Row]) -> Evidence:
    """The evidence after the requests of these rows were answered, whoever they are about."""
    answered = {(row.request or row.unit, row.canary) for row in rows}
    mine = sum(canary for _, canary in answered)
    canary, champion = evidence.canary, evidence.champion
    return structs.replace(
        evidence,
        canary=structs.replace(canary, answered=canary.answered + mine),
        champion=structs.replace(champion, answered=champion.answered + len(answered) - mine),
    )


def with_pairs(
    evidence: Evidence, rows: Iterable[Row], measures: dict[str, Measure], waiting: dict[str, Answered]
) -> Evidence:
    """The evidence with the differences of both answers to the same unit; `waiting` is kept between calls.

    A shadow answers later than the live release, or not at all.
    """
    found: dict[str, list[float]] = {}
    for row in sorted(rows, key=lambda row: row.at_us):
        mine = {name: measure(row.outputs) for name, measure in measures.items()}
        canary, other = waiting.setdefault(row.unit, (row.canary, mine))
        if canary is row.canary:
            continue
        del waiting[row.unit]
        for name, value in mine.items():
            beside = other[name]
            if value is not None and beside is not None:
                difference = value - beside if row.canary else beside - value
                found.setdefault(name, []).append((1 + difference) / 2)
    while len(waiting) > MOST_WAITING:
        waiting.pop(next(iter(waiting)))
    pairs = {name: _after(evidence.pairs.get(name), values) for name, values in found.items()}
    return structs.replace(evidence, pairs={**evidence.pairs, **pairs})


def with_losses(
    evidence: Evidence, canary: Sequence[float], champion: Sequence[float], *, paired: bool = False
) -> Evidence:
    """The evidence with these losses of rows whose outcome is known, in the order of their times.

    `paired` where both answered the same rows.
    """
    pairs = evidence.pairs
    if paired and len(canary) == len(champion) > 0:
        halved = (1 + np.asarray(canary, np.float64) - np.asarray(champion, np.float64)) / 2
        pairs = {**pairs, QUALITY: Moments().after(halved)}
    return structs.replace(
        evidence,
        pairs=pairs,
        canary=structs.replace(evidence.canary, loss=Moments().after(np.asarray(canary, np.float64))),
        champion=structs.replace(evidence.champion, loss=Moments().after(np.asarray(champion, np.float64))),
    )


def with_regrets(evidence: Evidence, canary: Sequence[float], champion: Sequence[float]) -> Evidence:
    """The evidence with what these decisions were short of the best one, as a share of the span."""
    mine, others = (Moments().after(np.asarray(each, np.float64)) for each in (canary, champion))
    return structs.replace(
        evidence,
        canary=structs.replace(evidence.canary, regret=mine),
        champion=structs.replace(evidence.champion, regret=others),
    )


def with_kpi(evidence: Evidence, canary: Sequence[float], champion: Sequence[float]) -> Evidence:
    """The evidence with how far these units' business measure fell short of the best it can be."""
    return structs.replace(
        evidence,
        canary=_measured(evidence.canary, canary),
        champion=_measured(evidence.champion, champion),
    )


def _measured(arm: Arm, shortfalls: Sequence[float]) -> Arm:
    beyond = sum(not 0 <= each <= 1 for each in shortfalls)
    return structs.replace(arm, kpi=_after(None, list(shortfalls)), beyond=beyond)


def _grown(arm: Arm, units: list[list[Row]], measures: dict[str, Measure]) -> Arm:
    logs = [math.log(max(rows[0].latency_us / SHORTEST_US, 1)) / LOG_RANGE for rows in units]
    answers = dict(arm.answers)
    for name, measure in measures.items():
        means = [_mean([measure(row.outputs) for row in rows]) for rows in units]
        answers[name] = _after(answers.get(name), [mean for mean in means if mean is not None])
    answers[FLAGGED] = _after(
        answers.get(FLAGGED), [sum(row.flagged for row in rows) / len(rows) for rows in units]
    )
    return structs.replace(
        arm,
        latency=_after(arm.latency, logs),
        answers=answers,
    )


def _after(seen: Moments | None, values: list[float]) -> Moments:
    return (seen or Moments()).after(np.clip(np.asarray(values, np.float64), 0.0, 1.0))


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _numbers(signature: Signature) -> list[Output]:
    return [output for output in signature.outputs if output.kind == "value"]


def _chance(name: str) -> Measure:
    def measure(outputs: dict[str, Value]) -> float | None:
        value = outputs.get(name)
        return float(value) if isinstance(value, int | float) else None

    return measure


def _is(name: str, label: str) -> Measure:
    def measure(outputs: dict[str, Value]) -> float | None:
        value = outputs.get(name)
        return None if value is None else float(is_label(value, label))

    return measure


def _above(name: str, median: float) -> Measure:
    def measure(outputs: dict[str, Value]) -> float | None:
        value = outputs.get(name)
        return float(value > median) if isinstance(value, int | float) else None

    return measure

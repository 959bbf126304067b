"""How well the answers of a replay were, block by block."""

from datetime import UTC, datetime

import numpy as np
from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.label import outcomes_joined
from causeway.actions.loop.rows import truth_of
from causeway.actions.workspace import Workspace
from causeway.assess.quality_rows import SHADOW
from causeway.core.assignment import HOLDOUT
from causeway.core.release import Release
from causeway.core.table import Number, Numbers, Table, Text
from causeway.stats.quality import METRICS

FEWEST = 50
REPLAYED = "replay"


class Block(Struct, frozen=True):
    """Some days: how many outcomes are known, and the metric over them; None where there are too few."""

    since: datetime
    until: datetime
    rows: int
    metric: str
    value: float | None


def blocks_of(work: Workspace, product: str, release: str, *, seconds: float) -> tuple[Block, ...]:
    """The metric of whatever answered, by the time of asking; what this release's outcomes are called."""
    joined = outcomes_joined(work, product)
    if not len(joined):
        return ()
    made = describe(work, release).release
    asked_by = zip(_texts(joined, "consumer"), _texts(joined, "arm"), strict=True)
    told = [who == REPLAYED and arm not in (HOLDOUT, SHADOW) for who, arm in asked_by]
    rows = joined.take(np.flatnonzero(told))
    truth, metric = truth_of(made, _texts(rows, "outcome"), _numbers(rows, "outcome_number"))
    answers = _answers(made, rows, metric)
    at = _numbers(rows, "at").astype(np.int64)
    known = np.isfinite(truth) & np.isfinite(answers)
    if not known.any():
        return ()
    block_us = round(seconds * 1e6)
    place = (at - at.min()) // block_us
    found: list[Block] = []
    for number in range(int(place.max()) + 1):
        mine = known & (place == number)
        since = int(at.min()) + number * block_us
        found.append(
            Block(
                since=_moment(since),
                until=_moment(since + block_us),
                rows=int(mine.sum()),
                metric=metric,
                value=_value(metric, truth[mine], answers[mine]),
            )
        )
    return tuple(found)


def _value(metric: str, truth: Numbers, answers: Numbers) -> float | None:
    if len(truth) < FEWEST:
        return None
    value = METRICS[metric].of(truth, answers)
    return None if np.isnan(value) else float(value)


def _answers(release: Release, rows: Table, metric: str) -> Numbers:
    """What was answered, as the metric takes it."""
    wanted = {"roc_auc": "probability", "accuracy": "label"}.get(metric, "value")
    output = next(each for each in release.signature.outputs if each.kind == wanted)
    name = f"out_{output.name}"
    if metric != "accuracy":
        return _numbers(rows, name)
    places = {each: float(place) for place, each in enumerate(output.classes)}
    return np.array([places.get(each, np.nan) for each in _texts(rows, name)])


def _texts(table: Table, name: str) -> list[str]:
    column = table.columns.get(name)
    return [each or "" for each in column.values] if isinstance(column, Text) else [""] * len(table)


def _numbers(table: Table, name: str) -> Numbers:
    column = table.columns.get(name)
    return column.values if isinstance(column, Number) else np.full(len(table), np.nan)


def _moment(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)

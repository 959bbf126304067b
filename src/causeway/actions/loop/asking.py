"""What a release itself answers to rows, as its callers would get it: with its own schema and features."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from causeway.actions.bundles import describe, trusted_keys
from causeway.actions.loop.rows import Labelled
from causeway.actions.workers import routed_python
from causeway.actions.workspace import Workspace
from causeway.core.errors import OutsideError
from causeway.core.release import Output, Release
from causeway.core.routes import Route, RouteFile, Served
from causeway.core.table import Numbers
from causeway.gateway.answers.plane import flagged
from causeway.gateway.models.model import Answers
from causeway.gateway.models.worker import Worker
from causeway.gateway.refusals import Invalid, NotReady
from causeway.gateway.routes.routing import Routing, Variant, next_routing
from causeway.gateway.rows.schema import Row

ROWS_AT_ONCE = 500


def answers_of(work: Workspace, release: str, rows: Labelled) -> Numbers:
    """The release's answers as the rows' metric takes them; NaN where it refuses a row."""
    runner = asyncio.Runner()
    variant: Variant | None = None
    try:
        variant = _loaded(work, release, runner)
        found = [_answered(variant, rows, begin, runner) for begin in range(0, len(rows), ROWS_AT_ONCE)]
        return np.concatenate(found) if found else np.empty(0)
    finally:
        if variant and variant.loaded.worker:
            runner.run(variant.loaded.worker.close())
        runner.close()


def _loaded(work: Workspace, release: str, runner: asyncio.Runner) -> Variant:
    def start(worker: Worker) -> None:
        runner.run(worker.start())

    served = Served(release, str(work.bundle(release)), 100, routed_python(work, release))
    product = describe(work, release).release.product
    route = Route(product, (served,), (), records="off", trusted_keys=trusted_keys())
    live = next_routing(RouteFile(1, (route,)), Routing(), start=start).live[product]
    if live.problem or not live.variants:
        raise OutsideError(
            f"release {release[7:19]} does not answer: {live.problem}", hint="make it again: causeway run"
        )
    return live.variants[0]


def _answered(variant: Variant, rows: Labelled, begin: int, runner: asyncio.Runner) -> Numbers:
    out = np.full(min(ROWS_AT_ONCE, len(rows) - begin), np.nan)
    taken: list[tuple[int, Row]] = []
    for place in range(len(out)):
        try:
            taken.append((place, variant.loaded.schema.check([rows.row(begin + place)]).rows[0]))
        except Invalid:
            continue
    _fill(variant, taken, out, runner, metric=rows.metric)
    return out


def _fill(
    variant: Variant, taken: Sequence[tuple[int, Row]], out: Numbers, runner: asyncio.Runner, *, metric: str
) -> None:
    """Fills in the answers; where rows together are refused, each half is asked for itself."""
    if not taken:
        return
    try:
        predicted = runner.run(variant.loaded.predict([row for _, row in taken]))
        flagged([()] * len(taken), predicted.problems, variant)
    except (Invalid, NotReady):
        if len(taken) > 1:
            middle = len(taken) // 2
            _fill(variant, taken[:middle], out, runner, metric=metric)
            _fill(variant, taken[middle:], out, runner, metric=metric)
        return
    numbers = numbers_of(variant.loaded.release, predicted.answers, metric=metric)
    for (place, _), number in zip(taken, numbers, strict=True):
        out[place] = number


def numbers_of(release: Release, answers: Answers, *, metric: str) -> list[float]:
    """The answers as the metric takes them: a chance of the positive class, a class's place, a number."""
    output = _output(release, {"roc_auc": "probability", "accuracy": "label"}.get(metric, "value"))
    told = cast("list[Any]", answers[output.name])
    if metric == "roc_auc":
        one = output.classes.index(output.positive) if output.positive in output.classes else 1
        return [np.nan if each is None else float(each[one]) for each in told]
    if metric == "accuracy":
        places = {name: float(place) for place, name in enumerate(output.classes)}
        return [places.get(str(each), np.nan) for each in told]
    return [np.nan if each is None else float(each) for each in told]


def _output(release: Release, kind: str) -> Output:
    found = next((each for each in release.signature.outputs if each.kind == kind), None)
    if found is None:
        raise OutsideError(
            f"the release gives no {kind}", hint="compare releases that answer the same: causeway run"
        )
    return found

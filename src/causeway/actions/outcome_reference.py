"""The rows that a release was measured on, in the form of windows: what its quality is estimated from."""

import msgspec
import numpy as np
from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.stages.evaluate import Evaluated
from causeway.actions.stages.kept_answers import HELD, KeptAnswers, read_held
from causeway.actions.workspace import Workspace
from causeway.assess.quality_rows import Asked
from causeway.core.errors import CausewayError
from causeway.core.release import Release
from causeway.core.table import Number, Table
from causeway.stats.binned import binned
from causeway.stats.binned_answers import counted, summed
from causeway.stats.estimated_errors import ErrorModel, error_model, expected_of
from causeway.stats.quality_form import ErrorsExpected, Floats, QualityWindow
from causeway.stats.sequential import Moments
from causeway.views.run import fold

MOST_FEATURES = 12
NUMBERS = ("number", "integer")


class Reference(Struct, frozen=True):
    """How a release's answers are judged, and the held-out rows it was measured on."""

    asked: Asked
    window: QualityWindow | None = None
    """None where its held-out answers are not on this disk."""


def reference_of(work: Workspace, product: str, release: str) -> Reference | None:
    """What is known of the release; None where its bundle is not here."""
    try:
        described = describe(work, release).release
    except CausewayError:
        return None
    kept = held_answers(work, product, release)
    if kept is None:
        return Reference(Asked(described.signature, described.task))
    if kept.classes:
        return Reference(Asked(described.signature, described.task), _classified(kept, release))
    return _valued(kept, described, release)


def held_answers(work: Workspace, product: str, release: str) -> KeptAnswers | None:
    """The answers to held-out rows that the release was measured by; None where they are not on this disk."""
    runs = [run for run in fold(work.ledger.read(product)).runs.values() if run.release == release]
    stages = [stage for run in runs for stage in run.stages if stage.stage == "evaluate"]
    for stage in reversed(stages):
        if not work.artifacts.has(stage.result):
            continue
        files = msgspec.json.decode(work.artifacts.get(stage.result), type=Evaluated).files
        if HELD in files and work.artifacts.has(files[HELD]):
            return read_held(work.artifacts.get(files[HELD]))
    return None


def _classified(kept: KeptAnswers, release: str) -> QualityWindow:
    truth, answer, chance = kept.column("truth"), kept.column("answer"), kept.column("chance")
    classes, one = kept.classes, kept.one
    order = list(range(len(classes))) if one is None else [*(c for c in range(2) if c != one), one]
    place = np.argsort([*order, len(order)])
    came, said = place[truth.astype(np.int64)], place[answer.astype(np.int64)]
    scored = one is not None and len(chance) > 0
    hits = (truth == one).astype(np.float64)
    losses = (chance - hits) ** 2 if scored else (truth != answer).astype(np.float64)
    return QualityWindow(
        0,
        0,
        release,
        "",
        answered=len(truth),
        labelled=len(truth),
        scores=binned(chance, hits) if scored else None,
        labels=counted([classes[each] for each in order], said, came),
        loss=Moments().after(losses),
    )


def _valued(kept: KeptAnswers, described: Release, release: str) -> Reference:
    truth, answer = kept.column("truth"), kept.column("answer")
    away = np.abs(answer - truth)
    finite = away[np.isfinite(away)]
    if not len(finite):
        return Reference(Asked(described.signature, described.task))
    median = float(np.median(finite))
    names, features = features_of(kept, described)
    model = error_model(answer, features, away, names=names)
    window = QualityWindow(
        0,
        0,
        release,
        "",
        answered=len(truth),
        labelled=len(finite),
        numbers=summed(answer, truth),
        loss=Moments().after((finite > median).astype(np.float64)),
        expected=_expected(model, answer, features, truth),
    )
    return Reference(Asked(described.signature, described.task, median, model), window)


def features_of(kept: KeptAnswers, described: Release) -> tuple[list[str], Floats]:
    """The numbers that callers send, of the rows that were scored."""
    raw = kept.raw
    at = kept.column("at").astype(np.int64)
    fields = [field.name for field in described.signature.inputs if field.kind in NUMBERS]
    columns = {name: _numbers(raw, name) for name in fields}
    there = {name: column for name, column in columns.items() if column is not None}
    names = list(there)[:MOST_FEATURES]
    return names, np.column_stack([there[name][at] for name in names]) if names else np.empty((len(at), 0))


def _numbers(raw: Table, name: str) -> Floats | None:
    column = raw.columns.get(name)
    return column.values if isinstance(column, Number) else None


def _expected(
    model: ErrorModel | None, answer: Floats, features: Floats, truth: Floats
) -> ErrorsExpected | None:
    return None if model is None else expected_of(model, answer, features, np.isfinite(truth))

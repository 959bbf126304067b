"""A release beside the live one, row by row: answers that neither had learnt, to the same raw rows."""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from causeway.actions.bundles import Bundle, prove
from causeway.actions.stages.compile import by_input, matrix_of
from causeway.actions.stages.evaluate import Evaluated
from causeway.actions.stages.kept_answers import HELD, KeptAnswers, names_of_rows, read_held
from causeway.actions.stages.recover import FEATURES
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.answers import Answers, Converted
from causeway.core.comparison import Comparison
from causeway.core.errors import CausewayError
from causeway.core.features import apply_columns, read_features
from causeway.core.release import Release
from causeway.core.table import Column, Number, Numbers, Table
from causeway.stats.paired import delong, mcnemar
from causeway.stats.quality import score_of
from causeway.views.run import fold

FEWEST = 30
"""Fewer rows in common compare nothing."""


class CannotCompareError(Exception):
    """Why two releases cannot be compared."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """The rows that both answer, neither having learnt them."""

    truth: Numbers
    new: Numbers
    live: Numbers
    unanswered: int


def against_live(work: Workspace, bundle: Bundle, live: str) -> Comparison:
    """How this release does beside the live one."""
    try:
        new, old = (
            _kept(work, bundle.release.product, bundle.digest),
            _kept(work, bundle.release.product, live),
        )
        pair = _pair(work, new, old, live=live)
    except CannotCompareError as reason:
        return Comparison(live, why_not=str(reason))
    metric = _metric(new)
    score = score_of(metric, pair.truth, pair.new, pair.live)
    test = {"roc_auc": delong, "accuracy": mcnemar}.get(metric)
    tested = test(pair.truth, pair.new, pair.live) if test else None
    return Comparison(
        live=live,
        metric=metric,
        rows=score.rows,
        value=score.value,
        live_value=score.baseline,
        gain=score.gain,
        low=score.gain_low,
        high=score.gain_high,
        p=tested.p if tested else None,
        test=tested.method if tested else "",
        unanswered=pair.unanswered,
    )


def _metric(kept: KeptAnswers) -> str:
    if not kept.classes:
        return "r2"
    return "roc_auc" if len(kept.column("chance")) else "accuracy"


def _kept(work: Workspace, product: str, release: str) -> KeptAnswers:
    """The held-out answers of the run that made this release."""
    runs = fold(work.ledger.read(product)).runs.values()
    made = [run for run in runs if run.release == release]
    stages = [stage for run in made for stage in run.stages if stage.stage == "evaluate"]
    for stage in reversed(stages):
        if not work.artifacts.has(stage.result):
            continue
        files = msgspec.json.decode(work.artifacts.get(stage.result), type=Evaluated).files
        if HELD in files and work.artifacts.has(files[HELD]):
            return read_held(work.artifacts.get(files[HELD]))
    raise CannotCompareError(f"the held-out answers of release {release[7:19]} are not on this disk")


def _pair(work: Workspace, new: KeptAnswers, old: KeptAnswers, *, live: str) -> _Pair:
    if (new.classes, new.one) != (old.classes, old.one) or _metric(new) != _metric(old):
        raise CannotCompareError("the two releases answer different things")
    raw, old_raw = new.raw, old.raw
    columns = sorted(old_raw.columns.keys() & raw.columns.keys())
    if len(columns) < len(old_raw.columns):
        lost = sorted(old_raw.columns.keys() - raw.columns.keys())
        raise CannotCompareError(f"the data no longer has {', '.join(lost[:5])}, which the live release knew")
    at = new.column("at").astype(np.int64)
    names = names_of_rows(raw, columns)[at]
    answered, learnt = _answers_of_old(old, names_of_rows(old_raw, columns))
    known = np.array([answered.get(name, np.nan) for name in names.tolist()])
    fresh = np.flatnonzero([name not in learnt and name not in answered for name in names.tolist()])
    if len(fresh):
        known[fresh] = _asked(work, live, raw.take(at[fresh]), old)
    both = np.flatnonzero(~np.isnan(known))
    if len(both) < FEWEST:
        raise CannotCompareError(f"only {len(both)} rows are new to both")
    truth = _truth(new)[both]
    if _metric(new) == "roc_auc" and not 2 <= truth.sum() <= len(truth) - 2:
        raise CannotCompareError("fewer than two rows of each class are new to both")
    unanswered = int(np.isnan(known[fresh]).sum()) if len(fresh) else 0
    return _Pair(truth, _judged(new)[both], known[both], unanswered)


def _answers_of_old(old: KeptAnswers, names: NDArray[np.bytes_]) -> tuple[dict[bytes, float], set[bytes]]:
    """The answers to held-out rows by the rows' names, and the names of rows that it only learnt from."""
    at = old.column("at").astype(np.int64)
    answered = dict(zip(names[at].tolist(), _judged(old).tolist(), strict=True))
    return answered, set(names.tolist()) - answered.keys()


def _judged(kept: KeptAnswers) -> Numbers:
    return kept.column("chance") if _metric(kept) == "roc_auc" else kept.column("answer")


def _truth(kept: KeptAnswers) -> Numbers:
    truth = kept.column("truth")
    return (truth == kept.one).astype(np.float64) if _metric(kept) == "roc_auc" else truth


def _asked(work: Workspace, live: str, rows: Table, old: KeptAnswers) -> Numbers:
    """What the live release itself answers to rows that it never saw; no number where it refuses."""
    folder = work.bundle(live)
    try:
        release = prove(folder, live)
    except CausewayError as error:
        raise CannotCompareError(f"the live release does not answer: {error.message}") from error
    if release.model.form == "worker" or release.model.features:
        raise CannotCompareError("the live release answers by a worker, which is not asked here")
    fields = Table({field.name: rows.columns[field.name] for field in release.signature.inputs})
    refused = np.zeros(len(rows), bool)
    if (folder / FEATURES).is_file():
        columns, defined = apply_columns(read_features((folder / FEATURES).read_bytes()), fields)
        fields, refused = Table(columns), ~defined.all(axis=1)
    try:
        answers = registry.onnx_answers(
            folder / release.model.file, _fed(release, fields), classes=old.classes
        )
    except CausewayError as error:
        raise CannotCompareError(f"the live release does not answer: {error.message}") from error
    numbers = _number_of(answers, old)
    numbers[refused] = np.nan
    return numbers


def _fed(release: Release, fields: Table) -> Numbers | dict[str, Column]:
    if release.model.form == "matrix":
        return matrix_of(fields)
    return dict(by_input(fields, Converted(input_names=release.model.input_names)))


def _number_of(answers: Answers, old: KeptAnswers) -> Numbers:
    if _metric(old) == "roc_auc" and answers.probabilities is not None and old.one is not None:
        return answers.probabilities[:, old.one].copy()
    if isinstance(answers.labels, Number):
        return answers.labels.values.copy()
    places = {name: float(place) for place, name in enumerate(old.classes)}
    return np.array([places.get(word or "", np.nan) for word in answers.labels.values])

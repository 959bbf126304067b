"""Measures the model of a trial on rows it was not fitted on, and what each doubtful column is worth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from causeway.actions.stages.doubts import telling_columns
from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.evaluate import beside_claim, evaluate
from causeway.actions.stages.held import held_out, score_held
from causeway.actions.stages.kept import pack
from causeway.actions.stages.recover import FEATURES, MATRIX, Recovered, kept_rows, recover_features
from causeway.actions.stages.site import Site
from causeway.actions.trial.entries import Ran
from causeway.actions.trial.place import environments
from causeway.actions.trial.run import TrialRun
from causeway.adapters import registry
from causeway.assess.parity import words_of
from causeway.assess.trial_leaks import Suspect, suspects
from causeway.core.answers import HonestAnswers
from causeway.core.environment import Environment
from causeway.core.errors import CausewayError
from causeway.core.features import columns_read, read_features
from causeway.core.ids import counted
from causeway.core.poc import DataFile
from causeway.core.release import Evaluation
from causeway.core.table import Column, Number, Table, Text
from causeway.core.trial import Measured, StoodIn, Worth
from causeway.recover import LoadedTrace
from causeway.stats.quality import METRICS

STAND_IN = "a plain gradient boosting"
STAND_IN_OF_WORDS = "a linear model of the words"
STAND_IN_SECONDS = 60.0
TASKS = {
    "binary classification": "binary",
    "multiclass classification": "multiclass",
    "regression": "regression",
}


def measured(run: TrialRun, ran: Ran | None) -> Measured:
    """The honest measure of the proof of concept's own model, else of a stand-in; else why not."""
    reason = "nothing here trains" if ran is None else "the training was stopped"
    if ran is not None and ran.trace is not None:
        reason = "the training fitted no model that was seen"
        if any(one.file for one in ran.trace.captured):
            run.asked.say("measuring its model on rows held out")
            try:
                return _own(run, ran)
            except CausewayError as error:
                reason = error.message
    return _stand_in(run, reason)


@dataclass(frozen=True, slots=True)
class _Case:
    site: Site
    environment: EnvironmentMade
    ran: Ran
    loaded: LoadedTrace
    recovered: Recovered

    def evaluation(self, run: TrialRun, recovered: Recovered) -> Evaluation:
        """The honest measure with the matrix of this recovery."""
        source = self.loaded.tables[recovered.source]
        made = evaluate(
            self.site, self.environment, self.ran.folder, recovered, source=source, claims=run.poc.claims
        )
        return made.evaluation


def _own(run: TrialRun, ran: Ran) -> Measured:
    site = run.place.site(run.folder, run.manifest)
    loaded = registry.load_trace(ran.folder)
    recovered = recover_features(site, loaded)
    case = _Case(site, EnvironmentMade(fact="", environment=run.environment), ran, loaded, recovered)
    evaluation = case.evaluation(run, recovered)
    told = telling_columns(site, recovered, loaded.tables[recovered.source])
    doubtful = suspects(run.poc, [one.column for one in told])
    leaks = [worth for suspect in doubtful if (worth := _worth(run, case, suspect, evaluation))]
    y = kept_rows(site, recovered).y
    commonest = _commonest(words_of(y)) if y is not None and recovered.task != "regression" else None
    return Measured(evaluation, recovered.estimator, leaks=tuple(leaks), commonest=commonest)


def _worth(run: TrialRun, case: _Case, suspect: Suspect, evaluation: Evaluation) -> Worth | None:
    """The same measure with what is made of this raw column held constant."""
    site, recovered = case.site, case.recovered
    matrix = kept_rows(site, recovered).matrix
    made = _made_of(site, recovered, suspect.column) & set(matrix.columns)
    if not made or len(made) == len(matrix.columns):
        return None
    run.asked.say(f"measuring again without {suspect.column}")
    held = {name: _constant(column) if name in made else column for name, column in matrix.columns.items()}
    files = recovered.files | {MATRIX: site.work.artifacts.put(pack(Table(held)))}
    without = case.evaluation(run, structs.replace(recovered, files=files))
    return Worth(suspect.column, evaluation.metric, evaluation.value, without.value, suspect.why)


def _made_of(site: Site, recovered: Recovered, raw: str) -> set[str]:
    """The columns of the matrix that are made of this raw column: by their rules, else by their names."""
    if FEATURES in recovered.files:
        features = read_features(site.work.artifacts.get(recovered.files[FEATURES]))
        rules = zip(features.columns, features.rules, strict=True)
        return {name for name, rule in rules if raw in columns_read(rule)}
    return {name for name in recovered.columns if name == raw or name.startswith((f"{raw}_", f"{raw}="))}


def _constant(column: Column) -> Column:
    if isinstance(column, Number):
        finite = column.values[np.isfinite(column.values)]
        middle = float(np.median(finite)) if len(finite) else 0.0
        return Number(np.full(len(column), middle), column.kind)
    words = [value for value in column.values if value is not None]
    commonest = max(set(words), key=words.count) if words else None
    return Text([commonest] * len(column))


def _stand_in(run: TrialRun, reason: str) -> Measured:
    """A plain model in the place of the proof of concept's own, on the raw columns of its training data."""
    file, task = run.poc.training_file(), TASKS.get(run.poc.kind.value, "")
    if file is None or not task or not run.target:
        return Measured(reason=reason if run.poc.trainings else "")
    doubtful = suspects(run.poc, [])
    try:
        run.asked.say("measuring with a stand-in on the raw columns")
        environment = _with_learner(run)
        stood = registry.stand_in(
            run.bench(environment),
            file,
            task=task,
            drop=[one.column for one in doubtful],
            seconds=STAND_IN_SECONDS,
        )
    except CausewayError as error:
        return Measured(reason=f"{reason}; nor could a stand-in be measured: {error.message}")
    if stood.reason:
        return Measured(reason=f"{reason}; nor could a stand-in be measured: {stood.reason}")
    return _of_stand_in(run, file, stood, doubtful=doubtful, reason=reason)


def _with_learner(run: TrialRun) -> Environment:
    """An environment with scikit-learn and pandas: the proof of concept's own where it has them."""
    if {"scikit-learn", "pandas"} <= run.environment.pins.keys():
        return run.environment
    made = registry.build_environment(
        run.folder,
        declared=(),
        imports=("pandas", "sklearn"),
        python=None,
        into=environments(),
        say=run.asked.say,
    )
    run.cage.admit(made.folder)
    return made


def _of_stand_in(
    run: TrialRun, file: DataFile, stood: StoodIn, *, doubtful: Sequence[Suspect], reason: str
) -> Measured:
    truth, labels, chances, folds = map(_array, (stood.truth, stood.labels, stood.chances, stood.folds))
    scores = np.column_stack([1 - chances, chances]) if len(stood.classes) == 2 else None
    words = [stood.classes[int(place)] for place in truth] if stood.classes else []
    said = [stood.classes[int(place)] for place in np.nan_to_num(labels)] if stood.classes else []
    honest = HonestAnswers(
        Text(said) if said else Number(labels), scores, stood.classes, folds, stood.method, 0.0
    )
    positive = run.poc.positive.value
    evaluation = score_held(
        held_out(honest, Text(words) if stood.classes else Number(truth), positive=positive)
    )
    scored = folds >= 0
    aim = truth[scored]
    if len(stood.classes) == 2 and positive == stood.classes[0]:
        aim, chances = 1 - aim, 1 - chances
    leaks = [
        Worth(
            one.column,
            evaluation.metric,
            evaluation.value,
            METRICS[evaluation.metric].of(aim, _turned(stood, one.column, positive)[scored]),
            one.why,
        )
        for one in doubtful
        if one.column in stood.without
    ]
    evaluation = beside_claim(evaluation, run.poc.claims)
    few = len(stood.columns)
    by = (
        STAND_IN
        if any(column in file.names for column in stood.columns) and not _words(run)
        else STAND_IN_OF_WORDS
    )
    many = f"{by} on {counted(few, 'raw column')}"
    commonest = _commonest(words) if words else None
    return Measured(evaluation, many, stand_in=True, leaks=tuple(leaks), commonest=commonest, reason=reason)


def _commonest(words: Sequence[str | None]) -> float | None:
    known = [word for word in words if word is not None]
    return Counter(known).most_common(1)[0][1] / len(known) if known else None


def _turned(stood: StoodIn, column: str, positive: str) -> np.ndarray:
    answers = _array(stood.without[column])
    return 1 - answers if len(stood.classes) == 2 and positive == stood.classes[0] else answers


def _words(run: TrialRun) -> bool:
    """Whether the features are nothing but text."""
    file = run.poc.training_file()
    known = [column for name in run.poc.features if file and (column := file.column(name))]
    return bool(known) and all(column.kind == "text" and column.mean_length > 25 for column in known)


def _array(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

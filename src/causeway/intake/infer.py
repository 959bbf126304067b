"""From many facts to the few that name a proof of concept: kind, target, features, who trains and who
serves.
"""

from collections.abc import Iterable, Sequence

from causeway.core.finding import Evidence
from causeway.core.poc import ColumnProfile, DataFile, GenAi, Guess, ModelFile, Sighting, Source, Training
from causeway.intake.estimators import FORECASTERS, PRETRAINED, learner
from causeway.intake.flow.values import UNKNOWN
from causeway.intake.private.personal import words

POSITIVES = (
    "yes",
    "1",
    "1.0",
    "true",
    "y",
    "t",
    "positive",
    "default",
    "churned",
    "fraud",
    "bad",
    "spam",
    "malignant",
)
NAMED = {
    "clustering": "clustering", "anomaly": "anomaly detection", "recommendation": "recommendation",
    "survival": "survival analysis", "topics": "topic modelling", "reinforcement": "reinforcement learning",
    "detection": "object detection", "tagging": "token classification", "answering": "question answering",
    "generation": "text generation", "ranking": "ranking", "images": "image classification",
    "regression": "regression", "forecast": "time series forecasting",
}  # fmt: skip
"""What people call the tasks that an estimator's name alone tells."""
MANY_CLASSES = 100
MANY_NUMBERS = 20
IMAGE_LAYERS = {"Conv2D", *PRETRAINED}
CURVES = {
    "roc_auc_score",
    "roc_curve",
    "precision_recall_curve",
    "average_precision_score",
    "brier_score_loss",
}
"""Measures of a model that tells two classes apart."""
UNTAUGHT = {"clustering", "anomaly", "topics", "recommendation", "reinforcement", "detection", "generation"}
"""Tasks that learn no column."""
TARGET_WORDS = {"target", "label", "class", "outcome", "churn", "attrition", "default", "survived", "y"}


def kind_of(
    training: Training | None, file: DataFile | None, target: Guess, genai: GenAi, seen: set[str]
) -> Guess:
    """What sort of problem it is."""
    if training is None:
        return _generative_kind(genai, seen)
    at = (training.at,)
    if training.images:
        return _of_images(training, at)
    if training.task == "regression":
        return _regression(training, file, target, at)
    if training.task in {"binary", "multiclass", "classification"}:
        binary = training.positive or CURVES & set(training.metrics)
        task = "binary" if training.task == "classification" and binary else training.task
        return _classification(task, file, target, at)
    task = "forecast" if training.estimator in FORECASTERS else training.task
    return Guess(NAMED[task], 0.9, at) if task in NAMED else _by_target(file, target, at)


def kind_of_shipped(shipped: ModelFile | None) -> Guess:
    """What sort of problem a saved model solves, where its training is not in the folder."""
    kind = (
        learner(shipped.estimator.strip("()").rsplit("(", 1)[-1]) if shipped and shipped.estimator else None
    )
    if shipped is None or kind is None or kind.kind != "model":
        return Guess()
    at = (Evidence(shipped.path),)
    if kind.task == "classification":
        if len(shipped.classes) == 2:
            return Guess("binary classification", 0.9, at)
        if shipped.classes:
            return Guess("multiclass classification", 0.9, at)
        return Guess("classification", 0.8, at, ("binary classification", "multiclass classification"))
    return Guess(NAMED.get(kind.task, kind.task), 0.8, at)


def kind_of_untrained(seen: Iterable[Sighting]) -> Guess:
    """What a network that nothing fits was built for, as far as its layers tell."""
    for sighting in seen:
        if sighting.what == "never_fitted" and IMAGE_LAYERS & set(sighting.detail.split()):
            return Guess("image classification", 0.7, (sighting.at,))
    return Guess()


def untrained_model(seen: Iterable[Sighting]) -> Guess:
    """What a person calls a network that nothing fits."""
    found = next((item for item in seen if item.what == "never_fitted"), None)
    if found is None:
        return Guess()
    base = next((name for name in found.detail.split() if name in PRETRAINED), "")
    return Guess(f"Keras network{f' on {base}' if base else ''} that is never trained", 0.9, (found.at,))


def _of_images(training: Training, at: tuple[Evidence, ...]) -> Guess:
    sure = training.task in {"binary", "multiclass"}
    return Guess(f"{training.task} image classification" if sure else "image classification", 0.9, at)


def _regression(training: Training, file: DataFile | None, target: Guess, at: tuple[Evidence, ...]) -> Guess:
    if training.target and training.features == (training.target,):
        return Guess("time series forecasting", 0.85, at)
    dates = [column.name for column in file.columns if column.kind == "date"] if file else []
    recurrent = any(word in training.estimator for word in ("LSTM", "GRU", "RNN"))
    if dates and recurrent:
        return Guess("time series forecasting", 0.8, at)
    rest = [column.name for column in file.columns if column.name != target.value] if file else []
    if dates and rest == dates and len(file.columns if file else ()) == 2:
        return Guess("time series forecasting", 0.8, at)
    return Guess("regression", 0.95, at)


def in_time(kind: Guess, training: Training | None, target: str, seen: Iterable[Sighting]) -> Guess:
    """The kind, which is forecasting where the training's own code treats its rows as a series in time."""
    if training is None or kind.value != "regression":
        return kind
    own = [s for s in seen if s.what == "time_order" and s.at.path in {training.path, training.at.path}]
    signs = {s.value for s in own}
    lags = [s for s in own if s.value == "lag" and s.detail in {"", target}]
    if (lags and signs - {"lag"}) or (
        "made of the index" in signs and signs & {"split by date", "time folds", "kept in order"}
    ):
        shown = lags or [s for s in own if s.value != "dates"]
        return Guess(NAMED["forecast"], 0.85, (training.at, shown[0].at))
    return kind


def of_noise(kind: Guess, training: Training | None, seen: Iterable[Sighting]) -> Guess:
    """The kind, which is the finding of anomalies where what fits no cluster is called one."""
    if training is None or training.task != "clustering":
        return kind
    flagged = [
        s for s in seen if s.what == "noise_flagged" and s.at.path in {training.path, training.at.path}
    ]
    return Guess(NAMED["anomaly"], 0.85, (training.at, flagged[0].at)) if flagged else kind


def _classification(task: str, file: DataFile | None, target: Guess, at: tuple[Evidence, ...]) -> Guess:
    column = file.column(target.value) if file and target else None
    if column is not None and column.distinct >= 2 and column.kind != "float":
        return Guess(
            "binary classification" if column.distinct == 2 else "multiclass classification", 0.95, at
        )
    if task != "classification":
        return Guess(f"{task} classification", 0.9, at)
    return Guess("classification", 0.8, at, ("binary classification", "multiclass classification"))


def _by_target(file: DataFile | None, target: Guess, at: tuple[Evidence, ...]) -> Guess:
    """The kind that the target's values speak for, when the estimator does not tell."""
    column = file.column(target.value) if file and target else None
    if column is None or column.distinct < 2:
        return Guess()
    if column.distinct == 2:
        return Guess("binary classification", 0.8, at)
    if column.kind in {"text", "boolean"}:
        return Guess("multiclass classification", 0.7, at) if column.distinct <= MANY_CLASSES else Guess()
    if column.distinct > MANY_CLASSES or (column.kind == "float" and column.distinct > MANY_NUMBERS):
        return Guess("regression", 0.85, at)
    few = column.distinct <= 10
    kinds = ("multiclass classification", "regression")
    return Guess(kinds[not few], 0.6, at, kinds)


def _generative_kind(genai: GenAi, seen: set[str]) -> Guess:
    if not genai and "genai_tuning" not in seen:
        return Guess()
    at = tuple(item.at for item in (*genai.stores, *genai.models, *genai.agents, *genai.providers) if item.at)
    if "genai_tuning" in seen:
        return Guess("GenAI fine-tuning", 0.9, at)
    if (genai.stores or "retrieval" in seen) and not any(tool.acts for tool in genai.tools):
        return Guess("GenAI RAG app", 0.9, at)
    return Guess("GenAI agent" if "agent" in seen else "GenAI app", 0.8, at)


def target_of(training: Training | None, file: DataFile | None, others: tuple[str, ...] = ()) -> Guess:
    """The column that the model learns to tell."""
    if training is not None and (training.images or training.task in UNTAUGHT) and not training.target:
        return Guess()
    if training is not None:
        name = training.target
        index = training.target_index
        if not name and index is not None and file is not None and file.columns:
            name = file.names[index] if -len(file.names) <= index < len(file.names) else ""
        if not name and file is not None:
            name = _only_value(file) if training.task in {"regression", "forecast"} else ""
        if name:
            name = _as_written(name, file)
            sure = 0.95 if file is None or file.column(name) else 0.6
            others = tuple(other for other in others if other != name)
            return Guess(name, sure - 0.3 * bool(others), (training.at,), others)
    if training is not None and training.text and file is not None:
        labelled = [name for name in file.names if name.lower() in {"label", "labels"}]
        if len(labelled) == 1:
            return Guess(labelled[0], 0.7, (training.at,))
    return Guess("", 0.0, (), _candidates(file))


def _as_written(name: str, file: DataFile | None) -> str:
    """The file's own spelling, where code changed the letters' case."""
    if file is None or file.column(name):
        return name
    alike = [own for own in file.names if own.lower().replace(" ", "_") == name.lower().replace(" ", "_")]
    return alike[0] if len(alike) == 1 else name


def _only_value(file: DataFile) -> str:
    rest = [column.name for column in file.columns if column.kind in {"integer", "float"}]
    return rest[0] if len(rest) == 1 else ""


def _candidates(file: DataFile | None) -> tuple[str, ...]:
    if file is None:
        return ()
    named = [column.name for column in file.columns if TARGET_WORDS & set(words(column.name))]
    last = file.columns[-1].name if file.columns and 2 <= file.columns[-1].distinct <= 20 else ""
    return tuple(dict.fromkeys([*named, *([last] if last else [])]))[:4]


def positive_of(training: Training | None, column: ColumnProfile | None) -> Guess:
    """The class that the model is there to find."""
    if column is None or column.distinct != 2 or not column.categories:
        return Guess()
    values = list(column.categories)
    if training is not None and training.positive in values:
        return Guess(training.positive, 0.95, (training.at,))
    likely = [value for value in values if value.lower() in POSITIVES]
    if len(likely) == 1:
        return Guess(likely[0], 0.8)
    return Guess("", 0.0, (), tuple(values))


def features_of(training: Training | None, file: DataFile | None, target: str) -> tuple[str, ...]:
    """The raw columns that reach the model; empty when that cannot be told."""
    if training is None or file is None or UNKNOWN in training.dropped:
        return ()
    if training.features:
        known = all(file.column(name) for name in training.features)
        return training.features if known else ()
    if training.feature_slice:
        start, stop = training.feature_slice
        return tuple(name for name in file.names[start:stop] if name != target)
    if not target or "LSTM" in training.estimator:
        return ()
    out = {target, *training.dropped}
    # pandas calls a column without a name by its place
    unnamed = {name: f"Unnamed: {place}" for place, name in enumerate(file.names)}
    blank = {name for place, name in enumerate(file.names) if name in {"(index)", f"column {place}"}}
    return tuple(
        name for name in file.names if name not in out and not (name in blank and unnamed[name] in out)
    )


def identifiers_of(file: DataFile | None, target: str) -> tuple[str, ...]:
    """Columns that name a record instead of describing it."""
    if file is None or not file.header:
        return ()
    return tuple(column.name for column in file.columns if column.name != target and _identifies(column))


def _identifies(column: ColumnProfile) -> bool:
    if column.kind not in {"integer", "text"} or not column.unique:
        return False
    found = words(column.name)
    named = bool(found) and (
        found[-1] in {"id", "number", "no", "key", "code", "uuid", "index"} or found[0] == "id"
    )
    return named or (
        column.kind == "text" and column.mean_length <= 40 and " " not in column.name and found[-1:] == ["id"]
    )


def choose_app(
    apps: Iterable[Sighting], seen: Iterable[Sighting], sources: Sequence[Source], readme: str
) -> Guess:
    """The app that serves the model, and the others as candidates; copies count once."""
    weights: dict[str, int] = {}
    first: dict[str, Sighting] = {}
    for app in apps:
        path = app.at.path
        first.setdefault(path, app)
        weights[path] = (path.rsplit("/", 1)[-1] in readme) + (path.count("/") == 0)
    for sighting in seen:
        if sighting.at.path in weights:
            weights[sighting.at.path] += {
                "unsafe_load": 3,
                "load": 3,
                "predicts": 2,
                "route": 1,
                "served_hook": 3,
            }.get(sighting.what, 0)
    originals = _without_copies(list(weights), sources, weights)
    if not originals:
        return Guess()
    ordered = sorted(originals, key=lambda path: (-weights[path], len(path), path))
    return Guess(ordered[0], 0.9, (first[ordered[0]].at,), tuple(ordered[1:]))


def _without_copies(paths: list[str], sources: Sequence[Source], weights: dict[str, int]) -> list[str]:
    digests = {source.path: source.digest or source.path for source in sources}
    best: dict[str, str] = {}
    for path in sorted(paths, key=lambda item: (-weights[item], len(item))):
        best.setdefault(digests.get(path, path), path)
    return list(best.values())

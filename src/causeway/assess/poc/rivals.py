"""Where a folder holds two answers to one question, and nothing says which one counts."""

from collections import Counter
from collections.abc import Iterator

from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import DataFile, ModelFile, Poc, Sighting

SURE = 0.9
"""Certainty from which the app or the saved model tells which training is the final one."""
PARTS = ("train", "test", "valid", "val", "dev", "sample", "baseline", "holdout", "fold", "split")
NETWORKS = {"HDF5", "Keras"}
"""Formats whose layers stand in `holds`."""
STEPS = (
    "Scaler", "Encoder", "Binarizer", "Imputer", "Vectorizer", "Selector", "Tokenizer", "Transformer", "PCA",
    "Normalizer", "KBest", "Features", "SVD",
)  # fmt: skip
MODEL_FORMATS = {"pickle", "compressed pickle", "HDF5", "Keras", "torch", "ONNX"}


def judge(poc: Poc) -> Iterator[Finding]:
    """Rival trainings, data, models, and copies of code."""
    yield from _trainings(poc)
    yield from _data(poc)
    yield from _models(poc)
    yield from _copies(poc)


def _trainings(poc: Poc) -> Iterator[Finding]:
    if poc.train.candidates:
        paths = [poc.train.value, *poc.train.candidates]
        settled = poc.train.certainty >= SURE
        told = (
            f"; of what they save, only that of {poc.train.value} is {'served' if _served(poc) else 'kept'}."
            if settled
            else f" and nothing says which one is final; taken here: {poc.train.value}."
        )
        yield Finding(
            "RIVAL-TRAINING",
            Severity.NOTE,
            f"{len(paths)} files train a model{told}",
            Remedy(
                "Say what the rest is for, or remove it."
                if settled
                else "Name it in the manifest: model.train."
            ),
            tuple(Evidence(path) for path in paths[:5]),
            certainty=0.9,
            damage=0.35,
        )


def _served(poc: Poc) -> bool:
    saved = {_name(path) for item in poc.trainings if item.path == poc.train.value for path in item.saves}
    return any(_name(s.detail) in saved for s in _loads(poc) if s.at.path == poc.serve.value)


def _loads(poc: Poc) -> tuple[Sighting, ...]:
    return (*poc.seen("unsafe_load"), *poc.seen("load"))


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _data(poc: Poc) -> Iterator[Finding]:
    tables = [
        file
        for file in poc.data
        if len(file.columns) > 2 and not file.scored and not _part(file) and not file.result
    ]
    for position, one in enumerate(tables):
        for other in tables[position + 1 :]:
            alike = set(one.names) == set(other.names) and one.records == other.records
            if alike and one.header:
                same = one.digest == other.digest
                yield Finding(
                    "RIVAL-DATA",
                    Severity.NOTE,
                    f"{one.path} and {other.path} hold the same columns and {one.records:,} records each"
                    + (", byte for byte." if same else ", but differ."),
                    Remedy("Keep the one that training reads, and say where it came from."),
                    (Evidence(one.path), Evidence(other.path)),
                    certainty=0.9,
                    damage=0.4,
                )
                return


def _part(file: DataFile) -> bool:
    name = file.path.rsplit("/", 1)[-1].lower()
    return any(part in name for part in PARTS)


def _models(poc: Poc) -> Iterator[Finding]:
    own = [training for training in poc.trainings if training.path == poc.train.value and training.saves]
    if not own or not poc.serve or poc.serve.value == poc.train.value:
        return
    saved = {_name(path) for training in own for path in training.saves}
    models = {_name(m.path) for m in poc.models if m.format in MODEL_FORMATS and _answers(m)}
    app = {poc.serve.value, *(s.at.path for s in poc.seen("imported_by") if s.value == poc.serve.value)}
    loads = [s for s in _loads(poc) if s.at.path in app - {poc.train.value}]
    opened = {_name(s.detail) for s in loads}
    loaded = opened & models
    if loaded and not opened & saved:
        yield Finding(
            "RIVAL-MODEL",
            Severity.FIX,
            f"The app loads {', '.join(sorted(loaded))}, but {poc.train.value} writes "
            f"{', '.join(sorted(saved))}: "
            "training again changes nothing for the users.",
            Remedy("Let both name the same file."),
            (*(s.at for s in loads[:2]), own[-1].at),
            certainty=0.85,
            damage=0.6,
        )


def _answers(model: ModelFile) -> bool:
    """Whether it could be a model that answers, and is no container and no step before one."""
    container = bool(model.holds) and model.format not in NETWORKS
    return not container and not model.estimator.endswith(STEPS)


def _copies(poc: Poc) -> Iterator[Finding]:
    counts = Counter(source.digest for source in poc.sources if source.digest and source.lines > 5)
    for digest, count in counts.items():
        if count > 1:
            paths = [source.path for source in poc.sources if source.digest == digest]
            yield Finding(
                "COPY",
                Severity.NOTE,
                f"{' and '.join(paths[:3])} are the same, byte for byte.",
                Remedy("Keep one of them."),
                tuple(Evidence(path) for path in paths[:3]),
                damage=0.15,
            )

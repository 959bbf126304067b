"""Which of several trainings makes the product, and what the model is called where several were tried."""

import re
from collections.abc import Iterable, Iterator, Sequence

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, ModelFile, Training
from causeway.intake.estimators import friendly, learner

ENTRIES = {"train.py", "training.py", "main.py", "train_model.py", "model_training.py", "train.ipynb"}
UNSUPERVISED = {"clustering", "anomaly", "topics", "recommendation", "reduction"}
_NUMBERED = re.compile(r"(?P<folder>.*/|)\d{1,3}[-_.a-z]?[-_. ][^/]*$")
_REPORT = re.compile(r"(^|/)(reports?|vignettes|tests?|testthat|docs?|slides|presentation)/", re.IGNORECASE)
_BESIDE = re.compile(
    r"(^|/)(tests?|examples?|docs?|archive|old|backup|deprecated)/|(^|/)test_[^/]*$", re.IGNORECASE
)


def stages(one: str, other: str) -> bool:
    """Whether both are numbered steps of one piece of work: 05-fit.R, 06-check.R."""
    numbers = [_NUMBERED.match(path) for path in (one, other)]
    return all(numbers) and len({found["folder"] for found in numbers if found}) == 1 and one != other


def tells(path: str) -> bool:
    """Whether it is a report, a vignette or a test, which fits a model only to show it."""
    return bool(_REPORT.search(path))


def distinct(trainings: Iterable[Training]) -> list[Training]:
    """Each fit once: a function that several files call is told by the file that knows most about it."""
    best: dict[tuple[str, str], Training] = {}
    for training in trainings:
        key = (str(training.at), training.estimator)
        known = best.get(key)
        if known is None or _known(training) > _known(known):
            best[key] = training
    return list(best.values())


def _known(training: Training) -> tuple[bool, bool, bool, bool]:
    return (
        bool(training.target or training.target_index is not None),
        bool(training.data),
        bool(training.saves),
        "train" in training.path.rsplit("/", 1)[-1].lower() or training.path == training.at.path,
    )


def choose_training(trainings: Sequence[Training], loaded: set[str]) -> Training | None:
    """The training that makes the product: it saves what the app loads, and is rather a script than a
    notebook.
    """
    if not trainings:
        return None
    taught = any(item.target and item.task not in UNSUPERVISED for item in trainings)
    ranked = [
        (weight(training, loaded, taught=taught), -training.path.count("/"), position, training)
        for position, training in enumerate(trainings)
    ]
    return max(ranked, key=lambda item: item[:3])[3]


def weight(training: Training, loaded: set[str], *, taught: bool) -> int:
    """How much speaks for this training."""
    name = training.path.rsplit("/", 1)[-1].lower()
    saved = {path.rsplit("/", 1)[-1] for path in training.saves}
    found = 3 * name.endswith((".py", ".rmd", ".r")) + 2 * bool(saved) + 3 * bool(saved & loaded)
    found += (
        bool(training.target or training.target_index is not None) + ("train" in name) + (name in ENTRIES)
    )
    found -= 5 * bool(
        _BESIDE.search(training.path) or tells(training.path)
    ) + 3 * training.estimator.startswith("Dummy")
    found -= 2 * training.estimator.startswith("Kaplan")
    return found - 3 * (taught and training.task in UNSUPERVISED)


def rivals(chosen: Training, trainings: Iterable[Training]) -> list[str]:
    """Names of the models tried beside the chosen one, in the same file for the same target, when nothing
    tells which of them is shipped.
    """
    same = [
        item
        for item in trainings
        if item.path == chosen.path
        and item.target in {chosen.target, ""}
        and (item.task in UNSUPERVISED) == (chosen.task in UNSUPERVISED)
        and not item.estimator.startswith("Dummy")
    ]
    if chosen.saves:
        same = [item for item in same if set(item.saves) & set(chosen.saves)]
    return list(dict.fromkeys(friendly(item.estimator) for item in same))


def model_name(
    chosen: Training | None,
    trainings: Sequence[Training],
    *,
    shipped: ModelFile | None,
    kept: Sequence[ModelFile],
) -> Guess:
    """What a person calls the model: the one that is shipped, or trained, or one of those tried."""
    if shipped is not None and (name := inner_name(shipped)):
        return Guess(friendly(name), 0.95, (Evidence(shipped.path),))
    if chosen is None:
        return Guess()
    names = rivals(chosen, trainings) or [friendly(chosen.estimator)]
    if len(names) == 1:
        return Guess(names[0], 0.9, (chosen.at,))
    saved = {friendly(name): file for file in kept if (name := inner_name(file)) and friendly(name) in names}
    if len(saved) == 1:
        name, file = next(iter(saved.items()))
        return Guess(name, 0.85, (Evidence(file.path), chosen.at))
    last = friendly(chosen.estimator)
    return Guess(last, 0.5, (chosen.at,), tuple(names))


def inner_name(file: ModelFile) -> str:
    """The estimator that a saved model is, without what wraps it; empty when it is none."""
    inner = re.search(r"\((\w+)\)", file.estimator)
    name = inner[1] if inner else file.estimator
    kind = learner(name) if name else None
    return name if kind and kind.kind == "model" else ""


def beside(chosen: Training | None, trainings: Iterable[Training], loaded: set[str]) -> Iterator[Training]:
    """The other trainings whose saved models the app loads too, the last of each file."""
    own = _names(chosen) if chosen else set()
    found = {
        item.path: item
        for item in trainings
        if chosen and item.path != chosen.path and (_names(item) & loaded) - own and own & loaded
    }
    yield from found.values()


def _names(training: Training) -> set[str]:
    return {path.rsplit("/", 1)[-1] for path in training.saves}


def other_targets(chosen: Training | None, trainings: Iterable[Training]) -> tuple[str, ...]:
    """Columns that other fits in the same file learn, where nothing speaks for the chosen one."""
    if chosen is None or chosen.saves:
        return ()
    names = [item.target for item in trainings if item.path == chosen.path and item.target]
    return tuple(dict.fromkeys(name for name in names if name != chosen.target))

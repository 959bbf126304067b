"""Opens every saved model of a trial; where one fails, once more with the version that saved it."""

import re
from dataclasses import dataclass

from msgspec import structs

from causeway.actions.trial.run import TrialRun
from causeway.actions.trial.wish import Wish
from causeway.adapters import registry
from causeway.assess.trial import proven, stale
from causeway.core.environment import Environment
from causeway.core.errors import CausewayError
from causeway.core.poc import ModelFile
from causeway.core.trial import SavedModel

FORMATS = ("pickle", "joblib", "keras", "hdf5", "torch", "onnx", "xgboost", "lightgbm", "skops")
MOST_MODELS = 12


@dataclass(frozen=True, slots=True)
class Mended:
    """An environment with the version that saved a model, in which it answers."""

    environment: Environment
    pin: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The saved models, and the environment that mends those that failed, if there is one."""

    models: tuple[SavedModel, ...]
    mended: Mended | None


def opens(model: ModelFile) -> bool:
    """Whether files of this form are opened."""
    return any(word in model.format.lower() for word in FORMATS)


def opened(run: TrialRun, wish: Wish) -> Opened:
    """Each saved model, asked about a real row."""
    files = run.poc.models[:MOST_MODELS]
    found = [_one(run, model) for model in files]
    broken = [model for model, told in zip(files, found, strict=True) if told.outcome == "fails"]
    mended = _mended(run, wish, broken)
    if mended:
        found = [
            proven(told, mended.pin) if told.outcome == "fails" and model.version in mended.pin else told
            for model, told in zip(files, found, strict=True)
        ]
    return Opened(tuple(found), mended)


def _one(run: TrialRun, model: ModelFile) -> SavedModel:
    if not opens(model):
        why = f"{model.format} is not opened here"
        return SavedModel(model.path, "not-tried", model.estimator, error=why)
    run.asked.say(f"opening {model.path}")
    told = registry.open_saved(run.bench(), model)
    return structs.replace(told, remedy=stale(model, run.environment.pins, told))


def _mended(run: TrialRun, wish: Wish, broken: list[ModelFile]) -> Mended | None:
    """An environment with the version that saved the first of them, if it then answers."""
    model = next((one for one in broken if re.fullmatch(r"\d+(\.\d+)+", one.version)), None)
    package = model.framework.lower() if model else ""
    if model is None or run.environment.pins.get(package, model.version) == model.version:
        return None
    pin = f"{package}=={model.version}"
    run.asked.say(f"trying again with {pin}, which saved {model.path}")
    try:
        made = wish.made(pin)
    except CausewayError:
        return None
    if made.pins.get(package) != model.version:
        return None
    run.cage.admit(made.folder)
    told = registry.open_saved(run.bench(made), model)
    return Mended(made, pin) if told.outcome == "predicts" else None

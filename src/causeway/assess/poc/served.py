"""Do the app's inputs and answers mean what they meant in training: order, cleaning, names of classes."""

import re
from collections.abc import Iterator, Sequence

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import ModelFile, Poc, Sighting

BY_POSITION = {"LGBMClassifier", "LGBMRegressor", "Booster"}
"""Models that take a table's columns by position and do not look at their names."""


def judge(poc: Poc) -> Iterator[Finding]:
    """Columns in another order, texts that only training cleans, classes that are never decoded."""
    yield from _order(poc)
    yield from _cleaning(poc)
    yield from _classes(poc)
    yield from _unscaled(poc)


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower())


def _order(poc: Poc) -> Iterator[Finding]:
    for sighting in poc.seen("input_order"):
        given = [_plain(name) for name in sighting.value.split(",")]
        model = _same_inputs(poc, given)
        if model is None:
            continue
        learned = [_plain(name) for name in model.features]
        if given == learned:
            continue
        place = next(n for n, pair in enumerate(zip(given, learned, strict=True)) if pair[0] != pair[1])
        silent = model.estimator in BY_POSITION
        yield Finding(
            "SKEW",
            Severity.BLOCKER if silent else Severity.FIX,
            f"The app sends its columns in another order than {model.path} learned them: column {place + 1} "
            f"is {sighting.value.split(',')[place]}, learned was {model.features[place]}"
            + (
                "; the model goes by position, so it answers about mixed-up columns."
                if silent
                else "; such a call is refused, or columns are mixed up where only positions count."
            ),
            Remedy("Put the columns into the order that is saved with the model before predicting."),
            (sighting.at,),
            certainty=0.9,
            damage=1.0 if silent else 0.8,
            blocks_ship=silent,
        )
        return


def _same_inputs(poc: Poc, given: Sequence[str]) -> ModelFile | None:
    """The saved model whose inputs these are, unless another one learned them in this very order."""
    same = [
        model
        for model in poc.models
        if model.estimator and sorted(map(_plain, model.features)) == sorted(given)
    ]
    if any([_plain(name) for name in model.features] == list(given) for model in same):
        return None
    return same[0] if same and len(set(given)) == len(given) else None


def _cleaning(poc: Poc) -> Iterator[Finding]:
    own = [t for t in poc.trainings if t.path == poc.train.value]
    learns_text = any(t.text for t in own) or "text" in poc.kind.value
    told = any(t.text and t.cleaned for t in own)
    found = poc.seen("text_cleaner")
    if found and own and learns_text and not told and poc.serve and poc.serve.value != poc.train.value:
        yield Finding(
            "SKEW",
            Severity.FIX,
            f"Training learns from texts cleaned by {found[0].value}; {poc.serve.value} asks the model about "
            "texts as they come.",
            Remedy(f"Call {found[0].value} in the app too, or make it part of what is saved with the model."),
            (found[0].at, *poc.serve.evidence[:1]),
            certainty=0.8,
            damage=0.7,
        )


def _classes(poc: Poc) -> Iterator[Finding]:
    file = poc.training_file()
    column = file.column(poc.target.value) if file else None
    served = [model for model in poc.models if model.classes and model.features]
    loads = [s for s in (*poc.seen("unsafe_load"), *poc.seen("load")) if s.at.path.endswith(".py")]
    loaded = {s.detail.replace("\\", "/").rsplit("/", 1)[-1] for s in loads if s.detail}
    served = [model for model in served if model.path.rsplit("/", 1)[-1] in loaded] or served
    numbered = [model for model in served if all(name.lstrip("-").isdigit() for name in model.classes)]
    if column is None or not numbered or len(numbered) != len(served):
        return
    found: list[Sighting] = [s for s in poc.seen("compares_class") if s.value in column.categories]
    if found:
        yield Finding(
            "SKEW",
            Severity.FIX,
            f'{found[0].at.path} compares the answer with "{found[0].value}", but {numbered[0].path} answers '
            f"{' or '.join(numbered[0].classes[:3])}: the comparison is never true.",
            Remedy("Decode the answer with the encoder of the training before it leaves the app."),
            (found[0].at,),
            certainty=0.85,
            damage=0.9,
        )


def _unscaled(poc: Poc) -> Iterator[Finding]:
    whole = {model.path.rsplit("/", 1)[-1] for model in poc.models if "Pipeline" in model.estimator}
    found = [s for s in poc.seen("unscaled") if s.detail.split("|")[0] not in whole]
    if found:
        name, path = found[0].detail.split("|", 1)
        yield Finding(
            "SKEW",
            Severity.BLOCKER,
            f"{name} learned from inputs that a {found[0].value} had scaled ({path}); the app that loads it "
            "scales nothing, so it asks about numbers of another size.",
            Remedy("Save scaler and model as one Pipeline, and load that."),
            (found[0].at,),
            certainty=0.85,
            damage=1.0,
            blocks_ship=True,
        )

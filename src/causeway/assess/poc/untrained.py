"""Models that are served, and that nothing in the folder trains."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.poc import ModelFile, Poc

READ = {"Python", "R", "Scala", "Java", "JavaScript", "TypeScript"}
"""Languages in which a training would have been seen."""
FRAMEWORKS = {"scikit-learn", "imbalanced-learn", "XGBoost", "LightGBM", "CatBoost"}
"""What nobody publishes as weights for others: whoever has such a file trained it on own data."""


def judge(poc: Poc) -> Iterator[Finding]:
    """A model without its training or its preparation: nobody can make it again, or ask it rightly."""
    yield from _unsaved(poc)
    yield from _fresh(poc)
    model = untrained(poc)
    if model is None:
        return
    loads = [s.at for s in (*poc.seen("unsafe_load"), *poc.seen("load")) if s.at.path == poc.serve.value]
    data = any(file.columns for file in poc.data)
    measured = bool(poc.claims or poc.seen("judged"))
    absent = [
        "no training",
        *([] if data else ["no data"]),
        *([] if measured else ["no measure of how good it is"]),
    ]
    yield Finding(
        "NO-TRAINING",
        Severity.FIX,
        f"The app answers with {model.path}; the folder has {words.listed(absent)}: nobody can "
        f"{'make' if measured else 'check or make'} it again.",
        Remedy("Add the training, with its data and a measure on rows held out."),
        (*loads[:1], Evidence(model.path)),
        certainty=0.85,
        damage=0.75,
    )


def _unsaved(poc: Poc) -> Iterator[Finding]:
    own = {poc.train.value, poc.train.at.path if poc.train.at else ""}
    found = [s for s in poc.seen("unsaved_preparation") if s.at.path in own]
    if found and not poc.seen("unscaled"):
        model, path = found[0].detail.split("|", 1)
        yield Finding(
            "PREPARATION-LOST",
            Severity.FIX,
            f"{model} learns from what {found[0].value} made, and only the model is saved ({path}): nothing "
            "can prepare a new record as the training did.",
            Remedy(f"Save {found[0].value} and model as one Pipeline."),
            (found[0].at,),
            certainty=0.85,
            damage=0.7,
        )


def _fresh(poc: Poc) -> Iterator[Finding]:
    served = {s.at.path for s in poc.seen("app")}
    found = [s for s in poc.seen("fresh_head") if served & {s.at.path, *s.detail.split("|")}]
    if found:
        yield Finding(
            "NO-TRAINING",
            Severity.BLOCKER,
            f"{found[0].at.path} answers with a network whose last layer ({found[0].value}) is new and "
            "learned nothing: no weights are loaded, so its answers are chance.",
            Remedy("Load the weights that the training saved before the first answer."),
            (found[0].at,),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )


def untrained(poc: Poc) -> ModelFile | None:
    """The served model, where the whole folder was read and nothing in it trains."""
    blind = poc.reach.limits or any(source.problem for source in poc.sources) or set(poc.languages) - READ
    if poc.trainings or poc.genai or blind or poc.seen("fits_something"):
        return None
    served = {
        s.detail.replace("\\", "/").rsplit("/", 1)[-1]
        for s in (*poc.seen("unsafe_load"), *poc.seen("load"))
        if s.at.path == poc.serve.value and s.detail
    }
    own = [m for m in poc.models if m.path.rsplit("/", 1)[-1] in served and m.framework in FRAMEWORKS]
    return next((m for m in own if m.path in {at.path for at in poc.model.evidence}), None)

"""Is the model that is there the one that the README, and the app itself, say it is."""

from collections.abc import Iterator

from causeway.assess.poc import words
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Poc, Sighting

SHIPPED = 0.95
"""Certainty of a model's name that is read from the very file that the app loads."""
KNOWN = frozenset(
    {
        "random forest", "decision tree", "logistic regression", "linear regression", "XGBoost", "LightGBM",
        "CatBoost",
        "gradient boosting", "support vector machine", "k nearest neighbours", "naive Bayes",
    }
)  # fmt: skip
BOOSTED = frozenset({"gradient boosting", "XGBoost", "LightGBM", "CatBoost"})
_SPELLED = {
    "XGBoost": "xgb", "LightGBM": "lgbm", "CatBoost": "catboost", "support vector machine": "svc",
    "k nearest neighbours": "kneighbors", "naive Bayes": "nb",
}  # fmt: skip


def judge(poc: Poc) -> Iterator[Finding]:
    """Another model than the one that is described."""
    kind = poc.model.value
    if kind not in KNOWN or poc.model.certainty < 0.9:
        return
    told = [s for s in poc.seen("said_model") if s.detail == "app" and s.at.path == poc.serve.value]
    by_app = told if len({s.value for s in told}) == 1 else []
    chosen = [*(s for s in poc.seen("said_model") if s.detail == "readme"), *by_app]
    if chosen:
        others = [s for s in chosen if s.value not in _alike(kind)]
        if len(others) == len(chosen) and (poc.model.certainty >= SHIPPED or not _there(poc, others)):
            yield _mismatch(poc, others)
        return
    said = poc.seen("readme_model")
    beside = [s for s in said if s.detail and s.detail == _path(poc) and kind not in _on_line(said, s)]
    families = {s.value for s in said}
    if _there(poc, said) and not beside and poc.model.certainty < SHIPPED:
        return
    if beside or (len(families) == 1 and not families & _alike(kind)):
        yield _mismatch(poc, beside[:1] or list(said[:1]))


def _mismatch(poc: Poc, others: list[Sighting]) -> Finding:
    by = {"README" if s.detail != "app" else poc.serve.value for s in others}
    speakers = words.listed([f"the {name}" if name == "README" else name for name in sorted(by)])
    verb = "describes" if len(by) == 1 else "describe"
    return Finding(
        "MODEL-MISMATCH",
        Severity.FIX,
        f"{speakers[0].upper() if 'README' in by else speakers[0]}{speakers[1:]} {verb} a {others[0].value}; "
        f"the model that is there is {poc.model.value}.",
        Remedy("Correct the README, or ship the model that it describes."),
        (*(s.at for s in others[:2]), *poc.model.evidence[:1]),
        certainty=0.85,
        damage=0.45,
    )


def _alike(kind: str) -> frozenset[str]:
    """The names under which this model goes."""
    if kind == "gradient boosting":
        return BOOSTED
    return frozenset({kind, "gradient boosting"}) if kind in BOOSTED else frozenset({kind})


def _there(poc: Poc, said: list[Sighting] | tuple[Sighting, ...]) -> bool:
    """Whether some training or some saved model of the folder is one of these algorithms."""
    names = " ".join([*(t.estimator for t in poc.trainings), *(m.estimator for m in poc.models)]).lower()
    return any(_SPELLED.get(s.value, s.value.replace(" ", "")) in names for s in said if s.value in KNOWN)


def _path(poc: Poc) -> str:
    return poc.model.evidence[0].path if poc.model.evidence else ""


def _on_line(said: tuple[Sighting, ...], one: Sighting) -> set[str]:
    return {s.value for s in said if s.at == one.at}

"""Is it better than always giving the same answer, as far as its own saved figures tell."""

from collections.abc import Iterator

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.poc import Claim, Poc

MARGIN = 0.005
IMBALANCED = 0.75
APART = 0.05
"""How much the mean of the classes' recalls is above that of guessing where classes are told apart."""
SOME = 0.6
"""A rank measure above which there is something to work with."""


def judge(poc: Poc) -> Iterator[Finding]:
    """No skill in the figures that notebooks kept, or accuracy as the only figure where it says nothing."""
    kept = [claim for claim in poc.claims if claim.how == "output"]
    accuracies = [claim for claim in kept if claim.metric == "accuracy"]
    best = max(accuracies, key=lambda claim: claim.value, default=None)
    majority = _majority(poc, best)
    below = best and majority and best.value <= majority + MARGIN and not _tells_apart(poc, accuracies)
    if best and majority and below and "classification" in poc.kind.value:
        yield _no_skill(poc, best, majority, others=[claim for claim in kept if claim.metric != "accuracy"])
    elif not best:
        yield from _only_accuracy(poc)
    yield from _untrained(poc)
    yield from _no_fit([claim for claim in kept if claim.metric == "r2"])


def _tells_apart(poc: Poc, accuracies: list[Claim]) -> bool:
    """Whether the classes' recalls, or weights that trade accuracy for them, say what accuracy does not."""
    seen = [claim for claim in accuracies if claim.balanced is not None and claim.classes > 1]
    if seen:
        return any((claim.balanced or 0.0) > 1 / claim.classes + APART for claim in seen)
    return any(sighting.at.path == poc.train.value for sighting in poc.seen("balanced"))


def _untrained(poc: Poc) -> Iterator[Finding]:
    found = poc.seen("never_fitted")
    if found and not poc.train:
        yield Finding(
            "NO-TRAINING",
            Severity.BLOCKER,
            f"{found[0].value} is saved as it was built: nothing in the folder ever fits it, so its answers "
            "are chance.",
            Remedy("Add the training, with its data and a measure on rows held out."),
            (found[0].at,),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )


def _no_skill(poc: Poc, best: Claim, majority: float, *, others: list[Claim]) -> Finding:
    commonest = f"the commonest {poc.target.value} has {majority:.3f}"
    title = f"Accuracy {best.value:.3f}, where always answering {commonest}"
    beside = [
        claim
        for claim in others
        if claim.at.path == best.at.path and (claim.at.cell or 0) >= (best.at.cell or 0)
    ]
    if beside and beside[0].value > SOME:
        other = beside[0]
        return Finding(
            "NO-SKILL",
            Severity.FIX,
            f"{title}: as an answer it adds nothing (as a ranking it does: {other.metric} "
            f"{other.value:.2f}).",
            Remedy("Choose the threshold by what a right and a wrong decision are worth, and report that."),
            (best.at, other.at),
            certainty=0.85,
            damage=0.8,
        )
    return Finding(
        "NO-SKILL",
        Severity.BLOCKER,
        f"{title}: the saved output shows no skill.",
        Remedy("Do not ship it. Find out whether the data can tell the classes apart at all."),
        (best.at,),
        certainty=0.9,
        damage=1.0,
        blocks_ship=True,
    )


def _majority(poc: Poc, best: Claim | None) -> float | None:
    if best and best.majority:
        return best.majority
    file = poc.training_file()
    column = file.column(poc.target.value) if file else None
    counts = list(column.categories.values()) if column else []
    return max(counts) / sum(counts) if counts else None


def _only_accuracy(poc: Poc) -> Iterator[Finding]:
    majority = _majority(poc, None)
    own = [training for training in poc.trainings if training.path == poc.train.value]
    metrics = {metric for training in own for metric in training.metrics}
    if majority and majority > IMBALANCED and metrics and metrics <= {"accuracy", "accuracy_score", "score"}:
        yield Finding(
            "ACCURACY-ONLY",
            Severity.FIX,
            "Accuracy is the only measure, and always giving the commonest answer already has "
            f"{majority:.2f}.",
            Remedy("Measure recall, precision and area under the curve on held-out rows."),
            poc.train.evidence[:1],
            damage=0.6,
        )


def _no_fit(claims: list[Claim]) -> Iterator[Finding]:
    best = max(claims, key=lambda claim: claim.value, default=None)
    if best and best.value <= 0:
        yield Finding(
            "NO-SKILL",
            Severity.BLOCKER,
            f"R2 {best.value:.2f} on held-out rows: always answering the mean is as good.",
            Remedy("Do not ship it. Find out whether the features can tell the target at all."),
            (best.at,),
            certainty=0.9,
            damage=1.0,
            blocks_ship=True,
        )

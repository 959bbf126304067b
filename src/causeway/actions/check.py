"""What stands between a folder and its next stage; reads, judges, and writes nothing."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct, structs

from causeway.actions.fix.offers import mendable
from causeway.actions.forecasting import forecast_of
from causeway.actions.past_proofs import of_folder
from causeway.actions.promise import Asked, promise_of
from causeway.assess.access_promise import brings_training_data, with_brought
from causeway.assess.catalogue import STAGES
from causeway.assess.cost.funding import judge as unfunded
from causeway.assess.evidence import Facts
from causeway.assess.forecast import Forecast
from causeway.assess.made_good import still_open
from causeway.assess.mendable import with_fix
from causeway.assess.poc.judging import Verdict, judge, verdict
from causeway.assess.poc.sentence import sentence, sources
from causeway.assess.readiness import Readiness, readiness
from causeway.assess.several import Proof, several
from causeway.assess.trial import with_trial
from causeway.assess.verdicts_watch import alarming
from causeway.core.clock import SystemClock
from causeway.core.errors import UsageError
from causeway.core.finding import Evidence, Finding, Severity
from causeway.core.manifest import Manifest
from causeway.core.poc import Poc, Reach
from causeway.core.trial import Trial
from causeway.intake import read_poc

TRAINABLE = frozenset({"binary classification", "multiclass classification", "regression"})
KINDS = {
    "binary classification": "binary",
    "multiclass classification": "multiclass",
    "regression": "regression",
    "time series forecasting": "forecast",
    "anomaly detection": "anomaly",
    "clustering": "clustering",
    "GenAI agent": "agent",
    "GenAI RAG app": "llm",
    "GenAI app": "llm",
}
"""Kind as intake says it, and as the manifest does."""


class CheckReport(Struct, frozen=True, omit_defaults=True):
    """Diagnosis of one folder: what it is, the verdict, the findings, what only a person knows, what next."""

    folder: str
    sentence: str
    sources: tuple[Evidence, ...]
    stage: str
    ready: bool
    verdict: Verdict
    findings: tuple[Finding, ...]
    questions: tuple[Asked, ...]
    readiness: Readiness
    next: str
    reach: Reach
    manifest: bool = False
    kind: str = ""
    """What sort of problem it is, as `sentence` says it; empty when not known."""
    trial: Trial | None = None
    """What running it on a copy showed, where that was asked for."""
    forecast: Forecast | None = None
    """What production would take, what it would cost a month, and what must be true for it to pay."""
    proofs: tuple["Neighbour", ...] = ()
    """Where a folder holds several proofs of concept: all of them, the judged one first."""


class Neighbour(Struct, frozen=True):
    """One of several proofs of concept in a folder, and the command that judges it."""

    path: str
    command: str


class Attempt(Protocol):
    """Runs the folder on a copy, and says what that showed."""

    def __call__(
        self, folder: Path, poc: Poc, *, manifest: Manifest | None, findings: Sequence[Finding]
    ) -> Trial:
        """The trial of this folder, whose findings of the text are these."""
        ...


def check(folder: Path, *, stage: str = "", attempt: Attempt | None = None) -> CheckReport:
    """The judgement on this folder at this stage, else at the one that its manifest names."""
    if stage and stage not in STAGES:
        raise UsageError(f"there is no stage called {stage}", hint=f"one of: {', '.join(STAGES)}")
    poc = read_poc(folder)
    promise = promise_of(folder)
    # whoever wrote a manifest said that the folder is one product
    proofs = () if promise.manifest else several(poc)
    neighbours = tuple(_neighbour(folder / proof.path) for proof in proofs)
    if proofs:
        folder /= proofs[0].path
        poc, promise = _one_of(proofs, poc, folder), promise_of(folder)
    findings = judged(folder, poc, promise.manifest)
    trial = attempt(folder, poc, manifest=promise.manifest, findings=findings) if attempt else None
    findings = with_trial(findings, trial) if trial else findings
    facts = facts_of(folder, promise.manifest, poc=poc, findings=findings)
    findings = (*alarming(facts.alarms), *still_open(findings, facts))
    expected = forecast_of(
        folder,
        promise,
        findings,
        runnable=may_run(poc, promise.manifest),
        today=SystemClock().now().date(),
        probed=facts.probed,
        trained=facts.trained,
        decided=facts.release.evaluation.decision if facts.release else None,
    )
    declared = promise.manifest.product.stage if promise.manifest else ""
    findings = (*unfunded(expected.funding, stage=stage or declared), *findings)
    if promise.manifest is not None:
        facts = structs.replace(facts, forecast=expected)
    answered = readiness(promise.manifest, facts, stage=stage)
    counted = verdict(findings)
    return CheckReport(
        folder=str(folder),
        sentence=sentence(poc),
        sources=sources(poc),
        stage=answered.stage,
        ready=counted.ready,
        verdict=counted,
        findings=findings,
        questions=promise.questions(),
        readiness=answered,
        next=_next(folder, poc, promise.manifest, facts=facts),
        reach=poc.reach,
        manifest=promise.manifest is not None,
        kind=poc.kind.value,
        trial=trial,
        forecast=expected,
        proofs=neighbours,
    )


def _neighbour(folder: Path) -> Neighbour:
    return Neighbour(str(folder), f"causeway check {shlex.quote(str(folder))}")


def _one_of(proofs: Sequence[Proof], whole: Poc, folder: Path) -> Poc:
    """The proof of concept in this sub-folder, with what the whole repository has for all of them."""
    poc = read_poc(folder)
    inside = tuple(f"{proof.path}/" for proof in proofs)
    shared = {
        name: path
        for name, path in structs.asdict(whole.presence).items()
        if path and not getattr(poc.presence, name) and not path.startswith(inside)
    }
    limits = tuple(dict.fromkeys((*whole.reach.limits, *poc.reach.limits)))
    return structs.replace(
        poc,
        presence=structs.replace(poc.presence, **shared),
        reach=structs.replace(poc.reach, limits=limits),
    )


def judged(folder: Path, poc: Poc, manifest: Manifest | None) -> tuple[Finding, ...]:
    """The findings, with commands that work on this very folder."""
    findings = judge(with_brought(poc, manifest), manifest)
    mended = mendable(folder, poc, findings)
    return tuple(_on(folder, with_fix(finding, mended)) for finding in findings)


def facts_of(folder: Path, manifest: Manifest | None, *, poc: Poc, findings: Iterable[Finding]) -> Facts:
    """What is known when the folder is judged; the one place where facts from the ledger come in."""
    return structs.replace(
        _from_ledger(folder, manifest),
        kind=KINDS.get(poc.kind.value, ""),
        findings=tuple(findings),
        **of_folder(poc, folder, manifest),
    )


def _from_ledger(folder: Path, manifest: Manifest | None) -> Facts:
    if manifest is None:
        return Facts()
    from causeway.actions.past import facts_in_ledger  # noqa: PLC0415 - most folders have no ledger to open

    return facts_in_ledger(folder, manifest)


def _on(folder: Path, finding: Finding) -> Finding:
    command = finding.remedy.command
    if not command:
        return finding
    remedy = structs.replace(finding.remedy, command=f"{command} {shlex.quote(str(folder))}")
    return structs.replace(finding, remedy=remedy)


def _next(folder: Path, poc: Poc, manifest: Manifest | None, *, facts: Facts) -> str:
    verb = "init" if manifest is None else "run" if may_run(poc, manifest) else "check"
    if verb == "run" and facts.release is not None:
        verb = "ship"
    return f"causeway {verb} {shlex.quote(str(folder))}"


def may_run(poc: Poc, manifest: Manifest | None = None) -> bool:
    """Whether `causeway run` has something to train: tabular Python code with its data."""
    if brings_training_data(poc, manifest):
        # how many classes the target has is only known with its values
        kinds = {poc.kind.value, *poc.kind.candidates}
        return bool(kinds & TRAINABLE) and poc.train.value.endswith((".py", ".ipynb"))
    here = poc.training_file() is not None
    return here and poc.kind.value in TRAINABLE and poc.train.value.endswith((".py", ".ipynb"))


def fails(weights: Iterable[Severity], *, at: str) -> bool:
    """Whether one of them is at least as grave as this weight; for `never` none is."""
    order = ("never", "blocker", "fix", "note")
    return any(order.index(weight.value) <= order.index(at) for weight in weights)


def gravest(findings: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    """The first few that are worth a person's minute."""
    return tuple(f for f in findings if f.severity is not Severity.NOTE)[:most]

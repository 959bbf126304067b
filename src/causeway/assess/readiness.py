"""How ready a product is: every check asked at its stage, its theme's score, and the weakest theme."""

from msgspec import Struct

from causeway.assess import (
    verdicts_capacity,
    verdicts_cost,
    verdicts_promise,
    verdicts_proof,
    verdicts_release,
    verdicts_running,
    verdicts_value,
    verdicts_watch,
)
from causeway.assess.catalogue import STAGES, Check, asked
from causeway.assess.evidence import Attestation, Facts
from causeway.assess.verdict import How, Judge, Verdict, attested, unknown
from causeway.core.finding import Remedy
from causeway.core.manifest import Manifest

JUDGES: dict[str, Judge] = {
    "OWN-1": verdicts_promise.owner,
    "OWN-2": verdicts_promise.sponsor,
    "OWN-3": verdicts_promise.success,
    "VAL-1": verdicts_promise.kpi,
    "VAL-2": verdicts_proof.baseline,
    "VAL-3": verdicts_value.design,
    "VAL-4": verdicts_value.claim,
    "VAL-6": verdicts_value.unit_value,
    "VAL-7": verdicts_value.adoption,
    "CST-1": verdicts_cost.tagged,
    "CST-2": verdicts_cost.measured,
    "CST-3": verdicts_cost.forecast,
    "CST-4": verdicts_cost.budget,
    "CST-5": verdicts_cost.reconciled,
    "CST-6": verdicts_capacity.peak_priced,
    "DAT-1": verdicts_promise.contract,
    "DAT-2": verdicts_release.contract_enforced,
    "DAT-3": verdicts_proof.access,
    "DAT-4": verdicts_release.lineage,
    "DAT-5": verdicts_release.data_kept,
    "DAT-6": verdicts_release.split,
    "DAT-9": verdicts_proof.personal,
    "MOD-1": verdicts_release.reproducible,
    "MOD-2": verdicts_proof.reviewed,
    "MOD-3": verdicts_release.skill,
    "MOD-9": verdicts_release.signed,
    "MOD-10": verdicts_proof.base_models,
    "PIP-1": verdicts_release.one_command,
    "PIP-2": verdicts_proof.tested,
    "PIP-3": verdicts_running.gate,
    "DEP-1": verdicts_running.protocol,
    "DEP-2": verdicts_release.parity,
    "DEP-5": verdicts_capacity.peak_held,
    "MON-2": verdicts_proof.inputs,
    "MON-3": verdicts_watch.skew,
    "MON-4": verdicts_running.outcomes,
    "MON-5": verdicts_watch.quality,
    "GOV-1": verdicts_running.keys,
    "GOV-2": verdicts_running.secrets,
    "GOV-3": verdicts_proof.dependencies,
    "GOV-4": verdicts_promise.risk,
    "GOV-6": verdicts_running.chain,
}
"""Who answers which check; the others have no evidence yet, and say so."""


class CheckVerdict(Struct, frozen=True, omit_defaults=True):
    """One check and its answer. `waived` says who took responsibility; it never changes the grade."""

    id: str
    theme: str
    words: str
    grade: float
    how: How
    evidence: str = ""
    why: str = ""
    remedy: Remedy = Remedy("")
    waived: str = ""


class ThemeScore(Struct, frozen=True):
    """The points of one theme over the checks asked of it, between 0 and 1."""

    theme: str
    score: float
    points: float
    asked: int


class Readiness(Struct, frozen=True):
    """The judgement at one stage. `score` is that of the weakest theme, never an average."""

    stage: str
    score: float
    themes: tuple[ThemeScore, ...]
    checks: tuple[CheckVerdict, ...]
    next: tuple[CheckVerdict, ...]
    """What is not met and not waived, the weakest theme first."""


def readiness(promise: Manifest | None, facts: Facts, *, stage: str = "") -> Readiness:
    """What is asked at this stage (else at the manifest's), and how it is answered.

    Works without a manifest and without facts: what nobody knows has grade 0 and says what to do.
    """
    stage = _stage(promise, stage)
    kind = promise.product.kind if promise and promise.product.kind else facts.kind
    checks = tuple(answer(check, promise, facts) for check in asked(stage, kind=kind))
    themes = _themes(checks)
    return Readiness(
        stage=stage,
        score=min((theme.score for theme in themes), default=0.0),
        themes=themes,
        checks=checks,
        next=_next(checks, themes),
    )


def answer(check: Check, promise: Manifest | None, facts: Facts) -> CheckVerdict:
    """The verdict on one check, after attestations, with the waiver that covers it."""
    judge = JUDGES.get(check.id)
    verdict = judge(promise, facts) if judge else unknown("no evidence yet", "")
    verdict = _after_attestation(verdict, check, facts)
    remedy = Remedy("") if verdict.grade == 1 else _remedy(verdict, check)
    return CheckVerdict(
        id=check.id,
        theme=check.theme,
        words=check.words,
        grade=verdict.grade,
        how=verdict.how,
        evidence=verdict.evidence,
        why=verdict.why,
        remedy=remedy,
        waived=_waiver(verdict, check, facts),
    )


def _stage(promise: Manifest | None, stage: str) -> str:
    wanted = stage or (promise.product.stage if promise else "")
    return wanted if wanted in STAGES else STAGES[0]


def _after_attestation(verdict: Verdict, check: Check, facts: Facts) -> Verdict:
    """A person's word stands where nothing is known; it never outweighs what was seen."""
    if verdict.how is not How.NONE:
        return verdict
    word = next((each for each in facts.attestations if each.check == check.id and _holds(each, facts)), None)
    return attested(word.by, f"until {word.until:%Y-%m-%d}", remedy="") if word else verdict


def _holds(attestation: Attestation, facts: Facts) -> bool:
    return facts.at is not None and attestation.at <= facts.at < attestation.until


def _remedy(verdict: Verdict, check: Check) -> Remedy:
    known = verdict.remedy
    if known is not None and known.words:
        return known
    return Remedy(check.remedy[:1].upper() + check.remedy[1:] + ".")


def _waiver(verdict: Verdict, check: Check, facts: Facts) -> str:
    if verdict.grade > 0:
        return ""
    codes = {check.id.lower(), *(code.lower() for code in verdict.codes)}
    waivers = [waiver for waiver in facts.waivers if waiver.code.lower() in codes]
    return f"{waivers[-1].actor}: {waivers[-1].because}" if waivers else ""


def _themes(checks: tuple[CheckVerdict, ...]) -> tuple[ThemeScore, ...]:
    grades: dict[str, list[float]] = {}
    for check in checks:
        grades.setdefault(check.theme, []).append(check.grade)
    return tuple(
        ThemeScore(theme, sum(points) / len(points), sum(points), len(points))
        for theme, points in grades.items()
    )


def _next(checks: tuple[CheckVerdict, ...], themes: tuple[ThemeScore, ...]) -> tuple[CheckVerdict, ...]:
    score = {theme.theme: theme.score for theme in themes}
    still = (check for check in checks if check.grade < 1 and not check.waived)
    # within a theme the catalogue's own order stands
    return tuple(sorted(still, key=lambda check: (score[check.theme], check.grade)))

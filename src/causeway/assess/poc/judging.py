"""What stands between a proof of concept and its next stage: every judge's findings, the gravest and surest
first.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct

from causeway.assess.poc import (
    chance,
    data,
    deploy,
    described,
    environment,
    generative,
    images,
    leakage,
    notebooks,
    promise,
    rivals,
    runs,
    safety,
    scaffold,
    served,
    serving,
    skew,
    skill,
    told,
    untrained,
    upkeep,
)
from causeway.core.finding import Finding, Severity
from causeway.core.manifest import Manifest
from causeway.core.poc import Poc

Judge = Callable[[Poc], Iterable[Finding]]

JUDGES: tuple[Judge, ...] = (
    leakage.judge,
    skill.judge,
    untrained.judge,
    chance.judge,
    skew.judge,
    images.judge,
    described.judge,
    served.judge,
    safety.judge,
    runs.judge,
    environment.judge,
    notebooks.judge,
    serving.judge,
    deploy.judge,
    data.judge,
    rivals.judge,
    upkeep.judge,
    told.judge,
    generative.judge,
    scaffold.judge,
)
_RANK = {Severity.BLOCKER: 0, Severity.FIX: 1, Severity.NOTE: 2}


class Verdict(Struct, frozen=True):
    """How many findings of each weight, and whether none of them blocks."""

    blockers: int
    fixes: int
    notes: int

    @property
    def ready(self) -> bool:
        """Whether nothing blocks."""
        return not self.blockers


def judge(poc: Poc, manifest: Manifest | None = None) -> tuple[Finding, ...]:
    """Every finding about the folder and its promise, in the order in which they matter."""
    found = [finding for judge_one in JUDGES for finding in judge_one(poc)]
    return ordered([*found, *promise.judge(manifest)])


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By weight, then by damage times certainty; the common ones last within their weight."""
    return tuple(
        sorted(
            findings, key=lambda f: (_RANK[f.severity], f.common, -f.damage * f.certainty, f.code, f.title)
        )
    )


def verdict(findings: Iterable[Finding]) -> Verdict:
    """The count of each weight."""
    weights = [finding.severity for finding in findings]
    return Verdict(*(weights.count(weight) for weight in (Severity.BLOCKER, Severity.FIX, Severity.NOTE)))

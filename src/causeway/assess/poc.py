"""What stands between a proof of concept and its next stage: every judge's findings, the gravest and surest
first.
"""

from collections.abc import Callable, Iterable

from msgspec import Struct

from causeway.assess import (
    poc_chance,
    poc_data,
    poc_deploy,
    poc_environment,
    poc_generative,
    poc_leakage,
    poc_notebooks,
    poc_promise,
    poc_rivals,
    poc_runs,
    poc_safety,
    poc_scaffold,
    poc_served,
    poc_serving,
    poc_skew,
    poc_skill,
    poc_told,
    poc_upkeep,
)
from causeway.core.finding import Finding, Severity
from causeway.core.manifest import Manifest
from causeway.core.poc import Poc

Judge = Callable[[Poc], Iterable[Finding]]

JUDGES: tuple[Judge, ...] = (
    poc_leakage.judge,
    poc_skill.judge,
    poc_chance.judge,
    poc_skew.judge,
    poc_served.judge,
    poc_safety.judge,
    poc_runs.judge,
    poc_environment.judge,
    poc_notebooks.judge,
    poc_serving.judge,
    poc_deploy.judge,
    poc_data.judge,
    poc_rivals.judge,
    poc_upkeep.judge,
    poc_told.judge,
    poc_generative.judge,
    poc_scaffold.judge,
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
    return ordered([*found, *poc_promise.judge(manifest)])


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

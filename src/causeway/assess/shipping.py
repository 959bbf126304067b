"""May this release go live at this stage? What stops it, what was waived, what a measurement answered."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from causeway.assess.release import Proofs
from causeway.assess.release import judge as judge_proofs
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import Parity, Release
from causeway.views.product import Waiver

SANDBOX = "sandbox"
RETIRED = "retired"

# what the code of a proof of concept makes doubtful and a release can prove
ANSWERED_BY_MEASURING = frozenset({"LEAK-SPLIT", "NO-SKILL", "NO-HOLDOUT"})
LEAKS = "LEAK-"
ANSWERED_BY_PARITY = frozenset({"SKEW"})
ANSWERED_BY_RUNNING = frozenset({"REQ-MISSING", "REQ-UNPINNED", "REQ-OLD", "FILE-MISSING", "CODE-BROKEN"})
KEPT_AND_DEPLOYED = {
    "MODEL-ABSENT": "the release keeps the model, and names what it was made of",
    "NO-CONTAINER": "the gateway serves the release, as its manifest says",
}
RUN_WITH_TROUBLE = frozenset({"STATEMENTS-FAILED", "ENVIRONMENT-DIFFERS"})


class Waived(Struct, frozen=True):
    """A finding that somebody took responsibility for."""

    finding: Finding
    waiver: Waiver


class Answered(Struct, frozen=True):
    """A finding about the proof of concept that does not hold for the release, and why."""

    finding: Finding
    how: str


class Judgement(Struct, frozen=True):
    """What stands between a release and its callers; it may ship when nothing blocks."""

    blocking: tuple[Finding, ...] = ()
    waived: tuple[Waived, ...] = ()
    answered: tuple[Answered, ...] = ()
    open: tuple[Finding, ...] = ()

    @property
    def may_ship(self) -> bool:
        """Whether nothing blocks."""
        return not self.blocking


def judge(
    release: Release, findings: Iterable[Finding], *, waivers: Sequence[Waiver], stage: str
) -> Judgement:
    """What blocks this release at this stage, given what was found and what was waived.

    In the sandbox only what makes answers wrong or dangerous blocks; from the pilot on every blocker does.
    """
    blocking: list[Finding] = []
    waived: list[Waived] = []
    answered: list[Answered] = []
    still_open: list[Finding] = []
    every = _all(release, findings, stage=stage)
    ran = not any(finding.code.upper() in RUN_WITH_TROUBLE for finding in every)
    for finding in every:
        waiver = next((each for each in reversed(waivers) if each.code.upper() == finding.code.upper()), None)
        if how := _answer(finding, release, ran=ran):
            answered.append(Answered(finding, how))
        elif not _blocks(finding, stage=stage):
            still_open.append(finding)
        elif waiver:
            waived.append(Waived(finding, waiver))
        else:
            blocking.append(finding)
    return Judgement(tuple(blocking), tuple(waived), tuple(answered), tuple(still_open))


def _all(release: Release, findings: Iterable[Finding], *, stage: str) -> list[Finding]:
    """What was found at run time, and whatever the release itself says that was not found then."""
    found = list(findings)
    for finding in (*_of_release(release, stage=stage), *map(_only_named, release.findings)):
        # one that blocks is added to one that does not
        alike = [known for known in found if known.code == finding.code]
        if not any(known.blocks_ship >= finding.blocks_ship for known in alike):
            found.append(finding)
    return found


def _blocks(finding: Finding, *, stage: str) -> bool:
    return finding.blocks_ship or (stage != SANDBOX and finding.severity is Severity.BLOCKER)


def _answer(finding: Finding, release: Release, *, ran: bool) -> str:
    """How the release proves that a doubt about the proof of concept does not hold for it; empty if not.

    `ran` says that the environment was made as declared and no statement of the training failed.
    """
    code, seen, parity = finding.code.upper(), release.evaluation, release.parity
    if measuring_answers(finding) and seen.method and seen.rows and seen.has_skill:
        return f"measured again on {seen.rows:,} rows: {seen.method}"
    if code in ANSWERED_BY_PARITY and proven(parity) and not release.encoded_input:
        return f"the release prepares its input as the training did: {parity.rows_equal:,} rows agree"
    if ran and code in ANSWERED_BY_RUNNING:
        return "the run built the environment and trained the model"
    # an app that loads a file which is not there is no note, and a release does not mend it
    if finding.severity is Severity.NOTE and code in KEPT_AND_DEPLOYED:
        return KEPT_AND_DEPLOYED[code]
    return ""


def measuring_answers(finding: Finding) -> bool:
    """Whether a measurement on rows held out settles it; a leak that blocks is for a person to take on."""
    code = finding.code.upper()
    return code in ANSWERED_BY_MEASURING and not (code.startswith(LEAKS) and finding.blocks_ship)


def proven(parity: Parity) -> bool:
    """Whether every compared row got the answer of the proof of concept."""
    return parity.proven


def _of_release(release: Release, *, stage: str) -> Iterable[Finding]:
    if stage == RETIRED:
        yield _retired()
    yield from judge_proofs(Proofs(release.evaluation, release.parity, encoded_input=release.encoded_input))


def _retired() -> Finding:
    return Finding(
        code="retired",
        severity=Severity.BLOCKER,
        title="The product is retired.",
        remedy=Remedy('Set stage = "sandbox" in causeway.toml if it is to live again.'),
        blocks_ship=True,
    )


def _only_named(code: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.BLOCKER,
        title=f"{code} was open when the release was made.",
        remedy=Remedy("See what it is and mend it, then make another release.", "causeway check"),
        blocks_ship=True,
    )

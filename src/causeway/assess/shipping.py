"""May this release go live at this stage? What stops it, what was waived, what a measurement answered."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import Evaluation, Parity, Release
from causeway.views.product import Waiver

SANDBOX = "sandbox"
RETIRED = "retired"

# how the proof of concept split its data is answered once the release was measured split first
ANSWERED_BY_MEASURING = frozenset({"LEAK-SPLIT", "LEAK-RESAMPLE", "LEAK-FIT"})


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
    for finding in _all(release, findings, stage=stage):
        waiver = next((each for each in reversed(waivers) if each.code == finding.code), None)
        if _answered(finding, release):
            answered.append(Answered(finding, _how(release.evaluation)))
        elif not _blocks(finding, stage=stage):
            still_open.append(finding)
        elif waiver:
            waived.append(Waived(finding, waiver))
        else:
            blocking.append(finding)
    return Judgement(tuple(blocking), tuple(waived), tuple(answered), tuple(still_open))


def _all(release: Release, findings: Iterable[Finding], *, stage: str) -> list[Finding]:
    """What the release says of itself, then what was found, then codes it only names; each code once."""
    by_code: dict[str, Finding] = {}
    for finding in (*_of_release(release, stage=stage), *findings, *map(_only_named, release.findings)):
        known = by_code.setdefault(finding.code, finding)
        if finding.blocks_ship and not known.blocks_ship:
            by_code[finding.code] = finding
    return list(by_code.values())


def _blocks(finding: Finding, *, stage: str) -> bool:
    return finding.blocks_ship or (stage != SANDBOX and finding.severity is Severity.BLOCKER)


def _answered(finding: Finding, release: Release) -> bool:
    measured = bool(release.evaluation.method) and release.evaluation.rows > 0
    return finding.code in ANSWERED_BY_MEASURING and measured and release.evaluation.has_skill


def _how(evaluation: Evaluation) -> str:
    return f"measured again on {evaluation.rows:,} rows: {evaluation.method}"


def _of_release(release: Release, *, stage: str) -> Iterable[Finding]:
    if stage == RETIRED:
        yield _retired()
    if not release.evaluation.has_skill:
        yield _no_skill(release.evaluation)
    if not proven(release.parity):
        yield _skew(release.parity)
    if release.encoded_input:
        yield _encoded_input()


def proven(parity: Parity) -> bool:
    """Whether every compared row got the answer of the proof of concept."""
    return (
        parity.rows > 0
        and parity.rows_equal == parity.rows
        and parity.label_flips == 0
        and parity.largest_difference <= parity.tolerance
    )


def _no_skill(evaluation: Evaluation) -> Finding:
    return Finding(
        code="NO-SKILL",
        severity=Severity.BLOCKER,
        title=f"No skill: {evaluation.metric} is {evaluation.value:.3g} "
        f"({evaluation.low:.3g} to {evaluation.high:.3g}); {evaluation.baseline_name} alone gets "
        f"{evaluation.baseline:.3g}.",
        remedy=Remedy("Look for data that says more about the target, ask an easier question, or stop here."),
        damage=1.0,
        blocks_ship=True,
    )


def _skew(parity: Parity) -> Finding:
    return Finding(
        code="SKEW",
        severity=Severity.BLOCKER,
        title=f"The release does not answer as the proof of concept did: {parity.rows_equal:,} of "
        f"{parity.rows:,} rows agree, {parity.label_flips:,} labels differ, largest difference "
        f"{parity.largest_difference:.2g}.",
        remedy=Remedy("Move the preprocessing into the model or into one function `features(table)`."),
        damage=1.0,
        blocks_ship=True,
    )


def _encoded_input() -> Finding:
    return Finding(
        code="ENCODED-INPUT",
        severity=Severity.BLOCKER,
        title="Callers would have to send encoded columns: the preprocessing is not in the release.",
        remedy=Remedy(
            "Write it as one function `features(table)` and name it in causeway.toml as model.features."
        ),
        damage=0.9,
        blocks_ship=True,
    )


def _retired() -> Finding:
    return Finding(
        code="RETIRED",
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

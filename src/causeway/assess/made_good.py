"""Findings about a folder that its own release has made good: what is kept and deployed need not be in it."""

from collections.abc import Iterable

from causeway.assess.evidence import Facts
from causeway.core.finding import Finding, Severity


def still_open(findings: Iterable[Finding], facts: Facts) -> tuple[Finding, ...]:
    """The findings in their order, less those that a release, or its being live, has answered."""
    return tuple(finding for finding in findings if not _made_good(finding, facts))


def _made_good(finding: Finding, facts: Facts) -> bool:
    match finding.code:
        case "MODEL-ABSENT":
            # an app that loads a file which is not there is no note, and a release does not mend it
            kept = facts.release is not None and facts.signature_holds is True
            return kept and finding.severity is Severity.NOTE
        case "NO-CONTAINER":
            return facts.judged_before_live is True
        case _:
            return False

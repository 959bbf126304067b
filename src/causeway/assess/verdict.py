"""The answer to one check: a grade, how it came about, and what it rests on."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from causeway.assess.evidence import Facts
from causeway.core.finding import Remedy
from causeway.core.manifest import Manifest


class How(StrEnum):
    """Verified by the tool from evidence, attested by a named person, or no evidence either way."""

    VERIFIED = "verified"
    ATTESTED = "attested"
    NONE = "none"


class Verdict(Struct, frozen=True, omit_defaults=True):
    """Grade 1 when the tool verified it, 1/2 when a person attests it, 0 otherwise.

    Grade 0 that is `verified` was seen to fail, and no attestation lifts it; `codes` are the findings
    that it failed by.
    """

    grade: float
    how: How
    evidence: str = ""
    why: str = ""
    remedy: Remedy | None = None
    codes: tuple[str, ...] = ()


Judge = Callable[[Manifest | None, Facts], Verdict]


def verified(evidence: str) -> Verdict:
    """Seen to be so."""
    return Verdict(1.0, How.VERIFIED, evidence)


def attested(by: str, evidence: str, *, remedy: str) -> Verdict:
    """Said to be so, by somebody with a name; `remedy` is what would let the tool see it."""
    return Verdict(0.5, How.ATTESTED, f"{evidence}; attested by {by}", remedy=Remedy(remedy))


def refuted(why: str, remedy: str, *, command: str = "", codes: tuple[str, ...] = ()) -> Verdict:
    """Seen not to be so."""
    return Verdict(0.0, How.VERIFIED, why=why, remedy=Remedy(remedy, command), codes=codes)


def unknown(why: str, remedy: str, *, command: str = "") -> Verdict:
    """Not known either way."""
    return Verdict(0.0, How.NONE, why=why, remedy=Remedy(remedy, command))

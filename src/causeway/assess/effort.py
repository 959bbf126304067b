"""How many person-days clearing the findings takes, by hand and with what a tool does, as an interval."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct, structs

from causeway.assess.codes import Effort, codes
from causeway.core.figure import Figure
from causeway.core.finding import Finding, Severity

REVIEW = Effort(0.05, 0.1, 0.25, "reading and accepting what the tool proposes")
UNKNOWN = {
    Severity.BLOCKER: Effort(0.5, 2, 8, "no figure of its own: that of a blocker"),
    Severity.FIX: Effort(0.25, 1, 3, "no figure of its own: that of a fix"),
    Severity.NOTE: Effort(0.1, 0.25, 1, "no figure of its own: that of a note"),
}
# the second finding of a kind goes faster, because the first taught how
REPEATED = 0.5
# the same people and the same code: what makes one task long makes the others long
CORRELATION = 0.5
GRID = 4000
METHOD = (
    "80 % interval; each code a beta-PERT of our own three figures (an estimate, not a measurement), "
    f"correlated at {CORRELATION:g}; the sum as a beta of the same mean, variance and bounds"
)
CONTEXT = (
    "Survey of technology leaders, November 2025: 67 % say that fewer than half of their proofs of concept "
    "make it past experimentation into production."
)


class Part(Struct, frozen=True, omit_defaults=True):
    """What one code takes in person-days, for what, and the command that does it where there is one."""

    code: str
    findings: int
    by_hand: Effort
    command: str = ""

    @property
    def with_tool(self) -> Effort:
        """The same when the command does the work and a person reads it."""
        review = _times(REVIEW, self.findings)
        return min(review, self.by_hand, key=lambda effort: effort.likely) if self.command else self.by_hand


class Work(Struct, frozen=True):
    """Person-days to clear every finding: by hand, and with the commands that do a part of it."""

    by_hand: Figure
    with_tool: Figure
    mended: int
    """How many of the findings a command mends."""
    findings: int
    parts: tuple[Part, ...]
    context: str = CONTEXT


def work(findings: Iterable[Finding], *, runnable: bool) -> Work:
    """What clearing these takes; `runnable` says whether `causeway run` and `ship` work on the folder."""
    found = list(findings)
    counts = Counter(finding.code for finding in found)
    first = {finding.code: finding for finding in reversed(found)}
    parts = tuple(_part(first[code], count, runnable=runnable) for code, count in counts.items())
    return Work(
        by_hand=total([part.by_hand for part in parts]),
        with_tool=total([part.with_tool for part in parts]),
        mended=sum(part.findings for part in parts if part.command),
        findings=len(found),
        parts=tuple(sorted(parts, key=lambda part: (-part.by_hand.likely, part.code))),
    )


def total(efforts: Sequence[Effort]) -> Figure:
    """The sum of three-point estimates, with the interval in which it lies eight times in ten."""
    means = [(each.low + 4 * each.likely + each.high) / 6 for each in efforts]
    # the variance of a beta-PERT with the usual weight of four
    sds = [
        math.sqrt((mean - each.low) * (each.high - mean) / 7)
        for mean, each in zip(means, efforts, strict=True)
    ]
    variance = (1 - CORRELATION) * sum(sd * sd for sd in sds) + CORRELATION * sum(sds) ** 2
    bounds = sum(each.low for each in efforts), sum(each.high for each in efforts)
    low, high = _eight_in_ten(sum(means), variance, bounds=bounds)
    return Figure(round(sum(means), 2), "person-days", low=round(low, 2), high=round(high, 2), how=METHOD)


def _eight_in_ten(mean: float, variance: float, *, bounds: tuple[float, float]) -> tuple[float, float]:
    """The 10 % and 90 % points of the beta with this mean and variance between the bounds."""
    low, span = bounds[0], bounds[1] - bounds[0]
    if not span:
        return bounds
    middle, spread = (mean - low) / span, variance / span**2
    weight = middle * (1 - middle) / spread - 1
    inner = np.linspace(0, 1, GRID + 2)[1:-1]
    density = np.exp((middle * weight - 1) * np.log(inner) + ((1 - middle) * weight - 1) * np.log1p(-inner))
    points = np.interp([0.1, 0.9], np.cumsum(density) / density.sum(), inner)
    return low + span * float(points[0]), low + span * float(points[1])


def _part(finding: Finding, count: int, *, runnable: bool) -> Part:
    known = codes().get(finding.code)
    effort = known.effort if known else UNKNOWN[finding.severity]
    verb = f"causeway {known.tool}" if known and known.tool and runnable else ""
    fix = finding.remedy.command if finding.remedy.command.startswith("causeway fix ") else ""
    return Part(finding.code, count, _times(effort, 1 + REPEATED * (count - 1)), fix or verb)


def _times(effort: Effort, factor: float) -> Effort:
    return structs.replace(
        effort, low=effort.low * factor, likely=effort.likely * factor, high=effort.high * factor
    )

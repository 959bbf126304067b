"""The report of `causeway check` at eighty columns: the verdict, what is special here, what next."""

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from causeway.actions.check import CheckReport, Neighbour
from causeway.cli.reports import findings as show
from causeway.cli.reports import forecast as forecast_text
from causeway.cli.reports.trial import trial_text
from causeway.core.finding import Finding, Severity

MOST = {Severity.FIX: 7, Severity.NOTE: 4}
"""How many of each weight are told without `--full`; blockers always are."""
MOST_NEIGHBOURS = 6
UNTOUCHED = "Nothing in the folder was changed, run or unpickled; nothing left this machine."
TRIED = (
    "Nothing in the folder was changed; its code ran on a copy, in a cage. Only packages were fetched, from "
    "your index."
)


def text(report: CheckReport, *, full: bool = False) -> str:
    """The report, the gravest and surest first; a long list is cut and says by how much."""
    parts = [
        show.verdict_line(report.verdict, report.stage),
        show.opening(report.sentence, report.sources),
        _neighbours(report.proofs),
        trial_text(report.trial) if report.trial else "",
        *_groups(report, full=full),
        show.common_line(report.findings),
        forecast_text.text(report.forecast) if report.forecast else "",
        show.readiness_text(report.readiness),
        show.reach_text(report.reach),
        show.questions_text(report.questions),
        textwrap.fill(UNTOUCHED if report.trial is None else TRIED, show.WIDTH),
    ]
    return "\n\n".join(part for part in parts if part) + f"\nNext: {report.next}"


def _neighbours(proofs: Sequence[Neighbour]) -> str:
    """That this is one of several, and how to judge the others."""
    if not proofs:
        return ""
    largest = Path(proofs[0].path).name
    told = f"{len(proofs)} proofs of concept here; this is about the largest, {largest}. The others:"
    lines = textwrap.wrap(told, show.WIDTH, break_on_hyphens=False, break_long_words=False)
    if len(proofs) > MOST_NEIGHBOURS:
        return "\n".join([*lines, f"  causeway check --all {shlex.quote(str(Path(proofs[0].path).parent))}"])
    return "\n".join([*lines, *(f"  {proof.command}" for proof in proofs[1:])])


def _groups(report: CheckReport, *, full: bool) -> Iterator[str]:
    """A paragraph for each weight, then how many were left out."""
    special = [finding for finding in report.findings if not finding.common]
    left: list[str] = []
    for severity, group in groupby(special, key=lambda finding: finding.severity):
        found = list(group)
        most = len(found) if full else MOST.get(severity, len(found))
        # a line that says "1 more" is no shorter than the one
        most = len(found) if len(found) == most + 1 else most
        yield "\n".join(show.listed(found[:most]))
        left += _more(found[most:])
    if left:
        line = f"and {', '.join(left)}: causeway check {shlex.quote(report.folder)} --full"
        yield textwrap.fill(
            line,
            show.WIDTH,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
            break_long_words=False,
        )


def _more(left: Sequence[Finding]) -> list[str]:
    if not left:
        return []
    one, many = {"fix": ("fix", "fixes"), "note": ("note", "notes")}[left[0].severity.value]
    return [f"{len(left)} more {one if len(left) == 1 else many}"]

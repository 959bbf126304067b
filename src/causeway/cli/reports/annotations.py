"""The findings as annotations of GitHub Actions: one workflow command a line, the gravest first."""

from causeway.actions.check import CheckReport
from causeway.actions.placed import Placed
from causeway.cli.reports.findings import common_line, verdict_line
from causeway.cli.reports.sarif import message
from causeway.core.finding import Evidence, Finding, Severity

KINDS = {Severity.BLOCKER: "error", Severity.FIX: "warning", Severity.NOTE: "notice"}


def annotations(report: CheckReport, places: Placed) -> str:
    """A command for each special finding, one for all the common ones, and the verdict as plain text."""
    lines = [_command(finding, places) for finding in report.findings if not finding.common]
    common = " ".join(common_line(report.findings).split())
    if common:
        lines.append(f"::notice title=Causeway::{_data(common)}")
    return "\n".join([*lines, verdict_line(report.verdict, report.stage)])


def _command(finding: Finding, places: Placed) -> str:
    spot = places.spot(finding.evidence[0] if finding.evidence else Evidence())
    fields = {"file": spot.path, "line": str(spot.line or 1), "title": finding.code}
    told = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
    return f"::{KINDS[finding.severity]} {told}::{_data(message(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""The report of `causeway check` as Markdown, for a pull request or a wiki."""

from causeway.actions.check import CheckReport
from causeway.cli.reports import findings as show
from causeway.cli.reports import forecast as forecast_text
from causeway.cli.reports.trial import trial_markdown


def markdown(report: CheckReport) -> str:
    """Verdict, sentence, a table of what is special here, and one line for what is common."""
    lines = [f"## {show.verdict_line(report.verdict, report.stage)}", "", _cell(report.sentence), ""]
    if report.proofs:
        others = ", ".join(f"`{proof.path}`" for proof in report.proofs[1:])
        lines += [
            f"{len(report.proofs)} proofs of concept here; this is about the largest. Others: {others}.",
            "",
        ]
    if report.trial:
        lines += [trial_markdown(report.trial), ""]
    special = [finding for finding in report.findings if not finding.common]
    if special:
        lines += ["| | finding | where | what to do |", "|---|---|---|---|"]
        lines += [
            f"| {finding.severity.value} | "
            + " | ".join(
                _cell(text)
                for text in (
                    finding.title,
                    show.places(finding.evidence),
                    f"{finding.code}: {finding.remedy.words}",
                )
            )
            + " |"
            for finding in special
        ]
        lines.append("")
    common = " ".join(show.common_line(report.findings).split())
    lines += [common, ""] if common else []
    lines += [*forecast_text.markdown(report.forecast), ""] if report.forecast else []
    if report.questions:
        lines += ["Only a person can answer:", "", *(f"- {asked.words}" for asked in report.questions), ""]
    return "\n".join([*lines, f"Next: `{report.next}`"])


def _cell(text: str) -> str:
    """Text that neither ends the cell nor starts a tag, a link or a picture of its own."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return plain.replace("[", "\\[")

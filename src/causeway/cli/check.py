"""`causeway check`."""

import textwrap
from pathlib import Path

import click

from causeway.actions.check import CheckReport
from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option("--stage", default="", help="Judge at this stage; without it, the manifest's, else sandbox.")
@click.option("--md", "as_markdown", is_flag=True, help="Print Markdown, for a pull request or a wiki.")
@json_flag
@guarded
def command(folder: Path, *, stage: str, as_markdown: bool, as_json: bool) -> int:
    """What stands between this folder and its next stage.

    Needs no manifest and writes nothing; nothing in the folder is run, imported, unpickled or sent.
    Exit code 1 when something blocks.
    """
    from causeway.actions.check import check

    report = check(folder, stage=stage)
    if as_json:
        emit(report, code=0 if report.ready else 1)
    else:
        click.echo(markdown(report) if as_markdown else text(report))
    return 0 if report.ready else 1


def text(report: CheckReport) -> str:
    """The report at eighty columns."""
    from causeway.cli import findings as show

    special = [finding for finding in report.findings if not finding.common]
    parts = [
        show.verdict_line(report.verdict, report.stage),
        show.opening(report.sentence, report.sources),
        "\n".join(show.listed(special)),
        show.common_line(report.findings),
        show.readiness_text(report.readiness),
        show.reach_text(report.reach),
        show.questions_text(report.questions),
        textwrap.fill("Nothing was written, run or unpickled; nothing left this machine.", show.WIDTH),
    ]
    return "\n\n".join(part for part in parts if part) + f"\nNext: {report.next}"


def markdown(report: CheckReport) -> str:
    """The report as Markdown."""
    from causeway.cli import findings as show

    lines = [f"## {show.verdict_line(report.verdict, report.stage)}", "", report.sentence, ""]
    lines += ["| | finding | where | what to do |", "|---|---|---|---|"]
    for finding in report.findings:
        if not finding.common:
            cells = (finding.title, show.places(finding.evidence), f"{finding.code}: {finding.remedy.words}")
            row = " | ".join(cell.replace("|", "\\|") for cell in cells)
            lines.append(f"| {finding.severity.value} | {row} |")
    common = show.common_line(report.findings).replace("\n ", "")
    questions = [f"- {question.words}" for question in report.questions]
    lines += [
        "",
        common.strip(),
        "",
        "Only a person can answer:",
        "",
        *questions,
        "",
        f"Next: `{report.next}`",
    ]
    return "\n".join(lines)

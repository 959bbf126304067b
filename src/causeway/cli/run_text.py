"""What a run looks like on a terminal: a line a stage, then the verdict."""

import textwrap
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.status import Status

from causeway.actions.run import Again, RunReport
from causeway.actions.stages.step import StageEnded
from causeway.core.evaluation import DecisionSeen
from causeway.core.figure import plain
from causeway.core.ids import short
from causeway.core.metrics import spoken
from causeway.core.release import Evaluation

WIDTH = 80
NAME_WIDTH = 15
TIME_WIDTH = 9
MB = 1e6
NAMES = {"recover": "preprocessing"}


class Narrator:
    """Prints each stage as it ends; says what is going on while a terminal watches."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.shown: set[str] = set()
        self.stage = ""
        self.status = Status("", console=Console(stderr=True))

    def __enter__(self) -> Self:
        if self.status.console.is_terminal:
            self.status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.status.stop()

    def began(self, stage: str) -> None:
        """Shows the stage that starts now."""
        self.stage = _name(stage)
        self.status.update(self.stage)

    def said(self, text: str) -> None:
        """Shows what is going on inside it."""
        line = " ".join(text.split())
        if self.status.console.is_terminal:
            self.status.update(textwrap.shorten(f"{self.stage}: {line}", WIDTH - 4))
        elif not self.quiet:
            click.echo(textwrap.shorten(line, WIDTH, placeholder=" ..."), err=True)

    def ended(self, stage: StageEnded) -> None:
        """Prints its line."""
        if self.quiet:
            return
        self.shown.add(stage.stage)
        self.status.stop()
        click.echo(stage_line(stage))
        if self.status.console.is_terminal:
            self.status.start()

    def catch_up(self, stages: tuple[StageEnded, ...]) -> None:
        """Prints the stages that ended before anybody watched."""
        for stage in stages:
            if stage.stage not in self.shown:
                self.ended(stage)
        self.status.stop()


def stage_line(stage: StageEnded) -> str:
    """One stage: its name, how long it took, and what came of it, within 80 columns."""
    took = "kept" if stage.cached else _duration(stage.seconds)
    start = f"{_name(stage.stage):<{NAME_WIDTH}}{took:>{TIME_WIDTH - 2}}  "
    return textwrap.fill(
        stage.fact,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def verdict(report: RunReport, *, folder: Path) -> str:
    """How good the model is, what the release is called, and what to do next."""
    paragraphs = [_skill(report.evaluation), *_worth(report.evaluation.decision)]
    known = " was made before from the same inputs" if report.status == "already_made" else ""
    paragraphs.append(f"Release {report.product}@{short(report.release)}{known}.")
    if report.not_compiled:
        paragraphs.append(_worker(report))
    paragraphs += [*_took(report), *_again(report.again)]
    paragraphs += [_blocker(report, code) for code in report.blocks]
    shipping = "" if not report.blocks else " (will refuse until then)"
    paragraphs.append(f"Next: causeway ship {_shown(folder)}{shipping}")
    return "\n" + "\n".join(_filled(paragraph) for paragraph in paragraphs)


def _skill(evaluation: Evaluation) -> str:
    text = (
        f"{spoken(evaluation.metric)} {evaluation.value:.3f} (95 % {evaluation.low:.3f} "
        f"to {evaluation.high:.3f}) on {evaluation.rows:,} rows it was not fitted on ({evaluation.method}); "
        f"{evaluation.baseline_name} scores {evaluation.baseline:.3f}."
    )
    if evaluation.claimed is not None:
        name = evaluation.claimed_how.split(" ", 1)[0]
        text += f" Claimed: {evaluation.claimed:.3f} ({evaluation.claimed_how})"
        text += f"; held out: {evaluation.others[name]:.3f}." if name in evaluation.others else "."
    return text


def _worth(seen: DecisionSeen | None) -> list[str]:
    """From which probability on acting pays, and how much, where decisions have a worth."""
    if seen is None:
        return []
    unit = seen.currency or "units of [decision]"
    text = (
        f"Acting from a probability of {seen.at:.3g} on ({seen.how}) is worth {seen.value:.3g} {unit} a "
        f"decision (95 % {seen.low:.3g} to {seen.high:.3g}); {seen.without_name} {seen.without:.3g}, acting "
        f"from 0.5 on {seen.at_half:.3g}."
    )
    return [text]


def _worker(report: RunReport) -> str:
    text = f"It is not compiled, a process with the model itself answers: {report.not_compiled}."
    if report.speed is None:
        return text
    return (
        f"{text} That process takes {report.speed.one_row_ms:.2g} ms for one row, and answers "
        f"{report.speed.rows_per_second:,.0f} rows a second at {report.speed.batch} a request."
    )


def _took(report: RunReport) -> list[str]:
    """What the stages that were done now took: time, memory, and money by the rate card."""
    done = [stage for stage in report.stages if not stage.cached]
    if not done or report.cost is None:
        return []
    most = max(stage.peak_bytes for stage in done)
    memory = f", at most {most / MB:,.0f} MB of memory at once" if most else ""
    spent = f"{plain(report.cost.value)} {report.cost.unit} ({report.cost})"
    by = report.cost.how.partition(":")[0]
    seconds = sum(stage.seconds for stage in done)
    return [f"It took {_duration(seconds)}{memory}, and cost {spent}, {by}."]


def _again(again: Again | None) -> list[str]:
    if again is None:
        return []
    if again.same:
        return [f"Made anew, it is the same release as {short(again.release)}, byte for byte."]
    causes = "; ".join(each.words for each in again.differences if each.kind == "input")
    results = "; ".join(each.words for each in again.differences if each.kind == "result")
    came = f" What came of it: {results}." if results else ""
    return [f"It is not release {short(again.release)}: {causes}.{came}"]


def _blocker(report: RunReport, code: str) -> str:
    finding = next((each for each in report.findings if each.code == code and each.blocks_ship), None)
    return (
        f"Blocks shipping: {finding.title} {finding.remedy.words}" if finding else f"Blocks shipping: {code}"
    )


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _shown(folder: Path) -> str:
    return "" if folder == Path() else str(folder)


def _name(stage: str) -> str:
    return NAMES.get(stage, stage)


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s"

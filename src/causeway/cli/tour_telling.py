"""How the tour tells its story: chapters, paragraphs, commands as one types them, what they print."""

import shlex
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path

import click

from causeway.core.errors import OutsideError

WIDTH = 80
LABEL_WIDTH = 14
JUDGED = 1
ROW_GOES_ON = " " * 14


@dataclass
class Story:
    """Who tells it, to whom, and since when."""

    into: Path
    quiet: bool
    began: float = field(default_factory=time.monotonic)
    chapter_count: int = 0

    def chapter(self, title: str, text: str) -> None:
        """Opens a chapter: its number, its title, when it began, and what it is about."""
        self.chapter_count += 1
        at = f"{time.monotonic() - self.began:.0f} s"
        head = f"{self.chapter_count}  {title}"
        self.say(f"\n{click.style(head, bold=True)}{at:>{WIDTH - len(head)}}")
        self.tell(text)

    def tell(self, text: str) -> None:
        """A paragraph, indented under its chapter."""
        self.say(textwrap.fill(" ".join(text.split()), WIDTH, initial_indent="   ", subsequent_indent="   "))

    def entry(self, label: str, text: str) -> None:
        """A label and what belongs to it, in a column of its own; an address or a path stays whole."""
        head = f"   {label:<{LABEL_WIDTH}}"
        self.say(
            textwrap.fill(
                text,
                WIDTH,
                initial_indent=head,
                subsequent_indent=" " * len(head),
                break_long_words=False,
                break_on_hyphens=False,
            )
        )

    def say(self, text: str = "") -> None:
        """A line as it is."""
        if not self.quiet:
            click.echo(text)

    def type(self, *words: str) -> None:
        """Shows a command as one types it."""
        self.say(f"\n{click.style('$ causeway ' + shlex.join(words), fg='cyan')}")

    def run(self, *words: str, since: str = "", lines: int | None = None, only: tuple[str, ...] = ()) -> str:
        """Types a command, shows what it prints, and returns that; ends the tour where it fails.

        With `since`, what is printed before the first line that starts so is left out, and that is shown;
        with `lines`, what is printed after so many shown lines; with `only`, every line that starts otherwise
        and does not go on from one that is shown.
        """
        self.type(*words)
        showing, shown = not (since or only), 0
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "causeway", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        kept = []
        for line in process.stdout or ():
            kept.append(line)
            showing = _chosen(line, only, before=showing) if only else showing
            if not showing and since and line.startswith(since):
                showing = True
                self.say("[...]")
            if showing and (lines is None or shown < lines):
                self.say(line.rstrip("\n"))
                shown += 1
        if process.wait() not in (0, JUDGED):
            raise OutsideError(
                f"the tour stopped at `causeway {shlex.join(words)}`",
                where=str(self.into),
                hint=" ".join("".join(kept).split())[-300:],
            )
        return "".join(kept)


def _chosen(line: str, only: tuple[str, ...], *, before: bool) -> bool:
    return line.startswith(only) or (before and line.startswith(ROW_GOES_ON))

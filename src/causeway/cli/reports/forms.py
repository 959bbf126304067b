"""The forms in which `causeway check` answers: for people, for programs, for code scanning, for a README."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from causeway.actions.check import CheckReport
from causeway.actions.placed import Placed, placed
from causeway.actions.workspace import write_whole
from causeway.cli.reports.annotations import annotations
from causeway.cli.reports.badge import badge
from causeway.cli.reports.markdown import markdown
from causeway.cli.reports.sarif import sarif
from causeway.cli.reports.text import text
from causeway.cli.verb import json_of
from causeway.core.errors import outside
from causeway.core.printable import harmless


class Asked(Struct, frozen=True):
    """A report, and how it is to be told."""

    report: CheckReport
    code: int
    """The exit code that the report ends with."""
    full: bool = False


Form = Callable[[Asked], str]

FORMS: dict[str, Form] = {
    "text": lambda asked: harmless(text(asked.report, full=asked.full)),
    "json": lambda asked: json_of(asked.report, code=asked.code),
    "md": lambda asked: harmless(markdown(asked.report)),
    "sarif": lambda asked: sarif(asked.report, _places(asked.report)),
    "annotations": lambda asked: annotations(asked.report, _places(asked.report)),
    "badge": lambda asked: badge(asked.report),
}
ENDINGS = {".json": "json", ".md": "md", ".sarif": "sarif", ".svg": "badge"}
"""What a file's ending says of its form, where no option does; any other ending is text."""


def form_of(file: Path) -> str:
    """The form that a file's name asks for."""
    return "sarif" if file.name.endswith(".sarif.json") else ENDINGS.get(file.suffix.lower(), "text")


def save(file: Path, content: str) -> None:
    """Puts the whole text into the file at once; into a pipe or a device as it comes."""
    body = (content.rstrip("\n") + "\n").encode("utf-8", "backslashreplace")
    try:
        kind = file.stat().st_mode if file.exists() else stat.S_IFREG
        if not stat.S_ISREG(kind):
            file.write_bytes(body)
            return
        write_whole(file.resolve(), body)
        file.chmod(stat.S_IMODE(kind) or 0o666 & ~_umask())
    except OSError as error:
        raise outside(error) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _places(report: CheckReport) -> Placed:
    return placed(Path(report.folder), report.findings)

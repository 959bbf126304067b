"""Where findings lie as other tools name it: path from the repository's root, line of the file itself."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from causeway.core.finding import Evidence, Finding
from causeway.intake.files.text import read_text

MAX_BYTES = 16 << 20

# a string that a colon follows is a key; numbers and commas say nothing about where we are
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}\[\]]', re.DOTALL)
_IN_CELLS = [None, "cells"]
_IN_SOURCE = [None, "cells", None, "source"]


class Spot(Struct, frozen=True, omit_defaults=True):
    """One place: `path` from the repository's root with /, `line` of the file on the disk, and its text."""

    path: str
    line: int | None = None
    text: str = ""


class Placed(Struct, frozen=True):
    """Where every evidence of a report lies; `anchor` is for findings about the whole folder."""

    prefix: str
    """The judged folder from the repository's root, ending with /; empty when it is the root."""
    anchor: str
    spots: dict[Evidence, Spot] = {}

    def spot(self, evidence: Evidence) -> Spot:
        """The place of this evidence; where it names no file, the whole folder's."""
        return self.spots.get(evidence) or Spot(self.prefix + evidence.path if evidence.path else self.anchor)


def placed(folder: Path, findings: Iterable[Finding]) -> Placed:
    """The places of these findings; reads only the files that they name."""
    spots: dict[Evidence, Spot] = {}
    prefix = _prefix(folder)
    named = dict.fromkeys(place for finding in findings for place in finding.evidence if place.path)
    for path in dict.fromkeys(place.path for place in named):
        here = [place for place in named if place.path == path]
        spots |= dict(_spots(folder, here, prefix=prefix))
    return Placed(prefix, prefix + _anchor(folder), spots)


def _spots(folder: Path, places: list[Evidence], *, prefix: str) -> Iterator[tuple[Evidence, Spot]]:
    path = prefix + places[0].path
    if all(place.line is None and place.cell is None for place in places):
        yield from ((place, Spot(path)) for place in places)
        return
    # line endings as an editor counts them, not as Python does: a form feed ends no line
    text = re.sub("\r\n?", "\n", read_text(folder / places[0].path, MAX_BYTES).text)
    lines = text.split("\n")
    cells = source_lines(text) if path.endswith(".ipynb") else []
    for place in places:
        line = place.line if place.cell is None else _in_cell(cells, place)
        inside = line is not None and 1 <= line <= len(lines)
        yield place, Spot(path, line, lines[line - 1].strip() if inside and line else "")


def _in_cell(cells: list[list[int]], place: Evidence) -> int | None:
    """The file's line of a cell's line; of the cell's first where the evidence names none."""
    cell, line = place.cell or 0, place.line or 1
    if not 1 <= cell <= len(cells) or not 1 <= line <= len(cells[cell - 1]):
        return None
    return cells[cell - 1][line - 1]


def source_lines(notebook: str) -> list[list[int]]:
    """For every cell of a notebook's text, the lines of the file on which the lines of its source stand."""
    cells: list[list[int]] = []
    inside: list[str | None] = []
    key: str | None = None
    line, counted = 1, 0
    for token in _TOKEN.finditer(notebook):
        line += notebook.count("\n", counted, token.start())
        counted = token.start()
        match token[0][0]:
            case "{" | "[":
                if inside == _IN_CELLS:
                    cells.append([])
                inside.append(key)
                key = None
            case "}" | "]":
                if inside:
                    inside.pop()
                key = None
            case _ if token[1]:
                key = token[0].split('"')[1]
            case _ if inside == _IN_SOURCE:
                cells[-1].append(line)
            case _ if inside == _IN_SOURCE[:3] and key == "source":
                cells[-1].extend([line] * (token[0].count("\\n") + 1))
            case _:
                pass
    return cells


def _prefix(folder: Path) -> str:
    place = folder.resolve()
    root = next((above for above in (place, *place.parents) if (above / ".git").exists()), place)
    inside = place.relative_to(root).as_posix()
    return "" if inside == "." else f"{inside}/"


def _anchor(folder: Path) -> str:
    """A file that stands for the folder: the manifest, else the README, else any that is there."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    for wanted in ("causeway.toml", "readme", "requirements", ""):
        for name in names:
            if name.lower().startswith(wanted):
                return name
    return "causeway.toml"

"""Packages that are installed on the way: in a Dockerfile's RUN lines and in a notebook's cells."""
# ruff: noqa: SIM905 - lists of words read best as words

import re
import shlex
from collections.abc import Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Requirement, Sighting
from causeway.intake.environment.requirement_forms import Parsed
from causeway.intake.environment.requirement_lines import logical_lines, requirement
from causeway.intake.files.text import searchable
from causeway.intake.python.code import Code

_PYTHON = re.compile(
    r"^FROM\s+(?:--\S+\s+)?(?:\S+/)?python:(?:(\d+\.\d+(?:\.\d+)?)|\$\{?(\w+))",
    re.IGNORECASE | re.MULTILINE,
)
_ARG = re.compile(r"^ARG\s+(\w+)=[\"']?(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE | re.MULTILINE)
_PIP = re.compile(
    r"(?:^|[\s;&|!%(])(?:uv\s+)?(?:python3?\s+-m\s+)?(?:pip3?|mamba|conda)\s+install\s+([^;&|)\n]+)"
)
_WITH_VALUE = frozenset(
    "-r -c -i -f -t -e --index-url --extra-index-url --find-links --target --requirement --constraint "
    "--trusted-host --prefix --channel --timeout".split()
)
_CELL = re.compile(r"^[ \t]*(?:[!%]+[ \t]*|(?=(?:pip3?|conda|mamba)\s+install\s))(.*)$", re.MULTILINE)


def docker(path: str, text: str) -> Parsed:
    """Packages that a Dockerfile installs by name, and the Python of its base image."""
    matched = _PYTHON.search(text)
    given = dict(_ARG.findall(text))
    found = [
        item
        for number, line in logical_lines(text)
        if line.upper().startswith("RUN ")
        for item in installed(line[4:], Evidence(path, line=number))
        if item.name not in {"pip", "setuptools", "wheel", "uv", "poetry", "pipenv"}
    ]
    return found, (matched[1] or given.get(matched[2], "")) if matched else "", ""


def installed(command: str, at: Evidence) -> Iterator[Requirement]:
    """The packages that a shell command installs by name."""
    for call in _PIP.finditer(searchable(command)):
        words = iter(_words(call[1]))
        for word in words:
            if word in _WITH_VALUE:
                next(words, "")
            elif not word.startswith(("-", ".", "/", "$")) and (item := requirement(word, at)):
                yield item


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def installed_in_notebooks(code: Code) -> list[Sighting]:
    """What the cells of a notebook install: `value` is the package, `detail` what follows its name."""
    found: list[Sighting] = []
    for block in code.blocks if code.notebook is not None else ():
        text = searchable(block.text)
        for matched in _CELL.finditer(text):
            line = text.count("\n", 0, matched.start(1)) + 1
            at = Evidence(code.path, line=line, cell=block.cell)
            found += [
                Sighting("notebook_install", item.name, at, item.spec) for item in installed(matched[1], at)
            ]
    return found

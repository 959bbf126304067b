"""Which version of its language a folder states beside its declarations: in workflows, locks and images."""

import json
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, Sighting
from causeway.intake.files.text import read_searchable, read_text, searchable
from causeway.intake.files.walk import Entry

MAX_BYTES = 200_000
_WORKFLOW = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$|^\.gitlab-ci\.yml$|^azure-pipelines\.yml$")
_LINES = re.MULTILINE | re.IGNORECASE
_PYTHON = re.compile(r"^[ \t]*-?[ \t]*[\"']?python[-_]?version[\"']?\s*:\s*(.+)$", _LINES)
_IMAGE = re.compile(r"^[ \t]*image:[ \t]*[\"']?python:(3\.\d+)", re.MULTILINE)
_R = re.compile(r"^[ \t]*-?[ \t]*r-version[ \t]*:[ \t]*[\"']?(\d+\.\d+(?:\.\d+)?)", _LINES)
_SPOKEN = re.compile(
    r"\bpython(?:[ \t-]+version)?[ \t:*`>=-]{1,6}(3\.\d{1,2})(?:\.\d+)?"
    r"([ \t]*\+|%2B|[ \t]+(?:or|and)[ \t]+(?:higher|above|newer|later|greater|up))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"3\.\d+(?:\.\d+)?")
_DEPENDS = re.compile(r"\bR\s*\(\s*>?=+\s*(\d+\.\d+(?:\.\d+)?)\s*\)")
_BASE = re.compile(
    r"^FROM\s+\S*(?:r-ver|r-base|rstudio|tidyverse|shiny\S*):(\d+\.\d+(?:\.\d+)?)", re.MULTILINE
)


def python_of_workflows(entries: Iterable[Entry]) -> Guess:
    """The version of Python that a workflow sets up; of several, the first."""
    for entry in entries:
        if _WORKFLOW.match(entry.path):
            text = read_searchable(entry.full, MAX_BYTES)
            written = [line for found in _PYTHON.finditer(text) for line in _NUMBER.findall(found[1])]
            written += _IMAGE.findall(text)
            if written:
                return Guess(written[0], 0.85, (Evidence(entry.path),))
    return Guess()


def python_of_readme(path: str, text: str) -> Iterator[Sighting]:
    """The first version of Python that a README speaks of."""
    for number, line in enumerate(searchable(text).split("\n"), start=1):
        if found := _SPOKEN.search(line):
            stated = f"{found[1]}{' or newer' if found[2] else ''}"
            yield Sighting("readme_python", stated, Evidence(path, line=number))
            return


def versions_of_r(entries: Iterable[Entry]) -> Iterator[Sighting]:
    """Places that state a version of R."""
    for entry in entries:
        stated = _stated(entry)
        if stated:
            yield Sighting("r_version", stated, Evidence(entry.path))


def _stated(entry: Entry) -> str:
    name = entry.name.lower()
    if name == "renv.lock":
        return _locked(read_text(entry.full, 4_000_000).text)
    patterns = {"description": _DEPENDS, "dockerfile": _BASE}
    pattern = _R if _WORKFLOW.match(entry.path) else patterns.get(name)
    found = pattern.search(read_searchable(entry.full, MAX_BYTES)) if pattern else None
    return found[1] if found else ""


def _locked(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    stated = document.get("R") if isinstance(document, dict) else None
    return str(stated.get("Version") or "") if isinstance(stated, dict) else ""

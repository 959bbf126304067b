"""Which version of its language a folder states beside its declarations: in workflows, locks and images."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, Sighting
from causeway.intake.files.text import read_searchable, read_text, searchable
from causeway.intake.files.walk import Entry

MAX_BYTES = 200_000
MAX_LOCK_BYTES = 4_000_000
_WORKFLOW = re.compile(r"^\.github/workflows/[^/]+\.ya?ml$|^\.gitlab-ci\.yml$|^azure-pipelines\.yml$")
_LINES = re.MULTILINE | re.IGNORECASE
_PYTHON = re.compile(r"^[ \t]*-?[ \t]*[\"']?python[-_]?version[\"']?\s*:\s*(.+)$", _LINES)
_IMAGE = re.compile(r"^[ \t]*image:[ \t]*[\"']?python:(3\.\d+)", re.MULTILINE)
_CONTAINERS = {".devcontainer/devcontainer.json", ".devcontainer.json"}
_DEVELOPED = re.compile(r"\"image\"\s*:\s*\"[^\"]*/?python:(?:\d+-)?(3\.\d+)")
_R = re.compile(r"^[ \t]*-?[ \t]*r-version[ \t]*:[ \t]*[\"']?(\d+\.\d+(?:\.\d+)?)", _LINES)
_SPOKEN = re.compile(
    r"\bpython(?:[ \t-]+version)?[ \t:*`>=-]{1,6}(3\.\d{1,2})(?:\.\d+)?"
    r"([ \t]*\+|%2B|[ \t]+(?:or|and)[ \t]+(?:higher|above|newer|later|greater|up))?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"3\.\d+(?:\.\d+)?")
_DEPENDS = re.compile(r"\bR\s*\(\s*>?=+\s*(\d+\.\d+(?:\.\d+)?)\s*\)")
_SUITE = re.compile(r"\ARSuiteVersion:.*\n(?:.*\n)*?RVersion:[ \t]*(\d+\.\d+(?:\.\d+)?)")
_DATED = re.compile(r"^Repositories:.*\bMRAN\[\d{4}-\d\d-\d\d\]", re.MULTILINE)
_PACKRAT = re.compile(r"^RVersion:[ \t]*(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)
_DEPLOYED = {"manifest.json", "packrat.lock"}
_BASE = re.compile(
    r"^FROM\s+\S*(?:r-ver|r-base|rstudio|tidyverse|shiny\S*):(\d+\.\d+(?:\.\d+)?)", re.MULTILINE
)


def python_of_workflows(entries: Iterable[Entry]) -> Guess:
    """The version of Python that a workflow or a development container sets up; of several, the first."""
    for entry in entries:
        if _WORKFLOW.match(entry.path):
            text = read_searchable(entry.full, MAX_BYTES)
            written = [line for found in _PYTHON.finditer(text) for line in _NUMBER.findall(found[1])]
            written += _IMAGE.findall(text)
        elif entry.path in _CONTAINERS:
            written = _DEVELOPED.findall(read_searchable(entry.full, MAX_BYTES))
        else:
            continue
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
    """Places that state a version of R, and those that pin R's packages beside a declaration."""
    for entry in entries:
        stated = _stated(entry)
        if stated:
            yield Sighting("r_version", stated, Evidence(entry.path))
        if stated and (entry.name.lower() in _DEPLOYED or _dated(entry)):
            yield Sighting("r_packages", stated, Evidence(entry.path))


def _dated(entry: Entry) -> bool:
    """Whether R Suite takes its packages from a mirror of one day."""
    named = entry.name == "PARAMETERS"
    return named and _DATED.search(read_searchable(entry.full, MAX_BYTES)) is not None


def _stated(entry: Entry) -> str:
    name = entry.name.lower()
    if name in _DOCUMENTS:
        return _DOCUMENTS[name](read_text(entry.full, MAX_LOCK_BYTES).text)
    patterns = {"description": _DEPENDS, "dockerfile": _BASE, "packrat.lock": _PACKRAT, "parameters": _SUITE}
    pattern = _R if _WORKFLOW.match(entry.path) else patterns.get(name)
    found = pattern.search(read_searchable(entry.full, MAX_BYTES)) if pattern else None
    return found[1] if found else ""


def _locked(text: str) -> str:
    stated = _document(text).get("R")
    return str(stated.get("Version") or "") if isinstance(stated, dict) else ""


def _deployed(text: str) -> str:
    """R's version in what rsconnect writes for a server; empty for any other document of that name."""
    document = _document(text)
    apart = isinstance(document.get("metadata"), dict) and "appmode" in document["metadata"]
    return str(document.get("platform") or "") if apart and document.get("packages") else ""


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


_DOCUMENTS = {"renv.lock": _locked, "manifest.json": _deployed}

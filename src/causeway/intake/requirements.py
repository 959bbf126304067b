"""What the folder says it needs: requirements files in any encoding, pyproject, setup, conda, Pipfile,
Dockerfile.
"""

import ast
import re
import tomllib
from collections.abc import Iterable
from typing import Any

import yaml
from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, Requirement, RequirementFile
from causeway.intake.code import parse
from causeway.intake.text import read_text
from causeway.intake.walk import Entry

MAX_BYTES = 500_000
_LINE = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)$")
_PINNED = re.compile(r"^===?\s*[\w.!+-]+$")
_REQUIREMENTS = re.compile(r"(^|[-_.])require\w*([-_.]\w+)*\.(txt|in|pip)$", re.IGNORECASE)
_DOCKER_PYTHON = re.compile(r"^FROM\s+(?:\S+/)?python:(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE | re.MULTILINE)
_RUNTIME = re.compile(r"python-?(\d+\.\d+(?:\.\d+)?)")


class Declared(Struct, frozen=True):
    """All declarations of the folder together."""

    requirements: tuple[Requirement, ...]
    files: tuple[RequirementFile, ...]
    python: Guess


def read_requirements(entries: Iterable[Entry]) -> Declared:
    """Every declared dependency, and which Python is asked for."""
    found: list[Requirement] = []
    files: list[RequirementFile] = []
    pythons: list[tuple[str, Evidence]] = []
    for entry in entries:
        reader = _reader(entry)
        if reader is None or entry.size > MAX_BYTES:
            continue
        read = read_text(entry.full, MAX_BYTES)
        requirements, python, problem = reader(entry.path, read.text)
        if reader is not _docker:
            files.append(RequirementFile(entry.path, read.encoding, problem, len(requirements)))
        found += requirements
        if python:
            pythons.append((python, Evidence(entry.path)))
    value = pythons[0][0] if pythons else ""
    guess = Guess(value, 0.9 if value else 0.0, tuple(at for _, at in pythons))
    return Declared(tuple(found), tuple(files), guess)


Parsed = tuple[list[Requirement], str, str]


def _reader(entry: Entry) -> Any:  # noqa: ANN401 - one of the functions below
    name = entry.name.lower()
    if "/artifacts/" in f"/{entry.path}":
        return None
    if name in _BY_NAME:
        return _BY_NAME[name]
    if _REQUIREMENTS.search(name) or entry.path.lower().startswith("requirements/"):
        return _lines if entry.suffix in {".txt", ".in", ".pip"} else None
    return _docker if name.startswith("dockerfile") else None


def normal(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(text: str, at: Evidence) -> Requirement | None:
    """One declared dependency, or None where the text is none."""
    text = text.split(" #", maxsplit=1)[0].split(";", maxsplit=1)[0].strip()
    matched = _LINE.match(text)
    if not matched or text.startswith(("-", "#")) or "://" in text.split("@")[0]:
        return None
    spec = matched[3].strip()
    if spec and spec[0] not in "=<>!~(@":
        return None
    return Requirement(normal(matched[1]), at, spec, bool(_PINNED.match(spec)) or spec.startswith("@"))


def _lines(path: str, text: str) -> Parsed:
    found = [
        item
        for number, line in enumerate(text.splitlines(), start=1)
        if (item := requirement(line, Evidence(path, line=number)))
    ]
    broken = [line for line in text.splitlines() if line.strip()] and not found
    return found, "", "no dependency could be read from it" if broken else ""


def _pyproject(path: str, text: str) -> Parsed:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return [], "", f"does not parse: {error}"
    project = _table(document.get("project"))
    tools = _table(_table(document.get("tool")).get("poetry"))
    at = Evidence(path)
    listed = [requirement(str(item), at) for item in project.get("dependencies") or []]
    poetry = _table(tools.get("dependencies"))
    listed += [_versioned(name, spec, at) for name, spec in poetry.items() if name != "python"]
    python = str(project.get("requires-python") or poetry.get("python") or "")
    return [item for item in listed if item], python, ""


def _pipfile(path: str, text: str) -> Parsed:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [], "", f"does not parse: {error}"
    packages = _table(document.get("packages"))
    python = str(_table(document.get("requires")).get("python_version") or "")
    return [_versioned(name, spec, Evidence(path)) for name, spec in packages.items()], python, ""


def _versioned(name: str, spec: object, at: Evidence) -> Requirement:
    text = str(_table(spec).get("version", "")) if isinstance(spec, dict) else str(spec)
    exact = bool(re.fullmatch(r"=?=?\d+(\.\d+)+", text))
    return Requirement(normal(name), at, "" if text == "*" else text, pinned=exact)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _conda(path: str, text: str) -> Parsed:
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError):
        return [], "", "does not parse"
    found: list[Requirement] = []
    python = ""
    for item in _table(document).get("dependencies") or []:
        if isinstance(item, dict):
            found += [
                made for line in item.get("pip") or [] if (made := requirement(str(line), Evidence(path)))
            ]
            continue
        name, _, version = str(item).partition("=")
        if name.strip() == "python":
            python = version.strip("= ").split("=")[0]
        elif made := requirement(
            f"{name}{'==' + version.strip('=').split('=')[0] if version else ''}", Evidence(path)
        ):
            found.append(made)
    return found, python, ""


def _setup(path: str, text: str) -> Parsed:
    tree, error = parse(text)
    if tree is None:
        return [], "", f"does not parse: {error.msg if error else ''}"
    found: list[Requirement] = []
    python = ""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.keyword)
            and node.arg == "install_requires"
            and isinstance(node.value, ast.List)
        ):
            at = Evidence(path, line=node.value.lineno)
            texts = [item.value for item in node.value.elts if isinstance(item, ast.Constant)]
            found += [made for item in texts if (made := requirement(str(item), at))]
        if (
            isinstance(node, ast.keyword)
            and node.arg == "python_requires"
            and isinstance(node.value, ast.Constant)
        ):
            python = str(node.value.value)
    return found, python, ""


def _docker(_path: str, text: str) -> Parsed:
    matched = _DOCKER_PYTHON.search(text)
    return [], matched[1] if matched else "", ""


def _runtime(_path: str, text: str) -> Parsed:
    matched = _RUNTIME.search(text) or re.search(r"(\d+\.\d+(?:\.\d+)?)", text)
    return [], matched[1] if matched else "", ""


_BY_NAME = {
    "pyproject.toml": _pyproject,
    "pipfile": _pipfile,
    "environment.yml": _conda,
    "environment.yaml": _conda,
    "conda.yaml": _conda,
    "conda.yml": _conda,
    "setup.py": _setup,
    "runtime.txt": _runtime,
    ".python-version": _runtime,
}

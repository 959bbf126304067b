"""Declarations of dependencies other than pip's lists: pyproject, Pipfile, conda, setup, R and the version of
Python alone.
"""

import ast
import configparser
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml

from causeway.core.finding import Evidence
from causeway.core.poc import Requirement
from causeway.core.toml_reading import read_toml
from causeway.intake.environment.requirement_lines import normal, requirement
from causeway.intake.files.text import searchable
from causeway.intake.files.yaml_reading import read_yaml
from causeway.intake.python.code import parse
from causeway.intake.python.trees import nodes_in

Parsed = tuple[list[Requirement], str, str]

_RUNTIME = re.compile(r"python-?(\d+\.\d+(?:\.\d+)?)")
_VERSION = re.compile(r"(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)")
_BUILD = re.compile(r"^[^=\s]+=[^=\s]+=\w*[a-z0-9]*_?\d+$")
_WINDOWS_PACKAGES = {
    "vs2015_runtime",
    "vc",
    "ucrt",
    "pywin32",
    "pywinpty",
    "wincertstore",
    "win_inet_pton",
    "m2w64-gcc-libs",
}


def pyproject(path: str, text: str) -> Parsed:
    """Standard metadata, and what poetry, pdm and uv keep beside it."""
    try:
        document = read_toml(text)
    except ValueError as error:
        return [], "", f"does not parse: {error}"
    project = _table(document.get("project"))
    tools = _table(document.get("tool"))
    poetry = _table(tools.get("poetry"))
    own = _table(poetry.get("dependencies"))
    at = Evidence(path)
    found = [requirement(str(item), at) for item in _standard(document, project, tools)]
    tables = [own, _table(poetry.get("dev-dependencies"))]
    tables += [_table(_table(group).get("dependencies")) for group in _table(poetry.get("group")).values()]
    found += [
        versioned(name, spec, at) for table in tables for name, spec in table.items() if name != "python"
    ]
    python = str(project.get("requires-python") or own.get("python") or "")
    return [item for item in found if item], python, ""


def _standard(document: dict[str, Any], project: dict[str, Any], tools: dict[str, Any]) -> Iterator[object]:
    yield from _list(project.get("dependencies"))
    groups = [
        _table(project.get("optional-dependencies")),
        _table(document.get("dependency-groups")),
        _table(_table(tools.get("pdm")).get("dev-dependencies")),
    ]
    for group in groups:
        for listed in group.values():
            yield from (item for item in _list(listed) if isinstance(item, str))
    yield from _list(_table(tools.get("uv")).get("dev-dependencies"))


def pipfile(path: str, text: str) -> Parsed:
    """Packages of a Pipfile."""
    try:
        document = read_toml(text)
    except ValueError as error:
        return [], "", f"does not parse: {error}"
    packages = _table(document.get("packages")) | _table(document.get("dev-packages"))
    required = _table(document.get("requires"))
    python = str(required.get("python_version") or required.get("python_full_version") or "")
    return [versioned(name, spec, Evidence(path)) for name, spec in packages.items()], python, ""


def versioned(name: str, spec: object, at: Evidence) -> Requirement:
    """A dependency whose version stands in a table, as poetry and pipenv write it."""
    text = str(_table(spec).get("version", "")) if isinstance(spec, dict) else str(spec)
    exact = bool(re.fullmatch(r"=?=?\d+(\.\w+)+", text))
    return Requirement(normal(name), at, "" if text == "*" else text, pinned=exact)


def conda(path: str, text: str) -> Parsed:
    """Packages of a conda environment, and those that pip adds to it."""
    try:
        document = read_yaml(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return [], "", "does not parse"
    found: list[Requirement] = []
    python = ""
    items = _list(_table(document).get("dependencies"))
    for item in items:
        if isinstance(item, dict):
            found += _made(_list(item.get("pip")), Evidence(path))
            continue
        name, _, version = str(item).rpartition("::")[2].partition("=")
        number = version.strip("= ").split("=", maxsplit=1)[0]
        if name.strip() == "python":
            python = number
        elif name.strip() != "pip" and (
            made := requirement(f"{name}=={number}" if version else name, Evidence(path))
        ):
            found.append(made)
    return found, python, _system_of(items)


def _system_of(items: Iterable[object]) -> str:
    listed = [str(item) for item in items if isinstance(item, str)]
    windows = [item.split("=")[0] for item in listed if item.split("=")[0] in _WINDOWS_PACKAGES]
    if windows:
        return f"it was exported on Windows ({windows[0]}) and can be made again only there"
    builds = sum(bool(_BUILD.match(item)) for item in listed)
    if builds >= 5 and builds * 2 > len(listed):
        return "it pins builds of one operating system; export it with --no-builds or --from-history"
    return ""


def setup_py(path: str, text: str) -> Parsed:
    """What `setup()` requires, read from its source."""
    tree, error = parse(text)
    if tree is None:
        return [], "", f"does not parse: {error.msg if error else ''}"
    found: list[Requirement] = []
    python = ""
    lists = {
        node.targets[0].id: node.value
        for node in nodes_in(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in nodes_in(tree):
        if not isinstance(node, ast.keyword):
            continue
        value = lists.get(node.value.id, node.value) if isinstance(node.value, ast.Name) else node.value
        if node.arg == "install_requires" and isinstance(value, ast.List | ast.Tuple):
            texts = [item.value for item in value.elts if isinstance(item, ast.Constant)]
            found += _made(texts, Evidence(path, line=value.lineno))
        if node.arg == "python_requires" and isinstance(value, ast.Constant):
            python = str(value.value)
    return found, python, ""


def setup_cfg(path: str, text: str) -> Parsed:
    """What the `[options]` of setup.cfg require."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return [], "", "does not parse"
    listed = parser.get("options", "install_requires", fallback="").splitlines()
    return _made(listed, Evidence(path)), parser.get("options", "python_requires", fallback=""), ""


def runtime(_path: str, text: str) -> Parsed:
    """The version of Python alone."""
    matched = _RUNTIME.search(text) or _VERSION.search(text)
    return [], matched[1] if matched else "", ""


def tool_versions(_path: str, text: str) -> Parsed:
    """The same among the versions of other tools."""
    matched = re.search(
        r"^[ \t]*\"?python\"?[ \t]*=?[ \t]*\"?(\d{1,4}\.\d{1,4}(?:\.\d{1,4})?)",
        searchable(text),
        re.MULTILINE,
    )
    return [], matched[1] if matched else "", ""


def r_description(_path: str, _text: str) -> Parsed:
    """R's DESCRIPTION: known to be there; R's packages are no distributions of Python."""
    return [], "", ""


def _made(texts: Iterable[object], at: Evidence) -> list[Requirement]:
    return [made for text in texts if (made := requirement(str(text), at))]


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


BY_NAME: dict[str, Callable[[str, str], Parsed]] = {
    "pyproject.toml": pyproject,
    "pipfile": pipfile,
    "environment.yml": conda,
    "environment.yaml": conda,
    "conda.yaml": conda,
    "conda.yml": conda,
    "setup.py": setup_py,
    "setup.cfg": setup_cfg,
    "runtime.txt": runtime,
    ".python-version": runtime,
    ".tool-versions": tool_versions,
    "mise.toml": tool_versions,
    "description": r_description,
}

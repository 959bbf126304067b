"""Exact versions that a tool wrote down: lock files of poetry, uv, pdm, pipenv, conda and renv."""

import json
from collections.abc import Callable
from typing import Any

import yaml

from causeway.core.toml_reading import read_toml
from causeway.intake.environment.requirement_lines import normal, read_lines
from causeway.intake.files.yaml_reading import read_yaml

MAX_LOCK_BYTES = 8_000_000
MAX_YAML_BYTES = 400_000

Pins = dict[str, str]


def pins_of(name: str, text: str) -> Pins | None:
    """Version by distribution for a lock file of this name; None where it is none or does not parse."""
    reader = _READERS.get(name)
    if reader is None:
        return None
    try:
        return reader(text)
    except (ValueError, yaml.YAMLError, RecursionError, AttributeError, TypeError):
        return None


def pins_of_constraints(path: str, text: str) -> Pins:
    """What a file of constraints pins."""
    found = read_lines(path, text).requirements
    return {item.name: item.spec.strip("=() ") for item in found if item.pinned and item.spec.startswith("=")}


def _toml_packages(text: str) -> Pins:
    packages = read_toml(text).get("package") or []
    return {normal(str(item["name"])): str(item.get("version", "")) for item in packages if "name" in item}


def _pipfile(text: str) -> Pins:
    document: dict[str, Any] = json.loads(text)
    return {
        normal(name): str(said.get("version", "")).lstrip("=")
        for section in ("default", "develop")
        for name, said in (document.get(section) or {}).items()
    }


def _conda(text: str) -> Pins:
    if len(text) > MAX_YAML_BYTES:
        return {}
    packages = (read_yaml(text) or {}).get("package") or []
    return {normal(str(item["name"])): str(item.get("version", "")) for item in packages}


_READERS: dict[str, Callable[[str], Pins]] = {
    "poetry.lock": _toml_packages,
    "uv.lock": _toml_packages,
    "pdm.lock": _toml_packages,
    "pylock.toml": lambda text: {
        normal(str(item["name"])): str(item.get("version", ""))
        for item in read_toml(text).get("packages") or []
    },
    "pipfile.lock": _pipfile,
    "conda-lock.yml": _conda,
}
LOCKS = frozenset(_READERS)

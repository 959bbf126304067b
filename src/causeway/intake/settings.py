"""What configuration files say, for code that takes its paths and columns from them."""

import configparser
import json
from collections.abc import Iterable

import yaml

from causeway.core.toml_reading import read_toml
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.files.yaml_reading import read_yaml
from causeway.intake.paths import Files

MAX_BYTES = 200_000
SUFFIXES = {".yaml", ".yml", ".json", ".toml", ".ini", ".cfg"}


class Settings:
    """The folder's configuration files, each parsed when code first asks for it."""

    def __init__(self, entries: Iterable[Entry], files: Files) -> None:
        self._files = files
        self._entries = {
            entry.path: entry for entry in entries if entry.suffix in SUFFIXES and entry.size <= MAX_BYTES
        }
        self._known: dict[str, object] = {}

    def __call__(self, path: str, importer: str) -> object:
        """What the file says, or None where it is not there or does not parse."""
        found = self._files.resolve(path, importer)
        entry = self._entries.get(found)
        if entry is None:
            return None
        if found not in self._known:
            self._known[found] = _parsed(entry.suffix, read_text(entry.full, MAX_BYTES).text)
        return self._known[found]


def _parsed(suffix: str, text: str) -> object:
    try:
        if suffix == ".json":
            return json.loads(text)
        if suffix == ".toml":
            return read_toml(text)
        if suffix in {".ini", ".cfg"}:
            parser = configparser.ConfigParser(interpolation=None)
            parser.read_string(text)
            return {name: dict(parser.items(name)) for name in parser.sections()}
        return read_yaml(text)
    except (ValueError, yaml.YAMLError, configparser.Error, RecursionError):
        return None

"""What the folder says it needs: requirements files in any encoding and form, with what locks pin exactly."""

import json
import posixpath
import re
from collections.abc import Callable, Iterable

from msgspec import Struct, structs

from causeway.core.finding import Evidence
from causeway.core.poc import Guess, Requirement, RequirementFile
from causeway.intake.environment.requirement_forms import BY_NAME, Parsed
from causeway.intake.environment.requirement_lines import normal, read_lines, requirement
from causeway.intake.environment.requirement_locks import LOCKS, MAX_LOCK_BYTES, pins_of, pins_of_constraints
from causeway.intake.environment.requirement_places import docker
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry

MAX_BYTES = 500_000
_REQUIREMENTS = re.compile(r"(^|[-_.])require\w*([-_.]\w+)*\.(txt|in|pip)$", re.IGNORECASE)
_CONSTRAINTS = re.compile(r"(^|[-_.])constraints?([-_.]\w+)*\.txt$", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"^(environment|conda|env)([-_.]\w+)*\.ya?ml$", re.IGNORECASE)

__all__ = ["Declared", "normal", "read_requirements", "requirement"]


class Declared(Struct, frozen=True):
    """All declarations of the folder together."""

    requirements: tuple[Requirement, ...]
    files: tuple[RequirementFile, ...]
    python: Guess
    locked: dict[str, str] = {}
    """Every distribution that a lock brings, asked for or not, with its version."""


def read_requirements(entries: Iterable[Entry]) -> Declared:
    """Every declared dependency, and which Python is asked for."""
    reading = _Reading(tuple(entries))
    for entry in reading.entries.values():
        reading.take(entry)
    pythons = reading.pythons
    value = pythons[0][0] if pythons else ""
    guess = Guess(value, 0.9 if value else 0.0, tuple(at for _, at in pythons))
    return Declared(tuple(reading.pinned()), tuple(reading.files), guess, reading.locked())


class _Reading:
    """What the files have declared so far; each is read once, however often others name it."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = {entry.path: entry for entry in entries}
        self.found: list[Requirement] = []
        self.files: list[RequirementFile] = []
        self.pythons: list[tuple[str, Evidence]] = []
        self._pins: list[tuple[str, dict[str, str]]] = []
        self._done: set[str] = set()

    def take(self, entry: Entry) -> None:
        """Reads one file, if it declares anything."""
        if entry.path in self._done or "/artifacts/" in f"/{entry.path}":
            return
        name = entry.name.lower()
        if name in LOCKS or name == "renv.lock":
            self._lock(entry, name)
        elif _CONSTRAINTS.search(name) and entry.size < MAX_BYTES:
            self._done.add(entry.path)
            self._pin(entry.path, pins_of_constraints(entry.path, read_text(entry.full, MAX_BYTES).text))
        elif _is_list(entry):
            self._list(entry)
        elif (reader := _reader(entry)) and entry.size <= MAX_BYTES:
            self._form(entry, reader)

    def _form(self, entry: Entry, reader: Callable[[str, str], Parsed]) -> None:
        self._done.add(entry.path)
        read = read_text(entry.full, MAX_BYTES)
        requirements, python, problem = reader(entry.path, read.text)
        if reader is not docker or requirements:
            self.files.append(RequirementFile(entry.path, read.encoding, problem, len(requirements)))
        self.found += requirements
        if python:
            self.pythons.append((python, Evidence(entry.path)))

    def _list(self, entry: Entry) -> None:
        self._done.add(entry.path)
        if entry.size > MAX_BYTES:
            return
        read = read_text(entry.full, MAX_BYTES)
        lines = read_lines(entry.path, read.text)
        missing = [name for name in (*lines.nested, *lines.constraints) if not self._beside(entry, name)]
        problem = lines.problem if lines.problem and (lines.requirements or not lines.nested) else ""
        if missing and not problem and "://" not in missing[0]:
            problem = f"it names {missing[0]}, which is not there"
        self.files.append(RequirementFile(entry.path, read.encoding, problem, len(lines.requirements)))
        self.found += lines.requirements
        for name in lines.constraints:
            if other := self._beside(entry, name):
                self._done.add(other.path)
                self._pin(entry.path, pins_of_constraints(other.path, read_text(other.full, MAX_BYTES).text))
        for name in lines.nested:
            if (other := self._beside(entry, name)) and other.path not in self._done:
                self._list(other)

    def _beside(self, entry: Entry, name: str) -> Entry | None:
        folder = posixpath.dirname(entry.path)
        return self.entries.get(posixpath.normpath(posixpath.join(folder, name.replace("\\", "/"))))

    def _lock(self, entry: Entry, name: str) -> None:
        self._done.add(entry.path)
        text = read_text(entry.full, MAX_LOCK_BYTES).text
        if name == "renv.lock":
            self.files.append(RequirementFile(entry.path, problem=_renv_problem(text)))
            return
        pins = pins_of(name, text)
        if pins is None:
            self.files.append(RequirementFile(entry.path, problem="does not parse"))
        else:
            self._pin(entry.path, pins)

    def _pin(self, path: str, pins: dict[str, str]) -> None:
        self._pins.append((posixpath.dirname(path), pins))

    def locked(self) -> dict[str, str]:
        """Every distribution that some lock names, with its version."""
        return {name: version for _, pins in self._pins for name, version in pins.items()}

    def pinned(self) -> Iterable[Requirement]:
        """The dependencies, those that a lock in the same folder or above pins with that version."""
        for item in self.found:
            version = "" if item.pinned else self._version(item)
            yield structs.replace(item, spec=f"=={version}", pinned=True) if version else item

    def _version(self, item: Requirement) -> str:
        for folder, pins in self._pins:
            inside = not folder or item.at.path.startswith(f"{folder}/")
            if inside and pins.get(item.name):
                return pins[item.name]
        return ""


def _renv_problem(text: str) -> str:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "does not parse"
    return "" if isinstance(document, dict) and document.get("Packages") else "names no package"


def _is_list(entry: Entry) -> bool:
    name = entry.name.lower()
    return entry.suffix in {".txt", ".in", ".pip"} and bool(
        _REQUIREMENTS.search(name) or entry.path.lower().startswith("requirements/")
    )


def _reader(entry: Entry) -> Callable[[str, str], Parsed] | None:
    name = entry.name.lower()
    if name in BY_NAME:
        return BY_NAME[name]
    if _ENVIRONMENT.match(name):
        return BY_NAME["environment.yml"]
    return (
        docker if name.startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile") else None
    )

"""Files that code reads and the folder does not have, or has under another name: case, slash, place."""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.flow.events import Events
from causeway.intake.paths import Files
from causeway.intake.project import Project
from causeway.intake.python.code import Code
from causeway.intake.python.names import constant, dotted
from causeway.intake.python.trees import nodes_in
from causeway.intake.sights.opened import importers, opened, settled_by_looking, written_names

_NOT_HERE = re.compile(r"://|[{*?]|^remote:|^[A-Za-z]:[\\/]|^(?:/|~)")


def missing_files(project: Project, files: Files, paths: Iterable[str]) -> list[Sighting]:
    """Every read whose file is not there as it is written; absolute paths are another finding's."""
    known = frozenset(paths)
    lowered = {path.lower(): path for path in known}
    there = known.union(folder for path in known for folder in _upwards(path))
    everywhere = {
        "/".join(item.path.replace("\\", "/").split("/")[-2:])
        for code in project.codes
        for item in project.events(code).saved
        if item.path
    }
    written = written_names(project)
    lying = frozenset(posixpath.basename(path) for path in known)
    found: list[Sighting] = []
    for code in project.codes:
        events = project.events(code)
        own = {posixpath.basename(item.path.replace("\\", "/")) for item in events.saved if item.path}
        settled = settled_by_looking(code)
        loaded = {(item.path, item.at) for item in events.loads}
        for named, at in dict.fromkeys((*_reads(events), *opened(project, code, written))):
            plain = named.replace("\\", "/")
            base = posixpath.basename(plain)
            # what others make and already lies somewhere else is not where this looks for it
            others = "/".join(plain.split("/")[-2:]) in everywhere and not (
                (named, at) in loaded and base in lying
            )
            outside = not named or _NOT_HERE.search(named) or at.path != code.path
            if not (base in own or others or outside or (at.cell, at.line) in settled):
                found += _judged(named, at, files, there, lowered)
    return [*found, *importers(project, found)]


def _reads(events: Events) -> Iterator[tuple[str, Evidence]]:
    for item in (*events.reads, *events.loads):
        yield item.path, item.at


def _judged(
    written: str, at: Evidence, files: Files, there: frozenset[str], lowered: dict[str, str]
) -> list[Sighting]:
    plain = written.replace("\\", "/")
    places = [posixpath.normpath(posixpath.join(up, plain)) for up in _upwards(at.path)]
    if any(place in there for place in places):
        return [Sighting("misplaced_file", written, at, f"backslash|{plain}")] if "\\" in written else []
    other = next((lowered[place.lower()] for place in places if place.lower() in lowered), "")
    if other:
        return [Sighting("misplaced_file", written, at, f"case|{other}")]
    elsewhere = files.resolve(written, at.path)
    if elsewhere:
        return [Sighting("misplaced_file", written, at, f"elsewhere|{elsewhere}")]
    return [Sighting("missing_file", written, at)]


def _upwards(path: str) -> list[str]:
    """Where code may be started from: beside the file, and every folder above it."""
    found = [posixpath.dirname(path)]
    while found[-1]:
        found.append(posixpath.dirname(found[-1]))
    return found


def missing_templates(codes: Iterable[Code], paths: Iterable[str]) -> list[Sighting]:
    """Pages that an app renders and that no templates folder holds."""
    there = {path.partition("templates/")[2] for path in paths if "templates/" in path}
    found: list[Sighting] = []
    for code in codes:
        for block in code.blocks:
            for node in nodes_in(block.tree):
                if (
                    isinstance(node, ast.Call)
                    and dotted(node.func, {}).rsplit(".", 1)[-1] == "render_template"
                ):
                    name = constant(node.args[0]) if node.args else None
                    if isinstance(name, str) and name not in there:
                        found.append(Sighting("missing_template", name, code.at(node, block)))
    return found

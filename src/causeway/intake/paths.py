"""Paths in code: those that exist only on the author's machine, and where a path leads inside the folder."""

import ast
import posixpath
import re
from collections.abc import Iterable

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_searchable
from causeway.intake.files.walk import Entry
from causeway.intake.python.code import Code
from causeway.intake.python.looked_for import looked_for_in
from causeway.intake.python.trees import nodes_in

_ABSOLUTE = re.compile(
    r"^(?:/Users/[^/]|/home/\w|/content/|/kaggle/|/mnt/|/root/|/dbfs/|/Volumes/|/media/\w+/\w+/|/run/media/|"
    r"[A-Za-z]:[\\/](?![\\/]))[^\n]{2,}$"
)
_IN_TEXT = re.compile(
    r"(?:^|[\s\"'=:])((?:/Users/[^/\s]+|/home/\w+|/run/media/\w+|/media/\w+/\w+/|/Volumes/\w+|[A-Z]:\\)"
    r"[^\s\"']{3,})"
)
_CONFIGURATION = {".yml", ".yaml", ".toml", ".ini", ".cfg", ".json"}


def absolute(written: str) -> bool:
    """Whether a path names a place on one machine."""
    return len(written) < 400 and bool(_ABSOLUTE.match(written))


def absolute_paths(codes: Iterable[Code]) -> list[Sighting]:
    """String constants that name a place on one machine."""
    found: list[Sighting] = []
    for code in codes:
        looked_for = looked_for_in(code)
        for block in code.blocks:
            prose = {id(node.value) for node in nodes_in(block.tree) if isinstance(node, ast.Expr)}
            for node in nodes_in(block.tree):
                if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in prose:
                    continue
                if absolute(node.value) and not looked_for(node.value):
                    detail = "stale" if code.stale else ""
                    found.append(Sighting("absolute_path", node.value, code.at(node, block), detail))
    return found


def absolute_paths_in(entry: Entry) -> list[Sighting]:
    """The same in a configuration file; containers' files name the container's own paths and are left out."""
    name = entry.name.lower()
    if (
        (entry.suffix not in _CONFIGURATION and not name.startswith(".env"))
        or entry.size > 200_000
        or name.startswith(("docker", "compose", "package"))
    ):
        return []
    found: list[Sighting] = []
    for number, line in enumerate(read_searchable(entry.full, 200_000).split("\n"), start=1):
        matched = _IN_TEXT.search(line)
        if matched and not line.lstrip().startswith("#"):
            found.append(
                Sighting("absolute_path", matched[1], Evidence(entry.path, line=number), "configuration")
            )
    return found[:5]


class Files:
    """The folder's files, found by path or by the end of a path."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = {}
        for path in self._paths:
            self._by_name.setdefault(posixpath.basename(path), []).append(path)

    def resolve(self, written: str, at: str) -> str:
        """The file that a path in the code at `at` means, or empty.

        Tried in this order: beside the code, from the folder's root, and by the longest matching end,
        which finds what an absolute path on somebody's machine meant.
        """
        if not written:
            return ""
        plain = written.replace("\\", "/")
        for candidate in (posixpath.join(posixpath.dirname(at), plain), plain):
            normal = posixpath.normpath(candidate)
            if normal in self._paths:
                return normal
        return self._by_end([part for part in plain.split("/") if part not in {"", ".", ".."}])

    def _by_end(self, parts: list[str]) -> str:
        named = self._by_name.get(parts[-1], []) if parts else []
        for start in range(len(parts)):
            end = "/".join(parts[start:])
            matching = sorted(path for path in named if path == end or path.endswith(f"/{end}"))
            if matching:
                return min(matching, key=lambda path: path.count("/"))
        return ""

"""All code of a folder followed together: a name imported from a sibling file is what that file made of
it.
"""

import ast
from collections.abc import Callable, Iterable
from posixpath import dirname, join, normpath

from causeway.intake.environment.spelling import meant
from causeway.intake.flow.events import Events
from causeway.intake.flow.follow import Follower
from causeway.intake.flow.values import Mark, Scope
from causeway.intake.python.code import Code
from causeway.intake.python.names import aliases_of

MAX_STEPS = 200_000
"""Statements and expressions followed in all files together."""
MANY = 5
"""So many files that do not use each other are a collection."""


class Project:
    """Follows each file once, siblings first where they are imported, then what nothing called."""

    def __init__(
        self, codes: Iterable[Code], settings: Callable[[str, str], object] = lambda _path, _importer: None
    ) -> None:
        self.codes = [code for code in codes if not code.stale]
        self.called: set[ast.AST] = set()
        self.fitted: dict[str, Mark] = {}
        self._settings = settings
        self._by_path = {code.path: code for code in self.codes}
        self._followed: dict[str, Follower] = {}
        self._busy: set[str] = set()
        self._steps = 0
        self._left = 0
        self._near: dict[tuple[str, str], str | None] = {}
        self._whole = False
        self._paths: dict[tuple[str, str], str | None] = {}

    def events(self, code: Code) -> Events:
        """What following this file saw."""
        if not self._whole:
            self._whole = True
            self._all()
        return self._followed[code.path].events

    def apart(self, code: Code) -> Events:
        """What following this code would see by itself, beside what the folder's own gave."""
        follower = Follower(code, self)
        if self._steps <= MAX_STEPS:
            follower.run()
            self._steps += follower.steps
        return follower.events

    def _all(self) -> None:
        for code in self.codes:
            self._follow(code)
        for code in self.codes:
            follower = self._followed[code.path]
            before = follower.steps
            if self._steps <= MAX_STEPS:
                follower.rest()
            self._steps += follower.steps - before

    def settings(self, path: str, importer: str) -> object:
        """What a configuration file says, or None."""
        return self._settings(path, importer)

    def given_up(self) -> list[str]:
        """What was not followed to its end, in words."""
        told = [
            f"{path} was too long to follow to its end" for path, f in self._followed.items() if f.exhausted
        ]
        return [
            *told[:3],
            *([f"the data in {self._left} more code files was not followed"] if self._left else []),
        ]

    def imported(self, code: Code) -> set[str]:
        """The files of the folder that this one imports."""
        found: set[str] = set()
        for name in set(aliases_of(code).values()):
            for module in (name, name.rpartition(".")[0]):
                path = self._path_of(module, code.path) if module.strip(".") else None
                found |= {path} if path else set()
        return found

    def reachable(self, code: Code) -> set[str]:
        """The files that it imports, and those that they import in turn."""
        by_path = {one.path: one for one in self.codes}
        found, open_ = set[str](), [code]
        while open_:
            new = self.imported(open_.pop()) - found
            found |= new
            open_ += [by_path[path] for path in new if path in by_path]
        return found

    def unconnected(self) -> list[str]:
        """The files, where there are several and none of them imports another."""
        paths = [code.path for code in self.codes if not code.path.endswith("__init__.py")]
        joined = any(self.imported(code) - {code.path} for code in self.codes)
        return [] if joined or len(paths) < MANY else paths

    def local_modules(self) -> set[str]:
        """The first parts of the names by which the folder's own files can be imported."""
        names: set[str] = set()
        for path in self._by_path:
            names |= {part.removesuffix(".py") for part in path.split("/")}
        return names

    def _follow(self, code: Code) -> Follower:
        if code.path not in self._followed:
            follower = Follower(code, self)
            self._followed[code.path] = follower
            if self._steps > MAX_STEPS:
                self._left += 1
                return follower
            self._busy.add(code.path)
            follower.run()
            self._busy.discard(code.path)
            self._steps += follower.steps
        return self._followed[code.path]

    def scope(self, module: str, importer: str) -> Scope | None:
        """The names of another file, as an import in this one finds it."""
        path = self._path_of(module, importer)
        if path is None or path == importer or path in self._busy:
            return None
        return self._follow(self._by_path[path]).scope

    def _path_of(self, module: str, importer: str) -> str | None:
        base = dirname(importer)
        if (module, base) not in self._paths:
            self._paths[module, base] = self._found(module, base)
        return self._paths[module, base]

    def _found(self, module: str, beside: str) -> str | None:
        level = len(module) - len(module.lstrip("."))
        inside = module.lstrip(".").replace(".", "/")
        base = beside
        for _ in range(level - 1):
            base = dirname(base)
        folders = (base,) if level else (*_upwards(base), *(join(up, "src") for up in _upwards(base)))
        for folder in folders:
            for candidate in (f"{inside}.py", f"{inside}/__init__.py"):
                path = normpath(join(folder, candidate))
                if path in self._by_path:
                    return path
        return self._nearly(inside, base)

    def _nearly(self, inside: str, base: str) -> str | None:
        """The file beside the importer whose name is almost the one that was meant."""
        if "/" in inside:
            return None
        if (base, inside) not in self._near:
            beside = [path for path in self._by_path if dirname(path) == base and path.endswith(".py")]
            names = [path.rsplit("/", 1)[-1].removesuffix(".py") for path in beside]
            near = meant(inside, names)
            self._near[base, inside] = normpath(join(base, f"{near}.py")) if near else None
        return self._near[base, inside]


def _upwards(folder: str) -> list[str]:
    """The folder, and every one above it."""
    found = [folder]
    while found[-1]:
        found.append(dirname(found[-1]))
    return found

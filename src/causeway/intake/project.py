"""All code of a folder followed together: a name imported from a sibling file is what that file made of
it.
"""

from collections.abc import Iterable
from posixpath import dirname, join, normpath

from causeway.intake.code import Code
from causeway.intake.events import Events
from causeway.intake.follow import Follower
from causeway.intake.values import Scope

MAX_STEPS = 200_000
"""Statements and expressions followed in all files together."""


class Project:
    """Follows each file once, siblings first where they are imported."""

    def __init__(self, codes: Iterable[Code]) -> None:
        self.codes = [code for code in codes if not code.stale]
        self._by_path = {code.path: code for code in self.codes}
        self._followed: dict[str, Follower] = {}
        self._busy: set[str] = set()
        self._steps = 0
        self._left = 0

    def events(self, code: Code) -> Events:
        """What following this file saw."""
        return self._follow(code).events

    def given_up(self) -> list[str]:
        """What was not followed to its end, in words."""
        told = [
            f"{path} was too long to follow to its end" for path, f in self._followed.items() if f.exhausted
        ]
        return [
            *told[:3],
            *([f"the data in {self._left} more code files was not followed"] if self._left else []),
        ]

    def local_modules(self) -> set[str]:
        """The first parts of the names by which the folder's own files can be imported."""
        names: set[str] = set()
        for path in self._by_path:
            names |= {part.removesuffix(".py") for part in path.split("/")}
        return names

    def _follow(self, code: Code) -> Follower:
        if code.path not in self._followed:
            follower = Follower(code, lambda module: self._scope(module, code.path))
            self._followed[code.path] = follower
            if self._steps > MAX_STEPS:
                self._left += 1
                return follower
            self._busy.add(code.path)
            follower.run()
            self._busy.discard(code.path)
            self._steps += follower.steps
        return self._followed[code.path]

    def _scope(self, module: str, importer: str) -> Scope | None:
        path = self._path_of(module, importer)
        if path is None or path == importer or path in self._busy:
            return None
        return self._follow(self._by_path[path]).scope

    def _path_of(self, module: str, importer: str) -> str | None:
        level = len(module) - len(module.lstrip("."))
        inside = module.lstrip(".").replace(".", "/")
        base = dirname(importer)
        for _ in range(level - 1):
            base = dirname(base)
        for folder in (base, "", "src") if not level else (base,):
            for candidate in (f"{inside}.py", f"{inside}/__init__.py"):
                path = normpath(join(folder, candidate))
                if path in self._by_path:
                    return path
        return None

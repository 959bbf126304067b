"""All code of a folder followed together: a name imported from a sibling file is what that file made of
it.
"""

from collections.abc import Iterable
from posixpath import dirname, join, normpath

from causeway.intake.code import Code
from causeway.intake.events import Events
from causeway.intake.follow import Follower
from causeway.intake.values import Scope


class Project:
    """Follows each file once, siblings first where they are imported."""

    def __init__(self, codes: Iterable[Code]) -> None:
        self.codes = [code for code in codes if not code.stale]
        self._by_path = {code.path: code for code in self.codes}
        self._followed: dict[str, Follower] = {}
        self._busy: set[str] = set()

    def events(self, code: Code) -> Events:
        """What following this file saw."""
        return self._follow(code).events

    def given_up(self) -> list[str]:
        """Files whose code was too long to be followed to its end."""
        return [path for path, follower in self._followed.items() if follower.exhausted]

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
            self._busy.add(code.path)
            follower.run()
            self._busy.discard(code.path)
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

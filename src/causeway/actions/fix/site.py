"""The folder as a fix sees it: what intake knows, and each file with the changes made so far on top."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from causeway.actions.fix.change import Change, Left
from causeway.actions.fix.code_file import CodeFile, Edit, open_code
from causeway.adapters.ports import Say
from causeway.core.errors import OutsideError, Refused, remedy
from causeway.core.finding import Evidence
from causeway.core.poc import Poc

MAX_CODE_BYTES = 40_000_000


class Wish(Struct, frozen=True, omit_defaults=True):
    """What only the person can say about a fix."""

    licence: str = ""
    holder: str = ""
    python: str = ""
    offline: bool = False
    plots: bool = True
    """Whether a notebook's plots stay in the module."""
    sketch: bool = False
    """Whether this is only for the list: nothing is asked of a person or an index."""
    year: int = 0


class Site:
    """One folder while its fixes are worked out; nothing is written here."""

    def __init__(
        self,
        folder: Path,
        poc: Poc,
        wish: Wish,
        *,
        say: Say = lambda _: None,
        opened: dict[str, CodeFile | None] | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.poc = poc
        self.wish = wish
        self.say = say
        self._changes: dict[str, Change] = {}
        self._opened: dict[str, CodeFile | None] = {} if opened is None else opened
        """The code as it lies in the folder; sites of one folder may share it."""

    def read(self, path: str) -> bytes | None:
        """The file's bytes with the changes so far; None where there is no such file inside the folder."""
        if path in self._changes:
            return self._changes[path].after
        return read_inside(self.folder, path)

    def has(self, path: str) -> bool:
        """Whether there is such a file, or will be."""
        return path in self._changes or os.path.lexists(self.folder / path)

    def code(self, path: str) -> CodeFile | None:
        """The script or notebook, ready to be edited."""
        if path in self._changes:
            return self._open(path)
        if path not in self._opened:
            self._opened[path] = self._open(path)
        return self._opened[path]

    def _open(self, path: str) -> CodeFile | None:
        content = self.read(path)
        return open_code(path, content) if content is not None and len(content) < MAX_CODE_BYTES else None

    def codes(self, *suffixes: str) -> Iterator[CodeFile]:
        """Every file of Python code that parses, tests left out, in the order of reading."""
        for source in self.poc.sources:
            if source.path.endswith(suffixes or (".py", ".ipynb")) and source.language == "Python":
                file = self.code(source.path)
                if file is not None:
                    yield file

    def change(self, path: str, after: bytes) -> Change | None:
        """The file with this content; None where it has it already."""
        before = self.read(path)
        return None if before == after else Change(path, before, after)

    def edited(self, file: CodeFile, edits: Iterable[Edit], left: list[Left]) -> Change | None:
        """The code with these edits; a file that they do not fit is left, and the others are mended."""
        try:
            return self.change(file.path, file.edited(edits))
        except Refused as refused:
            left.append(Left(refused.message, Evidence(file.path)))
            return None

    def take(self, changes: Iterable[Change]) -> None:
        """Puts the changes of one fix under the next one."""
        for change in changes:
            first = self._changes.get(change.path)
            before = first.before if first else change.before
            self._changes[change.path] = Change(change.path, before, change.after)

    @property
    def changes(self) -> tuple[Change, ...]:
        """Everything that is to be written, each file once, in the order of their paths."""
        return tuple(self._changes[path] for path in sorted(self._changes))


def read_inside(folder: Path, path: str) -> bytes | None:
    """The bytes of a regular file inside the folder; None where there is none."""
    full = inside(folder, path)
    try:
        # a pipe would be waited for, a device read without end
        if not stat.S_ISREG(full.lstat().st_mode):
            return None
        return full.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutsideError(
            f"cannot read {path}: {error.strerror}", where=str(full), hint=remedy(error)
        ) from error


def inside(folder: Path, path: str) -> Path:
    """The full path of a file to read or write; a way that leads out of the folder is refused."""
    full = folder / path
    real = full.parent.resolve()
    if full.is_symlink() or not real.is_relative_to(folder.resolve()):
        raise Refused(
            f"{path} is a link or lies behind one", where=str(full), hint="change what it leads to yourself"
        )
    return full

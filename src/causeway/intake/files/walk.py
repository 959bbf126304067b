"""A bounded walk over a folder: which files there are, and what was left out."""

import os
import posixpath
import stat
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from causeway.core.errors import NotFound, OutsideError, UsageError

MAX_FILES = 20_000
MAX_DEPTH = 24
HEAD_BYTES = 200
MAX_FOLDER_ENTRIES = 60_000

SKIPPED_FOLDERS = frozenset(
    {
        ".git", ".hg", ".svn", ".causeway", "__pycache__", ".ipynb_checkpoints", "node_modules",
        "site-packages",
        "dist-packages", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".eggs", ".idea",
        ".vscode",
    }
)  # fmt: skip
CACHES = frozenset(
    {"__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".eggs", ".idea"}
)
MAX_JUNK = 20
VIRTUALENV_MARKS = ("pyvenv.cfg", "conda-meta")


class Entry(Struct, frozen=True, dict=True):
    """A regular file: its path inside the folder (with /), its size, and where it lies."""

    path: str
    size: int
    full: Path

    @cached_property
    def name(self) -> str:
        """The file's name without folders."""
        return self.path.rsplit("/", 1)[-1]

    @cached_property
    def suffix(self) -> str:
        """The extension in lower case, with its dot."""
        return posixpath.splitext(self.name)[1].lower()

    @cached_property
    def head(self) -> bytes:
        """The first bytes; empty where the file cannot be read."""
        try:
            with self.full.open("rb") as file:
                return file.read(HEAD_BYTES)
        except OSError:
            return b""


class Walk(Struct, frozen=True):
    """The files found, the folders left out with the reason, and the limits that were hit."""

    entries: tuple[Entry, ...]
    skipped: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    junk: tuple[str, ...] = ()
    """Folders of caches and editors that were left out without a word."""


def walk(root: Path) -> Walk:
    """Every file worth reading under `root`, in a stable order; symbolic links are not followed."""
    check_folder(root)
    found = _Found(root)
    found.visit(root, 0)
    if not found.entries and not found.skipped:
        raise UsageError(
            "the folder is empty", where=str(root), hint="name the folder that holds the proof of concept"
        )
    return Walk(tuple(found.entries), tuple(found.skipped), tuple(found.limits), tuple(found.junk))


def check_folder(root: Path) -> None:
    """Raises one clear error unless `root` is a folder that can be read."""
    try:
        mode = root.stat().st_mode
    except FileNotFoundError:
        raise NotFound("there is no such folder", where=str(root), hint="check the path") from None
    except OSError as error:
        raise OutsideError("cannot look at the folder", where=str(root), hint=error.strerror or "") from error
    if not stat.S_ISDIR(mode):
        raise UsageError("this is a file, not a folder", where=str(root), hint=f"try {root.parent}")
    if not os.access(root, os.R_OK | os.X_OK):
        raise OutsideError("no permission to read the folder", where=str(root), hint="chmod u+rx it")


def _is_environment(folder: Path, entries: list[os.DirEntry[str]]) -> bool:
    names = {entry.name for entry in entries}
    if not names.isdisjoint(VIRTUALENV_MARKS):
        return True
    scripts = names & {"bin", "Scripts"}
    return any((folder / name / "activate").is_file() for name in scripts)


class _Found:
    """What one walk has collected so far."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entries: list[Entry] = []
        self.skipped: list[str] = []
        self.limits: list[str] = []
        self.junk: list[str] = []

    def visit(self, folder: Path, depth: int) -> None:
        """Collects the files of one folder, then those of its folders."""
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)[:MAX_FOLDER_ENTRIES]
        except OSError:
            self.skipped.append(f"{self._relative(folder)} (no permission)")
            return
        if depth and _is_environment(folder, entries):
            self.skipped.append(f"{self._relative(folder)} (a virtual environment)")
            return
        for entry in entries:
            self._file(entry)
        for entry in entries:
            self._folder(entry, depth)

    def _file(self, entry: os.DirEntry[str]) -> None:
        if not entry.is_file(follow_symlinks=False):
            return
        if len(self.entries) >= MAX_FILES:
            self._limit(f"only the first {MAX_FILES:,} files were looked at")
            return
        try:
            size = entry.stat(follow_symlinks=False).st_size
        except OSError:
            return
        path = Path(entry.path)
        self.entries.append(Entry(self._relative(path), size, path))

    def _folder(self, entry: os.DirEntry[str], depth: int) -> None:
        if not entry.is_dir(follow_symlinks=False):
            return
        if entry.name in SKIPPED_FOLDERS:
            if entry.name in {"node_modules", "site-packages"}:
                self.skipped.append(f"{self._relative(Path(entry.path))} (other people's code)")
            elif entry.name in CACHES and len(self.junk) < MAX_JUNK:
                self.junk.append(f"{self._relative(Path(entry.path))} (a cache)")
            return
        if depth >= MAX_DEPTH:
            self._limit(f"folders deeper than {MAX_DEPTH} levels were left out")
            return
        self.visit(Path(entry.path), depth + 1)

    def _limit(self, text: str) -> None:
        if text not in self.limits:
            self.limits.append(text)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

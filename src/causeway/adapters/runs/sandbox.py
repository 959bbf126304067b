"""A cage for strangers' code: what it may read, write, use and reach, and what of that is enforced here."""

import os
import shutil
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import msgspec

from causeway.adapters.ports import Cage
from causeway.core.environment import Limits
from causeway.core.trial import Fence

RUNNER = Path(__file__).parents[2] / "runner"
CONFINE = RUNNER / "confine.py"
OFFLINE = RUNNER / "offline"
PROC = Path("/proc")
OPEN_FILES = 4_096
TASKS = 1_024
DISK_BYTES = 4 << 30
SPARE_BYTES = 512 << 20
"""Below this much free space on the disk, whatever runs in a cage is stopped."""
WALK_SECONDS = 0.5
HIDDEN = ("/run", "/tmp", "/var/tmp")  # noqa: S108 - emptied, not written to
STAT_TASKS, STAT_PARENT, STAT_RESIDENT = 17, 1, 21


class Confining:
    """Where code is confined; `reports` is ours alone, `write` is the only place that it may change."""

    def __init__(
        self, reports: Path, *, write: Path, read: Sequence[Path], disk_bytes: int = DISK_BYTES
    ) -> None:
        self.reports, self.write, self.disk_bytes = reports, write.resolve(), disk_bytes
        self.read = [place.resolve() for place in (*read, RUNNER)]
        self.told: dict[str, str] = {}
        self.free, self.walked, self.used = 0, 0.0, 0
        reports.mkdir(parents=True, exist_ok=True)
        write.mkdir(parents=True, exist_ok=True)

    def admit(self, place: str) -> None:
        """Lets this place be read too."""
        self.read.append(Path(place).resolve())

    def command(self, wanted: Sequence[str], limits: Limits) -> list[str]:
        """The command that runs this one confined."""
        interpreter = Path(wanted[0]).resolve()
        home = interpreter.parent.parent
        read = [*self.read, home, *map(Path, filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")))]
        request = {
            "command": list(wanted),
            "read": [str(place) for place in read],
            "write": [str(self.write)],
            "hide": [place for place in HIDDEN if not _holds_any(place, [*read, self.write, self.reports])],
            "memory_bytes": limits.memory_bytes,
            "cpu_seconds": int(limits.seconds * (os.cpu_count() or 1)) + 5,
            "file_bytes": limits.file_bytes,
            "open_files": OPEN_FILES,
            "tasks": TASKS,
            "report": str(self.reports / "report.json"),
            "offline": str(OFFLINE),
        }
        asked = self.reports / "request.json"
        asked.write_bytes(msgspec.json.encode(request))
        (self.reports / "report.json").unlink(missing_ok=True)
        self.free, self.walked = shutil.disk_usage(self.write).free, time.monotonic()
        self.used = _size(self.write)
        return [sys.executable, "-s", "-E", "-B", str(CONFINE), str(asked)]

    def trespass(self, leader: int) -> str:
        """What it has too much of; empty while it keeps within its limits."""
        tasks, _ = grown_from(leader)
        if tasks > TASKS:
            return f"it started more than {TASKS:,} processes and threads"
        return self._filling()

    def _filling(self) -> str:
        free = shutil.disk_usage(self.write).free
        gone = self.free - free
        if gone > min(SPARE_BYTES, self.disk_bytes // 4) and time.monotonic() - self.walked > WALK_SECONDS:
            grown = _size(self.write) - self.used
            self.walked = time.monotonic()
            if grown > self.disk_bytes:
                return f"it wrote more than {self.disk_bytes / 2**30:.1f} GB"
        if gone > self.disk_bytes and free < SPARE_BYTES:
            return "the disk is nearly full"
        return ""

    def ended(self) -> str:
        """Reads what was enforced, removes links that lead out; how the network was, as a trace tells it."""
        try:
            told = (self.reports / "report.json").read_bytes()
            self.told = msgspec.json.decode(told, type=dict[str, str])
        except (OSError, msgspec.MsgspecError):
            self.told = self.told or {}
        self._tidied()
        return "cut" if self.told.get("network") else "open: this system has nothing to cut it with"

    def _tidied(self) -> None:
        """Removes links that lead out, and what would have us wait when we open it."""
        inside, open_ = os.path.realpath(self.write) + os.sep, [str(self.write)]
        while open_:
            for entry in _entries(open_.pop()):
                if entry.is_dir(follow_symlinks=False):
                    open_.append(entry.path)
                elif entry.is_symlink():
                    if not os.path.realpath(entry.path).startswith(inside):
                        Path(entry.path).unlink()
                elif not entry.is_file():
                    Path(entry.path).unlink()

    def fences(self) -> tuple[Fence, ...]:
        """Each limit and what enforces it; empty where nothing does."""
        told = self.told
        watched = "watched ten times a second"
        return (
            Fence("network", told.get("network", "") or "Python only: sockets refuse to connect"),
            Fence("files", told.get("files", "")),
            Fence("modes and times of files", told.get("marks", "")),
            Fence("processes", told.get("others", "")),
            Fence("calls", told.get("calls", "")),
            Fence("tasks", told.get("tasks", "") or watched),
            Fence("memory", f"{watched}, and a limit that each process carries"),
            Fence("disk", f"{watched}, and a limit to each file"),
            Fence("time", "stopped with all that it started"),
        )


_current: ContextVar[Cage | None] = ContextVar("cage", default=None)


def current() -> Cage | None:
    """The cage that processes are started in now."""
    return _current.get()


@contextmanager
def confined(cage: Cage) -> Generator[None]:
    """Processes of strangers' code that start within are in this cage."""
    token = _current.set(cage)
    try:
        yield
    finally:
        _current.reset(token)


def grown_from(leader: int) -> tuple[int, int]:
    """How many processes and threads descend from this one, itself too, and their resident bytes."""
    if not PROC.is_dir():
        return 0, 0
    parents: dict[int, tuple[int, int, int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            known = (int(fields[STAT_PARENT]), int(fields[STAT_TASKS]), int(fields[STAT_RESIDENT]))
            parents[int(entry.name)] = known
    children: dict[int, list[int]] = {}
    for number, (parent, _, _) in parents.items():
        children.setdefault(parent, []).append(number)
    tasks, pages, open_ = 0, 0, [leader] if leader in parents else []
    while open_:
        number = open_.pop()
        tasks, pages = tasks + parents[number][1], pages + parents[number][2]
        open_ += children.get(number, [])
    return tasks, pages * os.sysconf("SC_PAGE_SIZE")


def _size(folder: Path) -> int:
    """Bytes that the files below the folder take on the disk."""
    total, open_ = 0, [str(folder)]
    while open_:
        for entry in _entries(open_.pop()):
            if entry.is_dir(follow_symlinks=False):
                open_.append(entry.path)
            else:
                with suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing where it went away while we looked, or lies too deep for a path."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def removed(root: Path) -> None:
    """Removes a folder whatever strangers' code made of it: folders nested without end, or closed ones."""
    found, open_ = 0, [str(root)]
    while open_:
        folder = open_.pop()
        with suppress(OSError):
            Path(folder).chmod(0o700)
        for entry in _entries(folder):
            with suppress(OSError):
                if not entry.is_dir(follow_symlinks=False):
                    Path(entry.path).unlink()
                    continue
                # lifted to the top, so that no path grows too long
                Path(entry.path).chmod(0o700)
                found += 1
                open_.append(str(Path(entry.path).rename(root / f".removed-{found}")))
        if folder != str(root):
            with suppress(OSError):
                Path(folder).rmdir()
    with suppress(OSError):
        root.rmdir()


def _holds_any(place: str, wanted: Sequence[Path]) -> bool:
    return any(path.is_relative_to(Path(place).resolve()) for path in wanted)

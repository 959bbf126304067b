"""Strangers' code as a process of its own: bounded, without our variables and, where possible, network."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from causeway.adapters.ports import Cage
from causeway.adapters.runs.sandbox import current, grown_from
from causeway.core.environment import Limits
from causeway.core.errors import OutsideError

KEPT_CHARACTERS = 20_000
KEPT_VARIABLES = ("LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
SIGNAL_EXIT = 128
"""What a shell adds to the number of the signal that ended a process."""
LOOK_EVERY_SECONDS = 0.1
PROC = Path("/proc")


class Ended(Struct, frozen=True):
    """How a process ended: what it printed last, and whether it was without network."""

    code: int
    printed: str
    seconds: float
    network: str


def run_bounded(
    command: Sequence[str], *, cwd: Path, scratch: Path, limits: Limits, what: str, path: str = ""
) -> Ended:
    """Runs the command to its end; raises OutsideError when it passes a limit. Its children end with it."""
    cage = current()
    prefix, network = cut_network() if cage is None else ((), "")
    command = [*prefix, *command] if cage is None else cage.command(command, limits)
    started = time.monotonic()
    scratch.mkdir(parents=True, exist_ok=True)
    # without a name: no code that runs can put anything else in its place
    with tempfile.TemporaryFile(dir=scratch) as out:
        process = subprocess.Popen(  # noqa: S603 - running the proof of concept's code is the purpose
            command,
            cwd=cwd,
            env=environment_variables(scratch, path),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            with _unwinding_when_terminated():
                code = _wait(process, started, limits, what, cage=cage)
        finally:
            _end_group(process)
            if cage is not None:
                network = cage.ended()
        return Ended(code, _tail(out), time.monotonic() - started, network)


def environment_variables(scratch: Path, path: str) -> Mapping[str, str]:
    """The few variables that a stranger's process gets: no keys, no tokens, a home of its own."""
    home, temporary = scratch / "home", scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {
        "PATH": os.pathsep.join(filter(None, (path, os.defpath))),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "MPLBACKEND": "Agg",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "WANDB_MODE": "disabled",
        "ORT_DISABLE_TELEMETRY": "1",
        "TQDM_DISABLE": "1",
    }


@cache
def cut_network() -> tuple[tuple[str, ...], str]:
    """A command prefix that leaves a process without network, and `cut`; or none, and why."""
    if not sys.platform.startswith("linux") or not (unshare := shutil.which("unshare")):
        return (), "open: this system has no unshare to cut it with"
    for prefix in ((unshare, "-n"), (unshare, "-r", "-n")):
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603 - fixed words
        if tried.returncode == 0:
            return prefix, "cut"
    return (), "open: this account may not make a network namespace"


@contextmanager
def _unwinding_when_terminated() -> Generator[None]:
    """Lets a SIGTERM end this process by way of its `finally` blocks, so that no stranger's code runs on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(SIGNAL_EXIT + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _wait(
    process: subprocess.Popen[bytes], started: float, limits: Limits, what: str, *, cage: Cage | None
) -> int:
    while True:
        try:
            return process.wait(LOOK_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        if time.monotonic() - started > limits.seconds:
            raise OutsideError(
                f"{what} was stopped after {limits.seconds:.0f} seconds",
                hint="let it do less: fewer rows, or a search over fewer parameters and folds",
            )
        if cage is not None and (trespass := cage.trespass(process.pid)):
            raise OutsideError(f"{what} was stopped: {trespass}", hint="let it do less")
        held = group_memory(process.pid) if cage is None else grown_from(process.pid)[1]
        if held > limits.memory_bytes:
            raise OutsideError(
                f"{what} was stopped: it took more than {limits.memory_bytes / 2**30:.1f} GB of memory",
                hint="let it use fewer rows or processes",
            )


def group_memory(leader: int) -> int:
    """Resident bytes of all processes of this session, as far as this system tells."""
    if not PROC.is_dir():
        return 0
    pages = 0
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pages += int(fields[21]) if int(fields[3]) == leader else 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(out: BinaryIO) -> str:
    out.seek(max(0, out.seek(0, os.SEEK_END) - 4 * KEPT_CHARACTERS))
    return out.read(4 * KEPT_CHARACTERS).decode("utf-8", "replace")[-KEPT_CHARACTERS:]

"""A gateway of its own with what is live, to be asked as hard as it can take.

It serves the same releases under the same route, on the same machine and disk; its key, its records and its
counters are its own, so that nothing of a load is ever taken for traffic, and no caller waits because of it.
"""

import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions.instance import HOST
from causeway.actions.routes import route_of
from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import OutsideError
from causeway.core.routes import Key, RouteFile
from causeway.views.product import ProductState

CONSUMER = "causeway load"
SCRATCH = "load-"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02
MAX_SAID = 300
LEFT_SECONDS = 3600.0
"""A scratch folder of before is of a load that was killed."""
WITH_US = """
import ctypes, os, sys
prctl = getattr(ctypes.CDLL(None), "prctl", None)
if prctl:
    prctl(1, 15)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Has the kernel end the process (PR_SET_PDEATHSIG) when the one that started it is killed, where it can."""


class Twin(Struct, frozen=True):
    """A gateway that runs for a load."""

    pid: int
    port: int
    token: str
    records: str
    """How it records: `async`, `durable` or `off`."""


@contextmanager
def twin(work: Workspace, state: ProductState, *, workers: int) -> Generator[Twin]:
    """A gateway with so many processes that serves what is live, until the end of the block."""
    token = secrets.token_urlsafe(32)
    key = Key("load", hashlib.sha256(token.encode()).hexdigest(), CONSUMER)
    # what caps callers, or leaves some without an answer, says nothing of what can be answered
    route = structs.replace(
        route_of(work, state), keys=(key,), requests_per_minute=None, entity="", holdout_percent=0
    )
    _clear(work.state)
    scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=work.state))
    try:
        write_whole(scratch / "routes.json", msgspec.json.encode(RouteFile(1, (route,))))
        with _running(scratch, workers) as (pid, port):
            yield Twin(pid, port, token, route.records)
    finally:
        registry.removed(scratch)


def _clear(state: Path) -> None:
    for left in state.glob(f"{SCRATCH}*"):
        if left.stat().st_mtime < time.time() - LEFT_SECONDS:
            registry.removed(left)


@contextmanager
def _running(scratch: Path, workers: int) -> Generator[tuple[int, int]]:
    port_file, said = scratch / "port", scratch / "said"
    with said.open("wb") as told:
        process = subprocess.Popen(  # noqa: S603 - our own gateway
            [
                *(sys.executable, "-c", WITH_US, "-m", "causeway.gateway", "--host", HOST, "--port", "0"),
                *("--routes", str(scratch / "routes.json"), "--records", str(scratch / "records")),
                *("--port-file", str(port_file), "--workers", str(workers), "--workers-most", str(workers)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=told,
            start_new_session=True,
        )
    try:
        yield process.pid, _port(process, port_file, said)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: "subprocess.Popen[bytes]", port_file: Path, said: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while not (port_file.is_file() and port_file.read_text().strip()):
        if process.poll() is not None or time.monotonic() > deadline:
            words = said.read_text(errors="replace").strip()[-MAX_SAID:]
            raise OutsideError(
                f"the gateway of the load did not start: {words or 'it says nothing'}",
                hint="see why: causeway doctor",
            )
        time.sleep(POLL_SECONDS)
    return int(port_file.read_text())


class Spent(Struct, frozen=True):
    """What a process and those below it have used; and all of the machine's processors."""

    cpu_seconds: float
    machine_seconds: float


def spent(pid: int) -> Spent:
    """Processor seconds until now; zero where the system does not say."""
    ticks = os.sysconf("SC_CLK_TCK")
    used = sum(_ticks(each) for each in family(pid))
    return Spent(used / ticks, _busy() / ticks)


def family(pid: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        if (fields := _stat(place)) is not None:
            children.setdefault(int(fields[1]), []).append(int(place.parent.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def memory_bytes(pid: int) -> int:
    """What the process and those below it hold, shared pages counted once; 0 where nobody says."""
    total = 0
    for each in family(pid):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024


def _ticks(pid: int) -> int:
    fields = _stat(Path(f"/proc/{pid}/stat"))
    return int(fields[11]) + int(fields[12]) if fields else 0


def _stat(place: Path) -> list[str] | None:
    """The fields behind the name: state, parent, ..."""
    try:
        return place.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _busy() -> int:
    """Ticks for which the machine's processors were not idle."""
    try:
        first = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    except OSError:
        return 0
    numbers = [int(each) for each in first[:8]]
    # idle, and waiting for a disk
    return sum(numbers) - numbers[3] - numbers[4]

"""Who works on what: a lease in the ledger, kept alive while its holder lives."""

import fcntl
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from causeway.actions.workspace import Workspace
from causeway.core.errors import Conflict, OutsideError
from causeway.core.ids import uuid7

LEASE_SECONDS = 60.0
RENEWALS_PER_LEASE = 4


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that is held, and renewed while its holder works."""

    work: Workspace
    name: str
    holder: str

    def renew(self) -> bool:
        """Holds it for another while; False when somebody else has it."""
        now = self.work.clock.now()
        return self.work.ledger.acquire(self.name, self.holder, now=now, seconds=LEASE_SECONDS)

    def check(self) -> None:
        """Raises Conflict when another process has taken over."""
        if not self.renew():
            raise Conflict(
                f"another process took over {self.name}",
                hint="this machine slept or lost its database; run again to see what the other made of it",
            )


@contextmanager
def holding(work: Workspace, name: str) -> Iterator[Lease | None]:
    """The lease while the block runs, or None when somebody who lives holds it."""
    lock = _lock(work.state / "leases" / name.replace(":", "-"))
    if lock is None:
        yield None
        return
    with lock:
        lease = _acquire(work, name, lock)
        if lease is None:
            yield None
            return
        stop = threading.Event()
        keeper = threading.Thread(target=_keep, args=(lease, stop), daemon=True)
        keeper.start()
        try:
            yield lease
        finally:
            stop.set()
            keeper.join()
            work.ledger.release_lease(name, lease.holder)


def held(work: Workspace, name: str) -> bool:
    """Whether a process of this machine works under the lease now."""
    try:
        # only looks, so that a workspace may be read-only, or never have had a lease
        with (work.state / "leases" / name.replace(":", "-")).open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _lock(path: Path) -> TextIO | None:
    """The lease's file, locked; the kernel lets go of it when its process dies, however that happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def _acquire(work: Workspace, name: str, lock: TextIO) -> Lease | None:
    lock.seek(0)
    last = lock.read()
    if last.startswith(_machine()):
        # its process is gone, or we would not have the file: no need to wait until the lease runs out
        work.ledger.release_lease(name, last)
    lease = Lease(work, name, f"{_machine()}{os.getpid()}/{uuid7(work.clock.now())}")
    # written before it is taken, so that whoever comes after a kill knows whose it was
    lock.truncate(0)
    lock.write(lease.holder)
    lock.flush()
    return lease if lease.renew() else None


def _keep(lease: Lease, stop: threading.Event) -> None:
    while not stop.wait(LEASE_SECONDS / RENEWALS_PER_LEASE):
        # a database that is away for a moment is asked again; `check` has the last word
        with suppress(OutsideError):
            lease.renew()


def _machine() -> str:
    return f"{platform.node()}/"

"""Where a trial works: a scratch folder of its own, and environments that are kept for the next one."""

import os
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Nobody
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.clock import SystemClock
from causeway.core.manifest import Manifest
from causeway.ledger import open_ledger

DAY_SECONDS = 86_400.0
MOST_DAYS = 14
MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one trial; only `work` can be written to from within the cage."""

    root: Path

    @property
    def work(self) -> Path:
        """What the proof of concept's code may change."""
        return self.root / "work"

    @property
    def trace(self) -> Path:
        """What watching its training wrote."""
        return self.work / "train"

    @property
    def fresh(self) -> Path:
        """A copy of the folder that no training has changed."""
        return self.work / "fresh"

    @property
    def reports(self) -> Path:
        """What the cage is asked for, and what it enforced."""
        return self.root / "cage"

    def site(self, folder: Path, manifest: Manifest) -> Site:
        """A run's place of work without a ledger that anybody else reads."""
        state = self.root / "state"
        state.mkdir(parents=True, exist_ok=True)
        clock = SystemClock()
        work = Workspace(
            root=self.root,
            state=state,
            ledger=open_ledger(state / "ledger.db"),
            clock=clock,
            actor="trial",
            artifacts=registry.artifact_store(state / "artifacts"),
        )
        return Site(
            work=work,
            manifest=manifest,
            manifest_digest="",
            folder=folder,
            source="",
            run="trial",
            started_at=clock.now(),
            workshop=registry,
            watcher=Nobody(),
        )


def environments() -> Path:
    """Where environments are kept from one trial to the next."""
    return _cache() / "environments"


def forget_unused(kept: Path, *, now: float) -> None:
    """Removes environments unused for a fortnight, and of those unused for a day all but the last few."""
    found = sorted(kept.glob("*.lock"), key=lambda lock: lock.stat().st_mtime, reverse=True)
    for number, lock in enumerate(found):
        days = (now - lock.stat().st_mtime) / DAY_SECONDS
        if days > MOST_DAYS or (number >= MOST_KEPT and days > 1):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)


def forget_killed(tries: Path, *, now: float) -> None:
    """Removes the scratch folders of trials that were killed before they could do so."""
    for left in tries.glob("try-*"):
        if now - left.stat().st_mtime > DAY_SECONDS:
            registry.removed(left)


@contextmanager
def place() -> Generator[Place]:
    """A scratch folder outside every scanned one; gone at the end."""
    tries = _made(_cache() / "tries")
    with suppress(OSError):
        forget_unused(environments(), now=time.time())
        forget_killed(tries, now=time.time())
    root = Path(tempfile.mkdtemp(prefix="try-", dir=tries))
    try:
        yield Place(root)
    finally:
        registry.removed(root)


def _cache() -> Path:
    """The user's own cache, else the system's place for temporary files."""
    chosen = os.environ.get("CAUSEWAY_CACHE") or os.environ.get("XDG_CACHE_HOME")
    home = Path(chosen) if chosen else Path.home() / ".cache"
    try:
        return _made(home / "causeway")
    except OSError:
        return _made(Path(tempfile.gettempdir()) / f"causeway-{os.getuid()}")


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    return folder

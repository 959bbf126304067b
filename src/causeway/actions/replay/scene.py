"""The copy in which a replay happens: the product's folder, and its state, with a clock of its own."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from causeway.actions.segments import ADDRESS
from causeway.actions.verify import whole_contents
from causeway.actions.workspace import STATE, Workspace, make_state
from causeway.adapters import registry
from causeway.core.clock import FixedClock
from causeway.core.errors import OutsideError, UsageError, remedy
from causeway.ledger import open_ledger

LEDGER = "CAUSEWAY_LEDGER"
KEPT = ("artifacts", "releases", "segments", "personal", "policies")
ENVIRONMENTS = "environments"
LEFT_OUT = (STATE, ".git", ".venv*", "venv", "node_modules", "__pycache__")


@contextmanager
def scene(work: Workspace, folder: Path, into: Path) -> Generator[Workspace]:
    """A copy of product and state in `into`, whose clock stands where it is told to; the original stays.

    Whatever opens the copy in the meantime finds its own ledger and segments, not those that the
    environment names.
    """
    _refuse_used(into, folder)
    contents = whole_contents(work)
    elsewhere = {name: os.environ.pop(name) for name in (LEDGER, ADDRESS) if name in os.environ}
    try:
        try:
            _copy(work, folder, into)
        except OSError as error:
            raise OutsideError(f"cannot copy {folder} to {into}: {error}", hint=remedy(error)) from error
        state = into / STATE
        ledger = open_ledger(state / "ledger.db")
        try:
            ledger.load(contents)
            yield Workspace(
                root=into,
                state=state,
                ledger=ledger,
                clock=FixedClock(work.clock.now()),
                actor=work.actor,
                artifacts=registry.artifact_store(state / "artifacts"),
            )
        finally:
            ledger.close()
    finally:
        os.environ |= elsewhere


def _refuse_used(into: Path, folder: Path) -> None:
    if into.is_file() or (into.is_dir() and any(into.iterdir())):
        raise UsageError(f"{into} is not empty", hint="name a folder that is not there yet: --into FOLDER")
    if into.resolve() == folder.resolve() or folder.resolve() in into.resolve().parents:
        raise UsageError(
            f"{into} lies in the folder that is to be copied", hint="name a folder elsewhere: --into FOLDER"
        )


def _copy(work: Workspace, folder: Path, into: Path) -> None:
    shutil.copytree(folder, into, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True, symlinks=True)
    make_state(into.resolve())
    for name in KEPT:
        if (work.state / name).is_dir():
            shutil.copytree(work.state / name, into / STATE / name, copy_function=_linked)
    if (work.state / ENVIRONMENTS).is_dir():
        # they know where they lie
        (into / STATE / ENVIRONMENTS).symlink_to((work.state / ENVIRONMENTS).resolve())


def _linked(source: str, target: str) -> str:
    """Sealed files never change, so that one name more for them is a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target

"""Removes what writers that were killed left half written, and rows that nobody goes on with."""

import re
import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from causeway.actions.workspace import Workspace

# a write takes seconds: what nobody touched for so long, nobody will finish
LEFT_AFTER = timedelta(days=1)
# rows of a granted source, read for a scoring that was stopped and never gone on with
ROWS_LEFT_AFTER = timedelta(days=7)
ROWS = "scores/read-*"
LOADS = "load-*"
PLACES = (".", "lineage", "releases", "artifacts/*", "records/*", "segments/*", "segments/*/*/*")
# as `write_whole`, the ledger, the artefacts and the bundles call what is not whole yet
SCRATCH = re.compile(r"\..+\.[a-z0-9_]{8}|\.writing-[a-z0-9_]{8}|\.making-[0-9a-f-]{36}")
WRITABLE_FOLDER = 0o700


def sweep(work: Workspace) -> int:
    """How many files and folders that nobody will finish were removed."""
    now = work.clock.now()
    oldest, oldest_rows = (now - LEFT_AFTER).timestamp(), (now - ROWS_LEFT_AFTER).timestamp()
    removed = sum(_swept(path, oldest) for place in PLACES for path in _scratch_in(work.state, place))
    # a load that was killed leaves records of the rows that it sent
    removed += sum(_swept(path, oldest) for path in work.state.glob(LOADS))
    return removed + sum(_swept(path, oldest_rows) for path in work.state.glob(ROWS))


def _scratch_in(state: Path, place: str) -> list[Path]:
    folders = [state] if place == "." else state.glob(place)
    return [path for folder in folders for path in folder.glob(".*") if SCRATCH.fullmatch(path.name)]


def _swept(path: Path, oldest: float) -> bool:
    # another process may sweep too
    with suppress(OSError):
        if path.lstat().st_mtime >= oldest:
            return False
        if path.is_dir() and not path.is_symlink():
            path.chmod(WRITABLE_FOLDER)
            shutil.rmtree(path)
        else:
            path.unlink()
        return True
    return False

import os
import subprocess
import sys

import shipyard
from causeway.actions.sweep import sweep
from causeway.actions.tick import tick

KILLED = """
import os, signal, sys
from pathlib import Path
from causeway.actions.workspace import open_workspace, write_whole
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
state = Path(sys.argv[1]) / ".causeway"
if sys.argv[2] == "artefact":
    open_workspace(state.parent).artifacts.put(b"half")
write_whole(state / sys.argv[2], b"half")
"""
YESTERDAY = shipyard.NOON.timestamp() - 25 * 3600


def left_by_a_killed_writer(folder, path):
    before = set((folder / ".causeway").rglob("*"))
    subprocess.run([sys.executable, "-c", KILLED, str(folder), path], check=False)
    return [path for path in (folder / ".causeway").rglob(".*") if path not in before]


def test_what_killed_writers_left_is_removed_once_it_is_old(folder):
    work = shipyard.workspace(folder)
    places = ("routes.json", "artefact", "segments/churn/predictions/2026-05-04/abc.parquet")
    left = [path for place in places for path in left_by_a_killed_writer(folder, place)]
    bundle = work.state / "releases" / ".making-019a0000-0000-7000-8000-000000000000"
    (bundle / "features").mkdir(parents=True)
    bundle.chmod(0o555)
    left.append(bundle)
    assert len(left) == 4
    assert sweep(work) == 0
    for path in left:
        os.utime(path, (YESTERDAY, YESTERDAY))
    assert sweep(work) == 4
    assert not any(path.exists() for path in left)


def test_rows_that_no_scoring_goes_on_with_are_removed_after_a_week(folder):
    work = shipyard.workspace(folder)
    rows = work.state / "scores" / "read-0123456789ab"
    rows.mkdir(parents=True)
    (rows / "rows.parquet").touch()
    os.utime(rows, (YESTERDAY, YESTERDAY))
    assert sweep(work) == 0
    os.utime(rows, (YESTERDAY - 7 * 86400, YESTERDAY - 7 * 86400))
    assert sweep(work) == 1
    assert not rows.exists()


def test_what_a_killed_load_recorded_is_removed_after_a_day(folder):
    work = shipyard.workspace(folder)
    left = work.state / "load-0a1b2c3d"
    (left / "records").mkdir(parents=True)
    (left / "records" / "a.open").write_bytes(b"rows")
    os.utime(left, (0, 0))
    assert (sweep(work), left.exists()) == (1, False)


def test_a_tick_sweeps_and_leaves_everything_else(folder):
    digest = shipyard.release(folder)
    work = shipyard.workspace(folder)
    kept = [path for path in sorted(work.state.rglob("*")) if path.name != "ledger.db-shm"]
    (work.state / "environments").mkdir()
    kept.append(work.state / "environments" / ".pip.abcdefgh")
    kept[-1].touch()
    scratch = work.state / ".routes.json.abcd_123"
    scratch.touch()
    for path in (*kept, scratch):
        os.utime(path, (YESTERDAY, YESTERDAY))
    tick(work)
    assert not scratch.exists()
    assert all(path.exists() for path in kept)
    assert work.bundle(digest).is_dir()

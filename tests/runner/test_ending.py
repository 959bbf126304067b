"""Nobody's training runs on when the process that watches it has gone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60
WATCH = """
import sys
from pathlib import Path
from causeway.adapters import registry
from causeway.core.environment import Environment
ours = Environment(sys.executable, "3", {}, (), "ours", "")
registry.watch_training(ours, Path(sys.argv[1]), "train.py", Path(sys.argv[2]))
"""


@pytest.mark.integration
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked up in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_training_ends_with_whoever_watches_it(how, tmp_path):
    folder, trace = tmp_path / "poc", tmp_path / "trace"
    folder.mkdir()
    (folder / "train.py").write_text(
        "import os, time\nopen('pid.part', 'w').write(str(os.getpid()))\n"
        "os.rename('pid.part', 'pid')\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", WATCH, folder, trace]) as watching:
        pid = int(awaited(lambda: (trace / "poc" / "pid").exists() and (trace / "poc" / "pid").read_text()))
        os.kill(watching.pid, how)
        watching.wait(PATIENCE_SECONDS)
    assert awaited(lambda: gone(pid))


def awaited(look):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.05)
    pytest.fail("it did not come to pass")


def gone(pid):
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True

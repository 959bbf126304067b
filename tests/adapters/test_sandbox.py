"""Each limit of the cage, tried by a script that means harm."""

import os
import sys
import time
from pathlib import Path

import pytest

from causeway.adapters import registry
from causeway.adapters.runs.processes import run_bounded
from causeway.adapters.runs.sandbox import Confining
from causeway.core.environment import Limits
from causeway.core.errors import OutsideError

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the cage's strongest bars are Linux's"),
]
MEGABYTE = 1 << 20


class Cage:
    """A cage with small limits, and what came of a script in it."""

    def __init__(self, root: Path):
        self.root, self.inside = root, root / "inside"
        self.cage = Confining(
            root / "reports", write=self.inside, read=[Path(sys.prefix)], disk_bytes=150 * MEGABYTE
        )

    def run(self, code: str, *, seconds: float = 20.0) -> str:
        script = self.inside / "hostile.py"
        script.write_text(code)
        limits = Limits(seconds=seconds, memory_bytes=400 * MEGABYTE, file_bytes=64 * MEGABYTE)
        with registry.confined(self.cage):
            command = [sys.executable, str(script)]
            ended = run_bounded(
                command, cwd=self.inside, scratch=self.inside, limits=limits, what="the script"
            )
        return ended.printed

    def holds(self, name: str) -> bool:
        return any(fence.name == name and fence.how for fence in self.cage.fences())


@pytest.fixture
def cage(tmp_path):
    return Cage(tmp_path)


def needs(cage: Cage, name: str) -> None:
    cage.run("print('started')")
    if not cage.holds(name):
        pytest.skip(f"this machine has nothing to enforce it with: {name}")


def test_no_socket_reaches_out_and_no_name_is_looked_up(cage):
    printed = cage.run(
        "import socket\n"
        "def tried(work):\n"
        "    try: work(); print('REACHED')\n"
        "    except OSError as error: print('refused')\n"
        "tried(lambda: socket.create_connection(('192.0.2.1', 80), 2))\n"
        "tried(lambda: socket.getaddrinfo('example.org', 80))\n"
        "tried(lambda: socket.socket(40, socket.SOCK_STREAM))\n"
    )
    assert printed.split() == ["refused"] * 3


def test_nothing_outside_is_written_or_read(cage, tmp_path, monkeypatch):
    needs(cage, "files")
    secret = tmp_path / ".ssh" / "id_rsa"
    secret.parent.mkdir()
    secret.write_text("key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "token")
    printed = cage.run(
        "import os\n"
        f"for path, how in (({str(secret)!r}, 'r'), ({str(tmp_path / 'new')!r}, 'w'), ('/etc/shadow', 'r'),\n"
        f"                  ({str(Path.home() / 'causeway-was-here')!r}, 'w')):\n"
        "    try: open(path, how); print('OPENED', path)\n"
        "    except OSError: print('refused')\n"
        "print(os.environ.get('AWS_SECRET_ACCESS_KEY'), os.environ['HOME'])\n"
        "open('mine', 'w').write('fine')\n"
    )
    assert printed.split() == ["refused"] * 4 + ["None", str(cage.inside / "home")]


def test_no_mode_and_no_time_of_a_file_outside_is_changed(cage, tmp_path):
    needs(cage, "modes and times of files")
    theirs = tmp_path / "theirs"
    theirs.write_text("data")
    theirs.chmod(0o600)
    before = theirs.stat()
    printed = cage.run(
        "import os\n"
        f"path = {str(theirs)!r}\n"
        "for work in (lambda: os.utime(path, (1, 1)), lambda: os.chmod(path, 0o777),\n"
        "             lambda: os.setxattr(path, 'user.mark', b'1'), lambda: os.chown(path, 1, 1)):\n"
        "    try: work(); print('CHANGED')\n"
        "    except OSError: print('refused')\n"
        "open('mine', 'w').close(); os.chmod('mine', 0o700); os.utime('mine', (1, 1)); print('own')\n"
    )
    assert printed.split() == ["refused"] * 4 + ["own"]
    assert (theirs.stat().st_mode, theirs.stat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


def test_a_fork_bomb_a_memory_bomb_and_an_endless_loop_are_stopped(cage):
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n"
    with pytest.raises(OutsideError, match="stopped"):
        cage.run(bomb, seconds=10)
    try:
        printed = cage.run("held = []\nwhile True: held.append(bytearray(20 << 20))\n")
        assert "MemoryError" in printed
    except OutsideError as error:
        assert "memory" in error.message  # noqa: PT017 - either of two bars may hold it
    with pytest.raises(OutsideError, match="after 1 seconds"):
        cage.run("while True: pass\n", seconds=1)


def test_the_disk_is_not_filled(cage):
    printed = cage.run("f = open('one', 'wb')\nwhile True: f.write(b'x' * (8 << 20))\n")
    assert "File too large" in printed
    with pytest.raises(OutsideError, match=r"it wrote more than 0.1 GB"):
        cage.run("i = 0\nwhile True:\n    open(f'f{i}', 'wb').write(b'x' * (32 << 20)); i += 1\n")


def test_no_daemon_outlives_its_command(cage):
    needs(cage, "processes")
    cage.run(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        while True: open('alive', 'w').write(str(time.time()))\n"
        "    os._exit(0)\n"
        "while not os.path.exists('alive'): pass\n"
    )
    before = (cage.inside / "alive").read_text()
    deadline = time.monotonic() + 0.2
    while time.monotonic() < deadline:
        assert (cage.inside / "alive").read_text() == before


def test_no_other_process_can_be_ended(cage):
    needs(cage, "processes")
    printed = cage.run(
        "import os\n"
        f"for number in (os.getppid(), {os.getpid()}, -1):\n"
        "    try: os.kill(number, 9); print('SENT')\n"
        "    except OSError: print('refused')\n"
    )
    assert printed.split() == ["refused"] * 3


def test_a_link_that_leads_out_is_not_left_behind(cage, tmp_path):
    (tmp_path / "precious").write_text("mine")
    cage.run(f"import os\nos.symlink({str(tmp_path / 'precious')!r}, 'result.json')\n")
    assert not (cage.inside / "result.json").is_symlink()
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.parametrize(
    "left",
    ["os.mkfifo('printed.txt')", "os.mkdir('printed.txt')", "os.symlink('loop', 'loop')", "os.mkfifo('in')"],
)
def test_what_is_left_in_our_way_neither_stops_nor_holds_us(cage, left):
    assert "said" in cage.run(f"import os\nprint('said')\n{left}\n")
    assert "again" in cage.run("print('again')")
    assert not [path for path in cage.inside.rglob("*") if path.is_fifo()]


def test_folders_nested_without_end_or_closed_are_removed(cage):
    cage.run(
        "import os\nos.makedirs('closed/in'); os.chmod('closed', 0)\n"
        "for _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
    )
    registry.removed(cage.root)
    assert not cage.root.exists()


def test_processes_of_one_pool_still_talk_to_each_other(cage):
    printed = cage.run(
        "import multiprocessing\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
    )
    assert printed.strip() == "[1, 2]"


def test_without_namespaces_sockets_and_files_are_still_closed(cage):
    """A cage in a cage: the outer one lets the inner one make no namespaces."""
    needs(cage, "calls")
    inner = (
        "import socket\n"
        "try: socket.socket()\n"
        "except OSError: print('refused')\n"
        "try: open('/etc/hostname', 'w')\n"
        "except OSError: print('refused')\n"
    )
    (cage.inside / "inner.py").write_text(inner)
    printed = cage.run(
        "import sys, json, subprocess\n"
        "here = sys.path[0]\n"
        "request = dict(command=[sys.executable, here + '/inner.py'], write=[here], hide=[],\n"
        "    read=[sys.prefix, sys.base_prefix],\n"
        "    memory_bytes=1 << 28, cpu_seconds=9, file_bytes=1 << 20, open_files=99, tasks=999,\n"
        "    report=here + '/report.json', offline=here)\n"
        "json.dump(request, open(here + '/request.json', 'w'))\n"
        f"subprocess.run([sys.executable, {str(registry.__file__)!r}.replace('adapters/registry.py',\n"
        "    'runner/confine.py'), here + '/request.json'])\n"
        "print(json.load(open(here + '/report.json'))['network'])\n"
    )
    assert printed.splitlines()[:2] == ["refused", "refused"], printed
    assert "seccomp" in printed

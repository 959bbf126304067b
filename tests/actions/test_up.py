"""A real `causeway up` on free ports: its gateway, its console, its end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions import instance
from causeway.actions.ship import curl
from causeway.cli.main import main

pytestmark = pytest.mark.integration
PATIENCE_SECONDS = 30
STOP_SECONDS = 4
MOST_RESIDENT_MB = 100


def command(folder, *options):
    return [sys.executable, "-m", "causeway", "up", str(folder), "--json", *options]


@contextmanager
def up(folder, *options):
    """A running `up`, and what it said when it was ready."""
    # a file, not a pipe: a gateway that outlives its parent would hold the pipe open
    with (folder / "narration").open("a+") as narration:
        process = subprocess.Popen(
            command(folder, "--port", "0", "--console-port", "0", *options),
            stdout=subprocess.PIPE,
            stderr=narration,
            text=True,
        )
        with process:
            try:
                line = process.stdout.readline()
                assert line, (folder / "narration").read_text()
                yield process, json.loads(line)
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait(PATIENCE_SECONDS)


def cause(*arguments):
    result = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    return result.exit_code, json.loads(result.stdout)


def ask(url, *, token="", body=None):
    request = urllib.request.Request(url, data=body and json.dumps(body).encode())  # noqa: S310 - our own address
    request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - the same
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def eventually(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def note(folder):
    return json.loads((folder / ".causeway" / "up.json").read_bytes())


def resident_mb(pid):
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system does not say how much memory a process holds")
    return int(re.search(r"VmRSS:\s+(\d+)", status.read_text()).group(1)) / 1024


def gone(pid):
    return not instance.start_of(pid)


def test_the_whole_road_from_ship_to_an_answer_and_back(folder):
    shipyard.answering(folder)
    with up(folder) as (process, started):
        code, shipped = cause("ship", folder, "--yes")
        assert (code, shipped["trouble"], shipped["plan"]["serving"]) == (0, "", True)
        address, token = shipped["plan"]["address"], shipped["token"]
        assert address.startswith(started["gateway"])
        body = {"dataframe_records": [shipped["plan"]["example"]]}
        assert ask(address, body=body)[0] == 401
        status, answer = ask(address, token=token, body=body)
        assert (status, "Yes" in answer) == (200, True), answer
        line = curl(address, shipped["plan"]["example"], token=token)
        shell = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
        assert "Yes" in shell.stdout

        second = shipyard.answering(folder, weight=-0.5)
        assert cause("ship", folder, "--yes")[1]["live"] == {second: 100}
        assert "No" in ask(address, token=token, body=body)[1]
        assert cause("roll", "back", folder)[1]["trouble"] == ""
        assert "Yes" in ask(address, token=token, body=body)[1]

        key = shipped["key"]
        assert cause("key", "revoke", key, "--folder", folder)[1]["status"] == "revoked"
        assert ask(address, token=token, body=body)[0] == 401

        assert cause("up", folder)[1]["status"] == "already_up"
        assert ask(f"{started['console']}/products/churn.json")[0] == 401
        secret = started["sign_in"].split("token=")[1]
        status, page = ask(f"{started['console']}/products/churn.json", token=secret)
        assert (status, json.loads(page)["stage"]) == (200, "sandbox")

        assert resident_mb(started["pid"]) < MOST_RESIDENT_MB
        children = note(folder)["gateway_pid"]
        since = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
        assert time.monotonic() - since < STOP_SECONDS
    assert gone(children)
    assert not (folder / ".causeway" / "up.json").exists()


def test_a_gateway_that_dies_is_started_again(folder):
    shipyard.answering(folder)
    with up(folder) as (_, started):
        cause("ship", folder, "--yes")
        before = note(folder)["gateway_pid"]
        os.kill(before, signal.SIGKILL)
        eventually(lambda: note(folder)["gateway_pid"] != before)
        eventually(lambda: _ready(started))


def test_it_stops_by_itself_after_the_minutes_it_was_given(folder):
    with up(folder, "--minutes", "0.001") as (process, _):
        assert process.wait(PATIENCE_SECONDS) == 0
    assert not (folder / ".causeway" / "up.json").exists()


def _ready(started):
    try:
        return ask(f"{started['gateway']}/v2/health/ready")[0] == 200
    except OSError:
        return False


def test_the_gateway_of_a_killed_control_plane_answers_on_and_is_replaced_by_the_next(folder):
    with up(folder) as (process, started):
        orphan = note(folder)["gateway_pid"]
        process.kill()
        process.wait(PATIENCE_SECONDS)
        assert ask(f"{started['gateway']}/v2/health/live")[0] == 200
    with up(folder) as (_, again):
        assert gone(orphan)
        assert again["status"] == "up"
        assert note(folder)["gateway_pid"] != orphan


@pytest.mark.parametrize("option", ["--port", "--console-port"])
def test_a_port_in_use_is_one_clear_error_and_leaves_nothing_running(folder, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        other = "--console-port" if option == "--port" else "--port"
        done = subprocess.run(
            command(folder, option, port, other, "0"), capture_output=True, text=True, check=False
        )
    assert done.returncode == 3
    shape = json.loads(done.stdout)
    assert f"port {port}" in shape["error"]
    assert option in shape["hint"]
    assert "Traceback" not in done.stderr
    assert not (folder / ".causeway" / "up.json").exists()


def test_a_stale_note_of_a_dead_control_plane_is_not_believed(folder):
    work = shipyard.workspace(folder)
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    for pid, started in ((int(dead.stdout), "1"), (os.getpid(), "1"), (0, "")):
        instance.record(
            work, instance.Instance(pid=pid, started=started, port=1, console_port=2, at=shipyard.NOON)
        )
        assert instance.running(work) is None
    own = os.getpid()
    instance.record(
        work,
        instance.Instance(pid=own, started=instance.start_of(own), port=1, console_port=2, at=shipyard.NOON),
    )
    assert instance.running(work) is not None
    (work.state / "up.json").write_text("{")
    assert instance.running(work) is None

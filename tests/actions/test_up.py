"""A real `causeway up` on free ports: its gateway, its console, its end."""

import asyncio
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
from causeway.actions import instance, supervisor
from causeway.actions import up as running_up
from causeway.actions.decide import States
from causeway.actions.routes import current_routes
from causeway.actions.ship import curl, ship
from causeway.cli.main import main
from causeway.core.errors import OutsideError
from causeway.core.events import KeyRevoked

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
        asked = cause("check", folder, "--stage", "pilot")[1]["readiness"]["checks"]
        assert next(each for each in asked if each["id"] == "GOV-1")["grade"] == 1.0
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


def test_of_two_that_start_at_once_one_is_up_and_its_note_outlives_the_other(folder):
    words = command(folder, "--port", "0", "--console-port", "0")
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        said = [json.loads(each.stdout.readline()) for each in both]
        assert sorted(each["status"] for each in said) == ["already_up", "up"]
        assert said[0]["pid"] == said[1]["pid"] == note(folder)["pid"]
        (second,) = [each for each in both if each.pid != said[0]["pid"]]
        assert second.wait(PATIENCE_SECONDS) == 0
        assert note(folder)["pid"] == said[0]["pid"]
    finally:
        for each in both:
            each.terminate()
            each.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def station(folder, monkeypatch):
    """An `up` without its processes, whose clock hurries, and what it says."""
    monkeypatch.setattr(running_up, "TICK_SECONDS", 0.01)
    work = shipyard.workspace(folder)
    said = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield running_up._Station(work, port=0, listening=listening, say=said.append), said
    work.ledger.close()


async def until(holds):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what it waits for is no event
            await asyncio.sleep(0.01)


def test_a_key_that_another_process_revoked_is_out_of_the_routes(folder, station):
    here, _ = station
    shipyard.release(folder)
    work = shipyard.workspace(folder)
    ship(work, folder, agree=lambda _: True)
    (key,) = States(work)("churn").active_keys

    async def road():
        ticking = asyncio.create_task(here._tick())
        await until(lambda: here.seen)
        work.ledger.append("churn", [KeyRevoked(key.key)], actor="a2", at=shipyard.NOON)
        await until(lambda: current_routes(work).routes[0].keys == ())
        ticking.cancel()

    asyncio.run(road())


def test_a_tick_that_the_system_refuses_is_told_and_the_clock_goes_on(station, monkeypatch):
    here, said = station

    def refused(*args, **kwargs):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(running_up, "whats_due", refused)

    async def road():
        ticking = asyncio.create_task(here._tick())
        await until(lambda: len(said) > 1)
        assert not ticking.done()
        ticking.cancel()

    asyncio.run(road())
    assert "Too many open files" in said[0]


def test_a_gateway_that_cannot_be_started_now_is_started_later(station, monkeypatch):
    here, said = station
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_SECONDS", 0.01)

    async def refused():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(here.gateway, "start", refused)

    async def road():
        keeping = asyncio.create_task(here.gateway.keep())
        await until(lambda: len(said) > 3)
        assert not keeping.done()
        keeping.cancel()

    asyncio.run(road())
    assert "temporarily unavailable" in said[1]


@pytest.mark.parametrize("part", ["_tick", "console"])
def test_an_up_that_lost_a_part_of_itself_ends_and_says_why(folder, station, monkeypatch, part):
    here, _ = station

    async def nothing(*args, **kwargs):
        return None

    async def app(scope, receive, send):
        return None

    async def broken(*args):
        raise RuntimeError("the clock stopped")

    for name in ("start", "stop"):
        monkeypatch.setattr(here.gateway, name, nothing)
    monkeypatch.setattr(here.gateway, "keep", asyncio.Event().wait)
    if part == "console":
        monkeypatch.setattr(running_up._Server, "serve", nothing)
    else:
        monkeypatch.setattr(here, part, broken)
    with pytest.raises((RuntimeError, OutsideError), match=r"the clock stopped|the console ended"):
        asyncio.run(here.run(lambda *_: app, lambda _: None, seconds=PATIENCE_SECONDS))

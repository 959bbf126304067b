"""`causeway up` with several processes, over TLS, at a path; and what the ledger says of it."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs

import shipyard
from causeway.actions.instance import Instance, connected
from causeway.actions.routes import current_routes
from causeway.actions.supervisor import Front, write_scaled
from causeway.cli.main import main
from causeway.core.events import GatewayScaled
from causeway.core.routes import RouteFile, workers_of
from causeway.views.product import fold
from causeway.views.timeline import tell
from certificates import certified

pytestmark = pytest.mark.integration
PATIENCE_SECONDS = 30
SCALED = GatewayScaled(before=1, after=2, why="callers wait", cpu=0.9, lag_ms=40.0)


@contextmanager
def up(folder, *options):
    """A running `up`, and what it said when it was ready."""
    words = [sys.executable, "-m", "causeway", "up", str(folder), "--json", "--port", "0"]
    with (folder / "narration").open("w") as narration:
        process = subprocess.Popen(
            [*words, "--console-port", "0", *map(str, options)],
            stdout=subprocess.PIPE,
            stderr=narration,
            text=True,
        )
        with process:
            try:
                line = process.stdout.readline()
                assert line, (folder / "narration").read_text()
                yield json.loads(line)
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE_SECONDS) == 0


def cause(*arguments):
    result = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    return result.exit_code, json.loads(result.stdout)


def eventually(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def processes(folder) -> int:
    pid = json.loads((folder / ".causeway" / "up.json").read_bytes())["gateway_pid"]
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not Path("/proc/self/task").exists():
        pytest.skip("this system does not say which processes a process has")
    return len(listed.read_text().split()) if listed.exists() else -1


def test_the_gateway_has_as_many_processes_as_the_manifest_asks_for_once_it_is_shipped(folder, tmp_path):
    shipyard.poc(folder, more="[serving]\nworkers = 2\nrequests_per_minute = 100000\n")
    shipyard.answering(folder)
    chain, key = certified(tmp_path)
    with up(folder, "--tls-cert", chain, "--tls-key", key, "--host", "localhost") as started:
        assert started["gateway"].startswith("https://localhost:")
        assert processes(folder) == 0
        code, shipped = cause("ship", folder, "--yes")
        assert (code, shipped["trouble"]) == (0, "")
        request = urllib.request.Request(  # noqa: S310 - our own address
            shipped["plan"]["address"],
            data=json.dumps({"dataframe_records": [shipped["plan"]["example"]]}).encode(),
            headers={"content-type": "application/json", "authorization": f"Bearer {shipped['token']}"},
        )
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # whoever asks while it starts anew waits, and is answered
        while processes(folder) != 2:
            assert answered(request, context)
        assert answered(request, context)
        assert "starts anew with 2 to 2 processes" in (folder / "narration").read_text()


def answered(request, context) -> bool:
    with urllib.request.urlopen(request, context=context, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - ours
        return answer.status == 200


def test_a_change_of_their_number_is_written_for_whoever_asked_for_so_many(folder):
    shipyard.poc(folder, more="[serving]\nworkers_most = 2\n")
    shipyard.answering(folder)
    assert cause("ship", folder, "--yes")[0] == 0
    write_scaled(folder, SCALED)
    write_scaled(folder, structs.replace(SCALED, before=2, after=3))
    work = shipyard.workspace(folder)
    events = work.ledger.read("churn")
    assert [event.fact for event in events if isinstance(event.fact, GatewayScaled)] == [SCALED]
    assert fold(events).workers == 2
    assert "from 1 to 2 processes: callers wait" in tell(events[-1]).words
    assert workers_of(current_routes(work)) == (1, 2)
    assert workers_of(RouteFile(1, ())) == (1, 1)
    work.ledger.close()


def test_how_the_gateway_is_met_is_the_same_for_its_own_command_line():
    front = Front("0.0.0.0", Path("/s"), (Path("/c"), Path("/k")), ("10.0.0.0/8", "unix"))  # noqa: S104 - only words
    assert front.words == [
        *("--host", "0.0.0.0", "--unix", "/s", "--tls-cert", "/c", "--tls-key", "/k"),  # noqa: S104 - only words
        *("--proxy", "10.0.0.0/8", "--proxy", "unix"),
    ]
    assert Front(access_log=True).words == ["--host", "127.0.0.1", "--access-log"]


def test_what_goes_on_is_said_in_json_by_all_of_it(folder):
    with (
        up(folder, "--log", "json", "--access-log") as started,
        pytest.raises(urllib.error.HTTPError, match="404"),
    ):
        urllib.request.urlopen(f"{started['gateway']}/nowhere", timeout=PATIENCE_SECONDS)  # noqa: S310 - our own
    said = [json.loads(line) for line in (folder / "narration").read_text().splitlines()]
    assert {"ready", "request", "stopping"} <= {each["event"] for each in said}


def test_this_machine_comes_to_a_gateway_that_listens_everywhere():
    here = Instance(os.getpid(), "1", 1234, 1235, shipyard.NOON, host="0.0.0.0", tls=True)  # noqa: S104 - only words
    assert here.address == "https://127.0.0.1:1234"
    assert (connected(here, seconds=1).host, connected(here, seconds=1).port) == ("127.0.0.1", 1234)
    assert structs.replace(here, host="::", tls=False).address == "http://[::1]:1234"


def test_another_host_is_said_aloud(folder):
    with up(folder, "--host", "0.0.0.0"):  # noqa: S104 - what is said about it is tested
        said = (folder / "narration").read_text()
    assert "whoever reaches this machine can ask, and keys and rows travel in the clear" in said


def test_a_certificate_alone_is_refused(folder):
    assert cause("up", folder, "--tls-cert", folder / "a")[0] == 2

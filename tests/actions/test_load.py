"""`causeway load`: the knee of a gateway of its own is a fact, and nothing of it is in the records."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions import instance, load_gateway, load_rows, load_steps
from causeway.actions import load as loading
from causeway.actions.bundles import describe
from causeway.actions.decide import existing_workspace
from causeway.actions.seal import seal
from causeway.assess.capacity import Target
from causeway.cli.load import command, result_lines
from causeway.cli.main import main
from causeway.core.errors import Refused
from causeway.core.proofs import LoadMeasured, LoadStep
from causeway.core.records import Record, frame

SERVING = "[serving]\nlatency_ms = {}\navailability = 0.5\nworkers = 2\n"


def cause(*words):
    result = CliRunner().invoke(main, [*map(str, words), "--json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def quick(monkeypatch):
    """A search of a second."""
    monkeypatch.setattr(load_steps, "SHARES", (0.2,))
    monkeypatch.setattr(load_steps, "WARM_SECONDS", 0.2)
    monkeypatch.setattr(load_steps, "LEAST_SECONDS", 0.3)
    monkeypatch.setattr(loading, "LEAST_SECONDS", 0.5)


def shipped(folder, latency_ms=60_000):
    (folder / "causeway.toml").write_text((folder / "causeway.toml").read_text() + SERVING.format(latency_ms))
    shipyard.answering(folder)
    code, told = cause("ship", folder, "--yes")
    assert code == 0, told
    return told["live"]


def recorded(folder, *rows):
    """A closed log with these rows, as a gateway leaves one."""
    work = existing_workspace(folder)
    place = work.state / "records" / "churn"
    place.mkdir(parents=True)
    now = int(datetime.now(UTC).timestamp() * 1e9)
    content = b"".join(
        frame(Record(f"01a2-{n}", now + n, "churn", "sha256:1", "champion", "a", row, {"label": "No"}, 900))
        for n, row in enumerate(rows)
    )
    (place / "1.log").write_bytes(content)
    return work


@pytest.mark.integration
@pytest.mark.usefixtures("quick")
def test_the_peak_is_tried_on_a_gateway_of_its_own_and_becomes_evidence(folder):
    live = shipped(folder)
    strange = {"tenure": 5, "Contract": "Ten years"}
    work = recorded(folder, shipyard.ROW, {"tenure": 30, "Contract": "One year"}, strange, shipyard.ROW)
    before = sorted(path for path in work.state.rglob("*") if path.is_file() and path.suffix != ".db")
    code, found = cause("load", folder, "--peak", "20", "--seconds", "1")
    assert (code, found["status"]) == (0, "holds"), found
    fact = found["fact"]
    assert (fact["source"], fact["rows"], found["left_out"]) == ("records", 2, 1)
    assert (fact["shares"], fact["workers"], fact["records"]) == (live, 2, "async")
    assert 20 in [step["rate"] for step in fact["steps"]]
    assert fact["knee"] >= 20
    assert fact["needed"][1] >= 1
    assert found["cost"]["low"] <= found["cost"]["value"] <= found["cost"]["high"]
    if os.path.exists("/proc/self/smaps_rollup"):  # noqa: PTH110 - of the system, not of ours
        assert fact["cpu_seconds"] > 0
        assert fact["memory_bytes"] > 10e6
    # nothing was recorded, and nothing is left behind
    after = sorted(path for path in work.state.rglob("*") if path.is_file() and path.suffix != ".db")
    assert [path for path in after if path not in before and "ledger" not in path.name] == []
    assert seal(work, "churn").rows == 4
    (event,) = [event for event in work.ledger.read("churn") if isinstance(event.fact, LoadMeasured)]
    assert event.fact.knee == fact["knee"]
    checks = cause("check", folder, "--stage", "production")[1]["readiness"]["checks"]
    graded = {check["id"]: (check["grade"], check.get("evidence", "")) for check in checks}
    assert graded["DEP-5"][0] == 1.0
    assert "a month for 20 requests" in graded["CST-6"][1]


@pytest.mark.integration
@pytest.mark.usefixtures("quick")
def test_a_promise_that_cannot_be_kept_is_said_so_by_the_exit_code(folder):
    shipped(folder, latency_ms=0.1)
    result = CliRunner().invoke(command, [str(folder), "--peak", "50", "--seconds", "1"])
    assert result.exit_code == 1, result.output
    assert "release's example row alone" in result.stdout
    assert "breaks the promise" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.integration
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel ends what is left only on Linux")
def test_a_load_that_is_killed_leaves_no_gateway(folder):
    shipped(folder)
    command = [sys.executable, "-m", "causeway", "load", str(folder), "--peak", "5"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        state = folder / ".causeway"
        eventually(lambda: list(state.glob("load-*/port")))
        below = [pid for pid in load_gateway.family(process.pid) if pid != process.pid]
        assert below
        process.kill()
    eventually(lambda: not any(instance.start_of(pid) for pid in below))
    (left,) = state.glob("load-*")
    os.utime(left, (0, 0))
    load_gateway._clear(state)
    assert not list(state.glob("load-*"))


def eventually(holds):
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--peak", "0"], "usage"),
        (["--peak", "nan"], "usage"),
        (["--peak", "5", "--seconds", "1"], "usage"),
        (["--peak", "5"], "not_found"),
    ],
)
def test_what_cannot_be_tried_is_refused_first(folder, words, code):
    assert cause("load", folder, *words)[1]["code"] == code


def test_rows_are_the_latest_on_record_each_once(folder):
    release = shipyard.answering(folder)
    work = existing_workspace(folder)
    bundle = describe(work, release)
    assert load_rows.rows_of(work, "churn", bundle).source == "example"
    rows = [{"tenure": n % 3, "Contract": "One year"} for n in range(9)]
    recorded(folder, *rows, {"tenure": 4}, {"tenure": 4, "Contract": "One year", "more": 1})
    found = load_rows.rows_of(work, "churn", bundle)
    assert found.source == "records"
    assert [row["tenure"] for row in found.rows] == [0, 1, 2, 4]
    assert all(row.keys() == {"tenure", "Contract"} for row in found.rows)
    seal(work, "churn")
    sealed = load_rows.rows_of(work, "churn", bundle)
    assert sealed.source == "segments"
    assert {(type(row["tenure"]), row["tenure"]) for row in sealed.rows} == {(int, n) for n in (0, 1, 2, 4)}


def test_the_rates_rise_and_hold_the_peak_where_it_is_in_reach():
    assert load_steps.planned(1000, 300) == [250, 300, 500, 700, 850, 1000]
    assert load_steps.planned(1000, 1200)[-1] == 1200
    assert load_steps.planned(1000, 5000)[-1] == 1000


@pytest.mark.parametrize(
    ("seen", "limit"),
    [
        ({"late_ms": 1, "asker": 0.3, "gateway": 0.95, "machine": 99}, ""),
        ({"late_ms": 1, "asker": 0.9, "gateway": 0.5, "machine": 1}, "generator"),
        ({"late_ms": 30, "asker": 0.1, "gateway": 0.5, "machine": 1}, "generator"),
        ({"late_ms": 1, "asker": 0.1, "gateway": 0.5, "machine": 99}, "machine"),
        ({"late_ms": 1, "asker": 0.1, "gateway": 0.5, "machine": 0.1}, ""),
    ],
)
def test_what_else_than_the_gateway_was_at_its_end_is_told(seen, limit):
    bench = SimpleNamespace(target=Target(50, 0.99), workers=1)
    assert load_steps.limit_of(bench, **seen) == limit


@pytest.fixture
def idle(monkeypatch):
    """A machine on which nothing takes a processor's time."""
    monkeypatch.setattr(load_steps, "spent", lambda _: load_gateway.Spent(0, 0))


def bench_of(p99_of, *, cpu=0.1):
    """A bench whose gateway answers 1,000 a second at most, and how often each rate was asked for."""
    asked = []

    def ask(**said):
        rate = said.get("rate", 0)
        asked.append(rate)
        told = {"good": 1000 if said.get("connections") else rate, "requests": rate, "errors": 0}
        return told | {"p50_ms": 1, "p99_ms": p99_of(rate), "late_ms": 0, "seconds": 1, "cpu": cpu}

    return load_steps.Bench(load_gateway.Twin(os.getpid(), 0, "", "off"), ask, Target(50, 0.99), 1), asked


def rates_of(bench):
    return [step.rate for step in load_steps.searched(bench, peak=100, seconds=7, say=lambda _: None)]


@pytest.mark.usefixtures("idle")
def test_a_search_stops_at_the_first_break_and_looks_once_more_between():
    bench, _ = bench_of(lambda rate: 10 if rate < 600 else 90)
    assert rates_of(bench) == [100, 250, 500, 700, 600]
    bench, _ = bench_of(lambda _: 10)
    assert rates_of(bench) == [100, 250, 500, 700, 850, 1000, 1300]


@pytest.mark.usefixtures("idle")
def test_where_not_even_the_first_rate_holds_it_is_halved():
    bench, _ = bench_of(lambda rate: 10 if rate < 30 else 90)
    assert rates_of(bench) == [100, 50, 25]
    bench, _ = bench_of(lambda _: 90)
    assert rates_of(bench) == [100, 50, 25, 12.5]


@pytest.mark.usefixtures("idle")
def test_a_step_that_broke_because_of_something_else_is_taken_once_more():
    bench, asked = bench_of(lambda rate: 10 if rate < 600 or asked.count(rate) > 1 else 90, cpu=0.99)
    assert rates_of(bench) == [100, 250, 500, 700, 850, 1000, 1300]
    assert asked.count(700) == 2


def test_where_no_row_is_answered_nothing_is_measured():
    with pytest.raises(Refused):
        load_steps.answered_rows(lambda **_: {"answered": []}, [{}])


def test_what_was_found_is_told_with_its_doubts():
    steps = (LoadStep(100, 100, 300, 0, 1, 5, 0.4), LoadStep(200, 200, 600, 9, 9, 70, 0.5, 2, "machine"))
    fact = LoadMeasured(
        {"r": 100}, 300, 50, 0.99, steps, knee=100, knee_above=200, limit="machine", source="example"
    )
    found = loading.Measured("churn", "not_reached", fact, 0, None, None, ("a doubt",), 1.0)
    lines = dict(result_lines(found))
    assert "was not reached" in lines["churn"]
    assert "200 did not; there the machine was the limit" in lines["knee"]
    assert lines["doubt"] == "a doubt"

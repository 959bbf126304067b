"""Several processes are one gateway: to callers, to whoever measures it, and when one of them dies."""

import json
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bundle_made import write_bundle
from gateway_process import call_on, eventually, key, route, running

from causeway.actions.instance import start_of
from causeway.core.routes import Key
from causeway.gateway.door.allowance import Allowance
from causeway.gateway.processes import board as boards
from causeway.gateway.processes.board import Board, State
from causeway.gateway.processes.scaling import Limits, Load, Scaler
from causeway.gateway.processes.tallies import MOST_SERIES, Tallies
from causeway.gateway.processes.windows import SharedAllowance, shared_allowances
from causeway.gateway.refusals import TooMany
from causeway.gateway.routes.limits import KeyLimit, Usage

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
INVOKE = "/products/churn/invocations"
CAP = 20


def children(gateway) -> list[int]:
    pid = gateway.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def capped(signing, tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("bundles"), signing, product="capped")


@pytest.fixture(scope="module")
def two(signing, churn, capped, tmp_path_factory):
    """A gateway of two processes; tests must leave it as it is."""
    routes = [
        route("churn", churn, signing=signing, records="durable"),
        route("capped", capped, signing=signing, requests_per_minute=CAP),
    ]
    with running(tmp_path_factory.mktemp("two"), *routes, options=("--workers", "2")) as gateway:
        yield gateway


def counted(gateway, product="churn", code="200") -> int:
    page = gateway.call("GET", "/metrics").raw.decode()
    wanted = f'causeway_requests_total{{product="{product}",'
    lines = [line for line in page.splitlines() if line.startswith(wanted) and f'code="{code}"' in line]
    return sum(int(line.split()[-1]) for line in lines)


def asked_by_many(gateway, times, product="churn") -> list[int]:
    """The status of each call, each on a connection of its own."""
    with ThreadPoolExecutor(4) as callers:
        return list(callers.map(lambda _: gateway.invoke(ROW, product=product).status, range(times)))


def test_the_parent_has_one_thread_and_what_it_forked_answers(two):
    before = counted(two)
    assert asked_by_many(two, 60) == [200] * 60
    assert counted(two) - before == 60
    assert len(children(two)) == 2
    assert len(list(Path(f"/proc/{two.process.pid}/task").iterdir())) == 1
    # both took part, as each writes a log of its own
    logs = [file for file in (two.records_folder / "churn").iterdir() if file.suffix in {".open", ".log"}]
    assert len({log.name.split("-")[1] for log in logs}) >= 2


def test_an_allowance_holds_over_all_processes(two):
    statuses = asked_by_many(two, 2 * CAP, product="capped")
    assert sorted(statuses) == [200] * CAP + [429] * CAP


def test_the_page_of_measures_is_valid_in_both_forms(two):
    parsers = pytest.importorskip("prometheus_client.openmetrics.parser")
    classic = pytest.importorskip("prometheus_client.parser")
    two.invoke(ROW)
    page = two.call("GET", "/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert page.headers["content-type"].startswith("application/openmetrics-text")
    families = {each.name: each for each in parsers.text_string_to_metric_families(page.raw.decode())}
    assert {"causeway_requests", "causeway_rows", "causeway_records", "causeway_request_seconds"} <= set(
        families
    )
    assert families["causeway_gateway_processes"].samples[0].value == 2
    plain = two.call("GET", "/metrics").raw.decode()
    old = {each.name: each for each in classic.text_string_to_metric_families(plain)}
    assert old["causeway_request_seconds"].type == "histogram"


def test_one_that_dies_is_replaced_and_nothing_is_forgotten(two):
    before, (first, _) = counted(two), children(two)
    assert asked_by_many(two, 10) == [200] * 10
    os.kill(first, signal.SIGKILL)
    eventually(lambda: first not in children(two) and len(children(two)) == 2, "another process")
    eventually(lambda: two.health()["troubles"] == 0)
    assert asked_by_many(two, 10) == [200] * 10
    assert counted(two) - before == 20
    assert "signal SIGKILL" in two.said()


def test_all_follow_the_routes_and_so_does_whoever_comes_later(tmp_path, signing, churn):
    later = write_bundle(tmp_path / "bundles", signing, weights=(0.05, -0.2, 1.0))
    routes = [route("churn", each, signing=signing, records="durable") for each in (churn, later)]
    with running(tmp_path, routes[0], options=("--workers", "2")) as gateway:
        gateway.follow(routes[1])
        released = {gateway.invoke(ROW).headers["causeway-release"] for _ in range(20)}
        assert released == {later[0]}
        before = children(gateway)
        for each in before:
            os.kill(each, signal.SIGKILL)
        eventually(lambda: len(children(gateway)) == 2 and not set(before) & set(children(gateway)))
        assert gateway.invoke(ROW).headers["causeway-release"] == later[0]
        assert gateway.stop() == 0
        with pytest.raises(ConnectionRefusedError):
            gateway.connect().connect()
        assert len(gateway.recorded()) == 21


def test_without_their_parent_they_answer_what_they_have_and_end(tmp_path, signing, churn):
    with running(tmp_path, route("churn", churn, signing=signing), options=("--workers", "2")) as gateway:
        both = children(gateway)
        assert gateway.invoke(ROW).status == 200
        gateway.stop(signal.SIGKILL)
        eventually(lambda: not any(map(start_of, both)), "their end")
        eventually(lambda: free(gateway.port), "the port's end")
        assert len(gateway.recorded()) == 1


def free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_one_process_is_one_process_and_the_routes_may_ask_for_more(tmp_path, signing, churn):
    with running(tmp_path / "one", route("churn", churn, signing=signing)) as gateway:
        assert children(gateway) == []
    with running(tmp_path / "more", route("churn", churn, signing=signing, workers=3)) as gateway:
        assert len(children(gateway)) == 3


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor is used up by one process")
def test_there_are_more_while_callers_wait_and_fewer_afterwards(tmp_path, signing, churn):
    routes = [route("churn", churn, signing=signing, records="off", keys=(key(),))]
    options = ("--workers", "1", "--workers-most", "2", "--rise-seconds", "1", "--fall-seconds", "1")
    body = json.dumps({"dataframe_records": [ROW] * 8000})
    enough = threading.Event()
    statuses = []

    def call(gateway):
        while not enough.is_set():
            statuses.append(gateway.call("POST", INVOKE, body.encode()).status)

    with running(tmp_path, *routes, options=(*options, "--notes")) as gateway:
        assert len(children(gateway)) == 1
        with ThreadPoolExecutor(3) as callers:
            calls = [callers.submit(call, gateway) for _ in range(3)]
            try:
                eventually(lambda: len(children(gateway)) == 2, "a second process")
            finally:
                enough.set()
            for each in calls:
                each.result()
        kept = gateway.connect()

        def fewer():
            statuses.append(call_on(kept, "POST", INVOKE, {"dataframe_records": [ROW]}).status)
            return len(children(gateway)) == 1

        # whoever keeps its connection is sent elsewhere, and loses no answer
        eventually(fewer, "one process again")
        kept.close()
        assert "2 processes after 1" in gateway.said()
        assert "1 processes after 2: fewer are enough" in gateway.said()
        assert gateway.invoke(ROW).status == 200
    assert set(statuses) == {200}


BUSY, WAITING, CALM = Load(1, 0.95, 1.0), Load(1, 0.2, 40.0), Load(1, 0.6, 1.0)


@pytest.mark.parametrize(
    ("loads", "after"),
    [
        ([BUSY] * 3, [None, None, 2]),
        ([WAITING] * 3, [None, None, 2]),
        ([BUSY, BUSY, CALM, BUSY, BUSY], [None] * 5),
        ([Load(3, 0.99, 90.0)] * 6, [None] * 6),
        ([Load(2, 0.2, 1.0)] * 5, [None] * 4 + [1]),
        # what would be busy with one fewer stays
        ([Load(2, 0.4, 1.0)] * 9, [None] * 9),
        ([Load(2, 0.2, 1.0)] * 4 + [Load(2, 0.4, 1.0)] + [Load(2, 0.2, 1.0)] * 4, [None] * 9),
        ([Load(1, 0.0, 0.0)] * 9, [None] * 9),
    ],
)
def test_it_takes_seconds_in_a_row_to_change_their_number(loads, after):
    scaler = Scaler(Limits(1, 3, rise_seconds=3, fall_seconds=5))
    judged = [scaler.judge(load) for load in loads]
    assert [scaled and scaled.after for scaled in judged] == after


def test_numbers_are_added_over_processes_and_outlive_them():
    board = Board(2)
    first, second = board.tallies(0), board.tallies(1)
    for tallies, amount in ((first, 2), (second, 5)):
        tallies.numbers[tallies.cell("seen", "a\n|", "b")] += amount
    second.numbers[second.cell("seen", "c", "d")] += 1
    again = board.tallies(0)
    again.numbers[again.cell("seen", "a\n|", "b")] += 1
    assert again.sums("seen") == {("a\n|", "b"): 8.0, ("c", "d"): 1.0}


def test_more_series_than_there_is_room_for_are_not_counted_rather_than_mixed_up():
    tallies = Tallies()
    cells = [tallies.cell("x", str(number)) for number in range(MOST_SERIES + 5)]
    assert cells[-5:] == [0] * 5
    assert len(tallies.sums("x")) == MOST_SERIES


def test_a_quota_counts_what_others_counted_beside_its_own(tmp_path):
    board = Board(2)
    mine, theirs = (quota(board.tallies(seat), tmp_path) for seat in (0, 1))
    for _ in range(50):
        mine.count()
        theirs.count()
    mine._usage.look()
    # between two looks its own count goes on, and theirs stays what it was
    for _ in range(40):
        mine.count()
    assert mine.used == 140


def test_a_quota_without_room_in_the_shared_memory_counts_alone(tmp_path):
    tallies = Tallies()
    for number in range(MOST_SERIES):
        tallies.cell("x", str(number))
    tallies.numbers[tallies.cell("x", "one more")] += 1000
    limit = quota(tallies, tmp_path)
    limit.take(0.0)
    limit.count()
    assert limit.used == 1


def quota(tallies, folder) -> KeyLimit:
    one = Key("key-1", "", "team-a", requests_per_month=500)
    return KeyLimit("churn", one, usage=Usage(tallies, folder / "usage.json"), allowances=None)


def test_a_note_that_is_only_half_written_is_not_read():
    board = Board(1)
    board.write(0, State(pid=7, up=True, version=3))
    assert board.states() == [State(pid=7, up=True, version=3)]
    board._notes[0][boards.HEADER_BYTES] ^= 0xFF
    assert board.states() == [State()]


def test_a_shared_allowance_counts_as_one_process_would():
    board = Board(2)
    here, there = (shared_allowances(board)("churn", 3) for _ in range(2))
    other = shared_allowances(board)("other", 3)
    alone = Allowance(3)
    taken = []
    for step in range(40):
        now = 1000.0 + step * 7
        results = []
        for allowance in (alone, (here, there)[step % 2]):
            try:
                allowance.take(now)
            except TooMany as refusal:
                results.append(refusal.retry_after)
            else:
                results.append(0)
        assert results[0] == results[1]
        taken.append(results[0])
    assert {0} < set(taken)
    assert isinstance(here, SharedAllowance)
    other.take(1000.0)

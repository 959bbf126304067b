import asyncio
import errno
import http.client
import os
import resource
import threading
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from gateway_process import call_on, eventually, route, running
from hypothesis import given
from hypothesis import strategies as st

from causeway.core.clock import SystemClock
from causeway.core.records import Record, Torn, columns_of, frame, frames
from causeway.gateway.records.flushing import Flusher
from causeway.gateway.records.identifiers import following, prediction_ids
from causeway.gateway.records.logs import AppendLog
from causeway.gateway.records.recorder import Recorder

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
ROWS = "/products/churn/invocations"


def record(number=0, **changes):
    given = {
        "id": f"id-{number}",
        "at_ns": 1_700_000_000_000_000_000 + number,
        "product": "churn",
        "release": "sha256:0",
        "arm": "champion",
        "consumer": "team-a",
        "inputs": {"tenure": 1.5},
        "outputs": {"label": "stay"},
        "latency_us": 10,
    }
    return Record(**(given | changes))


def test_every_row_that_was_answered_is_recorded(tmp_path, signing, churn):
    with running(tmp_path, route("churn", churn, signing=signing)) as gateway:
        got = gateway.invoke(ROW, ROW | {"plan": "basic"}, x_request_id="order-17")
        refused = gateway.invoke(ROW | {"tenure": "x"})
        assert (got.status, refused.status) == (200, 422)
        assert gateway.stop() == 0
        first, second = gateway.recorded()
    assert [first.id, second.id] == got.body["ids"]
    assert first.inputs == ROW
    assert second.inputs["plan"] == "basic"
    assert first.outputs == {
        "label": "stay",
        "probability": pytest.approx(got.body["predictions"][0]["probability"]["leave"]),
    }
    assert (first.release, first.arm, first.consumer) == (churn[0], "champion", "team-a")
    assert first.request == second.request == "order-17"
    assert 0 < first.latency_us < 10_000_000
    logs = [file.suffix for file in (gateway.records_folder / "churn").iterdir()]
    assert sorted(logs) == [".log", ".minutes"]


def test_records_are_on_the_disk_soon_after_the_answer(tmp_path, signing, churn):
    with running(tmp_path, route("churn", churn, signing=signing)) as gateway:
        ids = [gateway.invoke(ROW).body["ids"][0] for _ in range(3)]
        eventually(lambda: [r.id for r in gateway.recorded()] == ids, "the group commit")


def test_told_to_stop_under_load_it_answers_what_it_took_and_records_what_it_answered(
    tmp_path, signing, churn
):
    answered: list[str] = []
    with running(tmp_path, route("churn", churn, signing=signing)) as gateway:

        def ask():
            connection = gateway.connect()
            with suppress(OSError, http.client.HTTPException):
                while True:
                    answered.extend(call_on(connection, "POST", ROWS, {"instances": [ROW]}).body["ids"])
            connection.close()

        callers = [threading.Thread(target=ask) for _ in range(4)]
        for caller in callers:
            caller.start()
        eventually(lambda: len(answered) > 100, "the load")
        assert gateway.stop() == 0
        for caller in callers:
            caller.join()
        assert "Traceback" not in gateway.said()
        assert set(answered) <= {r.id for r in gateway.recorded()}


def test_a_full_disk_stops_records_but_not_answers_and_is_said(tmp_path, signing, churn):
    with running(tmp_path, route("churn", churn, signing=signing)) as gateway:
        kept = gateway.invoke(ROW).body["ids"]
        eventually(gateway.recorded, "the first record")
        pid, unlimited = gateway.process.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        size = sum(log.stat().st_size for log in (gateway.records_folder / "churn").iterdir())
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
        assert gateway.invoke(ROW).status == 200
        eventually(lambda: gateway.health()["records_dropped"] == 1, "the drop")
        assert any("records are not kept" in problem for problem in gateway.health()["problems"])
        assert (
            'causeway_records_dropped_total{product="churn"} 1'
            in gateway.call("GET", "/metrics").raw.decode()
        )
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)
        kept += gateway.invoke(ROW).body["ids"]
        eventually(lambda: not gateway.health()["problems"], "the recovery")
        gateway.stop()
        assert [r.id for r in gateway.recorded()] == kept
        assert [(each.rows, each.because) for each in gateway.told_lost()] == [(1, "File too large")]


@pytest.mark.parametrize("lane", ["0", "1"])
def test_where_the_manifest_says_stop_nobody_is_answered_while_the_disk_is_full(
    tmp_path, signing, churn, monkeypatch, lane
):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", lane)
    with running(tmp_path, route("churn", churn, signing=signing, on_full_disk="stop")) as gateway:
        kept = gateway.invoke(ROW).body["ids"]
        eventually(gateway.recorded, "the first record")
        size = sum(log.stat().st_size for log in (gateway.records_folder / "churn").iterdir())
        limit = (size + 20, resource.RLIM_INFINITY)
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, limit)
        assert gateway.invoke(ROW).status == 200
        eventually(lambda: gateway.health()["records_dropped"] == 1, "the drop")
        for _ in range(3):
            stopped = gateway.invoke(ROW)
            assert (stopped.status, stopped.body["code"]) == (503, "not_ready")
            assert "could not be recorded" in stopped.body["error"]
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        # the first answer waits for the disk, and with it all is well again
        kept += gateway.invoke(ROW).body["ids"]
        kept += gateway.invoke(ROW).body["ids"]
        assert not gateway.health()["problems"]
        gateway.stop()
        assert [r.id for r in gateway.recorded()] == kept
        # the one answer that went out unrecorded; those that were refused are none
        assert [each.rows for each in gateway.told_lost()] == [1]


def test_what_was_lost_until_the_end_is_said_when_the_gateway_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.gateway.records.recorder.MAX_PENDING_BYTES", 10)

    async def fill():
        recorder = Recorder(tmp_path, rotate_seconds=10)
        recorder.append("churn", [frame(record(1))])
        recorder.append("churn", [frame(record(2)), frame(record(3))])
        recorder.append("churn", [frame(record(4))])
        await recorder.close()

    asyncio.run(fill())
    (log,) = (tmp_path / "churn").iterdir()
    lost, kept = frames(log.read_bytes())
    assert (lost.rows, lost.because, kept) == (3, "the disk is too slow", record(1))
    assert lost.first_ns <= lost.last_ns


def test_a_durable_answer_is_not_given_when_it_cannot_be_recorded(tmp_path, signing, churn):
    durable = route("churn", churn, signing=signing, records="durable")
    with running(tmp_path, durable) as gateway:
        (gateway.records_folder).write_text("a file where the folder should be")
        got = gateway.invoke(ROW)
        assert (got.status, got.body["code"]) == (503, "not_ready")
        eventually(lambda: "churn: records are not kept as they should be" in gateway.said())
        gateway.records_folder.unlink()
        assert gateway.invoke(ROW).status == 200
        eventually(lambda: "churn: records are kept again" in gateway.said())


def test_a_log_is_closed_when_somebody_asks_or_it_is_old(tmp_path, signing, churn):
    with running(tmp_path, route("churn", churn, signing=signing)) as gateway:
        folder = gateway.records_folder / "churn"
        gateway.invoke(ROW)
        eventually(gateway.recorded, "the record")
        assert [log.suffix for log in folder.iterdir()] == [".open"]
        (folder / "rotate").touch()
        eventually(lambda: list(folder.glob("*.log")), "the rotation")
        gateway.invoke(ROW)
        eventually(lambda: list(folder.glob("*.open")), "a new log")
        eventually(lambda: len(gateway.recorded()) == 2, "the second record")
    with running(
        tmp_path / "2", route("churn", churn, signing=signing), options=["--rotate-seconds", "0.1"]
    ) as other:
        other.invoke(ROW)
        eventually(lambda: list((other.records_folder / "churn").glob("*.log")), "the rotation by age")


def test_groups_that_wait_for_a_slow_disk_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.gateway.records.recorder.MAX_PENDING_BYTES", 100)

    async def fill():
        recorder = Recorder(tmp_path, rotate_seconds=10)
        recorder.append("churn", [b"x" * 100])
        recorder.append("churn", [b"y" * 100])
        assert await recorder.durable("churn", [b"z"]) is False
        await recorder.close()
        return recorder

    recorder = asyncio.run(fill())
    assert recorder.dropped == {"churn": 2}
    (log,) = (tmp_path / "churn").iterdir()
    assert log.read_bytes().endswith(b"x" * 100)
    # an answer that was not given is not lost
    assert next(frames(log.read_bytes())).rows == 1


def test_durable_appends_of_one_turn_share_a_commit_and_all_are_answered(tmp_path):
    async def write():
        recorder = Recorder(tmp_path, rotate_seconds=10)
        kept = await asyncio.gather(*(recorder.durable("churn", [b"%03d" % i]) for i in range(200)))
        recorder.append("churn", [b"end"])
        await recorder.close()
        return kept

    assert asyncio.run(write()) == [True] * 200
    (log,) = (tmp_path / "churn").iterdir()
    assert log.read_bytes() == b"".join(b"%03d" % i for i in range(200)) + b"end"


def test_an_answer_that_must_be_durable_waits_for_the_flush(tmp_path, monkeypatch):
    flushed, real = [], os.fdatasync

    def flush(file):
        flushed.append(os.fstat(file).st_size)
        real(file)

    monkeypatch.setattr("os.fdatasync", flush)

    async def write():
        recorder = Recorder(tmp_path, rotate_seconds=10)
        seen = []
        for _ in range(3):
            assert await recorder.durable("churn", [b"abc"])
            seen.append(list(flushed))
        await recorder.close()
        return seen

    assert asyncio.run(write()) == [[3], [3, 6], [3, 6, 9]]


def test_what_may_not_be_on_the_disk_is_said_until_another_log_is_flushed(tmp_path, monkeypatch):
    flusher, files = Flusher(), [tmp_path / name for name in ("one", "one", "other")]
    failing, real = [OSError(errno.EIO, "Input/output error")], os.fdatasync

    def flush(file):
        if failing:
            raise failing.pop()
        real(file)

    monkeypatch.setattr("os.fdatasync", flush)
    said = []
    for file in files:
        flusher._flushed("churn", os.open(file, os.O_CREAT | os.O_WRONLY))
        said.append("churn" in flusher.trouble)
    # the kernel says it once: that the next flush works does not bring back what it dropped
    assert said == [True, True, False]


def test_a_log_that_somebody_removed_is_said_and_the_next_records_go_to_another(tmp_path):
    log = AppendLog(tmp_path, rotate_seconds=0, now=SystemClock().now)
    log.commit(b"lost", rows=2)
    (removed,) = tmp_path.iterdir()
    removed.unlink()
    log.commit(b"kept", rows=1)
    assert (log.lost, log.trouble) == (2, f"somebody removed {removed.name}, with 2 records")
    log.close()
    assert log.trouble == ""
    assert [each.read_bytes() for each in tmp_path.glob("*.log")] == [b"kept"]


@pytest.mark.parametrize("call", ["rename", "fsync"])
def test_a_log_that_cannot_be_closed_is_said_and_not_written_to_again(tmp_path, monkeypatch, call):
    log = AppendLog(tmp_path, rotate_seconds=0, now=SystemClock().now)
    log.commit(b"first", rows=1)

    def full(*_):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(*((Path, "rename") if call == "rename" else (os, "fsync")), full)
        with pytest.raises(OSError, match="Input/output error"):
            log.close()
    assert log.trouble == "a log could not be closed: Input/output error"
    log.commit(b"second", rows=1)
    log.close()
    assert (log.lost, log.trouble) == (0, "")
    assert sorted(each.read_bytes() for each in tmp_path.iterdir()) == [b"first", b"second"]


def test_closing_keeps_what_came_while_the_disk_was_busy(tmp_path):
    async def write():
        recorder = Recorder(tmp_path, rotate_seconds=10)
        first = asyncio.ensure_future(recorder.durable("churn", [b"a"]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        recorder.append("churn", [b"b"])
        await recorder.close()
        return await first

    assert asyncio.run(write()) is True
    (log,) = (tmp_path / "churn").iterdir()
    assert (log.suffix, log.read_bytes()) == (".log", b"ab")


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_torn_tail_is_never_read(cut, noise):
    whole = [record(i) for i in range(3)]
    log = b"".join(map(frame, whole))
    cut = cut % len(log)
    found = list(frames(log[:cut] + bytes([noise]) * 5))
    records = [item for item in found if isinstance(item, Record)]
    assert records == whole[: len(records)]
    assert isinstance(found[-1], Torn)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_bit_ends_the_reading_there(at, flip):
    whole = [record(i) for i in range(3)]
    log = bytearray(b"".join(map(frame, whole)))
    log[at % len(log)] ^= flip
    records = [item for item in frames(bytes(log)) if isinstance(item, Record)]
    assert records == whole[: len(records)]
    assert len(records) < 3


def test_zeros_and_strangers_with_a_right_checksum_are_torn():
    assert list(frames(bytes(64))) == [Torn(0, 64)]
    stranger = b"\x93\x01\x02\x03"
    log = len(stranger).to_bytes(4, "little") + zlib.crc32(stranger).to_bytes(4, "little") + stranger
    assert list(frames(frame(record()) + log))[1] == Torn(len(frame(record())), len(log))


def test_releases_that_disagree_about_a_field_still_make_one_column():
    rows = [{"a": 1, "b": True}, {"a": 2.5}, {"a": None, "c": "x"}]
    columns = columns_of([record(i, inputs=row) for i, row in enumerate(rows)])
    assert (columns["in_a"].kind, columns["in_a"].values) == ("number", [1, 2.5, None])
    assert (columns["in_b"].kind, columns["in_b"].values) == ("boolean", [True, None, None])
    assert (columns["in_c"].kind, columns["in_c"].values) == ("text", [None, None, "x"])
    mixed = columns_of([record(0, inputs={"a": "x"}), record(1, inputs={"a": 2})])
    assert (mixed["in_a"].kind, mixed["in_a"].values) == ("text", ["x", "2"])


def test_prediction_ids_are_uuids_that_sort_by_time_and_row():
    first, second = prediction_ids(1000, at_ns=10**18), prediction_ids(2, at_ns=10**18 + 10**6)
    everything = [*first, *second]
    assert everything == sorted(everything)
    assert len(set(everything)) == 1002
    assert all(name[14] == "7" and name[19] in "89ab" and len(name) == 36 for name in everything)


def test_those_of_one_request_count_up_whatever_digits_turn_over():
    head = "0192f0c0-7e9a-7abc-8def-"
    for tail, count in ((0xFF, 2), (0xFFFFF0, 300), (0x1FF, 1), (2**48 - 600, 599), (2**47 - 5, 10)):
        counted = [f"{head}{number:012x}" for number in range(tail, tail + count)]
        assert following(counted[0], count) == counted

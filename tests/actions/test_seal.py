import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions import seal as sealing
from causeway.actions.doctor import examine
from causeway.actions.seal import seal
from causeway.actions.segments import PREDICTIONS, segment_files
from causeway.actions.verify import verify
from causeway.adapters import registry
from causeway.cli.main import main
from causeway.core.errors import Conflict, OutsideError
from causeway.core.events import RecordsTorn, SegmentSealed
from causeway.core.ids import digest_of
from causeway.core.keeping import RecordsLost
from causeway.core.records import Lost, Record, frame
from causeway.gateway.records.logs import AppendLog

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def record(number, *, at=NOON, **changes):
    given = {
        "id": f"p{number:04d}",
        "at_ns": int(at.timestamp()) * 1_000_000_000 + number * 1000,
        "product": "churn",
        "release": "sha256:0",
        "arm": "champion",
        "consumer": "team-a",
        "inputs": {"tenure": 1.5, "plan": "gold"},
        "outputs": {"label": "stay", "probability": 0.25},
        "latency_us": 10,
        "flags": ("range:tenure",) if number % 2 else (),
    }
    return Record(**(given | changes))


@pytest.fixture
def work(folder):
    work = shipyard.workspace(folder)
    yield work
    work.ledger.close()


def logged(work, name, *records, tail=b""):
    log = work.state / "records" / "churn" / name
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"".join(map(frame, records)) + tail)
    return log


def sealed_events(work):
    return [e.fact for e in work.ledger.read("churn") if isinstance(e.fact, SegmentSealed)]


def sealed_ids(work):
    table = registry.segment_files().read(segment_files(work, "churn", PREDICTIONS))
    return list(table.columns["id"].values)


def test_closed_logs_become_one_segment_and_one_event(work):
    logged(work, "a.log", record(2), record(1))
    logged(work, "b.log", record(3))
    done = seal(work, "churn")
    (fact,) = sealed_events(work)
    assert (done.status, done.rows, done.segments) == ("sealed", 3, (fact,))
    file = work.state / fact.path
    assert fact.path == f"segments/churn/predictions/2026-05-04/{fact.segment[7:19]}.parquet"
    assert digest_of(file.read_bytes()) == fact.segment
    assert (fact.rows, fact.first_at) == (3, NOON + timedelta(microseconds=1))
    frame_ = pl.read_parquet(file)
    assert frame_["id"].to_list() == ["p0001", "p0002", "p0003"]
    assert frame_.schema["at"] == pl.Datetime("us", "UTC")
    assert frame_["at"][0] == NOON + timedelta(microseconds=1)
    assert frame_["flags"].to_list() == ["range:tenure", None, "range:tenure"]
    assert frame_.row(0, named=True)["in_plan"] == "gold"
    assert frame_["out_probability"].sum() == 0.75
    assert not list((work.state / "records" / "churn").iterdir())


def test_sealing_again_says_that_there_is_nothing(work):
    assert seal(work, "churn").status == "nothing_to_seal"
    logged(work, "a.log", record(1))
    seal(work, "churn")
    again = seal(work, "churn")
    assert (again.status, again.rows) == ("nothing_to_seal", 0)
    assert len(sealed_events(work)) == 1


def test_each_day_of_the_world_has_its_own_segment(work):
    midnight = datetime(2026, 5, 5, tzinfo=UTC)
    logged(work, "a.log", record(1, at=midnight - timedelta(seconds=1)), record(2, at=midnight))
    done = seal(work, "churn")
    assert [s.path.split("/")[3] for s in done.segments] == ["2026-05-04", "2026-05-05"]
    assert sealed_ids(work) == ["p0001", "p0002"]


def test_a_torn_tail_is_counted_put_aside_and_never_read(work):
    torn = frame(record(2))[:-3]
    logged(work, "a.log", record(1), tail=torn)
    done = seal(work, "churn")
    assert (done.rows, done.torn_bytes) == (1, len(torn))
    assert [log.name for log in (work.state / "records" / "churn").iterdir()] == ["a.torn"]
    assert sealed_ids(work) == ["p0001"]


def test_the_log_of_a_process_that_is_gone_is_taken_over(work):
    logged(work, "20260504T120000Z-1-1.open", record(1))
    assert seal(work, "churn").rows == 1


def test_the_log_of_a_living_gateway_is_left_to_it(work):
    log = AppendLog(work.state / "records" / "churn", rotate_seconds=60, now=work.clock.now)
    log.commit(frame(record(1)), rows=1)
    done = seal(work, "churn", wait_seconds=0.05)
    assert (done.status, done.open_logs) == ("nothing_to_seal", 1)
    log.close()
    assert seal(work, "churn").rows == 1


KILL = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import shipyard
from causeway.actions import seal as sealing
def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
def after(function):
    def call(*args, **kwargs):
        function(*args, **kwargs)
        die()
    return call
work = shipyard.workspace(Path({folder!r}))
{plant}
sealing.seal(work, "churn")
"""
POINTS = {
    "before anything was written": "sealing._read_logs = die",
    "when the file lies there": "sealing.put_segment = after(sealing.put_segment)",
    "when the file was lost again": (
        "put = sealing.put_segment; sealing.put_segment = lambda w, new: put(w, new)"
        " or (w.state / new.fact.path).unlink(); type(work.ledger).append = die"
    ),
    "before the event": "type(work.ledger).append = die",
    "after the event": "type(work.ledger).append = after(type(work.ledger).append)",
    "when one log of two is gone": ("Path.unlink = after(Path.unlink)"),
    "when only the plan is left": ("keep = sealing._retire; sealing._retire = after(keep)"),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_the_next_seal_goes_on_and_nothing_is_there_twice(work, folder, point):
    logged(work, "a.log", record(1), record(2))
    logged(work, "b.log", record(3), tail=b"torn")
    tests = str(Path(shipyard.__file__).parent)
    code = KILL.format(tests=tests, folder=str(folder), plant=POINTS[point])
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    logged(work, "c.log", record(4))
    seal(work, "churn")
    assert sorted(sealed_ids(work)) == ["p0001", "p0002", "p0003", "p0004"]
    segments = [s.segment for s in sealed_events(work)]
    assert len(segments) == len(set(segments)) == 2
    assert [log.name for log in (work.state / "records" / "churn").iterdir()] == ["b.torn"]
    assert not (work.state / "segments" / "churn" / "sealing.json").exists()


def test_a_record_that_is_there_twice_is_kept_once(work):
    logged(work, "a.log", record(1), record(2))
    logged(work, "b.log", record(2))
    done = seal(work, "churn")
    assert (done.rows, done.duplicates) == (2, 1)


def test_releases_with_other_columns_are_read_together(work):
    logged(work, "a.log", record(1))
    seal(work, "churn")
    logged(work, "b.log", record(2, inputs={"tenure": "many", "age": 3}))
    seal(work, "churn")
    table = registry.segment_files().read(segment_files(work, "churn", PREDICTIONS))
    assert list(table.columns["in_tenure"].values) == ["1.5", "many"]
    assert len(table) == 2


def test_a_disk_that_is_full_leaves_the_logs_for_the_next_time(work, monkeypatch):
    logged(work, "a.log", record(1))

    def full(*args, **kwargs):
        raise OutsideError("cannot write: No space left on device", hint="free some space")

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "put_segment", full)
        with pytest.raises(OutsideError, match="No space left"):
            seal(work, "churn")
    assert sealed_events(work) == []
    assert seal(work, "churn").rows == 1


def test_two_seals_at_once_are_one_and_a_conflict(work):
    logged(work, "a.log", record(1))
    with sealing.holding(work, "seal:churn") as lease:
        assert lease is not None
        with pytest.raises(Conflict, match="another process is sealing churn"):
            seal(work, "churn", turn_seconds=0)
    assert seal(work, "churn").rows == 1


def test_the_command_tells_what_it_sealed(work, folder):
    logged(work, "a.log", record(1))
    shown = CliRunner().invoke(main, ["seal", str(folder)])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("churn: sealed 1 row\n")
    shown = CliRunner().invoke(main, ["seal", str(folder), "--json"])
    assert '"ok":true' in shown.output
    assert '"status":"nothing_to_seal"' in shown.output


def test_logs_without_one_whole_record_are_a_fact_with_a_number(work, folder):
    log = logged(work, "a.log", record(1), record(2))
    content = bytearray(log.read_bytes())
    content[20] ^= 1
    log.write_bytes(content)
    shipyard.poc(folder)
    result = CliRunner().invoke(main, ["seal", str(folder)])
    assert (result.exit_code, "no whole record" in result.stdout) == (1, True)
    (event,) = work.ledger.read("churn")
    assert event.fact == RecordsTorn(("a.log",), len(content))
    assert (work.state / "records" / "churn" / "a.torn").read_bytes() == content
    assert seal(work, "churn").status == "nothing_to_seal"


def test_more_logs_than_fit_into_memory_are_sealed_in_turns(work, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH_BYTES", 1)
    for number in range(3):
        logged(work, f"{number}.log", record(number))
    done = seal(work, "churn")
    assert [segment.rows for segment in done.segments] == [1, 1, 1]
    assert sealed_ids(work) == ["p0000", "p0001", "p0002"]


@pytest.mark.parametrize("what", ["missing", "changed"])
def test_a_segment_that_is_not_as_it_was_sealed_is_found(work, folder, what):
    logged(work, "a.log", record(1))
    (fact,) = seal(work, "churn").segments
    file = work.state / fact.path
    whole = CliRunner().invoke(main, ["verify", str(folder), "--json"])
    assert (whole.exit_code, "1 segment" in whole.stdout, "who the actors are" in whole.stdout) == (
        0,
        True,
        True,
    )
    file.unlink() if what == "missing" else file.write_bytes(file.read_bytes() + b"x")
    result = CliRunner().invoke(main, ["verify", str(folder)])
    assert (result.exit_code, fact.path in result.stdout.replace(" ", "").replace("\n", "")) == (1, True)
    assert [f"segment-{what}"] == [f.code for f in examine(folder).findings if f.code.startswith("segment")]


def test_a_segment_is_never_looked_for_outside_of_its_folder(work):
    fact = SegmentSealed("sha256:0", PREDICTIONS, "segments/../../../etc/passwd", 1)
    work.ledger.append("churn", [fact], actor="a1", at=NOON)
    with pytest.raises(OutsideError, match="outside of"):
        segment_files(work, "churn", PREDICTIONS)


def test_answers_without_a_record_are_counted_in_the_ledger_and_named_by_doctor_and_verify(work):
    lost = Lost(
        1204, int(NOON.timestamp()) * 10**9, int(NOON.timestamp() + 60) * 10**9, "No space left on device"
    )
    logged(work, "a.log")
    (work.state / "records" / "churn" / "a.log").write_bytes(
        frame(record(1)) + frame(lost) + frame(record(2))
    )
    done = seal(work, "churn")
    assert (done.rows, done.lost) == (2, 1204)
    told = RecordsLost(1204, NOON, NOON + timedelta(minutes=1), "No space left on device")
    assert [e.fact for e in work.ledger.read("churn") if isinstance(e.fact, RecordsLost)] == [told]
    said = (
        "1,204 answers of churn went out without a record, between 2026-05-04 12:00:00 and "
        "2026-05-04 12:01:00 UTC (No space left on device)"
    )
    assert f"that all answers are on record: {said}" in verify(work).unproven
    (finding,) = [f for f in examine(work.root).findings if f.code == "records-lost"]
    assert finding.title == said + "."

"""Rows leave the records for good: by entity, by age; and small segments become one."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.compact import compact
from causeway.actions.erase import carry_on, erase, expire
from causeway.actions.label import label, outcomes_joined
from causeway.actions.personal import hashing, made_key
from causeway.actions.replaced import removal_due, remove_replaced
from causeway.actions.retention import due_now, kept_in_order
from causeway.actions.seal import seal
from causeway.actions.segments import (
    OUTCOMES,
    PREDICTIONS,
    profile_at,
    segment_files,
    segment_source,
    segments_of,
)
from causeway.actions.verify import segment_faults
from causeway.adapters import registry
from causeway.cli.main import main
from causeway.core.clock import FixedClock
from causeway.core.errors import UsageError
from causeway.core.events import SegmentSealed
from causeway.core.keeping import SegmentErased
from causeway.core.records import Record, frame
from causeway.views.product import fold

NOON = shipyard.NOON
PLANTED = "Wilhelmina-4711"
PLACES = ["folder", "memory", "file"]


def record(number, *, at=NOON, who="ada", **changes):
    given = {
        "id": f"p{number:04d}",
        "at_ns": int(at.timestamp()) * 1_000_000_000 + number * 1000,
        "product": "churn",
        "release": "sha256:0",
        "arm": "champion",
        "consumer": "team-a",
        "inputs": {"customer": who, "tenure": number % 12 + 0.5, "plan": "gold"},
        "outputs": {"label": "stay", "probability": 0.25},
        "latency_us": 10,
    }
    return Record(**(given | changes))


@pytest.fixture
def work(folder):
    work = shipyard.workspace(folder)
    yield work
    work.ledger.close()


@pytest.fixture(params=PLACES)
def anywhere(request, monkeypatch, tmp_path):
    """The same, wherever segments lie."""
    if request.param == "memory":
        monkeypatch.setenv("CAUSEWAY_SEGMENTS", f"memory://{tmp_path.name}/segments")
    elif request.param == "file":
        monkeypatch.setenv("CAUSEWAY_SEGMENTS", f"file://{tmp_path}/elsewhere")


def sealed(work, *records, name="a.log"):
    log = work.state / "records" / "churn" / name
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"".join(map(frame, records)))
    return seal(work, "churn")


def ids(work, stream=PREDICTIONS):
    files = segment_files(work, "churn", stream)
    return list(registry.segment_files().read(files).columns["id"].values) if files else []


def labelled(work, folder, **outcomes):
    file = folder / "outcomes.csv"
    file.write_text("id,outcome\n" + "".join(f"{id_},{value}\n" for id_, value in outcomes.items()))
    return label(work, "churn", file)


def facts(work, kind):
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, kind)]


def later(work, **more):
    return type(work)(
        work.root, work.state, work.ledger, FixedClock(NOON + timedelta(**more)), work.actor, work.artifacts
    )


def whole(work):
    return [fault for fault in segment_faults(work) if fault] == []


def test_all_that_is_recorded_of_one_entity_is_gone_and_the_ledger_says_how_much(work, folder, anywhere):
    sealed(work, *(record(i, who=PLANTED if i in {2, 5} else "ada") for i in range(8)))
    sealed(work, record(10, who=PLANTED), name="b.log")
    labelled(work, folder, p0002="leave", p0003="stay")
    before = segments_of(work, "churn", PREDICTIONS)
    assert all(before[0].profile for each in before)
    unsealed = work.state / "records" / "churn" / "c.log"
    unsealed.write_bytes(frame(record(11, who=PLANTED)) + frame(record(12)) + b"torn")
    done = erase(work, "churn", PLANTED, column="customer", asked="ticket 17")
    assert (done.status, done.rows, done.outcomes, done.torn_logs) == ("erased", 4, 1, 1)
    assert ids(work) == ["p0000", "p0001", "p0003", "p0004", "p0006", "p0007", "p0012"]
    assert ids(work, OUTCOMES) == ["p0003"]
    assert list(outcomes_joined(work, "churn").columns["id"].values) == ["p0003"]
    erased = facts(work, SegmentErased)
    assert {(each.because, each.asked) for each in erased} == {("entity", "ticket 17")}
    assert sum(each.rows for each in erased) == 5
    assert PLANTED not in "".join(event.text for event in work.ledger.read("churn"))
    assert PLANTED.encode() not in b"".join(f.read_bytes() for f in work.root.rglob("*") if f.is_file())
    profile = profile_at(work, segments_of(work, "churn", PREDICTIONS)[0])
    assert profile.windows[0].columns["in_customer"].counts == {"ada": 6}
    assert whole(work)
    state = fold(work.ledger.read("churn"))
    assert (state.rows_sealed(PREDICTIONS), state.rows_sealed(OUTCOMES)) == (7, 1)
    again = erase(work, "churn", PLANTED, column="customer")
    assert (again.status, again.rows, again.segments) == ("nothing_to_erase", 0, 0)


def test_an_entity_that_is_recorded_as_its_hash_is_found_by_its_name(work):
    key = hashing(work, "churn")
    assert key is None
    made_key(work, "churn")
    hashed = hashing(work, "churn").hashed
    sealed(work, record(1, who=hashed("ada")), record(2, who=hashed("bob")), record(3, who=hashed(7)))
    assert erase(work, "churn", "bob", column="customer").rows == 1
    assert erase(work, "churn", "7.0", column="customer").rows == 1
    assert ids(work) == ["p0001"]
    assert (work.state / "personal" / "churn.key").stat().st_mode & 0o777 == 0o600


def test_numbers_are_found_whatever_they_were_recorded_as(work):
    sealed(work, record(1, who=7), record(2, who=8))
    sealed(work, record(3, who=7.0), record(4, who=7.5), name="b.log")
    sealed(work, record(5, who="7"), record(6, who=" x7"), name="c.log")
    assert erase(work, "churn", "7", column="customer").rows == 3
    assert sorted(ids(work)) == ["p0002", "p0004", "p0006"]


FAR = 2**53 + 1


def test_no_integer_loses_digits_among_floats_and_each_is_found(work):
    sealed(work, record(1, who=FAR), record(2, who=7.5), record(3, who=FAR - 1))
    sealed(work, record(4, who=FAR), record(5, who=FAR - 1), name="b.log")
    sealed(work, record(6, who=7.0), record(7, who=float(10**17)), record(8, who=None), name="c.log")
    sealed(work, record(9, who=2**63 + 1), record(10, who=10**17), name="d.log")
    compact(later(work, days=1), "churn")
    table = registry.segment_files().read(segment_files(work, "churn", PREDICTIONS)).columns
    said = dict(zip(table["id"].values, table["in_customer"].values, strict=True))
    assert len(segments_of(work, "churn", PREDICTIONS)) == 1
    assert [said[f"p{number:04d}"] for number in (1, 3, 4, 5, 9)] == [
        *map(str, (FAR, FAR - 1, FAR, FAR - 1, 2**63 + 1))
    ]
    rows = [
        erase(work, "churn", each, column="customer").rows for each in (str(FAR), "7", str(10**17), "7.5")
    ]
    assert rows == [2, 1, 2, 1]
    assert sorted(ids(work)) == ["p0003", "p0005", "p0008", "p0009"]


def test_an_integer_that_was_recorded_as_a_float_is_found(work):
    sealed(work, record(1, who=float(FAR)), record(2, who=0.5))
    assert erase(work, "churn", str(FAR), column="customer").rows == 1
    assert ids(work) == ["p0002"]


def test_who_does_not_say_which_input_is_told(work):
    with pytest.raises(UsageError, match="nothing says which input"):
        erase(work, "churn", "ada", column="")
    with pytest.raises(UsageError, match="no value"):
        erase(work, "churn", " ", column="customer")


KILL = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import shipyard
from causeway.actions import erase as erasing
def die(*args, **kwargs): os.kill(os.getpid(), signal.SIGKILL)
def after(function, times=1):
    def call(*args, **kwargs):
        function(*args, **kwargs)
        call.left -= 1
        call.left or die()
    call.left = times
    return call
work = shipyard.workspace(Path({folder!r}))
{plant}
erasing.erase(work, "churn", {value!r}, column="customer")
"""
POINTS = {
    "before anything was looked for": "erasing._ids = die",
    "when the new file lies there": "erasing.put_segment = after(erasing.put_segment)",
    "after the outcomes' event": "type(work.ledger).append = after(type(work.ledger).append)",
    "after the first predictions' event": "type(work.ledger).append = after(type(work.ledger).append, 2)",
    "when the old file is still there": "erasing.remove_segment = die",
    "before the last": "erasing._without_torn = die",
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_the_erasure_is_carried_out_by_the_next(work, folder, point):
    sealed(work, *(record(i, who=PLANTED if i in {2, 5} else "ada") for i in range(8)))
    sealed(work, record(10, who=PLANTED), name="b.log")
    labelled(work, folder, p0002="leave", p0003="stay")
    code = KILL.format(
        tests=str(Path(shipyard.__file__).parent), folder=str(folder), plant=POINTS[point], value=PLANTED
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == -9, ended.stderr
    assert kept_in_order(work, fold(work.ledger.read("churn")))
    assert carry_on(work, "churn") is None
    assert (ids(work), ids(work, OUTCOMES)) == ([f"p{i:04d}" for i in (0, 1, 3, 4, 6, 7)], ["p0003"])
    assert sum(each.rows for each in facts(work, SegmentErased)) == 4
    kept = b"".join(f.read_bytes() for f in work.state.rglob("*") if f.is_file())
    assert PLANTED.encode() not in kept
    assert whole(work)
    assert len(list((work.state / "segments").rglob("*.parquet"))) == 2


def test_only_what_the_ledger_calls_erased_may_be_missing(work):
    sealed(work, record(1), record(2, who=PLANTED))
    (old,) = segments_of(work, "churn", PREDICTIONS)
    kept = segment_source(work, old).read_bytes()
    erase(work, "churn", PLANTED, column="customer")
    assert whole(work)
    segment_source(work, old).write_bytes(kept)
    assert [fault.what for fault in segment_faults(work) if fault] == ["not erased"]
    segment_source(work, old).unlink()
    (new,) = segments_of(work, "churn", PREDICTIONS)
    profile = segment_source(work, new).with_suffix(".profile")
    profile.write_bytes(b"spoilt")
    assert [fault.what for fault in segment_faults(work) if fault] == ["changed"]
    segment_source(work, new).unlink()
    assert [fault.what for fault in segment_faults(work) if fault] == ["missing"]


def test_many_small_segments_of_a_day_become_one_and_no_reader_sees_both(work, folder, anywhere):
    for number in range(5):
        sealed(work, record(number * 2), record(number * 2 + 1, who=f"c{number}"), name=f"{number}.log")
    labelled(work, folder, p0001="leave")
    labelled(work, folder, p0001="stay")
    labelled(work, folder, p0002="leave")
    before, order = segments_of(work, "churn", PREDICTIONS), sorted(ids(work))
    tomorrow = later(work, days=1)
    done = compact(tomorrow, "churn")
    assert (done.segments, done.into, done.rows) == (8, 2, 13)
    (one,) = segments_of(work, "churn", PREDICTIONS)
    assert one.replaces == tuple(each.segment for each in before)
    assert ids(work) == order
    assert profile_at(work, one).windows[0].rows == 10
    joined = outcomes_joined(work, "churn").columns
    assert dict(zip(joined["id"].values, joined["outcome"].values, strict=True)) == {
        "p0001": "stay",
        "p0002": "leave",
    }
    # whoever began to read before goes on with the old ones for an hour
    assert len(registry.segment_files().read([segment_source(work, each) for each in before])) == 10
    waiting = work.state / "segments" / "churn" / "removing"
    assert not removal_due(later(work, days=0), "churn")
    os.utime(waiting, (0, 0))
    assert removal_due(work, "churn")
    remove_replaced(tomorrow, "churn")
    assert waiting.exists()
    remove_replaced(later(work, days=1, hours=2), "churn")
    assert not waiting.exists()
    assert not any(Path(f).name in {Path(e.path).name for e in before} for f in work.root.rglob("*"))
    assert whole(work)
    assert compact(tomorrow, "churn").segments == 0
    assert fold(work.ledger.read("churn")).rows_sealed(PREDICTIONS) == 10


def test_what_is_older_than_the_manifest_says_is_erased_by_tick(folder):
    old, young = NOON - timedelta(days=40), NOON - timedelta(days=2)
    (folder / "causeway.toml").write_text(
        '[product]\nname = "churn"\nstage = "sandbox"\n[serving]\nretention_days = 30\n'
    )
    shipyard.release(folder)
    work = shipyard.workspace(folder)
    sealed(work, record(1, at=old), record(2, at=young), record(3, at=young))
    labelled(work, folder, p0001="leave", p0002="stay")
    assert due_now(work, fold(work.ledger.read("churn")))
    told = kept_in_order(work, fold(work.ledger.read("churn")))
    assert not due_now(work, fold(work.ledger.read("churn")))
    assert told == ("1 prediction and 1 outcome older than 30 days erased",)
    assert (ids(work), ids(work, OUTCOMES)) == (["p0002", "p0003"], ["p0002"])
    assert {each.because for each in facts(work, SegmentErased)} == {"retention"}
    assert whole(work)
    assert kept_in_order(work, fold(work.ledger.read("churn"))) == ()
    assert expire(work, "churn", days=30).status == "nothing_to_erase"
    work.ledger.close()


def test_the_verb_takes_the_column_from_the_manifest(folder):
    (folder / "causeway.toml").write_text(
        '[product]\nname = "churn"\nstage = "sandbox"\n[serving]\nentity = "customer"\n'
    )
    work = shipyard.workspace(folder)
    sealed(work, record(1), record(2, who="bob"))
    work.ledger.close()
    ran = CliRunner().invoke(main, ["erase", str(folder), "--entity", "bob", "--json"])
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.output)
    assert (said["status"], said["rows"], said["segments"]) == ("erased", 1, 1)
    ran = CliRunner().invoke(main, ["erase", str(folder), "--entity", "bob"])
    assert ran.output == "churn: nothing is recorded of this entity\n"


def test_a_compaction_that_was_killed_before_its_event_leaves_the_old_ones(work, monkeypatch):
    for number in range(2):
        sealed(work, record(number), name=f"{number}.log")
    before = segments_of(work, "churn", PREDICTIONS)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(work.ledger), "append", die)
        with pytest.raises(Killed):
            compact(later(work, days=1), "churn")
    assert segments_of(work, "churn", PREDICTIONS) == before
    assert sorted(ids(work)) == ["p0000", "p0001"]
    assert compact(later(work, days=1), "churn").segments == 2
    assert sorted(ids(work)) == ["p0000", "p0001"]
    assert len(facts(work, SegmentSealed)) == 3

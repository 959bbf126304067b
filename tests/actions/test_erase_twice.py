"""Outcomes that were brought twice, and files that come back after an erasure."""

from datetime import timedelta

import pytest
from click.testing import CliRunner

import shipyard
from causeway.actions.compact import compact
from causeway.actions.erase import erase, erasing
from causeway.actions.label import label, outcomes_joined
from causeway.actions.personal import hashing, key_file, made_key
from causeway.actions.seal import seal
from causeway.actions.segments import OUTCOMES, PREDICTIONS, segment_source, segments_of
from causeway.actions.verify import segment_faults
from causeway.cli.main import main
from causeway.core.clock import FixedClock
from causeway.core.errors import OutsideError, UsageError
from causeway.core.records import Record, frame

NOON = shipyard.NOON
AT = "2026-05-04T11:00:00Z"


def brought(folder, *, ada="ada", bob="bob"):
    """Two predictions, about whom they say; outcomes, a correction, and the first ones again a day later."""
    work = shipyard.workspace(folder)
    log = work.state / "records" / "churn" / "a.log"
    log.parent.mkdir(parents=True)
    at, told = int(NOON.timestamp() * 1e9), {"label": "stay"}
    log.write_bytes(
        b"".join(
            frame(Record(name, at, "churn", "sha256:0", "champion", "web", {"customer": who}, told, 9))
            for name, who in (("pada", ada), ("pbob", bob))
        )
    )
    seal(work, "churn")
    for first, second, days in (("x", "y", 0), ("y", "x", 0), ("x", "y", 1)):
        file = folder / "outcomes.csv"
        file.write_text(f"id,outcome,at\npada,{first},{AT}\npbob,{second},{AT}\n")
        label(later(work, days=days), "churn", file)
    assert len({fact.segment for fact in segments_of(work, "churn", OUTCOMES)}) == 2
    return work


def later(work, **more):
    clock = FixedClock(NOON + timedelta(**more))
    return type(work)(work.root, work.state, work.ledger, clock, work.actor, work.artifacts)


def known(work):
    joined = outcomes_joined(work, "churn")
    return dict(zip(joined.columns["id"].values, joined.columns["outcome"].values, strict=True))


def faults(work):
    return [fault for fault in segment_faults(work) if fault]


def test_an_erasure_keeps_the_order_of_outcomes_that_were_brought_twice(folder):
    work = brought(folder)
    done = erase(work, "churn", "ada", column="customer")
    assert (done.rows, done.outcomes) == (1, 3)
    assert (known(work), faults(work)) == ({"pbob": "y"}, [])
    assert len(list((work.state / "segments" / "churn" / "outcomes").rglob("*.parquet"))) == 3
    assert erase(work, "churn", "bob", column="customer").outcomes == 3
    assert (segments_of(work, "churn", OUTCOMES), faults(work)) == ([], [])
    assert not list((work.state / "segments").rglob("*.parquet"))


def test_joining_segments_keeps_the_order_of_outcomes_that_were_brought_twice(folder):
    work = brought(folder)
    assert compact(later(work, days=1), "churn").segments == 2
    assert known(work) == {"pada": "x", "pbob": "y"}
    compact(later(work, days=2), "churn")
    assert (known(work), faults(work)) == ({"pada": "x", "pbob": "y"}, [])


def test_an_input_that_no_record_has_is_refused_and_nothing_begun(folder):
    work = brought(folder)
    with pytest.raises(UsageError, match="no record of churn has an input 'custommer'"):
        erase(work, "churn", "ada", column="custommer")
    assert not erasing(work, "churn")
    assert erase(work, "churn", "ada", column="customer").rows == 1


def test_rows_of_which_nobody_can_tell_whose_they_are_are_counted(folder):
    work = shipyard.workspace(folder)
    made_key(work, "churn")
    name = hashing(work, "churn").hashed("ada")
    brought(folder, ada=name, bob="B***")
    key_file(work, "churn").unlink()
    for key in (False, True):
        if key:
            made_key(work, "churn")
        told = CliRunner().invoke(main, ["erase", str(folder), "--entity", "ada", "--column", "customer"])
        assert told.stdout.splitlines() == [
            "churn: nothing else is recorded of this entity",
            "  2 predictions hidden by a mask or under another key: nobody can tell of whom",
        ]


def test_a_segment_that_is_none_any_more_is_named_and_nothing_is_begun(folder):
    work = brought(folder)
    (fact,) = segments_of(work, "churn", PREDICTIONS)
    segment_source(work, fact).write_bytes(b"no columns")
    with pytest.raises(OutsideError, match="a segment cannot be read"):
        erase(work, "churn", "ada", column="customer")
    assert not erasing(work, "churn")


def test_what_comes_back_from_a_copy_is_named_and_removed_by_the_next_erasure(folder):
    work = brought(folder)
    (fact,) = segments_of(work, "churn", PREDICTIONS)
    place = segment_source(work, fact)
    copy = place.read_bytes()
    erase(work, "churn", "ada", column="customer")
    place.write_bytes(copy)
    (fault,) = faults(work)
    assert "erase" in fault.detail
    erase(work, "churn", "nobody", column="customer")
    assert faults(work) == []

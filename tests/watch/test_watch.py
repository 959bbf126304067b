"""A simulated product, with drift that was planted and without any."""

import json
import math
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))

import traffic

import shipyard
from causeway.actions.check import check
from causeway.actions.decide import product_state
from causeway.actions.ship import Trial, ship
from causeway.actions.stages.reference import REFERENCE
from causeway.actions.tick import tick
from causeway.actions.watch import backtest as trying
from causeway.actions.watch.kept import kept
from causeway.actions.watch.watch import watch
from causeway.cli.main import main
from causeway.cli.watch import backtest_lines, explained, result_lines
from causeway.core.errors import NotFound
from causeway.core.watching import ACT, MODEL, NOT_ENOUGH_DATA, NOTE, OK, WARN, WatchJudged

ROWS = 220


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "churn"


def look(folder, hour, **how):
    work = traffic.later(folder, hour)
    try:
        return watch(work, "churn", **how)
    finally:
        work.ledger.close()


def judged(folder):
    work = traffic.later(folder, 0)
    found = [each.fact for each in work.ledger.read("churn") if isinstance(each.fact, WatchJudged)]
    work.ledger.close()
    return found


def seen(watched, watches, about=""):
    return next(each for each in watched.sights if (each.watches, each.about) == (watches, about))


def test_a_product_without_drift_is_silent(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(12), rows=ROWS)
    for hour in (2.5, 6.5, 12.1):
        found = look(folder, hour)
        assert (found.verdict, found.alarms, found.news) == (OK, (), ())
    assert judged(folder) == []
    assert found.compared_with == "the 5,000 rows the release was made of"
    assert {
        each.verdict for each in found.sights if each.watches in ("drift", "output", "skew", "schema")
    } == {OK}


def test_planted_drift_is_one_alarm_told_once_and_its_end_too(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(6), rows=500)
    traffic.hours(folder, release, hours=range(6, 9), rows=500, shift=1.0)
    found = look(folder, 9.1)
    (alarm,) = found.alarms
    assert (found.verdict, alarm.cause, alarm.verdict) == (ACT, MODEL, ACT)
    assert alarm.monitors == {"output": ACT, "drift": ACT}
    assert alarm.since.hour == shipyard.NOON.hour + 6
    assert "tenure" in alarm.likely
    assert look(folder, 9.2).news == ()
    (fact,) = judged(folder)
    assert (fact.alarm.verdict, fact.before) == (ACT, "")
    traffic.hours(folder, release, hours=range(9, 32), rows=250)
    assert look(folder, 32.1).alarms == ()
    assert [(each.alarm.verdict, each.before) for each in judged(folder)] == [(ACT, ""), (OK, ACT)]


def test_drift_of_what_the_model_ignores_is_a_note(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(8), rows=ROWS, shoe=2.0)
    found = look(folder, 8.1)
    assert (found.verdict, seen(found, "drift", "shoe").verdict) == (NOTE, NOTE)
    assert seen(found, "drift", "tenure").verdict == OK


def test_a_release_of_before_is_compared_with_its_oldest_traffic_and_says_so(folder):
    release = traffic.live(folder, profiled=False)
    traffic.hours(folder, release, hours=range(10), rows=ROWS)
    traffic.hours(folder, release, hours=range(10, 16), rows=ROWS, shift=1.5)
    found = look(folder, 16.1)
    assert found.compared_with.startswith("the oldest 2,200 rows recorded")
    assert seen(found, "drift", "tenure").verdict in (WARN, ACT)


def test_a_day_has_its_hours_and_they_alarm_nobody(folder, monkeypatch):
    monkeypatch.setattr(trying, "MOST_WINDOWS", 36)
    release = traffic.live(folder)
    how = {"shift": lambda hour: 0.4 * math.sin(hour / 24 * 2 * math.pi)}
    traffic.hours(folder, release, hours=range(24 * 6), rows=ROWS, **how)
    found = look(folder, 24 * 6 + 0.1)
    assert found.alarms == ()
    assert found.compared_with == "about the same hours of the day in 5 days"
    tried = trying.backtest_all(traffic.later(folder, 24 * 6 + 0.1), ["churn"]).products[0]
    drift = tried.monitors[0]
    assert (drift.watches, drift.acts) == ("drift", 0)
    assert drift.false <= 2
    assert drift.looks > 20
    half = next(each for each in drift.planted if each.what == "tenure by 0.5 sd")
    assert half.found == half.places > 2
    assert all(len(line) <= 80 for line in backtest_lines(tried))


def test_few_rows_are_not_enough_and_never_fine(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(3), rows=40)
    found = look(folder, 3.1)
    assert (found.verdict, found.alarms) == (NOT_ENOUGH_DATA, ())
    assert "120 rows came" in seen(found, "drift").why


def test_a_column_that_only_the_training_had_is_seen(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(4), rows=ROWS, without="in_charge")
    found = look(folder, 4.1)
    assert seen(found, "schema", "charge").verdict == WARN
    assert "no caller sends charge" in seen(found, "schema", "charge").why


def test_a_promise_about_what_may_be_missing_is_kept_or_broken(folder):
    more = '[[monitors]]\nname = "gaps"\nwatches = "missing"\ncolumn = "charge"\nthreshold = 0.1\n'
    release = traffic.live(folder, more=more)
    traffic.hours(folder, release, hours=range(4), rows=ROWS, gaps=0.4)
    found = look(folder, 4.1)
    gaps = seen(found, "missing", "charge")
    assert (gaps.monitor, gaps.verdict, gaps.threshold) == ("gaps", ACT, 0.1)


def test_a_dry_run_writes_nothing(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(6), rows=ROWS, shift=1.5)
    work = traffic.later(folder, 6.1)
    before = product_state(work, "churn").seq
    found = watch(work, "churn", dry_run=True)
    assert (found.verdict, len(found.news), product_state(work, "churn").seq) == (ACT, 1, before)
    assert kept(work.state, "churn") is None


def test_another_release_ends_the_alarm_and_is_not_held_to_the_old_rows(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(6), rows=ROWS, shift=1.5)
    assert look(folder, 6.1).verdict == ACT
    files = {REFERENCE: traffic.reference(seed=5, shift=1.5)}
    again = shipyard.release(folder, files=files, seed=b"anew", signature=traffic.SIGNATURE)
    ship(traffic.later(folder, 7), folder, agree=lambda _: True)
    traffic.hours(folder, again, hours=range(7, 13), rows=ROWS, shift=1.5)
    found = look(folder, 13.1)
    assert (found.verdict, found.alarms) == (OK, ())
    assert judged(folder)[-1].alarm.verdict == OK


def test_a_shadow_that_disagrees_is_shown(folder):
    release = traffic.live(folder)
    other = shipyard.release(folder, seed=b"second", signature=traffic.SIGNATURE)
    ship(traffic.later(folder, 0), folder, trial=Trial(shadow=True), agree=lambda _: True)
    traffic.hours(folder, release, hours=range(3), rows=ROWS)
    traffic.hours(folder, other, hours=range(3), rows=ROWS, arm="shadow", shift=1.0)
    found = look(folder, 3.1)
    assert seen(found, "disagreement", "shadow probability").verdict == NOTE
    assert found.alarms == ()


def test_tick_looks_by_itself_and_not_at_the_same_again(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(6), rows=ROWS, shift=1.5)
    work = traffic.later(folder, 6.1)
    told = [each for each in tick(work).done if each.what == "watch"]
    assert len(told) == 1
    assert "model: act" in told[0].words
    first = kept(work.state, "churn")
    again = traffic.later(folder, 6.15)
    assert not [each for each in tick(again).done if each.what == "watch"]
    assert kept(again.state, "churn") == first
    alarm = next(each for each in check(folder).findings if each.code == "ALARM")
    assert "drift" in alarm.title


def test_a_person_reads_it_in_eighty_columns_and_a_program_as_json(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(6), rows=ROWS, shift=1.5)
    found = look(folder, 6.1)
    lines = [*result_lines(found), *explained(found)]
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].startswith("churn: ACT")
    ran = CliRunner().invoke(main, ["watch", "churn", "--folder", str(folder), "--json", "--dry-run"])
    assert ran.exit_code == 1
    told = json.loads(ran.output)
    assert (told["ok"], told["products"][0]["verdict"], told["products"][0]["dry_run"]) == (False, ACT, True)


def test_a_product_that_is_not_there_is_refused(folder):
    traffic.live(folder)
    with pytest.raises(NotFound):
        trying.backtest_all(traffic.later(folder, 1), ["chrun"])
    assert look(folder, 1).verdict == NOT_ENOUGH_DATA


def test_outcomes_tell_what_inputs_do_not_show(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(72), rows=70)
    traffic.outcomes(folder, hours=range(72))
    found = look(folder, 73.2)
    assert (found.verdict, seen(found, "quality", "roc_auc").verdict) == (OK, OK)
    traffic.hours(folder, release, hours=range(72, 120), rows=70)
    traffic.outcomes(folder, hours=range(72, 120), flip=0.4)
    found = look(folder, 121.2)
    alarm = next(each for each in found.alarms if each.cause == MODEL)
    assert (alarm.verdict, alarm.monitor) == (ACT, "quality")
    assert {each.verdict for each in found.sights if each.watches == "drift"} == {OK}


def test_a_rehearsal_is_nobodys_traffic_and_a_new_caller_is_suspected(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(3), rows=ROWS)
    traffic.hours(
        folder, release, hours=range(2, 3), rows=600, arm="rehearsal", consumer="rehearsal", shift=3.0
    )
    found = look(folder, 3.1)
    assert (found.verdict, seen(found, "drift", "tenure").rows) == (OK, ROWS)
    traffic.hours(folder, release, hours=range(3, 7), rows=ROWS, consumer="new-shop", shift=1.5)
    (alarm,) = look(folder, 7.1).alarms
    assert "new-shop sends 100% of the rows, was 0%" in alarm.likely


def test_drift_is_a_note_where_outcomes_of_the_same_rows_are_as_good(folder):
    release = traffic.live(folder)
    traffic.hours(folder, release, hours=range(24), rows=ROWS)
    traffic.outcomes(folder, hours=range(24))
    traffic.hours(folder, release, hours=range(24, 30), rows=ROWS, shift=1.0)
    waiting = look(folder, 30.1)
    assert seen(waiting, "drift", "tenure").verdict == WARN
    assert "outcomes do not show it yet" in seen(waiting, "drift", "tenure").why
    traffic.outcomes(folder, hours=range(24, 30))
    known = look(folder, 31.1)
    assert (seen(known, "drift", "tenure").verdict, seen(known, "quality", "roc_auc").verdict) == (NOTE, OK)
    assert "as good as ever" in seen(known, "drift", "tenure").why

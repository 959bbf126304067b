"""A product that is trained anew: only what is better replaces what is live, however often it is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from looping import CONTRACT, LOOP, MANIFEST, LightTrainer, light, product, traffic

import shipyard
from causeway.actions.act import act, decisions_of
from causeway.actions.canary import promote
from causeway.actions.decide import product_state
from causeway.actions.loop import loop as loops
from causeway.actions.loop.ports import Ports
from causeway.actions.retrain import resume, retrain
from causeway.actions.roll import roll_back
from causeway.actions.ship import Trial, ship
from causeway.cli.main import main
from causeway.core.errors import Refused
from causeway.core.events import LoopEnded, LoopMoved, WatchJudged
from causeway.core.loop import STATES
from causeway.core.watching import Alarm, Sight
from causeway.views.timeline import tell

LOOPING = Path(__file__).with_name("looping.py")
PATIENCE_SECONDS = 60


@pytest.fixture
def churn(folder, tmp_path):
    """A live product with 400 labelled rows, whose release knows nothing."""
    product(folder)
    traffic(folder, tmp_path)
    return folder


def trained(folder, weight=0.02, *, asked=False):
    ports = Ports(LightTrainer(weight)) if asked else light(weight)
    return retrain(folder, ports=ports), ports.trainer


def facts(folder, kind):
    return [e.fact for e in shipyard.workspace(folder).ledger.read("churn") if isinstance(e.fact, kind)]


def live(folder):
    return product_state(shipyard.workspace(folder), "churn").shares


def test_a_better_release_replaces_the_live_one_and_the_ledger_tells_how(churn):
    before = live(churn)
    done, trainer = trained(churn, asked=True)
    assert done.status == "promoted", done
    assert live(churn) == {done.release: 100} != before
    assert [move.state for move in facts(churn, LoopMoved)] == list(STATES[:-1])
    assert "400 labelled rows; the newest 60 judge the releases, the 60 before them" in done.states[0]
    assert "it is better: ROC AUC 0.8" in done.because
    # both windows tried as of three moments, then trained on the best
    assert [tried for _, tried in trainer.given] == [True] * 6 + [False]
    assert "20d does best in 3 back-tests, on 180 rows: ROC AUC 0.9" in done.states[2]
    assert (done.window, done.tried[2].why_not) == ("20d", "only 40 rows")
    last, _ = trainer.given[-1]
    assert "200 recorded rows with known outcomes, window 20d" in last.words
    assert not list((churn / ".causeway" / "loops").glob("*"))


def test_recorded_rows_follow_the_source_in_its_own_columns(churn):
    _, trainer = trained(churn)
    lines = trainer.tables[0].splitlines()
    assert lines[:3] == ["customer,tenure,Contract,Churn", "c1,3,Month-to-month,Yes", "c2,60,Two year,No"]
    name, _, contract, outcome = lines[3].split(",")
    assert (name, contract, outcome in ("Yes", "No")) == ("p3-0", "One year", True)
    # days are counted back from what judges; the source has no times
    assert "c1" not in trainer.tables[1]
    # what judges was in no table
    assert all("p3-399" not in table for table in trainer.tables)


def test_a_bad_training_never_replaces_a_good_model_and_the_loop_stops_itself(folder, tmp_path):
    product(folder, weight=0.02)
    traffic(folder, tmp_path)
    before = live(folder)
    first, _ = trained(folder, weight=0.0)
    assert (first.status, first.stopped) == ("not_better", "")
    assert "it is worse: ROC AUC 0.500 against 0.8" in first.because
    second, _ = trained(folder, weight=-0.02)
    assert second.status == "not_better"
    assert second.stopped.startswith("2 trainings in a row did not better it; the last: ")
    assert live(folder) == before
    with pytest.raises(Refused, match="nothing more is trained: 2 trainings"):
        trained(folder)
    assert resume(folder).status == "resumed"
    assert trained(folder, weight=-0.01)[0].status == "not_better"


@pytest.mark.parametrize("state", ["", "contract", "table", "train", "gate", "ship"])
def test_broken_off_anywhere_it_goes_on(churn, state, monkeypatch):
    step = loops._NEXT[state]

    class Killed(BaseException):
        pass

    def killed(place):
        step(place)
        raise Killed

    monkeypatch.setitem(loops._NEXT, state, killed)
    with pytest.raises(Killed):
        trained(churn)
    monkeypatch.setitem(loops._NEXT, state, step)
    acted = act(shipyard.workspace(churn), "churn", ports=light(0.02))
    assert acted.done[-1].startswith("training anew ended: promoted")
    assert [move.state for move in facts(churn, LoopMoved)] == list(STATES[:-1])
    assert len(facts(churn, LoopEnded)) == 1


@pytest.mark.integration
def test_killed_it_is_taken_up_by_whoever_ticks_next(churn):
    victim = subprocess.Popen(
        [sys.executable, str(LOOPING), str(churn), "0.02", "windows"],
        env={**os.environ, "PYTHONPATH": str(LOOPING.parents[1])},
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + PATIENCE_SECONDS
    while not (churn / "hanging").exists():
        assert victim.poll() is None, victim.stderr.read().decode()
        assert time.monotonic() < until
        time.sleep(0.02)
    assert retrain(churn, ports=light(0.02)).status == "under_way"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    done, _ = trained(churn)
    assert done.status == "promoted"
    assert [move.state for move in facts(churn, LoopMoved)] == list(STATES[:-1])


def test_without_outcomes_nothing_is_trained(churn, tmp_path):
    done, _ = trained(churn)
    assert done.status == "promoted"
    # nothing came since but what the live release was judged on: it cannot be bettered on the same rows
    for _ in range(2):
        assert trained(churn, weight=0.03)[0].status == "not_better"


def test_too_few_rows_train_nothing(folder, tmp_path):
    product(folder)
    traffic(folder, tmp_path, rows=80)
    done, trainer = trained(folder)
    assert (done.status, trainer.given) == ("too_few_labelled_rows", [])
    assert done.because == "80 rows can be used, 100 are needed"


def test_swapped_outcomes_teach_nothing(folder, tmp_path):
    product(folder, weight=0.02)
    traffic(folder, tmp_path, swapped=True)
    done, _ = trained(folder, weight=-0.02)
    assert done.status == "refused"
    assert "right less often than chance on the newest 60 rows (ROC AUC 0.1" in done.because


def test_a_poisoned_batch_reaches_no_training(folder, tmp_path):
    product(folder, more='contract = "c.yaml"\n' + LOOP)
    (folder / "c.yaml").write_text(CONTRACT)
    traffic(folder, tmp_path)
    traffic(folder, tmp_path, rows=60, first=40, days=2, tenure=9000, seed=4)
    done, trainer = trained(folder)
    assert (done.status, trainer.given) == ("refused", [])
    assert "the recorded rows break the contract: maximum of tenure" in done.because


def test_what_was_only_drafted_stops_no_training(folder, tmp_path):
    product(folder, more='contract = "c.yaml"\n' + LOOP)
    (folder / "c.yaml").write_text(CONTRACT.replace("status: active", "status: draft"))
    traffic(folder, tmp_path)
    traffic(folder, tmp_path, rows=60, first=40, days=2, tenure=9000, seed=4)
    _, trainer = trained(folder)
    assert trainer.given


def test_by_a_canary_it_waits_for_the_trial_and_says_how_that_ended(folder, tmp_path):
    product(folder, more=LOOP.replace("direct", "canary"))
    traffic(folder, tmp_path)
    done, _ = trained(folder)
    assert (done.status, len(live(folder))) == ("on_trial", 2)
    work = shipyard.workspace(folder)
    assert act(work, "churn").done == ()
    promote(folder)
    assert act(work, "churn").done[-1].startswith("training anew ended: promoted")


def test_a_trial_that_is_taken_back_counts_as_no_better(folder, tmp_path):
    product(folder, more=LOOP.replace("direct", "canary"))
    traffic(folder, tmp_path)
    trained(folder)
    roll_back(folder)
    work = shipyard.workspace(folder)
    act(work, "churn")
    acting = product_state(work, "churn").acting
    assert (acting.loops[-1].ended.outcome, acting.fruitless) == ("rolled back", 1)


def test_a_dry_run_says_what_would_be_learnt_and_writes_nothing(churn):
    head = shipyard.workspace(churn).ledger.head("churn")
    done = CliRunner().invoke(main, ["retrain", str(churn), "--dry-run", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "would_train"), done.output
    assert shipyard.workspace(churn).ledger.head("churn") == head


def test_it_is_refused_while_nothing_is_live_or_a_release_is_on_trial(folder):
    shipyard.poc(folder, more=MANIFEST)
    shipyard.answering(folder)
    with pytest.raises(Refused, match="nothing is live"):
        retrain(folder)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    shipyard.answering(folder, weight=0.7)
    ship(shipyard.workspace(folder), folder, trial=Trial(), agree=lambda _: True)
    with pytest.raises(Refused, match="a release is on trial"):
        retrain(folder)


def test_an_alarm_is_followed_to_the_end_and_the_ledger_tells_it_in_plain_words(folder, tmp_path):
    trigger = '[[triggers]]\non = "drift"\ndo = "retrain"\n'
    product(folder, more=LOOP + trigger)
    traffic(folder, tmp_path)
    work = shipyard.workspace(folder)
    seen = Sight("drift", "drift", "act", shipyard.NOON, shipyard.NOON, "tenure: 0.3")
    alarm = Alarm(
        "model", "drift", "act", shipyard.NOON, shipyard.NOON, because="tenure moved", sights=(seen,)
    )
    work.ledger.append("churn", [WatchJudged(alarm)], actor="a1", at=shipyard.NOON)
    done = act(work, "churn", ports=light(0.02)).done
    assert done[0] == "drift-retrain (retrain): fires: tenure moved; it is trained anew"
    told = [tell(event).words for event in work.ledger.read("churn")]
    first = told.index("Trigger drift-retrain: retrain is done, because tenure moved.")
    assert told[first + 1] == "It is trained anew, because tenure moved."
    assert told[-1].startswith("Training anew ended: promoted, it is better: ROC AUC 0.8")
    # the alarm is still on, and nothing is done twice
    assert act(work, "churn", ports=light(0.03)).done == ()
    assert decisions_of(work, "churn")[0].verdict == "cooling down"

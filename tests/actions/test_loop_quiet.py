"""What a trigger began is carried out when its manifest lets it, and only as long as it asks for it."""

from datetime import timedelta

import pytest
from looping import LOOP, MANIFEST, WEIGHTS, LightJudge, LightTrainer, light, product, traffic

import shipyard
from causeway.actions.act import act, decisions_of, must_train
from causeway.actions.canary import Lookout, words_of
from causeway.actions.decide import product_state
from causeway.actions.loop import loop as loops
from causeway.actions.loop.ports import Ports
from causeway.actions.retrain import retrain
from causeway.core.canary import CanaryJudged
from causeway.core.events import LoopEnded, WatchJudged
from causeway.core.watching import Alarm, Sight

QUIET = 'quiet = "22:00-06:00 Europe/Berlin"\n'
TRIGGER = '[[triggers]]\non = "drift"\ndo = "retrain"\ncooldown_hours = 1\n'
SEEN = Sight("drift", "drift", "act", shipyard.NOON, shipyard.NOON, "tenure: 0.3")
ALARM = Alarm("model", "drift", "act", shipyard.NOON, shipyard.NOON, because="tenure moved", sights=(SEEN,))


class Slow(LightTrainer):
    """Takes until 23:00 in Berlin for all of it."""

    def train(self, work, folder, given, *, tried):
        work.clock.at = work.clock.at.replace(hour=21, minute=0)
        return super().train(work, folder, given, tried=tried)


def alarmed(folder, tmp_path, more, *, ship="direct"):
    product(folder, more=LOOP.replace("direct", ship) + more)
    traffic(folder, tmp_path, rows=240, days=24)
    work = shipyard.workspace(folder)
    work.ledger.append("churn", [WatchJudged(ALARM)], actor="a1", at=shipyard.NOON)
    return work


def ended(work):
    return [event.fact for event in work.ledger.read("churn") if isinstance(event.fact, LoopEnded)]


def rewritten(folder, more, *, ship="direct"):
    shipyard.poc(folder, more=MANIFEST + LOOP.replace("direct", ship) + more)


def test_a_training_begun_before_quiet_hours_ships_after_them(folder, tmp_path):
    work = alarmed(folder, tmp_path, TRIGGER + QUIET)
    before = product_state(work, "churn").shares
    act(work, "churn", ports=Ports(Slow(0.02), LightJudge(WEIGHTS)))
    assert (product_state(work, "churn").shares, ended(work)) == (before, [])
    assert product_state(work, "churn").acting.loop.state == "gate"
    (why,) = decisions_of(work, "churn")
    assert why.verdict == "quiet"
    assert why.why.startswith("quiet hours: 22:00-06:00 Europe/Berlin; what it trained goes live after them")
    assert (why.until.hour, why.until - work.clock.at) == (4, timedelta(hours=7))
    # nobody is sent to look every few seconds of the night, and a person hears why
    assert not must_train(work, product_state(work, "churn"))
    work.clock.at = why.until
    assert must_train(work, product_state(work, "churn"))
    assert act(work, "churn", ports=light(0.02)).done[-1].startswith("training anew ended: promoted")
    assert product_state(work, "churn").shares != before


def test_a_person_who_trains_at_night_need_not_wait(folder, tmp_path):
    work = alarmed(folder, tmp_path, TRIGGER + QUIET.replace("22:00-06:00", "00:00-23:59"))
    act(work, "churn")
    assert product_state(work, "churn").acting.loops == ()
    assert retrain(folder, ports=light(0.02)).status == "promoted"


@pytest.mark.parametrize(("verdict", "shares"), [("promote", 2), ("roll back", 1)])
def test_a_trial_goes_no_further_in_quiet_hours_but_back(folder, tmp_path, monkeypatch, verdict, shares):
    work = alarmed(folder, tmp_path, TRIGGER + QUIET, ship="canary")
    act(work, "churn", ports=light(0.02))
    assert len(product_state(work, "churn").shares) == 2

    def judged(canary, *_, **__):
        return CanaryJudged(canary.release, verdict, "b", canary.percent, 1.0, 100)

    monkeypatch.setattr("causeway.actions.canary.judge_canary", judged)
    work.clock.at = work.clock.at.replace(hour=21)
    lookout = Lookout(work)
    was = product_state(work, "churn").shares
    (looked,) = lookout.look()
    after = product_state(work, "churn").shares
    assert len(after) == shares
    if verdict != "roll back":
        assert after == was
        assert "it waits for the end of quiet hours, 2026-05-05 04:00 UTC" in words_of(looked)
        assert decisions_of(work, "churn")[0].verdict == "quiet"
        work.clock.at += timedelta(hours=8)
        assert lookout.look()[0].written
        assert product_state(work, "churn").shares != was
    lookout.close()


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("", "no trigger drift-retrain asks for a training any more"),
        (TRIGGER + "dry_run = true\n", "drift-retrain only says now what it would do (dry_run)"),
    ],
)
def test_what_nobody_asks_for_any_more_ends_and_says_so(folder, tmp_path, now, said):
    work = alarmed(folder, tmp_path, TRIGGER + QUIET)
    before = product_state(work, "churn").shares
    act(work, "churn", ports=Ports(Slow(0.02), LightJudge(WEIGHTS)))
    rewritten(folder, now)
    assert must_train(work, product_state(work, "churn"))
    work.clock.at += timedelta(hours=20)
    done = act(work, "churn", ports=light(0.02)).done
    assert any(line.startswith(f"training anew ended: withdrawn, {said}") for line in done)
    state = product_state(work, "churn")
    assert (state.shares, state.acting.fruitless, [each.outcome for each in ended(work)]) == (
        before, 0, ["withdrawn"],
    )  # fmt: skip


def test_what_is_on_trial_for_a_withdrawn_trigger_waits_for_a_person(folder, tmp_path):
    work = alarmed(folder, tmp_path, TRIGGER, ship="canary")
    act(work, "churn", ports=light(0.02))
    rewritten(folder, "", ship="canary")
    act(work, "churn", ports=light(0.02))
    state = product_state(work, "churn")
    assert (len(state.shares), state.canary.held, state.acting.loop) == (2, True, None)
    assert "causeway roll promote" in ended(work)[0].because


def test_what_went_live_already_says_so_though_its_trigger_is_gone(folder, tmp_path, monkeypatch):
    work = alarmed(folder, tmp_path, TRIGGER)
    with monkeypatch.context() as patch:
        patch.setitem(loops._NEXT, "ship", lambda _: None)
        act(work, "churn", ports=light(0.02))
    rewritten(folder, "")
    act(work, "churn", ports=light(0.02))
    assert [each.outcome for each in ended(work)] == ["promoted"]

"""Whoever is killed, comes late or asks twice: nothing is lost, done twice, or agreed to by nobody."""

import shlex
from datetime import timedelta

import pytest
import test_act
from msgspec import structs
from test_act import ALARM, SIGHT, alarming, facts, integration

import shipyard
from causeway.actions.act import act, decisions_of
from causeway.actions.alert import notice_of
from causeway.actions.approve import approve
from causeway.actions.canary import routed_by
from causeway.actions.decide import product_state
from causeway.actions.roll import roll_back
from causeway.actions.routes import current_routes, sync_routes
from causeway.actions.ship import Trial, ship
from causeway.core.canary import CanaryJudged
from causeway.core.events import (
    AlertSent,
    LoopEnded,
    LoopResumed,
    LoopStarted,
    LoopStopped,
    TriggerEnded,
    TriggerFired,
    TriggerWaits,
    WatchJudged,
)
from causeway.core.triggers import Decision
from causeway.core.watching import Alarm

inbox = test_act.inbox


def killed(*_, **__):
    raise KeyboardInterrupt


def test_who_must_agree_is_told_though_whoever_asked_was_killed(folder, inbox, monkeypatch):
    work = alarming(
        folder, '[[triggers]]\non = "drift"\ndo = "stop"\napproval = true\n' + integration(inbox.url)
    )

    with monkeypatch.context() as patch:
        patch.setattr("causeway.actions.act.notice_of", killed)
        with pytest.raises(KeyboardInterrupt):
            act(work, "churn")
    assert len(facts(work, TriggerWaits)) == 1
    act(work, "churn")
    act(work, "churn")
    assert [event["subject"] for _, _, event in inbox.kept].count("drift-stop") == 1


def test_who_was_told_is_not_told_again_and_may_know_the_message(folder, inbox, monkeypatch):
    work = alarming(folder, integration(inbox.url) + integration(inbox.url + "/chat", "chat"))
    append = work.ledger.append

    def killed(product, said, **more):
        if any(isinstance(each, AlertSent) and each.to == "chat" for each in said):
            raise KeyboardInterrupt
        return append(product, said, **more)

    with monkeypatch.context() as patch:
        patch.setattr(type(work.ledger), "append", lambda _, *args, **more: killed(*args, **more))
        with pytest.raises(KeyboardInterrupt):
            act(work, "churn")
    work.clock.at += timedelta(minutes=5)
    act(work, "churn")
    assert [path for path, _, _ in inbox.kept] == ["/", "/chat", "/chat"]
    sent = [fact.alert for fact in facts(work, AlertSent)]
    assert len(set(sent)) == 1


def test_two_things_that_fire_at_once_are_both_done(folder):
    more = '[[triggers]]\non = "drift"\ndo = "shed"\n[[triggers]]\non = "drift"\ndo = "roll-back"\n'
    more += '[[triggers]]\non = "drift"\ndo = "stop"\napproval = false\n'
    work = alarming(folder, more)
    first = product_state(work, "churn").shares
    shipyard.answering(folder, weight=0.3)
    ship(work, folder, agree=lambda _: True)
    assert product_state(work, "churn").shares != first
    act(work, "churn")
    routings = product_state(work, "churn").routings
    assert [each.shares for each in routings[2:]] == [first, first, {}]
    assert routings[-2].requests_per_minute < routings[-3].requests_per_minute
    assert "the traffic was changed since" not in [fact.words for fact in facts(work, TriggerEnded)]


def test_what_stops_stops_though_the_traffic_was_changed_in_between(folder, monkeypatch):
    work = alarming(folder, '[[triggers]]\non = "drift"\ndo = "stop"\n')

    with monkeypatch.context() as patch:
        patch.setattr("causeway.actions.act.stop", killed)
        with pytest.raises(KeyboardInterrupt):
            act(work, "churn")
    shipyard.answering(folder, weight=0.3)
    ship(work, folder, agree=lambda _: True)
    act(work, "churn")
    assert product_state(work, "churn").shares == {}


def test_an_agreement_is_of_what_was_asked_then(folder):
    work = alarming(folder, '[[triggers]]\nname = "t"\non = "drift"\ndo = "hold"\napproval = true\n')
    shipyard.poc(folder, more='[[triggers]]\nname = "t"\non = "drift"\ndo = "shed"\napproval = true\n')
    act(work, "churn")
    approve(folder, "t")
    over = structs.replace(ALARM, verdict="ok")
    work.ledger.append("churn", [WatchJudged(over)], actor="a1", at=shipyard.NOON + timedelta(hours=1))
    work.clock.at += timedelta(days=60)
    work.ledger.append("churn", [WatchJudged(ALARM)], actor="a1", at=work.clock.at)
    act(work, "churn")
    assert not facts(work, TriggerFired)
    assert len(facts(work, TriggerWaits)) == 2
    approve(folder, "t")
    # the same name, and now it would do something else
    shipyard.poc(folder, more='[[triggers]]\nname = "t"\non = "drift"\ndo = "stop"\napproval = true\n')
    act(work, "churn")
    assert not facts(work, TriggerFired)
    approve(folder, "t")
    act(work, "churn")
    assert [fact.do for fact in facts(work, TriggerFired)] == ["stop"]


def test_a_clock_that_once_ran_ahead_silences_nothing(folder, inbox):
    daily = '[[triggers]]\non = "schedule:0 4 * * *"\ndo = "finding"\nname = "daily"\n'
    work = alarming(folder, daily + integration(inbox.url))
    noon = work.clock.at
    work.clock.at = noon.replace(year=2031)
    act(work, "churn")
    assert len(inbox.kept) == 1
    work.clock.at = noon + timedelta(days=2)
    act(work, "churn")
    act(work, "churn")
    assert len(inbox.kept) == 2
    assert len([fact for fact in facts(work, TriggerFired) if fact.trigger == "daily"]) == 2


def test_a_message_quotes_no_value_and_its_command_can_be_pasted(folder, tmp_path):
    names = "tenure: \"O'Brien\" 32.2% to 10.8%, \"D'Arc\" 1.0% to 2.0%; the shop's feed says 'Ada \\' Eve'"
    alarm = Alarm(
        "model", "drift", "act", shipyard.NOON, shipyard.NOON, because=names, likely=names, sights=(SIGHT,)
    )
    work = alarming(folder, alarm=alarm)
    decision = Decision("new outcomes; x", "drift", "retrain", "waits for approval", names, cause="model")
    notice = notice_of(product_state(work, "churn"), decision, home=tmp_path / "a b", at=shipyard.NOON)
    assert not [name for name in ("Brien", "Arc", "Ada", "Eve") if name in notice.words + notice.likely]
    assert "the shop's feed" in notice.words
    assert shlex.split(notice.command)[2:] == ["new outcomes; x", "--folder", str(tmp_path / "a b")]


def test_a_loop_that_stops_itself_says_so_once(folder, inbox):
    work = alarming(folder, integration(inbox.url), alarm=structs.replace(ALARM, verdict="note"))
    said = [
        LoopStarted("l1", "b"),
        LoopEnded("l1", "not better", "w"),
        LoopStopped("2 trainings in a row", 2),
    ]
    work.ledger.append("churn", said, actor="a1", at=shipyard.NOON)
    act(work, "churn")
    act(work, "churn")
    (event,) = [each for _, _, each in inbox.kept]
    assert event["data"]["title"] == "nothing more is trained by itself"
    assert event["data"]["command"] == f"causeway retrain {folder} --resume"
    said = [LoopResumed(), LoopStarted("l2", "b"), LoopEnded("l2", "for a person", "it is better", "r")]
    work.ledger.append("churn", said, actor="a1", at=shipyard.NOON)
    act(work, "churn")
    act(work, "churn")
    assert [each["data"]["title"] for _, _, each in inbox.kept][1:] == ["a release waits for a person"]


def two_releases(folder, more, *, trial=None):
    """A live release, and another one shipped after it; with an alarm."""
    work = alarming(folder, more)
    first = product_state(work, "churn").shares
    shipyard.answering(folder, weight=0.3)
    ship(work, folder, trial=trial, agree=lambda _: True)
    return work, first


def manifest(folder, more):
    shipyard.poc(folder, more=test_act.MANIFEST + test_act.LOOP + more)


SERVING = "[serving]\nworkers = 1\nworkers_most = 3\n"
SHED = '[[triggers]]\non = "drift"\ndo = "shed"\n'
SCALE = '[[triggers]]\non = "drift"\ndo = "scale"\n'
BACK = '[[triggers]]\non = "drift"\ndo = "roll-back"\n'


def test_a_later_roll_back_takes_the_release_back_and_not_what_was_shed(folder):
    work, first = two_releases(folder, SERVING + SHED + SCALE)
    full = product_state(work, "churn").routings[-1].requests_per_minute
    act(work, "churn")
    manifest(folder, SERVING + SHED + SCALE + BACK)
    act(work, "churn")
    state = product_state(work, "churn")
    (route,) = current_routes(work).routes
    assert (state.shares, [each.release for each in route.served]) == (first, list(first))
    assert (route.requests_per_minute, route.workers) == (full // 2, 2)
    # it goes back once, though the alarm stays on, and never to nothing
    work.clock.at += timedelta(days=2)
    manifest(folder, BACK)
    act(work, "churn")
    assert product_state(work, "churn").shares == first
    # a person takes back one after the other
    roll_back(folder, work=work)
    assert current_routes(work).routes[0].workers == 1
    assert current_routes(work).routes[0].requests_per_minute == full // 2
    roll_back(folder, work=work)
    assert current_routes(work).routes[0].requests_per_minute == full
    assert product_state(work, "churn").shares == first


def test_what_stopped_it_is_not_taken_back_by_a_roll_back(folder):
    work, _ = two_releases(folder, '[[triggers]]\non = "drift"\ndo = "stop"\napproval = false\n')
    act(work, "churn")
    manifest(folder, BACK)
    assert act(work, "churn").done == ()
    assert product_state(work, "churn").shares == {}
    assert decisions_of(work, "churn")[0].why.startswith("nothing answers")


@pytest.mark.parametrize("end", ["promote", "roll back", "ship"])
def test_what_was_shed_stays_so_through_a_trial(folder, end):
    work, _ = two_releases(folder, SERVING + SHED + SCALE, trial=Trial())
    full = product_state(work, "churn").routings[-1].requests_per_minute
    act(work, "churn")
    state = product_state(work, "churn")
    if end == "ship":
        other = shipyard.answering(folder, weight=0.6)
        ship(work, folder, release=other, agree=lambda _: True)
    else:
        judged = CanaryJudged(state.canary.release, end, "b", 25, 1.0, 100)
        work.ledger.append("churn", routed_by(state, state.canary, judged), actor="a1", at=shipyard.NOON)
        sync_routes(work)
    route = current_routes(work).routes[0]
    assert (route.requests_per_minute, route.workers, len(route.served)) == (full // 2, 2, 1)
    roll_back(folder, work=work)
    roll_back(folder, work=work)
    route = current_routes(work).routes[0]
    assert (route.requests_per_minute, route.workers) == (full, 1)


def test_what_failed_is_done_five_minutes_later_and_its_trouble_told_once(folder, inbox, monkeypatch):
    work = alarming(folder, SHED + integration(inbox.url))
    act(work, "churn")
    inbox.kept.clear()
    work.clock.at += timedelta(days=2)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("causeway.actions.act.shed", full)
        for minutes in (0, 1, 5, 10):
            work.clock.at += timedelta(minutes=minutes)
            act(work, "churn")
    why = decisions_of(work, "churn")[0]
    assert (why.verdict, "3 times in a row" in why.why, "No space left" in why.why) == (
        "cooling down",
        True,
        True,
    )
    assert [event["data"]["title"] for _, _, event in inbox.kept] == ["shed failed"]
    work.clock.at += timedelta(minutes=20)
    assert act(work, "churn").done[0].endswith("half of the requests a minute are let in")
    assert act(work, "churn").done == ()
    outcomes = [fact.outcome for fact in facts(work, TriggerEnded) if fact.trigger == "drift-shed"]
    assert outcomes == ["done", "failed", "failed", "failed", "done"]


def test_whom_a_message_did_not_reach_gets_it_later_and_nobody_twice(folder, inbox, monkeypatch):
    monkeypatch.setattr("causeway.actions.alert.PAUSES_SECONDS", ())
    down = integration("http://127.0.0.1:1/hook", more="").replace('"webhook"\nk', '"down"\nk')
    work = alarming(folder, integration(inbox.url) + down)
    assert "down was not reached" in act(work, "churn").failed[0]
    assert len(inbox.kept) == 1
    work.clock.at += timedelta(minutes=6)
    manifest(folder, integration(inbox.url) + down.replace("http://127.0.0.1:1", inbox.url))
    assert act(work, "churn").done[0].endswith("down was told")
    work.clock.at += timedelta(days=3)
    assert act(work, "churn").done == ()
    assert [path for path, _, _ in inbox.kept] == ["/", "/hook"]


def test_trials_that_fail_leave_what_was_shed_as_it_was(folder):
    work, _ = two_releases(folder, SERVING + SHED)
    full = product_state(work, "churn").routings[-1].requests_per_minute
    act(work, "churn")
    before = product_state(work, "churn").undoable
    for weight in (0.6, 0.7, 0.8):
        ship(
            work,
            folder,
            release=shipyard.answering(folder, weight=weight),
            trial=Trial(),
            agree=lambda _: True,
        )
        state = product_state(work, "churn")
        judged = CanaryJudged(state.canary.release, "roll back", "b", 25, 1.0, 100)
        facts_ = routed_by(state, state.canary, judged)
        work.ledger.append("churn", facts_, actor="a1", at=shipyard.NOON)
        state = product_state(work, "churn")
        assert state.undoable == before
        assert state.routings[-1].requests_per_minute == full // 2
    roll_back(folder, work=work)
    assert product_state(work, "churn").routings[-1].requests_per_minute == full


def test_who_lifts_what_was_shed_leaves_a_shadow_on_trial(folder):
    work, _ = two_releases(folder, SERVING + SHED)
    act(work, "churn")
    other = shipyard.answering(folder, weight=0.6)
    ship(work, folder, release=other, trial=Trial(shadow=True), agree=lambda _: True)
    roll_back(folder, work=work)
    state = product_state(work, "churn")
    assert (state.shadow, state.canary.release) == ((other,), other)

"""Every trigger fires, or says exactly why not."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from causeway.assess.triggers import due, explained, triggers_of
from causeway.core.events import GENESIS, Body, OutcomesLabelled, ReleaseMade, TrafficRouted, seal
from causeway.core.loop import LoopEnded, LoopResumed, LoopStarted, LoopStopped
from causeway.core.manifest import IntegrationPart, Manifest, MonitorPart, ProductPart, TriggerPart
from causeway.core.manifest_text import parse_manifest
from causeway.core.triggers import TriggerApproved, TriggerEnded, TriggerFired, TriggerWaits
from causeway.core.watching import Alarm, Sight, WatchJudged
from causeway.views.product import fold

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)


def sight(watches="drift", verdict="act", **more):
    more = {"value": 0.21, "threshold": 0.05, **more}
    return Sight(watches, watches, verdict, NOON - HOUR, NOON, f"{watches} is 0.21", **more)


def alarm(*sights, verdict="act", cause="model"):
    sights = sights or (sight(),)
    return Alarm(cause, sights[0].monitor, verdict, NOON - HOUR, NOON, because="tenure moved", sights=sights)


def state_of(*timed):
    """The product after these facts, each with its hours from noon; it went live a day before."""
    live = TrafficRouted(shares={"r1": 100}, reason="ship", stage="pilot")
    events, prev = [], GENESIS
    for seq, (hours, fact) in enumerate(((-24.0, live), *timed), start=1):
        body = Body("churn", seq, NOON + hours * HOUR, "a-1", prev, fact)
        events.append(seal(body))
        prev = events[-1].hash
    return fold(events)


def decide(part, *timed, at=0.0, tier="", owner="dana"):
    promise = Manifest(ProductPart("churn", owner=owner, risk_tier=tier), triggers=(part,))
    [decision] = due(state_of(*timed), NOON + at * HOUR, promise=promise)
    return decision


RETRAIN = TriggerPart("drift", "retrain")
ALARMED = (-0.5, WatchJudged(alarm()))
FIRED = TriggerFired("drift-retrain", "drift", "retrain", "b", "model")


def test_an_alarm_that_acts_fires_with_its_reason():
    decision = decide(RETRAIN, ALARMED)
    assert (decision.verdict, decision.why, decision.cause) == ("fires", "tenure moved", "model")
    assert (decision.value, decision.threshold) == (0.21, 0.05)


@pytest.mark.parametrize(
    ("part", "timed", "at", "verdict", "why"),
    [
        (RETRAIN, (), 0, "condition not met", "drift raises no alarm"),
        (RETRAIN, ((-1, WatchJudged(alarm(sight("quality")))),), 0, "condition not met", "drift raises no"),
        (
            RETRAIN,
            ((-1, WatchJudged(alarm(sight(verdict="warn"), verdict="warn"))),),
            0,
            "condition not met",
            "it is warn, and retrain waits for act",
        ),
        (
            RETRAIN,
            (ALARMED, (-0.4, FIRED)),
            3,
            "cooling down",
            "fired at 2026-05-04 11:36 UTC, and rests 24 h",
        ),
        (RETRAIN, (ALARMED, (-0.4, FIRED)), 25, "fires", "tenure moved"),
        (RETRAIN, (ALARMED, (-0.1, LoopStarted("l", "b"))), 0, "under way", "trained anew since"),
        (RETRAIN, (ALARMED, (-0.1, LoopStopped("2 in a row", 2))), 0, "stopped", "causeway retrain --resume"),
        (
            RETRAIN,
            (ALARMED, (-0.2, LoopStopped("2 in a row", 2)), (-0.1, LoopResumed())),
            0,
            "fires",
            "tenure moved",
        ),
        (
            RETRAIN,
            (ALARMED, (-0.1, WatchJudged(alarm(sight("labels"), cause="labels")))),
            0,
            "condition not met",
            "outcomes are not as they should be, so nothing is learnt: tenure moved",
        ),
        (TriggerPart("drift", "roll-back"), (ALARMED,), 0, "condition not met", "nothing was live before"),
        (TriggerPart("drift", "hold"), (ALARMED,), 0, "condition not met", "no release is on trial"),
        (
            TriggerPart("drift", "retrain", quiet="13:00-15:00 Europe/Berlin"),
            (ALARMED,),
            0,
            "quiet",
            "quiet hours",
        ),
        (TriggerPart("drift", "retrain", dry_run=True), (ALARMED,), 0, "dry run", "tenure moved"),
        (
            TriggerPart("data", "retrain"),
            (),
            0,
            "condition not met",
            "0 rows labelled since it was trained, of 1,000",
        ),
        (TriggerPart("release", "notify"), (), 0, "condition not met", "no release was made"),
        (
            TriggerPart("release", "notify"),
            ((-1, ReleaseMade("sha256:abc", "r", "k")),),
            0,
            "fires",
            "was made at",
        ),
    ],
)
def test_each_reason_not_to(part, timed, at, verdict, why):
    decision = decide(part, *timed, at=at)
    assert decision.verdict == verdict, explained(decision)
    assert why in decision.why


def test_an_effect_that_warns_acts_with_what_it_brings_about():
    both = WatchJudged(alarm(sight("quality"), sight("drift", verdict="warn")))
    assert decide(RETRAIN, (-1, both)).verdict == "fires"
    assert decide(TriggerPart("decay", "retrain"), (-1, both)).verdict == "fires"
    assert decide(TriggerPart("slo", "retrain"), (-1, both)).verdict == "condition not met"


def test_where_the_risk_is_high_a_person_must_agree():
    asked = (-0.2, TriggerWaits("drift-retrain", "drift", "retrain", "b", "model"))
    decision = decide(RETRAIN, ALARMED, tier="high")
    assert (decision.verdict, "dana must agree: causeway approve drift-retrain" in decision.why) == (
        "waits for approval", True,
    )  # fmt: skip
    assert decide(RETRAIN, ALARMED, asked, tier="high").verdict == "waits for approval"
    agreed = decide(RETRAIN, ALARMED, asked, (-0.1, TriggerApproved("drift-retrain")), tier="high")
    assert (agreed.verdict, agreed.approved_by) == ("fires", "a-1")
    assert decide(TriggerPart("drift", "notify"), ALARMED, tier="high").verdict == "fires"
    assert decide(msgspec.structs.replace(RETRAIN, approval=False), ALARMED, tier="high").verdict == "fires"
    # once it fired, the next time is asked anew
    again = decide(
        RETRAIN, ALARMED, asked, (-0.1, TriggerApproved("drift-retrain")), (0, FIRED), at=30, tier="high"
    )
    assert again.verdict == "waits for approval"


def test_what_was_only_said_does_not_rest_what_is_done():
    dry = (-0.1, TriggerFired("drift-retrain", "drift", "retrain", "b", "model", dry_run=True))
    assert decide(RETRAIN, ALARMED, dry).verdict == "fires"
    assert decide(msgspec.structs.replace(RETRAIN, dry_run=True), ALARMED, dry).verdict == "cooling down"


def test_a_message_is_sent_once_for_each_cause_and_again_when_it_gets_worse():
    part = TriggerPart("alarm", "notify")
    warned = (-2, WatchJudged(alarm(sight(verdict="warn"), verdict="warn")))
    told = (-1.9, TriggerFired("alarm-notify", "alarm", "notify", "b", "model:warn"))
    assert decide(part, warned, told).verdict == "cooling down"
    assert decide(part, warned, told, ALARMED).cause == "model:act"
    # it stands for days, and nobody is called again; once it was over, they are
    stands = (-99, WatchJudged(alarm(sight(verdict="warn"), verdict="warn")))
    first = (-98, TriggerFired("alarm-notify", "alarm", "notify", "b", "model:warn"))
    assert decide(part, stands, first).verdict == "cooling down"
    ended = (-40, WatchJudged(alarm(sight(verdict="ok"), verdict="ok")))
    assert decide(part, stands, first, ended, warned).verdict == "fires"
    promise = Manifest(ProductPart("churn"), triggers=(part,))
    labels = (-0.3, WatchJudged(alarm(sight("labels"), cause="labels")))
    both = due(state_of(ALARMED, labels), NOON, promise=promise)
    assert [each.cause for each in both] == ["model:act", "labels:act"]


def test_a_schedule_fires_once_for_all_that_was_missed():
    part = TriggerPart("schedule:0 4 * * *", "retrain", cooldown_hours=1000)
    name = "schedule:0 4 * * *-retrain"
    assert decide(part).why == "it was due at 2026-05-04 04:00 UTC"
    done = (-7.9, TriggerFired(name, part.on, "retrain", "b"))
    rests = decide(part, done)
    assert (rests.verdict, rests.until) == ("condition not met", datetime(2026, 5, 5, 4, tzinfo=UTC))
    assert decide(part, done, at=100).why == "it was due at 2026-05-08 04:00 UTC"


def test_data_counts_what_was_labelled_since_the_last_training():
    part = TriggerPart("data", "retrain", threshold=500.0)
    rows = (-2, OutcomesLabelled("s", rows=600, joined=600, unmatched=0, duplicates=0))
    trained = ((-1.5, LoopStarted("l", "b")), (-1, LoopEnded("l", "promoted", "b")))
    assert decide(part, rows).verdict == "fires"
    assert decide(part, rows, *trained).value == 0.0
    assert decide(part, rows, *trained, (-0.5, rows[1])).verdict == "fires"
    outcomes = TriggerPart("outcomes", "measure", cooldown_hours=0)
    fired = (-1, TriggerFired("outcomes-measure", "outcomes", "measure", "b"))
    assert decide(outcomes, rows).verdict == "fires"
    assert decide(outcomes, rows, fired).verdict == "condition not met"


def test_quiet_ends_when_the_clock_on_the_wall_says_so():
    part = TriggerPart("drift", "retrain", quiet="22:00-06:00 Europe/Berlin")
    night = decide(part, ALARMED, at=9)
    assert (night.verdict, night.until) == ("quiet", datetime(2026, 5, 5, 4, tzinfo=UTC))
    assert decide(part, ALARMED, at=16).verdict == "fires"


def test_monitors_are_bound_to_actions_and_every_alarm_is_told_where_somebody_listens():
    promise = Manifest(
        ProductPart("churn"),
        monitors=(MonitorPart("tenure drifts", "drift", action="retrain"),),
        integrations=(IntegrationPart("ops", "webhook", "http://127.0.0.1:1"),),
    )
    assert [(each.called, each.do) for each in triggers_of(promise)] == [
        ("tenure drifts-retrain", "retrain"),
        ("alarm-notify", "notify"),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('on = "schedule:99 4 * * *"', "is no cron line: '99' is no minute"),
        ('on = "drift"\nquiet = "22:00-06:00 Europe/Nowhere"', "there is no time zone"),
        ('on = "drfit"', 'there is no monitor named "drfit"'),
    ],
)
def test_the_manifest_refuses_what_can_never_fire(line, why):
    with pytest.raises(Exception, match=why):
        parse_manifest(f'[product]\nname = "churn"\n[[triggers]]\ndo = "retrain"\n{line}\n', where="x")


def failed(hours, seq, part=RETRAIN, cause="model"):
    """It fired at this time and failed; the first fact of a product's is its going live."""
    fired = TriggerFired(part.called, part.on, part.do, "b", cause)
    return (hours, fired), (hours, TriggerEnded(part.called, seq, "failed", "no disk"))


def test_what_failed_is_tried_again_after_pauses_that_grow_up_to_the_cool_down():
    part, at, seq, timed, pauses = TriggerPart("drift", "shed"), -0.4, 3, [], []
    for _ in range(12):
        timed += failed(at, seq, part)
        rests = decide(part, ALARMED, *timed, at=at)
        assert (rests.verdict, "failed at" in rests.why, "no disk" in rests.why) == (
            "cooling down",
            True,
            True,
        )
        pauses.append((rests.until - NOON) / HOUR - at)
        at, seq = (rests.until - NOON) / HOUR, seq + 2
        assert decide(part, ALARMED, *timed, at=at).verdict == "fires"
    assert [round(60 * each) for each in pauses[:9]] == [5 * 2**i for i in range(9)]
    assert [round(each) for each in pauses[9:]] == [24, 24, 24]
    assert "12 times in a row" in decide(part, ALARMED, *timed, at=at - 0.1).why
    # once it is done it rests, and the next failure begins anew
    fired = (at, TriggerFired(part.called, "drift", "shed", "b", "model"))
    done = (at, TriggerEnded(part.called, seq, "done"))
    assert "rests 24 h" in decide(part, ALARMED, *timed, fired, done, at=at + 1).why
    anew = failed(at + 30, seq + 2, part)
    again = decide(part, ALARMED, *timed, fired, done, *anew, at=at + 30)
    assert again.until - NOON == (at + 30) * HOUR + timedelta(minutes=5)


def test_a_cool_down_of_nothing_is_no_loop_and_a_failure_of_a_dry_run_is_none():
    part = TriggerPart("drift", "shed", cooldown_hours=0)
    assert decide(part, ALARMED, *failed(-0.01, 3, part)).verdict == "cooling down"
    dry = msgspec.structs.replace(part, dry_run=True)
    assert decide(dry, ALARMED, *failed(-0.01, 3, part)).verdict == "dry run"


@pytest.mark.parametrize("on", ["schedule:0 4 * * *", "outcomes", "release"])
def test_what_comes_once_is_not_lost_because_its_action_failed(on):
    part = TriggerPart(on, "measure")
    known = (
        (-9, OutcomesLabelled("s", rows=5, joined=5, unmatched=0, duplicates=0)),
        (-9, ReleaseMade("sha256:abc", "r", "k")),
    )
    assert decide(part, *known).verdict == "fires"
    broken = (*known, *failed(-0.01, 4, part, ""))
    rests = decide(part, *broken)
    assert (rests.verdict, rests.until) == ("cooling down", NOON + timedelta(minutes=5) - 0.01 * HOUR)
    assert decide(part, *broken, at=0.2).verdict == "fires"
    done = ((0.2, broken[-2][1]), (0.2, TriggerEnded(part.called, 6, "done")))
    assert decide(part, *broken, *done, at=0.3).verdict == "condition not met"

"""One alarm for each cause: what is joined, what is held back, and what is news."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from causeway.assess.watch_facts import Facts, Going
from causeway.assess.watching import alarms_of, is_news, summed, weighed
from causeway.core.manifest import DataPart, EvaluationPart, Manifest, MonitorPart, ProductPart
from causeway.core.watching import (
    ACT,
    MODEL,
    NOT_ENOUGH_DATA,
    NOTE,
    OK,
    SERVICE,
    SUPPLY,
    WARN,
    Alarm,
    Sight,
    worst,
)

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = Facts(
    "churn",
    NOW,
    Manifest(ProductPart(name="churn"), data=(DataPart("customers", owner="sales"),)),
    Going("sha256:1", NOW - timedelta(days=30)),
)


def sight(watches, verdict, *, about="", since=5, until=0, breach=False, **more):
    return Sight(
        watches,
        watches,
        verdict,
        NOW - since * HOUR,
        NOW - until * HOUR,
        "so",
        about=about,
        breach=breach,
        **more,
    )


def alarms(*sights, facts=FACTS):
    return alarms_of(facts, weighed(sights, facts))


def test_one_cause_is_one_alarm_with_what_hurts_first():
    tenure = sight("drift", ACT, about="tenure", value=0.3, importance=0.5)
    contract = sight("drift", WARN, about="Contract", value=0.2, importance=0.3)
    answers = sight("output", ACT, about="probability", value=0.2, breach=True)
    (alarm,) = alarms(contract, tenure, answers, sight("volume", OK))
    assert (alarm.cause, alarm.verdict, alarm.monitor) == (MODEL, ACT, "output")
    assert [each.about for each in alarm.sights] == ["probability", "tenure", "Contract"]
    assert alarm.monitors == {"output": ACT, "drift": ACT}
    assert (alarm.since, alarm.command) == (NOW - 5 * HOUR, "causeway retrain churn")
    assert alarm.likely == "tenure, Contract changed (source: sales)"


def test_what_has_another_cause_is_another_alarm():
    found = alarms(sight("drift", WARN, about="a"), sight("volume", WARN), sight("latency", WARN))
    assert [each.cause for each in found] == [MODEL, SUPPLY, SERVICE]


def test_inputs_alone_never_act():
    (alarm,) = alarms(sight("drift", ACT, about="tenure"), sight("output", NOTE, about="label", breach=True))
    assert alarm.verdict == WARN
    assert "nothing acts" in alarm.because


DRIFT = sight("drift", ACT, about="a")
ANSWERS = sight("output", ACT, about="p", breach=True)
DELAY = structs.replace(sight("labels", OK, about="delay"), value=7 * 24.0, unit="hours")
LATE = structs.replace(DELAY, value=60 * 24.0)
OUTAGE = sight("labels", WARN, about="join rate")
SOON = structs.replace(
    FACTS,
    manifest=structs.replace(FACTS.manifest, evaluation=EvaluationPart(outcome_days=7)),
    going=Going("sha256:1", NOW - 100 * HOUR),
)

ACTING = structs.replace(
    FACTS, alarms={MODEL: Alarm(MODEL, "estimate", ACT, NOW - 9 * HOUR, NOW - HOUR, "sha256:1")}
)


def came(verdict, *, watches="quality"):
    return sight(watches, verdict, since=30, until=6, breach=True)


@pytest.mark.parametrize(
    ("sights", "facts", "verdict", "because"),
    [
        ((DRIFT, ANSWERS), FACTS, ACT, "nobody knows better"),
        ((DRIFT, ANSWERS, DELAY), FACTS, WARN, "outcomes come, and are waited for"),
        ((DRIFT, ANSWERS, DELAY), ACTING, ACT, "it acts already"),
        ((DRIFT, ANSWERS), SOON, WARN, "outcomes are declared to come, and are waited for"),
        ((DRIFT, ANSWERS, LATE), FACTS, ACT, "outcomes come too late"),
        ((DRIFT, ANSWERS, DELAY, OUTAGE), FACTS, ACT, "outcomes came once, and no more"),
        ((DRIFT, ANSWERS, DELAY, came(WARN, watches="estimate")), FACTS, ACT, "the estimate fell"),
        ((DRIFT, ANSWERS, came(OK, watches="estimate")), FACTS, ACT, "an estimate clears nothing"),
        ((DRIFT, DELAY, came(ACT)), FACTS, ACT, "outcomes are worse"),
        ((DELAY, came(ACT)), FACTS, ACT, "outcomes are worse, and nothing drifted"),
    ],
)
def test_outcomes_judge_drift_where_they_come(sights, facts, verdict, because):
    alarm = next(each for each in alarms(*sights, facts=facts) if each.cause == MODEL)
    assert alarm.verdict == verdict, because


def test_a_note_is_told_where_it_is_sure():
    assert alarms(sight("drift", NOTE, about="shoe")) == ()
    (alarm,) = alarms(sight("drift", NOTE, about="shoe", lasting=True))
    assert alarm.verdict == NOTE


def test_an_alarm_is_over_when_its_monitors_say_so_and_not_when_they_see_nothing():
    (before,) = alarms(sight("drift", WARN, about="a"))
    open_ = structs.replace(FACTS, alarms={MODEL: before})
    assert alarms(sight("drift", NOT_ENOUGH_DATA), facts=open_) == ()
    (over,) = alarms(sight("drift", OK, about="a"), facts=open_)
    assert (over.verdict, is_news(over, before)) == (OK, True)
    (same,) = alarms(sight("drift", WARN, about="a", since=1), facts=open_)
    assert (same.since, is_news(same, before)) == (before.since, False)


def test_another_release_ends_what_was_about_the_one_before():
    (before,) = alarms(sight("drift", WARN, about="a"))
    later = structs.replace(FACTS, going=Going("sha256:2", NOW), alarms={MODEL: before})
    (over,) = alarms(sight("drift", NOT_ENOUGH_DATA), facts=later)
    assert over.verdict == OK
    assert "answers now" in over.because


ALARM = Alarm(MODEL, "drift", WARN, NOW, NOW, "r", sights=(sight("drift", WARN),))


@pytest.mark.parametrize(
    ("alarm", "before", "news"),
    [
        (ALARM, None, True),
        (ALARM, ALARM, False),
        (structs.replace(ALARM, verdict=ACT), ALARM, True),
        (structs.replace(ALARM, sights=(*ALARM.sights, sight("quality", WARN))), ALARM, True),
        (structs.replace(ALARM, sights=(*ALARM.sights, sight("skew", NOTE))), ALARM, False),
        (structs.replace(ALARM, verdict=OK), None, False),
    ],
)
def test_news_is_a_verdict_or_a_monitor_that_is_new(alarm, before, news):
    assert is_news(alarm, before) is news


def test_a_release_that_just_went_live_is_suspected_first():
    young = structs.replace(FACTS, going=Going("sha256:1", NOW - 9 * HOUR), can_go_back=True)
    (alarm,) = alarms(sight("drift", ACT, about="a"), sight("output", ACT, breach=True), facts=young)
    assert alarm.likely.startswith("release 1 went live")
    assert alarm.command == "causeway roll back"


def test_a_monitor_has_the_manifests_name_the_one_of_its_column_first():
    named = (
        MonitorPart("shape", "drift"),
        MonitorPart("tenure drift", "drift", column="tenure", threshold=0.2),
    )
    facts = structs.replace(FACTS, manifest=structs.replace(FACTS.manifest, monitors=named))
    assert facts.monitor("drift", about="tenure").name == "tenure drift"
    assert facts.monitor("drift", about="charge").name == "shape"
    assert facts.monitor("volume").name == "volume"


def test_not_enough_data_is_never_ok():
    assert summed([sight("drift", NOT_ENOUGH_DATA), sight("volume", OK)], ()) == NOT_ENOUGH_DATA
    assert summed([sight("drift", OK), sight("quality", NOT_ENOUGH_DATA)], ()) == OK
    assert worst(["silent", NOT_ENOUGH_DATA]) == NOT_ENOUGH_DATA


def test_chances_that_say_too_much_make_no_drift_act():
    inputs = sight("drift", ACT, about="tenure", value=0.3)
    honest = sight("calibration", WARN, about="probability", breach=True)
    (alarm,) = alarms(inputs, honest, sight("quality", OK, breach=True))
    assert alarm.verdict == WARN
    (alarm,) = alarms(inputs, sight("quality", ACT, breach=True))
    assert alarm.verdict == ACT

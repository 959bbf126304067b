"""Verdicts on a canary, from its evidence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from causeway.assess.canary import LOG_RANGE, SHORTEST_US, Arm, Evidence, criteria_of, judge_canary
from causeway.assess.canary_outcomes import regrets_of, shortfalls_of
from causeway.assess.canary_rows import (
    FLAGGED,
    Row,
    first_median,
    measures_of,
    with_kpi,
    with_requests,
    with_rows,
)
from causeway.core.canary import KpiTrial, Limits
from causeway.core.manifest import DecisionPart
from causeway.core.release import Output, Signature
from causeway.core.table import Number, Table, Text
from causeway.stats.sequential import Moments
from causeway.views.canary import Canary

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CANARY = Canary("sha256:b", "sha256:a", Limits(), (25, 50), 7, NOON, 8, 50, NOON)
CHANCE = "chance of Yes"


def moments(mean, *, rows=4000, spread=0.1):
    generator = np.random.default_rng(1)
    return Moments().after(np.clip(generator.normal(mean, spread, rows), 0, 1))


def arm(*, refused=0, milliseconds=2.0, chance=0.25, flagged=0.0, loss=None, rows=4000):
    return Arm(
        rows - refused,
        refused,
        moments(np.log(milliseconds * 1000 / SHORTEST_US) / LOG_RANGE, rows=rows, spread=0.03),
        {CHANCE: moments(chance, rows=rows), FLAGGED: Moments(rows, rows * flagged, rows * flagged / 2)},
        Moments() if loss is None else moments(loss, rows=rows),
    )


def judged(
    canary=None, *, after=timedelta(hours=1), limits=None, percent=50, assigned=(4000, 4000), **champion
):
    trial = msgspec.structs.replace(CANARY, limits=Limits(**(limits or {})), percent=percent)
    evidence = Evidence(canary or arm(), arm(**champion), assigned=assigned)
    return judge_canary(trial, evidence, now=NOON + after)


def test_a_step_whose_measures_all_lie_within_their_limits_goes_on():
    said = judged(percent=25, assigned=(1000, 3000))
    assert (said.verdict, {each.verdict for each in said.criteria}) == ("go on", {"fine"})


@pytest.mark.parametrize(
    ("canary", "measure"),
    [
        (arm(refused=400), "errors"),
        (arm(milliseconds=8), "latency"),
        (arm(chance=0.5), CHANCE),
        (arm(chance=0.05), CHANCE),
        (arm(flagged=0.4), FLAGGED),
        (arm(loss=0.4), "quality"),
    ],
)
def test_harm_in_any_measure_rolls_back_whenever_it_is_seen(canary, measure):
    said = judged(canary, after=timedelta(seconds=5), loss=0.2 if measure == "quality" else None)
    assert said.verdict == "roll back"
    harm = [each for each in said.criteria if each.verdict == "harm"]
    assert [each.name for each in harm] == [measure]
    assert f"limit {harm[0].margin:g}" in said.because


def test_decisions_that_are_worth_less_are_harm_in_money():
    worth = DecisionPart(true_positive=Decimal(60), false_positive=Decimal(-20), false_negative=Decimal(-40))
    trial = msgspec.structs.replace(CANARY, worth=worth)
    poor, good = (msgspec.structs.replace(arm(loss=0.2), regret=moments(mean)) for mean in (0.5, 0.3))
    said = judge_canary(trial, Evidence(poor, good, assigned=(4000, 4000)), now=NOON + timedelta(hours=1))
    assert said.verdict == "roll back"
    money = next(each for each in said.criteria if each.name == "worth")
    assert (round(money.canary), round(money.champion), money.margin) == (10, 30, 5.0)
    assert money.low < money.difference < money.high < -money.margin
    assert {each.alpha for each in said.criteria if each.name == "errors"} == {0.05 / (2 * 5)}


def test_what_decisions_were_worth_follows_from_what_was_said_and_what_came():
    worth = DecisionPart(true_positive=Decimal(60), false_positive=Decimal(-20), false_negative=Decimal(-40))
    signature = Signature((), (Output("label", "label", ("No", "Yes"), "Yes"),))
    joined = Table(
        {"outcome": Text(["Yes", "No", "Yes", "No"]), "out_label": Text(["Yes", "Yes", "No", "No"])}
    )
    assert regrets_of(joined, signature, worth).tolist() == [0.0, 0.8, 1.0, 0.6]
    acts = Signature((), (*signature.outputs, Output("act", "act", ("No", "Yes"), "Yes", 0.2)))
    acted = Table({**joined.columns, "out_act": Number(np.array([1.0, 1.0, 1.0, 0.0]), "boolean")})
    assert regrets_of(acted, acts, worth).tolist() == [0.0, 0.8, 0.0, 0.6]


def test_a_faster_better_canary_harms_nobody():
    said = judged(arm(milliseconds=0.5, loss=0.05), loss=0.2)
    assert said.verdict == "promote"


def test_after_the_last_step_outcomes_or_a_person_decide():
    assert judged(arm(loss=0.2), loss=0.2).verdict == "promote"
    waits = judged()
    assert (waits.verdict, "no outcome is known" in waits.because) == ("hold", True)
    assert judged(limits={"labels": "optional"}).verdict == "promote"
    asks = judged(arm(loss=0.2), loss=0.2, limits={"promote": "approval"})
    assert (asks.verdict, "waits for a person" in asks.because) == ("hold", True)


@pytest.mark.parametrize(
    ("canary", "after", "words"),
    [
        (Arm(), timedelta(hours=1), "no request came to the canary"),
        (arm(rows=150), timedelta(hours=1), "150 of 200 requests"),
        (arm(), timedelta(minutes=3), "3.0 of 30 minutes"),
        (arm(rows=250), timedelta(hours=1), "is open"),
    ],
)
def test_what_there_is_not_enough_of_is_named(canary, after, words):
    said = judged(canary, after=after)
    assert (said.verdict, words in said.because) == ("not enough yet", True)


@pytest.mark.parametrize(("too_late", "verdict"), [("hold", "hold"), ("back", "roll back")])
def test_a_canary_without_traffic_is_given_up_and_says_so(too_late, verdict):
    said = judged(Arm(), after=timedelta(hours=73), limits={"too_late": too_late}, assigned=(0, 0))
    assert said.verdict == verdict
    assert said.because == "after 72 hours not decided: no request came to the canary"


def test_a_canary_that_answers_something_else_is_not_let_on_uncompared():
    other = msgspec.structs.replace(arm(), answers={CHANCE: Moments(), FLAGGED: arm().answers[FLAGGED]})
    said = judged(other, percent=25, assigned=(1000, 3000))
    assert (said.verdict, said.because) == (
        "not enough yet",
        "the canary's answers say nothing of chance of Yes, as the live release's do",
    )


def test_what_somebody_holds_is_never_too_late():
    limits, late = Limits(too_late="back"), NOON + timedelta(hours=73)
    verdicts = [
        judge_canary(msgspec.structs.replace(CANARY, limits=limits, held=held), Evidence(), now=late).verdict
        for held in (False, True)
    ]
    assert verdicts == ["roll back", "hold"]


def test_a_canary_that_gets_another_share_than_it_was_given_is_not_judged_better():
    said = judged(assigned=(3000, 4000))
    assert (said.verdict, "which is not 50 %" in said.because) == ("hold", True)
    assert said.assigned < 1e-9
    assert judged(arm(chance=0.6), assigned=(3000, 4000)).verdict == "roll back"


def test_a_shadow_is_never_shipped_by_itself():
    shadow = msgspec.structs.replace(CANARY, steps=(), percent=0)
    said = judge_canary(shadow, Evidence(arm(loss=0.2), arm(loss=0.2)), now=NOON + timedelta(hours=1))
    assert (said.verdict, "in the shadow" in said.because) == ("hold", True)


def rows(canary, values, *, name="probability"):
    return [
        Row(1000 + i, f"{canary}{i}", canary, 1500, {name: value}, False) for i, value in enumerate(values)
    ]


def test_rows_of_one_request_count_as_one():
    signature = Signature((), (Output("probability", "probability", ("No", "Yes"), "Yes"),))
    measures = measures_of(signature)
    batch = [Row(5, "one", True, 2000, {"probability": value}, value > 0.5) for value in (0.2, 0.6)]
    seen = with_rows(with_requests(Evidence(), batch), batch, measures, settled_us=0)
    assert (seen.canary.answered, seen.assigned) == (1, (1, 0))
    assert seen.canary.answers[CHANCE].total == pytest.approx(0.4)
    assert seen.canary.answers[FLAGGED].total == pytest.approx(0.5)


def test_labels_are_compared_by_their_shares_and_numbers_by_how_many_exceed_a_median():
    labels = Signature((), (Output("label", "label", ("a", "b", "c")),))
    seen = with_rows(Evidence(), rows(True, ["a", "a", "b"], name="label"), measures_of(labels), settled_us=0)
    assert seen.canary.answers["share of a"].total == 2
    numbers = Signature((), (Output("value", "value"),))
    assert measures_of(numbers) == {}
    first = rows(False, range(101), name="value")
    assert first_median(numbers, first[:30]) is None
    median = first_median(numbers, first)
    assert list(measures_of(numbers, median=median)) == ["above 24.5"]


HANDLING = KpiTrial("minutes handled", limit=1.0, least=0, most=60, more_is_better=False)
MARGIN = KpiTrial("margin", limit=2.0, least=-20, most=80, more_is_better=True)


ALIKE = Evidence(arm(loss=0.2), arm(loss=0.2), assigned=(4000, 4000))


def kpi_judged(kpi, canary, champion, **limits):
    trial = msgspec.structs.replace(CANARY, kpi=kpi, limits=Limits(**limits))
    evidence = with_kpi(ALIKE, shortfalls(canary, kpi), shortfalls(champion, kpi))
    return judge_canary(trial, evidence, now=NOON + timedelta(hours=1))


def shortfalls(values, kpi=MARGIN):
    return shortfalls_of(np.asarray(values, np.float64), kpi).tolist()


def criterion(said):
    return next(each for each in said.criteria if each.name == "kpi")


@pytest.mark.parametrize(
    ("kpi", "mine", "others", "verdict"),
    [
        (HANDLING, 14, 10, "roll back"),
        (HANDLING, 6, 10, "promote"),
        (MARGIN, 20, 30, "roll back"),
        (MARGIN, 40, 30, "promote"),
        (MARGIN, 30, 30, "promote"),
    ],
)
def test_the_business_measure_is_harm_on_its_worse_side_in_its_own_units(kpi, mine, others, verdict):
    generator = np.random.default_rng(3)
    said = kpi_judged(kpi, generator.normal(mine, 3, 4000), generator.normal(others, 3, 4000))
    seen = criterion(said)
    assert said.verdict == verdict
    assert (seen.canary, seen.champion) == (pytest.approx(mine, abs=0.2), pytest.approx(others, abs=0.2))
    assert seen.low < seen.difference < seen.high
    assert seen.low < mine - others < seen.high
    assert (seen.margin, seen.canary_units, seen.alpha) == (kpi.limit, 4000, 0.05 / (2 * 5))
    assert f"of values from {kpi.least:g} to {kpi.most:g}" in seen.method


def test_values_beyond_what_it_can_be_count_as_the_end_and_are_told():
    said = kpi_judged(HANDLING, [10.0] * 3998 + [1e6, -5.0], [10.0] * 4000)
    assert criterion(said).canary == pytest.approx((3998 * 10 + 60) / 4000)
    assert criterion(said).method.endswith("2 beyond count as these")


def test_without_a_value_of_the_business_measure_it_does_not_get_everything_by_itself():
    waits = kpi_judged(MARGIN, [], [])
    assert (waits.verdict, "no value of the business measure" in waits.because) == ("hold", True)
    assert kpi_judged(MARGIN, [], [], labels="optional").verdict == "promote"
    few = kpi_judged(MARGIN, [30.0] * 5, [30.0] * 5)
    assert (few.verdict, few.because) == ("not enough yet", "kpi is open")


def test_an_equal_business_measure_raises_no_more_false_alarms_than_alpha():
    generator = np.random.default_rng(4)
    trial = msgspec.structs.replace(CANARY, kpi=msgspec.structs.replace(MARGIN, limit=0.0))
    alarms, looks = 0, np.unique(np.geomspace(5, 1500, 12).astype(int))
    for _ in range(60):
        # mostly nothing, now and then a lot
        mine, others = (np.where(generator.random(1500) < 0.1, 80.0, 0.0) for _ in range(2))
        seen = [with_kpi(Evidence(), *(shortfalls(arm[:n]) for arm in (mine, others))) for n in looks]
        alarms += any(each.verdict == "harm" for look in seen for each in criteria_of(trial, look))
    assert alarms <= 60 * 0.05

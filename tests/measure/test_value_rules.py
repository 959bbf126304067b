"""The rules of a claim, each for itself: grades, money, overlap, what a unit's values come to."""

from datetime import date
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from causeway.assess.value.arms import compared
from causeway.assess.value.grade import Evidence, grade_of
from causeway.assess.value.handling import since_baseline
from causeway.assess.value.money import Terms, money_of, units_gained
from causeway.assess.value.outcome_panels import panel_of_outcomes
from causeway.assess.value.overlap import Claim, counted_twice, others_on
from causeway.assess.value.plan import Plan, changed_terms
from causeway.assess.value.units import DAY_US, Exposures, Values, together
from causeway.core.figure import Figure
from causeway.core.worth import Guardrail

PLAN = Plan(
    kpi="kept",
    family="conversion",
    design="randomised",
    unit_of_measure="subscriber",
    more=True,
    unit="id",
    currency="EUR",
    control_share=0.5,
    haircuts={"A": 0, "B": 10, "C": 30, "D": 60},
)
GOOD = Evidence(design="randomised", days=20)
TERMS = Terms(Decimal(10), approved=True)


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({}, "A"),
        ({"registered": False}, "B"),
        ({"days": 13.9}, "B"),
        ({"lasting": False}, "B"),
        ({"lasting": None}, "A"),
        ({"missing": 0.11}, "B"),
        ({"lost": True}, "B"),
        ({"crossed": 0.02}, "B"),
        ({"has_unit": False}, "B"),
        ({"guardrails": (Guardrail("csat", "held"),)}, "A"),
        ({"guardrails": (Guardrail("csat", "unknown"),)}, "B"),
        ({"changes": ("the horizon changed on 2026-05-01",)}, "B"),
        ({"changes": ("a", "b")}, "C"),
        ({"changes": ("a", "b", "c", "d", "e")}, "D"),
        ({"registered": False, "days": 3.0}, "C"),
        ({"split_is_off": True, "split_p": 1e-9}, "D"),
        ({"design": "group-sequential", "has_end": False}, "B"),
        ({"design": "staggered", "parallel": True}, "B"),
        ({"design": "staggered", "parallel": None}, "C"),
        ({"design": "staggered", "parallel": False}, "C"),
        ({"design": "switchback", "parallel": True, "changes": ("a",)}, "C"),
        ({"design": "interrupted-series", "parallel": True}, "C"),
        ({"design": "interrupted-series", "parallel": False}, "D"),
        ({"design": "declared"}, "D"),
        ({"design": "declared", "compared": False}, "D"),
    ],
)
def test_a_grade_is_as_good_as_its_evidence(change, grade):
    found, lapses = grade_of(msgspec.structs.replace(GOOD, **change))
    assert found == grade
    assert (not lapses) is (grade == "A")


def units(low, high):
    return Figure((low + high) / 2, "subscriber", low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "grade", "more", "booked"),
    [
        (100.0, 200.0, "A", {}, "1000.00"),
        (100.0, 200.0, "B", {}, "900.00"),
        (100.0, 200.0, "D", {}, "400.00"),
        (-1.0, 200.0, "A", {}, "0"),
        (-200.0, -100.0, "A", {}, "-2000.00"),
        (100.0, 200.0, "A", {"disputed": True}, "0"),
        (100.0, 200.0, "A", {"claimed_by_others": Decimal(300)}, "700.00"),
        (100.0, 200.0, "C", {"claimed_by_others": Decimal(5000)}, "0.00"),
    ],
)
def test_money_is_booked_by_its_lower_bound(low, high, grade, more, booked):
    money = money_of(units(low, high), PLAN, TERMS, grade=grade, **more)
    assert money.booked == Decimal(booked)
    if low > 0 and not more.get("disputed"):
        whole = money.booked + money.haircut + money.overlap + money.not_cashable
        assert whole == Decimal(str(low * 10)).quantize(Decimal("0.01"))


def test_hours_are_no_cash_and_unapproved_values_are_not_booked():
    hours = msgspec.structs.replace(PLAN, family="hours")
    assert money_of(units(100, 200), hours, TERMS, grade="A").booked == 0
    half = msgspec.structs.replace(TERMS, cashable=0.5)
    assert money_of(units(100, 200), hours, half, grade="A").booked == 500
    unapproved = msgspec.structs.replace(TERMS, approved=False)
    assert money_of(units(100, 200), PLAN, unapproved, grade="A").booked == 0
    assert money_of(units(100, 200), PLAN, Terms(), grade="A").booked is None


def test_what_less_of_is_better_gains_by_falling():
    less = msgspec.structs.replace(PLAN, more=False)
    gained = units_gained(Figure(-0.1, "share", low=-0.15, high=-0.05), less, exposed=1000)
    assert (gained.low, gained.value, gained.high) == (50, 100, 150)
    nobody_knows = msgspec.structs.replace(PLAN, more=None)
    assert units_gained(Figure(-0.1, "share"), nobody_knows, exposed=10) is None


def test_what_others_claim_is_counted_once():
    mine, theirs = Decimal(600), Claim("b", "Kept ", "EUR", date(2026, 1, 1), date(2026, 3, 1), Decimal(400))
    days = {"since": date(2026, 3, 1), "until": date(2026, 4, 1)}
    assert others_on("kept", [theirs], **days) == (theirs,)
    assert others_on("lost", [theirs], **days) == others_on("", [theirs], **days) == ()
    assert others_on("kept", [theirs], since=date(2026, 3, 2), until=date(2026, 4, 1)) == ()
    known = {"currency": "EUR", "design": "staggered"}
    assert counted_twice(mine, [theirs], observed=None, **known) == 400
    assert counted_twice(mine, [theirs], observed=Decimal(1000), **known) == 0
    assert counted_twice(mine, [theirs], observed=Decimal(500), **known) == 300
    assert counted_twice(mine, [theirs], observed=None, currency="EUR", design="randomised") == 0
    assert counted_twice(mine, [theirs], observed=None, currency="USD", design="staggered") == 0


def exposures(*rows):
    unit, day, control = (np.array(each) for each in zip(*rows, strict=True))
    return Exposures(
        unit, day * DAY_US, control.astype(bool), np.full(len(unit), np.nan), int(unit.max()) + 1
    )


def values(*rows, own=False):
    unit, day, value = (np.array(each) for each in zip(*rows, strict=True))
    return Values(unit, day * DAY_US, value.astype(float), np.full(len(unit), own))


def test_a_unit_is_what_came_within_its_horizon():
    seen = exposures((0, 0, 0), (0, 5, 0), (1, 2, 1), (2, 50, 0))
    told = values((0, 1, 4), (0, 29, 2), (0, 31, 9), (1, -1, 7), (1, 3, 1), (2, 51, 5))
    for per, expected in (("mean", [3, 1]), ("sum", [6, 1]), ("any", [1, 1])):
        plan = msgspec.structs.replace(PLAN, per=per)
        found = together(seen, told, plan, now_us=60 * DAY_US)
        assert list(found.value[:2]) == expected
        assert list(found.mature) == [True, True, False]
        assert list(found.treated) == [True, False, True]
        assert not np.isfinite(found.value[2])
    summed = together(seen, told, msgspec.structs.replace(PLAN, per="sum"), now_us=90 * DAY_US)
    assert list(summed.value) == [6, 1, 5]
    nothing = together(seen, values((0, 1, 4)), msgspec.structs.replace(PLAN, per="sum"), now_us=90 * DAY_US)
    assert list(nothing.value) == [4, 0, 0]
    before = msgspec.structs.replace(PLAN, covariate="before", per="sum")
    assert list(together(seen, told, before, now_us=90 * DAY_US).covariate) == [0, 7, 0]


def test_whoever_was_in_both_arms_counts_as_first_assigned_and_is_told():
    seen = exposures((0, 0, 1), (0, 5, 0), (1, 2, 0))
    found = together(seen, values((0, 1, 4)), PLAN, now_us=60 * DAY_US)
    assert found.crossed == 1
    assert list(found.treated) == [False, True]


def test_of_rows_each_is_mature_for_itself():
    plan = msgspec.structs.replace(PLAN, counts="rows", horizon_days=10.0)
    seen = exposures((0, 0, 0), (0, 5, 0), (0, 15, 0))
    found = together(seen, values((0, 0, 4), (0, 5, 6), (0, 15, 90), own=True), plan, now_us=16 * DAY_US)
    assert (list(found.value), list(found.rows), list(found.mature_rows)) == ([5], [3], [2])


def test_too_few_units_say_nothing():
    seen = exposures(*((i, 0, i % 2) for i in range(6)))
    found = compared(together(seen, values((0, 1, 4)), PLAN, now_us=60 * DAY_US), PLAN)
    assert not found.effect.is_known
    assert found.missing == pytest.approx(5 / 6)


def test_minutes_against_a_baseline_go_by_units():
    rng = np.random.default_rng(1)
    agents = np.repeat(np.arange(40), 50)
    minutes = 10 + np.repeat(rng.normal(0, 2, 40), 50) + rng.normal(0, 1, 2000)
    found = since_baseline(minutes, agents, 12.0)
    assert found.low < -2 < found.high
    # as if the 2,000 cases were independent it would be narrower than agents differ
    assert found.high - found.low > 1
    assert since_baseline(minutes[:100], agents[:100], 12.0) is None


def test_weeks_of_units_are_a_roll_out():
    seen = exposures((0, 28, 0), (1, 42, 0))
    told = values(*((unit, 7 * week + 4, unit + week) for unit in range(3) for week in range(10)))
    plan = msgspec.structs.replace(PLAN, design="staggered")
    panel = panel_of_outcomes(seen, told, plan, live_since=None)
    treated = panel.treated.reshape(3, 10)
    assert [int(row.sum()) for row in treated] == [7, 5, 0]


def test_a_change_of_the_plan_is_told_in_words():
    other = msgspec.structs.replace(PLAN, horizon_days=10.0, kpi="others", cap=5.0)
    assert changed_terms(PLAN, other) == ("the measure", "the horizon", "the cap")
    assert changed_terms(PLAN, PLAN) == ()

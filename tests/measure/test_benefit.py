"""A planted effect is found, its interval covers the truth, and what is wrong costs a grade or stops it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from simulated import NOW, PLAN, START, customers, labelled, predicted, product

from causeway.actions.measure.benefit import benefit
from causeway.actions.measure.measure import measure
from causeway.actions.measure.received import Sent, receive
from causeway.actions.measure.record import approve_realisation, approve_value, record_baseline
from causeway.actions.workspace import load_product
from causeway.actions.worth.page import current_page
from causeway.assess.value.plan import WrongUnit
from causeway.assess.worth.document_cost import assumptions_blocks
from causeway.assess.worth.document_evidence import evidence_blocks
from causeway.cli.worth_text import text_of
from causeway.core.errors import Refused, UsageError
from causeway.core.events import ProductDeclared, TrafficRouted
from causeway.core.value import ValueMeasured

EFFECT = -0.08
GUARDRAIL = '[[guardrails]]\nname = "complaints"\nmargin = 0.06\nbetter = "less"\n'


def told(work, *, number=4000, effect=EFFECT, seed=7, **more):
    names, at, held = customers(number, **more)
    rng = np.random.default_rng([seed, 1])
    left = rng.random(number) < 0.30 + np.where(held, 0.0, effect)
    labelled(work, predicted(work, names, at, held), left)
    return names, at, held


def approved(work, folder, **more):
    return approve_value(work, folder, Decimal(180), approver="M. Lind", source="margin study", **more)


def test_the_interval_covers_a_planted_effect(folder):
    work = product(folder)
    told(work)
    found = benefit(work, "churn")
    assert found.effect.low < EFFECT < found.effect.high < 0
    assert (found.grade, found.wording) == ("A", "caused")
    assert sum(found.arms.values()) == 4000
    assert found.exposed == found.arms["treated"]
    assert found.units.low == pytest.approx(-found.effect.high * found.exposed)
    assert (found.since, found.until, found.pending) == (START.date(), NOW.date(), 0)
    assert "caused" in found.sentence
    assert "No baseline was recorded before launch." in found.sentence
    assert len(found.weeks) == 10
    assert found.booked == 0
    assert "Nobody of finance approved" in found.lapses[-1]


@pytest.mark.parametrize(
    ("is_known", "approver", "own"),
    [(True, "Mia  Lind", True), (True, "mia@house", True), (True, "M. Lind", False), (False, "LIND", True)],
)
def test_a_typed_name_is_told_from_ones_own_word(folder, is_known, approver, own):
    work = product(folder)
    told(work)
    actor = work.ledger.actor_for("Mia Lind", "mia@house") if is_known else "lind"
    approve_value(replace(work, actor=actor), folder, Decimal(180), approver=approver, source="study")
    page = current_page(work, "churn")
    assert page.assumptions[0].assumption.own is own
    said = text_of(tuple(assumptions_blocks(page.assumptions, "EUR")))
    assert ("typed, not" in said) is not own


def test_nothing_is_proven_where_there_is_no_effect(folder):
    work = product(folder)
    told(work, effect=0.0)
    found = benefit(work, "churn")
    assert found.effect.low < 0 < found.effect.high
    assert "nothing is proven" in found.sentence
    approved(work, folder)
    assert benefit(work, "churn").booked == 0


def test_the_lower_bound_is_booked_once_finance_approved(folder):
    work = product(folder)
    told(work)
    assert approved(work, folder, low=Decimal(150), high=Decimal(200)).status == "recorded"
    assert approved(work, folder, low=Decimal(150), high=Decimal(200)).status == "already_recorded"
    found = benefit(work, "churn")
    assert float(found.booked) == pytest.approx(found.units.low * 150, abs=0.01)
    assert found.money.value == pytest.approx(found.units.value * 180)
    assert found.haircut == found.not_cashable == found.overlap == 0
    value = found.assumptions[0]
    assert (value.approver, value.source) == ("M. Lind", "margin study")
    assert value.fact in found.facts


def test_another_unit_value_after_the_start_costs_a_grade(folder):
    work = product(folder)
    told(work)
    approve_value(work, folder, Decimal(200), approver="M. Lind", source="another study")
    found = benefit(work, "churn")
    assert (found.grade, found.wording) == ("B", "likely caused, assuming parallel trends")
    said = "Chance assigned, so no trends are assumed; less than grade A, because: After the start: the unit"
    assert said in found.sentence
    page = current_page(work, "churn")
    assert "randomised holdout with a lapse, grade B: likely caused" in page.sentence
    assert said in text_of(tuple(evidence_blocks(page.evidence))).replace("\n", " ")
    assert "the unit value changed on 2026-06-30" in found.changes
    assert float(found.haircut) == pytest.approx(found.units.low * 200 * 0.1, abs=0.01)
    assert float(found.booked) == pytest.approx(found.units.low * 200 * 0.9, abs=0.02)


def test_every_change_of_the_plan_after_the_start_costs_a_grade(folder):
    work = product(folder)
    told(work)
    text = (folder / "causeway.toml").read_text()
    text = text.replace("horizon_days = 30.0", "horizon_days = 20.0").replace("subscribers who", "people who")
    (folder / "causeway.toml").write_text(text)
    done = measure(work, folder)
    assert done.declared
    assert done.benefit.grade == "C"
    assert done.benefit.changes == (
        "the measure changed on 2026-06-30",
        "the horizon changed on 2026-06-30",
    )


def test_arms_that_lost_units_stop_everything(folder):
    work = product(folder)
    names, at, held = customers(4000)
    kept = ~held | (np.arange(4000) % 3 > 0)
    chosen = [name for name, mine in zip(names, kept, strict=True) if mine]
    left = np.random.default_rng(1).random(len(chosen)) < 0.3
    labelled(work, predicted(work, chosen, at[kept], held[kept]), left)
    found = measure(work, folder).benefit
    assert (found.grade, found.wording) == ("D", "claimed")
    assert found.effect is None
    assert found.booked is None
    assert "Nothing may be concluded" in found.sentence
    assert "arms are not as large" in found.lapses[0]


def test_another_unit_than_chance_assigns_is_refused(folder):
    work = product(folder, value='unit = "ticket_id"')
    with pytest.raises(WrongUnit, match="`ticket_id`, and chance assigns `customer_id`"):
        benefit(work, "churn")


def test_only_mature_units_count(folder):
    work = product(folder, at=START + timedelta(days=65))
    told(work)
    found = benefit(work, "churn")
    assert found.pending == pytest.approx(30 / 65, abs=0.03)
    assert found.exposed == found.arms["treated"]
    assert sum(found.arms.values()) == pytest.approx(35 / 70 * 4000, rel=0.05)
    early = product(folder.parent / "early", at=START + timedelta(days=10))
    told(early, number=200)
    found = benefit(early, "churn")
    assert (found.grade, found.effect) == ("", None)
    assert "wait for theirs" in found.sentence


@pytest.mark.parametrize(("worse", "verdict"), [(0.0, "held"), (0.2, "breached")])
def test_a_breached_guardrail_disputes_the_claim(folder, worse, verdict):
    work = product(folder, more=GUARDRAIL)
    names, at, held = told(work)
    approved(work, folder)
    rng = np.random.default_rng(5)
    bad = rng.random(len(names)) < 0.05 + np.where(held, 0.0, worse)
    when = [START + timedelta(seconds=float(each) / 1e6 - START.timestamp() + 60) for each in at]
    sent = [
        Sent("complaints", float(each), unit=name, at=moment)
        for name, each, moment in zip(names, bad, when, strict=True)
    ]
    receive(work, "churn", sent, channel="file")
    found = benefit(work, "churn")
    assert found.guardrails[0].verdict == verdict
    assert found.disputed is (verdict == "breached")
    assert found.sentence.startswith("Disputed") is found.disputed
    assert (found.booked > 0) is not found.disputed
    if not found.disputed:
        assert found.grade == "A"


def test_an_effect_that_wears_off_is_told_by_its_later_half(folder):
    work = product(folder)
    names, at, held = customers(8000)
    late = at > np.median(at)
    left = np.random.default_rng(3).random(8000) < 0.30 - np.where(held, 0.0, np.where(late, 0.0, 0.16))
    labelled(work, predicted(work, names, at, held), left)
    found = benefit(work, "churn")
    assert found.grade == "B"
    assert "later half" in found.lapses[0]
    assert found.later.low < 0 < found.later.high


def test_a_period_has_its_own_units(folder):
    work = product(folder)
    told(work)
    month = benefit(work, "churn", since=date(2026, 4, 1), until=date(2026, 4, 30))
    assert 0.35 < sum(month.arms.values()) / 4000 < 0.5
    assert (month.since, month.until) == (date(2026, 4, 1), date(2026, 4, 30))


def test_what_is_known_before_makes_the_interval_narrower(folder):
    names, at, held = customers(3000)
    tenure = np.random.default_rng(2).normal(30, 10, 3000)
    spent = 3 * tenure + np.random.default_rng(4).normal(0, 10, 3000) + np.where(held, 0, 4.0)
    widths = []
    for place, value in ((folder, ""), (folder.parent / "cuped", 'covariate = "tenure"')):
        work = product(place, value=value)
        labelled(work, predicted(work, names, at, held, covariate=tenure), spent)
        effect = benefit(work, "churn").effect
        assert effect.low < 4.0 < effect.high
        widths.append(effect.high - effect.low)
    assert widths[1] < 0.5 * widths[0]


def test_hours_are_capacity_until_finance_says_what_became_of_them(folder):
    plan = PLAN.replace('family = "conversion"', 'family = "hours"').replace("subscriber kept", "hour")
    work = product(folder, plan=plan.replace("baseline = 0.30\ntarget = 0.25\n", ""))
    names, at, held = customers(4000)
    minutes = 5 + np.random.default_rng(8).gamma(4, 5, 4000) - np.where(held, 0.0, 4.0)
    ids = predicted(work, names, at, held)
    sent = [Sent("minutes", float(each), prediction=id_) for id_, each in zip(ids, minutes, strict=True)]
    sent += [
        Sent("decision", float(i % 4 == 0), prediction=id_)
        for i, id_ in enumerate(ids)
        if not held[i] and i % 2 == 0
    ]
    receive(work, "churn", sent, channel="file")
    approved(work, folder)
    found = benefit(work, "churn")
    truth = 4.0 / 60 * found.exposed
    assert found.hours.low < truth < found.hours.high
    assert found.hours.unit == "hours"
    assert found.automation.value == 0
    assert found.booked == 0
    assert float(found.not_cashable) == pytest.approx(found.units.low * 180, rel=1e-6)
    assert "Hours are capacity" in found.lapses[-1]
    approve_realisation(
        work, folder, cashable=0.5, redeployed=0.25, approver="M. Lind", source="budget line 47"
    )
    again = benefit(work, "churn")
    assert again.grade == "A", again.lapses
    assert float(again.booked) == pytest.approx(found.units.low * 90, abs=0.02)


def test_automation_is_the_share_that_nobody_touched(folder):
    work = product(folder)
    names, _, held = told(work, number=2000)
    sent = []
    for i, name in enumerate(names[:2000]):
        if not held[i]:
            id_ = f"p-{name}"
            sent.append(Sent("decision", float(i % 10 in (0, 1)), prediction=id_))
            if i % 10 == 2:
                sent.append(Sent("minutes", 3.0, prediction=id_))
    receive(work, "churn", sent, channel="file")
    found = benefit(work, "churn").automation
    assert found.low < 0.7 < found.high
    assert found.value == pytest.approx(0.7, abs=0.03)


def test_a_baseline_counts_where_it_was_recorded_before_launch(folder):
    work = product(folder, live=False)
    noted = record_baseline(work, folder, 0.3, source="report 12", who="Ada")
    assert (noted.status, noted.after_launch) == ("recorded", False)
    told(work)
    found = benefit(work, "churn")
    assert found.baseline.value == 0.3
    assert "No baseline" not in found.sentence


def test_two_products_that_claim_the_same_measure_are_told(folder):
    work = product(folder)
    told(work, number=1000)
    other = ValueMeasured(
        kpi="Subscribers who  cancel",
        family="conversion",
        design="declared",
        grade="D",
        since=date(2026, 3, 1),
        until=date(2026, 5, 1),
    )
    work.ledger.append("offers", [other], actor="a1", at=START)
    found = benefit(work, "churn")
    assert "offers claims the same measure over the same days." in found.lapses
    assert found.overlap == 0


def test_who_approves_is_another_than_who_claims(folder):
    work = product(folder)
    text = (
        (folder / "causeway.toml").read_text().replace('name = "churn"', 'name = "churn"\nowner = "Dana"', 1)
    )
    (folder / "causeway.toml").write_text(text)
    with pytest.raises(Refused, match="nobody approves what they claim themselves"):
        approve_value(work, folder, Decimal(180), approver="dana", source="x")
    with pytest.raises(UsageError, match="stands for it"):
        approve_value(work, folder, Decimal(180), approver=" ", source="x")
    with pytest.raises(UsageError, match="parts of one whole"):
        approve_realisation(work, folder, cashable=0.7, redeployed=0.7, approver="M", source="x")
    with pytest.raises(UsageError, match="no measure 'nps'"):
        record_baseline(work, folder, 1.0, measure="nps", source="x", who="y")
    with pytest.raises(UsageError, match="no query that would compute it"):
        record_baseline(work, folder, None)


def test_before_and_after_is_only_a_claim(folder):
    work = product(folder, plan=PLAN.replace('"randomised"', '"declared"'), holdout=0, live=False)
    record_baseline(work, folder, 0.3, source="report 12", who="Ada")
    approved(work, folder)
    declared = benefit(work, "churn")
    assert (declared.grade, declared.effect.value, declared.effect.low) == ("D", pytest.approx(-0.05), None)
    assert declared.booked is None
    told(work, number=1500, holdout=0)
    found = benefit(work, "churn")
    assert (found.grade, found.wording) == ("D", "claimed")
    assert found.effect.low < EFFECT < found.effect.high
    assert float(found.haircut) == pytest.approx(found.units.low * 180 * 0.6, abs=0.01)


def test_a_group_sequential_claim_is_that_of_the_look_that_found_it(folder):
    plan = PLAN.replace('"randomised"', '"group-sequential"')
    work = product(folder, plan=plan, value="end = 2026-05-20")
    told(work)
    assert benefit(work, "churn").sentence.startswith("No look was taken yet")
    first = measure(work, folder).benefit
    assert "group-sequential, look 1" in first.effect.how
    assert first.effect.low < EFFECT < first.effect.high < 0
    again = measure(work, folder).benefit
    assert (again.effect.value, again.effect.low) == (first.effect.value, first.effect.low)
    assert again.effect.how.endswith("at the look of 2026-06-30")
    assert again.grade == "A", again.lapses
    assert benefit(work, "churn").effect == again.effect
    with pytest.raises(UsageError, match="takes all units"):
        measure(work, folder, since=date(2026, 4, 1))


def test_a_holdout_that_was_made_larger_is_checked_by_the_shares_of_its_time(folder):
    work = product(folder, holdout=10)
    half = START + timedelta(days=35)
    text = (folder / "causeway.toml").read_text().replace("holdout_percent = 10", "holdout_percent = 40")
    (folder / "causeway.toml").write_text(text)
    _, digest = load_product(work, folder)
    work.ledger.append("churn", [ProductDeclared(digest, "pilot")], actor="a1", at=half)
    names, at, held = customers(3000, holdout=10)
    later = at >= half.timestamp() * 1e6
    held = np.where(later, customers(3000, holdout=40)[2], held)
    labelled(work, predicted(work, names, at, held), np.random.default_rng(9).random(3000) < 0.3)
    found = benefit(work, "churn")
    assert found.grade == "B"
    assert found.changes == ("the share of the holdout changed on 2026-04-06",)


def test_minutes_and_automation_are_held_against_what_was_before(folder):
    work = product(folder, live=False)
    for measure_, value in (("minutes", 12.0), ("automation", 0.2)):
        record_baseline(work, folder, value, measure=measure_, source="time study", who="Ada")
    names, at, _ = customers(500)
    nobody = np.zeros(500, bool)
    ids = predicted(work, names, at, nobody)
    taken = 6 + np.random.default_rng(3).gamma(4, 1, 500)
    sent = [Sent("minutes", float(each), prediction=id_) for id_, each in zip(ids, taken, strict=True)]
    sent += [Sent("decision", 0.0, prediction=id_) for id_ in ids]
    receive(work, "churn", sent, channel="file")
    found = benefit(work, "churn")
    assert found.hours.low < 2 / 60 * 500 < found.hours.high
    assert found.automation.how.endswith("20% before launch")


def test_of_a_product_that_promised_nothing_nothing_is_said(folder):
    work = product(folder)
    work.ledger.append("other", [TrafficRouted({}, "x", "pilot")], actor="a1", at=START)
    found = benefit(work, "other")
    assert (found.grade, found.effect, found.booked) == ("", None, None)


def test_a_later_period_does_not_hide_what_was_changed_before_it(folder):
    work = product(folder)
    told(work)
    text = (folder / "causeway.toml").read_text().replace("horizon_days = 30.0", "horizon_days = 20.0")
    (folder / "causeway.toml").write_text(text)
    _, digest = load_product(work, folder)
    changed = [ProductDeclared(digest, "pilot")]
    work.ledger.append("churn", changed, actor="a1", at=START + timedelta(days=20))
    found = benefit(work, "churn", since=date(2026, 4, 1))
    assert found.changes == ("the horizon changed on 2026-03-22",)
    assert found.grade != "A"


def test_whoever_was_answered_before_there_was_a_holdout_is_not_compared(folder):
    noon = START + timedelta(hours=12)
    work = product(folder, holdout=0)
    text = (folder / "causeway.toml").read_text().replace("holdout_percent = 0", "holdout_percent = 20")
    (folder / "causeway.toml").write_text(text)
    _, digest = load_product(work, folder)
    work.ledger.append("churn", [ProductDeclared(digest, "pilot")], actor="a1", at=noon)
    names, at, held = customers(2000, days=1)
    held &= at >= noon.timestamp() * 1e6
    labelled(work, predicted(work, names, at, held), np.random.default_rng(9).random(2000) < 0.3)
    found = benefit(work, "churn")
    assert found.grade != "D"
    assert found.changes == ()
    assert sum(found.arms.values()) == pytest.approx(1000, rel=0.1)

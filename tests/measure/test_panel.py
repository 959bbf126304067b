"""Designs by time: staggered roll-out, switchback, one interrupted series; what has holes is refused."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from simulated import NOW, PLAN, product

from causeway.actions.measure.benefit import benefit, benefits
from causeway.actions.measure.measure import measure
from causeway.actions.measure.received import Sent, receive
from causeway.actions.measure.record import approve_value
from causeway.actions.worth.page import current_page
from causeway.assess.value.panels import Holes, Panel, guarded_panel
from causeway.assess.value.plan import Plan, WrongUnit
from causeway.assess.worth.document_evidence import evidence_blocks
from causeway.cli.worth_text import text_of
from causeway.core.errors import UsageError
from causeway.core.manifest import GuardrailPart
from causeway.core.value import ValueMeasured

DAYS = [(date(2026, 1, 1) + timedelta(days=i)).isoformat() for i in range(140)]


def planned(folder, design, **more):
    plan = PLAN.replace('design = "randomised"', f'design = "{design}"')
    return product(folder, plan=plan, **more)


def table(folder, header, rows):
    file = folder / "table.csv"
    file.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return file


def rolled_out(effect=-2.0, seed=1, teams=30, periods=20):
    rng = np.random.default_rng(seed)
    first = rng.choice([6, 10, 14, 99], teams)
    rows = []
    for team in range(teams):
        base = rng.normal(20, 3)
        for period in range(periods):
            value = base + 0.1 * period + rng.normal(0, 1) + effect * (period >= first[team])
            rows.append((f"T{team}", period, value, first[team] if first[team] < periods else ""))
    return rows


def test_a_staggered_roll_out_is_likely_caused(folder):
    work = planned(folder, "staggered")
    file = table(folder, "unit,period,value,first_treated", rolled_out())
    done = measure(work, folder, table=file)
    found = done.benefit
    assert found.effect.low < -2.0 < found.effect.high < 0
    assert (found.grade, found.wording) == ("B", "likely caused, assuming parallel trends")
    fact = work.ledger.read("churn")[-1].fact
    assert isinstance(fact, ValueMeasured)
    assert fact.table
    assert benefit(work, "churn").effect == found.effect
    assert measure(work, folder).benefit.effect == found.effect


RAIL = '[[guardrails]]\nname = "complaints"\nmargin = 0.5\nbetter = "less"\n'


@pytest.mark.parametrize(
    ("worse", "verdict", "grade"), [(0.0, "held", "B"), (2.0, "breached", "C"), (None, "unknown", "C")]
)
def test_guardrails_of_a_table_are_judged_by_its_design(folder, worse, verdict, grade):
    """Complaints that are planted: whatever else differs between teams is none of the product's."""
    work = planned(folder, "staggered", more=RAIL)
    approve_value(work, folder, Decimal(180), approver="M. Lind", source="study")
    rng, rows, head = np.random.default_rng(4), rolled_out(), "unit,period,value,first_treated"
    if worse is not None:
        head += ",complaints"
        treated = [row[3] != "" and row[1] >= row[3] for row in rows]
        told = 5 + 0.2 * np.array([row[1] for row in rows]) + rng.normal(0, 0.5, len(rows))
        rows = [(*r, t + worse * on) for r, t, on in zip(rows, told, treated, strict=True)]
    found = measure(work, folder, table=table(folder, head, rows)).benefit
    (rail,) = found.guardrails
    assert (rail.verdict, found.grade) == (verdict, grade)
    assert found.disputed is (verdict == "breached")
    assert (found.booked > 0) is not found.disputed
    if worse is None:
        assert "Guardrail complaints not measured: no column." in found.lapses
        page = text_of(tuple(evidence_blocks(current_page(work, "churn").evidence)))
        assert "not measured: no column" in page
    else:
        assert rail.difference.low < worse < rail.difference.high


def test_a_guardrail_with_a_hole_is_not_measured_and_one_that_is_no_number_is_refused(folder):
    work = planned(folder, "staggered", more=RAIL)
    rows = [(*row, 1.5) for row in rolled_out()]
    head = "unit,period,value,first_treated,complaints"
    even = measure(work, folder, table=table(folder, head, rows)).benefit
    assert "do not vary by chance" in even.guardrails[0].why
    rows[3] = (*rows[3][:-1], "")
    holed = measure(work, folder, table=table(folder, head, rows)).benefit
    assert holed.guardrails[0].why == "row 4 of the table has no value of it"
    rows[3] = (*rows[3][:-1], "many")
    with pytest.raises(UsageError, match="no number"):
        measure(work, folder, table=table(folder, head, rows))


def test_at_the_margin_itself_a_guardrail_is_hardly_ever_said_to_hold():
    rng, reps, held = np.random.default_rng(6), 200, 0
    unit, period = np.repeat(np.arange(20), 12), np.tile(np.arange(12), 20)
    treated = period >= np.where(unit % 2, 6, 99)
    names = tuple(map(str, range(20)))
    part = GuardrailPart("complaints", margin=0.5, better="less")
    for _ in range(reps):
        value = rng.normal(0, 1, 20)[unit] + rng.normal(0, 1, len(unit)) + 0.5 * treated
        panel = Panel(unit, period, value, treated, names, names[:12])
        held += guarded_panel(panel, part, Plan(design="staggered")).verdict == "held"
    assert held / reps <= 0.05


def test_an_interrupted_series_only_coincided(folder):
    work = planned(folder, "interrupted-series")
    rng = np.random.default_rng(2)
    rows = [(day, 50 + rng.normal(0, 1) - 5 * (i >= 90), int(i >= 90)) for i, day in enumerate(DAYS)]
    found = measure(work, folder, table=table(folder, "period,value,treated", rows)).benefit
    assert found.effect.low < -5 < found.effect.high < 0
    assert found.grade == "C", found.lapses
    assert (found.since, found.until) == (date(2026, 4, 1), date(2026, 5, 20))
    with pytest.raises(Holes, match="no value of 2026-01-06"):
        measure(work, folder, table=table(folder, "period,value,treated", rows[:5] + rows[6:]))


def test_a_switchback_by_blocks_of_days(folder):
    work = planned(folder, "switchback")
    rng = np.random.default_rng(3)
    sides = np.repeat(rng.permutation([0, 1] * 14), 5)
    rows = [(day, 10 + rng.normal(0, 0.5) - side, side) for day, side in zip(DAYS, sides, strict=True)]
    found = measure(work, folder, table=table(folder, "period,value,treated", rows)).benefit
    assert found.effect.low < -1 < found.effect.high < 0
    assert found.grade == "B"


def test_tickets_of_agents_are_refused_where_agents_were_assigned(folder):
    work = planned(folder, "staggered")
    rows = [(f"{team}-{i}", team, *rest) for team, *rest in rolled_out() for i in range(3)]
    file = table(folder, "unit,assigned,period,value,first_treated", rows)
    with pytest.raises(WrongUnit, match="30 were assigned") as refused:
        measure(work, folder, table=file)
    assert "averaged" in refused.value.hint
    means = table(folder, "assigned,period,value,first_treated", [row[1:] for row in rows])
    assert measure(work, folder, table=means).benefit.grade == "B"


@pytest.mark.parametrize(
    ("header", "rows", "error", "said"),
    [
        ("period,value", [(1, 2)], UsageError, "who was treated when"),
        ("period,value,treated", [], UsageError, "no rows"),
        ("period,value,treated", [(1, "x", 0)], UsageError, "no number"),
        ("period,value,treated", [(1, "", 0)], UsageError, "row 1 has no value"),
        ("unit,period,value,first_treated", [("a", 1, 2, 7)], UsageError, "no period of the table"),
        ("unit,period,value,treated", [("a", 1, 2, 0), ("b", 2, 2, 0)], Holes, "cells are empty"),
        ("unit,period,value,treated", [("a", 1, 2, 1), ("a", 2, 2, 0)], Holes, "later is not"),
    ],
)
def test_a_table_that_does_not_say_it_is_refused(folder, header, rows, error, said):
    work = planned(folder, "staggered")
    with pytest.raises(error, match=said):
        measure(work, folder, table=table(folder, header, rows))


def test_a_holdout_is_not_measured_from_a_table(folder):
    work = product(folder)
    with pytest.raises(UsageError, match="not measured from a table"):
        measure(work, folder, table=table(folder, "period,value,treated", [(1, 2, 0)]))


def test_nothing_is_written_where_nothing_can_be_said(folder):
    work = product(folder, at=NOW)
    head = work.ledger.head("churn")
    done = measure(work, folder)
    assert done.status == "nothing_yet"
    assert "Nothing was asked" in done.benefit.sentence
    assert work.ledger.head("churn") == head


def test_a_series_is_made_of_outcomes_by_day(folder):
    work = planned(folder, "interrupted-series", value="start = 2026-04-01")
    rng = np.random.default_rng(8)
    sent = [
        Sent(
            "kpi",
            50 + rng.normal(0, 1) - 5 * (i >= 90),
            unit=f"shop-{shop}",
            at=datetime.fromisoformat(f"{day}T12:00Z"),
        )
        for i, day in enumerate(DAYS)
        for shop in range(2)
    ]
    receive(work, "churn", sent, channel="file")
    found = benefit(work, "churn")
    assert found.effect.low < -5 < found.effect.high < 0
    assert found.grade == "C", found.lapses


def test_guardrails_of_a_series_are_judged_by_outcomes_under_their_names(folder):
    rail = f"{RAIL}{RAIL.replace('complaints', 'errors')}"
    work = planned(folder, "interrupted-series", value="start = 2026-04-01", more=rail)
    rng = np.random.default_rng(9)
    sent = [
        Sent(
            name,
            50 + rng.normal(0, 1) + step * (i >= 90),
            unit="shop",
            at=datetime.fromisoformat(f"{day}T12Z"),
        )
        for i, day in enumerate(DAYS)
        for name, step in (("kpi", -5), ("complaints", 4))
    ]
    receive(work, "churn", sent, channel="file")
    found = benefit(work, "churn")
    verdicts = {each.name: (each.verdict, bool(each.why)) for each in found.guardrails}
    assert verdicts == {"complaints": ("breached", False), "errors": ("unknown", True)}
    assert found.sentence.startswith("Disputed")


def test_where_outcomes_make_no_panel_nothing_is_said(folder):
    found = benefit(planned(folder, "staggered"), "churn")
    assert (found.grade, found.effect) == ("", None)
    assert found.sentence.startswith("No outcome of an entity has come")


def test_what_a_period_brought_is_not_booked_again_in_the_next_one(folder):
    """The effect is that of the whole table; how often it came about is that of the days asked for."""
    work = planned(folder, "interrupted-series")
    rng = np.random.default_rng(2)
    rows = [(day, 50 + rng.normal(0, 1) - 5 * (i >= 80), int(i >= 80)) for i, day in enumerate(DAYS)]
    whole = measure(work, folder, table=table(folder, "period,value,treated", rows)).benefit
    middle = date.fromisoformat(DAYS[109])
    parts = benefits(work, "churn", [middle, whole.until])
    rest = benefit(work, "churn", since=middle + timedelta(days=1))
    assert [each.exposed for each in (*parts, rest)] == [30, 60, 30]
    assert parts[0].units.value + rest.units.value == pytest.approx(whole.units.value)
    before = benefit(work, "churn", until=date.fromisoformat(DAYS[9]))
    assert (before.exposed, before.units, before.sentence) == (0, None, "Nobody was treated in these days.")


def test_a_table_of_what_is_to_come_or_of_what_was_made_up_is_no_measurement(folder):
    work = planned(folder, "staggered")
    head = "unit,period,value,first_treated"
    even = [
        (f"T{u}", day, 5 - 2 * (u % 2 and i >= 40), DAYS[40] if u % 2 else "")
        for u in range(8)
        for i, day in enumerate(DAYS[:80])
    ]
    with pytest.raises(Holes, match="do not vary"):
        measure(work, folder, table=table(folder, head, even))
    ahead = [
        (unit, f"2030{day[4:]}", value, first and f"2030{first[4:]}") for unit, day, value, first in even
    ]
    with pytest.raises(UsageError, match="has not come yet"):
        measure(work, folder, table=table(folder, head, ahead))

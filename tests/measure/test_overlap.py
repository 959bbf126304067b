"""Products that claim one measure: all of them together book no more than it changed by."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from simulated import PLAN, START, customers, labelled, predicted, product

from causeway.actions.measure.benefit import benefit
from causeway.actions.measure.measure import measure
from causeway.actions.measure.record import Span, approve_value, record_baseline
from causeway.actions.worth.portfolio import portfolio_of
from causeway.assess.value.observed import change_of_panel, change_of_units
from causeway.assess.value.panels import Panel
from causeway.assess.value.plan import Plan
from causeway.assess.value.units import Units
from causeway.core.figure import Figure
from causeway.core.value import ValueMeasured

EFFECT, TEAMS, WEEKS = -2.0, 24, 16


def rolled_out(seed):
    """Teams, some of them treated from week 6 or 10 on; nothing else happens."""
    rng = np.random.default_rng(seed)
    first = np.repeat([6, 10, WEEKS], TEAMS // 3)
    rows = ["unit,period,value,first_treated"]
    for team, begins in enumerate(first):
        base = rng.normal(20, 0.3)
        for week in range(WEEKS):
            value = base + rng.normal(0, 0.5) + EFFECT * (week >= begins)
            rows.append(f"T{team},{week},{value},{begins if begins < WEEKS else ''}")
    treated = int((WEEKS - first).clip(0).sum())
    return "\n".join(rows) + "\n", treated


def twins(folder, seed, *, baseline=True):
    """Two products that claim the same roll-out, each all of it; and what it came to in truth."""
    plan = PLAN.replace('"randomised"', '"staggered"')
    work = product(folder, plan=plan, live=False, holdout=0, value='haircuts = "0, 0, 0, 0"')
    second = folder / "offers"
    second.mkdir()
    manifest = (folder / "causeway.toml").read_text()
    (second / "causeway.toml").write_text(manifest.replace('name = "churn"', 'name = "offers"', 1))
    text, treated = rolled_out(seed)
    for place in (folder, second):
        if baseline:
            record_baseline(work, place, 20.0, source="report", who="Ada", span=Span(low=19.9, high=20.1))
        approve_value(work, place, Decimal(180), approver="M. Lind", source="study")
        (place / "table.csv").write_text(text)
        measure(work, place, table=place / "table.csv")
    return work, -EFFECT * treated * 180


def test_what_two_claim_of_one_measure_is_no_more_than_it_changed_by(folder):
    work, truth = twins(folder, 1)
    pages = {name: benefit(work, name) for name in work.products()}
    for found in pages.values():
        assert found.observed.low < EFFECT < found.observed.high
        assert 0 < found.ceiling < truth
        assert found.overlap > 0
        assert any("Since its baseline it changed by" in each for each in found.lapses)
    held = portfolio_of(work)
    claimed = sum(found.booked for found in pages.values())
    (shared,) = held.shared
    # each alone cannot know what the other took off already: the sum does
    assert claimed > shared.ceiling
    assert (shared.booked, shared.beyond) == (claimed, claimed - shared.ceiling)
    assert claimed == claimed.quantize(Decimal("0.01"))
    assert shared.ceiling < truth < claimed + sum(found.overlap for found in pages.values())
    (total,) = held.sums
    assert total.booked == shared.ceiling
    assert total.net == total.booked - total.cost
    assert "and no more is in the sums" in held.words
    assert sum(line.beyond for line in held.lines) == shared.beyond


def test_without_a_baseline_what_the_other_booked_is_taken_off_and_the_page_says_so(folder):
    work, _ = twins(folder, 1, baseline=False)
    found = benefit(work, "offers")
    other = next(e.fact for e in reversed(work.ledger.read("churn")) if isinstance(e.fact, ValueMeasured))
    assert (found.observed, found.ceiling) == (None, None)
    assert found.overlap == min(other.booked, found.overlap + found.booked + found.haircut)
    assert any("is not known, so what they booked is taken off" in each for each in found.lapses)
    held = portfolio_of(work)
    assert "may count it twice, as nobody recorded what it was before" in held.words
    assert held.shared[0].beyond == 0


def test_a_holdout_sees_through_a_change_that_others_made_and_its_page_is_not_capped(folder):
    """Half of the fall is another's: the holdout fell as well, so the own claim stands as it is."""
    work = product(folder, live=False)
    record_baseline(work, folder, 0.30, source="report", who="Ada")
    approve_value(work, folder, Decimal(180), approver="M. Lind", source="study")
    names, at, held = customers(4000)
    left = np.random.default_rng([3, 1]).random(4000) < 0.22 + np.where(held, 0.0, -0.08)
    labelled(work, predicted(work, names, at, held), left)
    alone = benefit(work, "churn")
    other = ValueMeasured(
        "Subscribers who cancel", "conversion", "declared", "D", date(2026, 3, 1), START.date()
    )
    work.ledger.append("offers", [other], actor="a1", at=START)
    found = benefit(work, "churn")
    assert found.booked == alone.booked
    assert found.observed.low < -0.16 < found.observed.high
    assert found.effect.low < -0.08 < found.effect.high


def test_the_change_covers_the_truth_where_the_baseline_was_estimated_too():
    """Against the textbook's interval of two independent means, and by how often it covers."""
    rng, reps, before, after = np.random.default_rng(5), 500, 800, 1500
    one = np.ones(after, bool)
    plan, covered, exact, apart = Plan(kpi="k", more=False), 0, 0, []
    for _ in range(reps):
        b, v = rng.random(before) < 0.30, (rng.random(after) < 0.25).astype(float)
        mean, reach = b.mean(), 1.96 * b.std(ddof=1) / before**0.5
        units = Units(one, np.zeros(after), one * 1, one, one * 1, v, np.full(after, np.nan))
        found = change_of_units(units, plan, Figure(mean, "", low=mean - reach, high=mean + reach))
        apart.append(found.low - (v.mean() - mean - 1.96 * (b.var() / before + v.var() / after) ** 0.5))
        bare = change_of_units(units, plan, Figure(mean, ""))
        covered += found.low < -0.05 < found.high
        exact += bare.low < -0.05 < bare.high
    assert np.abs(apart).max() < 1e-4
    assert 0.93 < covered / reps < 0.97
    assert exact / reps < 0.8, "who leaves the bounds of the baseline out, says that it is exact"


@pytest.mark.parametrize(("days", "known"), [(59, False), (60, True), (120, True)])
def test_the_level_of_days_that_remember_is_not_that_of_days_that_do_not(days, known):
    rng, reps, covered, naive = np.random.default_rng(days), 150, 0, 0
    place, all_of = np.arange(days), np.ones(days, bool)
    for _ in range(reps):
        noise = rng.normal(size=days + 50)
        for day in range(1, days + 50):
            noise[day] += 0.6 * noise[day - 1]
        value = 10 + noise[50:]
        panel = Panel(place * 0, place, value, all_of, ("all",), tuple(map(str, place)))
        found = change_of_panel(panel, Plan(design="interrupted-series"), Figure(12.0, ""))
        if not known:
            assert found is None
            return
        covered += found.low < -2 < found.high
        naive += abs(value.mean() - 10) < 1.98 * value.std(ddof=1) / days**0.5
    assert covered / reps > 0.88
    assert naive / reps < 0.8

"""Promises of the service, the contract and the business measure, from facts alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from msgspec import structs

from causeway.assess.service_facts import Asked, Kpi, KpiDay, Scored, Service, Timed
from causeway.assess.triggers import due
from causeway.assess.watch_business import kpi, more_is_better
from causeway.assess.watch_contract import contract
from causeway.assess.watch_facts import Facts, Going
from causeway.assess.watch_slo import slo, throughput, uptime
from causeway.assess.watching import alarms_of, weighed
from causeway.core.manifest import KpiPart, Manifest, MonitorPart, ProductPart, ServingPart, TriggerPart
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, OK, WARN, Sight
from causeway.stats.mean_sequence import Sums
from causeway.views.product import ProductState

NOW = datetime(2026, 6, 10, 12, 20, tzinfo=UTC)
END = NOW.timestamp()
UNSAID = KpiPart()
HOURS, MINUTES = range(28 * 24, 2, -1), range(120, 0, -1)


def facts(service=None, *, serving=None, monitors=(), kpi=None, declared=UNSAID, scored=()):
    manifest = Manifest(
        ProductPart(name="churn"), serving=serving or ServingPart(), monitors=monitors, kpi=declared
    )
    going = Going("sha256:1", NOW - timedelta(days=30))
    return Facts("churn", NOW, manifest, going, service=service, kpi=kpi, scored=scored)


def asked(answered, failed=lambda _: 0, *, by_contract=lambda _: 0):
    """By the minute for two hours, by the hour before; `failed` is of minutes ago."""

    def span(ago, minutes):
        broke = sum(by_contract(ago - at) for at in range(minutes))
        bad = sum(failed(ago - at) for at in range(minutes))
        since = END - ago * 60
        good = answered * minutes - bad - broke
        return Asked(since, since + minutes * 60, 60.0 * minutes, good, broke, bad, broke)

    return Service((*(span(each * 60, 60) for each in HOURS), *(span(each, 1) for each in MINUTES)))


def one(judge, *of, **more):
    (sight,) = judge(facts(*of, **more))
    return sight


PROMISED = ServingPart(availability=0.999)


@pytest.mark.parametrize(
    ("answered", "failed", "verdict", "said"),
    [
        (100, lambda _: 0, OK, "none of 4,032"),
        (100, lambda ago: 2 * (ago <= 60), ACT, "2.00% of 6,000 requests failed (0.10% allowed, 20.0 times"),
        (100, lambda ago: 2 * (10 < ago <= 70), OK, ""),
        (100, lambda ago: ago <= 360, ACT, "in the last 6 hours"),
        (100, lambda ago: ago % 5 == 0 and ago <= 3000, WARN, "in the last 3 days"),
        (100, lambda ago: 40 * (20_000 < ago < 20_300), WARN, "in 28 days"),
        (10, lambda ago: ago == 2, OK, "one failure pages nobody"),
    ],
)  # fmt: skip
def test_budgets_alarm_by_how_fast_they_are_used_up(answered, failed, verdict, said):
    sight = one(slo, asked(answered, failed), serving=PROMISED)
    assert (sight.verdict, sight.about) == (verdict, "availability")
    assert said in sight.why or verdict == OK


def test_one_failure_of_ten_pages_nobody_and_ten_of_ten_do():
    few = Service((Asked(END - 3600, END - 60, 3600.0, 9, failed=1),))
    assert one(slo, few, serving=PROMISED).verdict != ACT
    all_ = Service((Asked(END - 3600, END - 60, 3600.0, 0, failed=10),))
    found = one(slo, all_, serving=PROMISED)
    assert found.verdict == ACT
    assert "known as a whole only" in found.method
    silent = Service((Asked(END - 3600, END, 3600.0, 40),))
    assert one(slo, silent, serving=PROMISED).verdict == NOT_ENOUGH_DATA


def test_a_promise_that_cannot_burn_so_fast_pages_where_half_fails():
    lax = ServingPart(availability=0.8)
    assert one(slo, asked(100, lambda ago: 60 * (ago <= 60)), serving=lax).verdict == ACT
    assert one(slo, asked(100, lambda ago: 40 * (ago <= 60)), serving=lax).verdict != ACT


def test_time_is_promised_for_99_of_100():
    spans = [Timed(END - each * 3600, END - each * 3600 + 3600, 995, 5) for each in HOURS]
    serving = ServingPart(latency_ms=50)
    assert one(slo, Service(timed=tuple(spans)), serving=serving).verdict == OK
    slow = Service(timed=(*spans, Timed(END - 3600, END, 700, 300)))
    found = one(slo, slow, serving=serving)
    assert (found.about, found.verdict) == ("latency", ACT)
    assert "took longer than 50 ms" in found.why
    assert "known as a whole only" in found.method


def test_a_trigger_on_slo_fires_by_what_is_seen():
    known = facts(asked(100, lambda ago: 2 * (ago <= 60)), serving=PROMISED)
    (alarm,) = alarms_of(known, weighed(slo(known), known))
    promise = structs.replace(known.manifest, triggers=(TriggerPart("slo", "stop"),))
    (decision,) = due(ProductState(), NOW, promise=promise, alarms={alarm.cause: alarm})
    assert (alarm.cause, decision.verdict) == ("service", "fires")


def test_a_gateway_that_says_nothing_any_more_is_down_where_it_was_promised():
    service = Service(tuple(each for each in asked(10).asked if each.until < END - 1800))
    down = one(uptime, service, serving=PROMISED)
    assert (down.verdict, down.since) == (WARN, NOW - timedelta(minutes=31))
    assert "said nothing for 31 min" in down.why
    assert one(uptime, service).verdict == OK
    assert one(uptime, asked(10), serving=PROMISED).value == 1.0


def test_throughput_counts_what_was_refused_too():
    sight = one(throughput, asked(10, by_contract=lambda _: 2))
    assert (sight.verdict, sight.value, sight.rows) == (OK, 600, 14_400)
    assert (
        one(throughput, asked(10), monitors=(MonitorPart("t", "throughput", threshold=700),)).verdict == WARN
    )


def test_a_broken_contract_is_what_was_not_so_before():
    steady = asked(10, by_contract=lambda ago: ago % 5 == 0)
    assert one(contract, steady).verdict == OK
    broken = asked(10, by_contract=lambda ago: 9 if ago <= 60 else ago % 5 == 0)
    found = one(contract, broken)
    assert (found.verdict, found.about, found.caused_by) == (ACT, "refused", "supply")


def test_rows_that_a_scoring_set_apart_are_beside_those_before():
    usual = tuple(Scored(NOW - timedelta(days=each), 1000, 30) for each in (3, 2, 1))
    assert one(contract, scored=usual).verdict == OK
    assert one(contract, scored=(*usual, Scored(NOW, 1000, 200))).verdict == WARN


KPI = KpiPart(name="margin", unit="EUR", baseline=9.0, target=12.0)
TODAY = int(END // 86_400)


def brought(means, *, values=300, mature=2.0):
    rng = np.random.default_rng(4)
    days = []
    for ago, mean in zip(range(len(means), 0, -1), means, strict=True):
        got = rng.exponential(mean, values)
        days.append(KpiDay(TODAY - ago, values + 50, Sums(values, got.mean(), got.var() * values)))
    return Kpi(tuple(days), mature)


def test_the_business_measure_acts_below_what_a_monitor_accepts():
    limit = (MonitorPart("margin", "kpi", threshold=10.0),)
    fine = one(kpi, kpi=brought([12.0] * 30), declared=KPI, monitors=limit)
    assert (fine.verdict, fine.monitor, fine.caused_by) == (OK, "margin", "business")
    # the last two days are not known whole
    assert "150 predictions of later days wait" not in fine.why
    assert "100 predictions of later days wait" in fine.why
    worse = one(kpi, kpi=brought([12.0] * 20 + [7.0] * 10), declared=KPI, monitors=limit)
    assert worse.verdict == ACT
    assert worse.high < worse.threshold == 10.0
    assert one(kpi, kpi=brought([12.0] * 20 + [7.0] * 10), declared=KPI).verdict == WARN


def test_less_may_be_better_and_nobody_guesses():
    turned = structs.replace(KPI, baseline=12.0, target=9.0)
    assert one(kpi, kpi=brought([20.0] * 30), declared=turned).verdict == WARN
    assert one(kpi, kpi=brought([8.0] * 30), declared=turned).verdict == OK
    assert more_is_better(KpiPart(family="conversion")) is None
    unsaid = one(kpi, kpi=brought([8.0] * 30), declared=KpiPart(family="margin"))
    assert unsaid.verdict == NOT_ENOUGH_DATA


def test_values_that_are_not_known_yet_are_no_values():
    waits = one(kpi, kpi=brought([1.0] * 30, mature=None), declared=KPI)
    assert (waits.verdict, "outcome_days" in waits.why) == (NOT_ENOUGH_DATA, True)
    assert one(kpi, kpi=brought([1.0] * 9, values=5), declared=KPI).verdict == NOT_ENOUGH_DATA


def test_a_share_without_any_hit_is_no_certainty_of_nought():
    declared = structs.replace(KPI, family="conversion", baseline=0.01, target=0.02)
    none = Kpi(tuple(KpiDay(TODAY - each, 50, Sums(50, 0.0, 0.0)) for each in range(9, 0, -1)), 0.0)
    assert one(kpi, kpi=none, declared=declared).verdict == OK


def test_two_measurements_in_a_row_are_worse_before_anybody_is_told():
    when = [NOW - timedelta(days=each) for each in (3, 2, 1)]
    once = Kpi(measured=tuple(zip(when, (11.0, 12.0, 8.0), strict=True)))
    twice = Kpi(measured=tuple(zip(when, (11.0, 8.5, 8.0), strict=True)))
    assert [one(kpi, kpi=each, declared=KPI).verdict for each in (once, twice)] == [OK, WARN]


def test_a_service_that_fails_does_not_make_drift_act():
    known = facts(asked(100, lambda ago: 2 * (ago <= 60)), serving=PROMISED)
    drifted = Sight("drift", "drift", ACT, NOW - timedelta(hours=5), NOW, "so", about="tenure", lasting=True)
    alarms = alarms_of(known, weighed([drifted, *slo(known)], known))
    assert {each.cause: each.verdict for each in alarms} == {"model": WARN, "service": ACT}

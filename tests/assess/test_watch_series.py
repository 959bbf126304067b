"""What the service did and what it brought, as lines over time."""

from datetime import UTC, datetime, timedelta

from causeway.assess.service_facts import Asked, Kpi, KpiDay, Service
from causeway.assess.watch_facts import Facts, Going
from causeway.assess.watch_series import series_of
from causeway.core.manifest import KpiPart, Manifest, ProductPart, ServingPart
from causeway.core.watching import NOT_ENOUGH_DATA, WARN, Sight
from causeway.stats.mean_sequence import Sums

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def facts(**more):
    manifest = Manifest(
        product=ProductPart("churn"),
        serving=ServingPart(availability=0.99),
        kpi=KpiPart(name="margin", unit="EUR", target=3.0),
    )
    return Facts("churn", NOON, manifest, Going("sha256:1", NOON - timedelta(days=9)), **more)


def asked(hours_ago, **counts):
    since = NOON.timestamp() - 3600 * hours_ago
    return Asked(since, since + 60, 60, **counts)


def test_requests_and_failures_by_the_hour_and_a_silent_hour_tells_nothing():
    service = Service((asked(3, answered=90), asked(1, answered=5), asked(1, failed=5)))
    errors, requests = series_of(facts(service=service), ())
    assert [each.value for each in requests.points] == [90, 0, 10]
    assert [each.value for each in errors.points] == [0.0, None, 0.5]
    assert errors.points[1].verdict == NOT_ENOUGH_DATA
    assert errors.points[2].low < 0.5 < errors.points[2].high
    # a line that nobody judges is not called fine
    assert (errors.verdict, round(errors.threshold, 6), errors.last.value) == ("", 0.01, 0.5)


def test_the_business_measure_by_the_day_says_what_the_look_said_of_it():
    days = (KpiDay(20_000, 9, Sums(9, 2.0, 8.0)), KpiDay(20_001, 9, Sums(1, 2.0, 0.0)))
    seen = Sight("kpi", "kpi", WARN, NOON, NOON, "it fell", threshold=2.5, unit="EUR")
    (line,) = series_of(facts(kpi=Kpi(days, 1.0)), [seen])
    first, second = line.points
    assert (round(first.low, 3), round(first.high, 3)) == (2 - 0.653, 2 + 0.653)
    assert (second.value, second.verdict) == (None, NOT_ENOUGH_DATA)
    assert (line.verdict, line.why, line.threshold, line.reference) == (WARN, "it fell", 2.5, 3.0)

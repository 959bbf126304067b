import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

import shipyard
from causeway.actions.bill.meter import meter, used_of
from causeway.actions.bill.settle import budget_now, is_day_over, settle, words_of
from causeway.actions.bill.spent import parts, spent, spent_all
from causeway.actions.compact import compact
from causeway.actions.decide import product_state
from causeway.actions.seal import seal
from causeway.assess.cost.weights import weights_of
from causeway.core.clock import FixedClock
from causeway.core.costs import BILLS_CHAIN, BillImported, CostEntered, RateSet
from causeway.core.errors import NotFound
from causeway.core.events import ProductDeclared, SegmentSealed, StageFinished, TrafficRouted
from causeway.core.focus_bill import DayLine, write_days
from causeway.core.metering import ServingMetered, UsageMetered
from causeway.core.minutes import Minute
from causeway.core.records import Record, frame

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
DAY = NOON.date()
BUDGET = '[budget]\ncurrency = "EUR"\n'


def record(number, *, at=NOON, **changes):
    given = {
        "id": f"p{number:04d}",
        "at_ns": int(at.timestamp()) * 1_000_000_000 + number * 1000,
        "product": "churn",
        "release": "sha256:1",
        "arm": "champion",
        "consumer": "crm",
        "inputs": {"tenure": 1.5},
        "outputs": {"label": "stay", "input_tokens": 1000, "output_tokens": 100},
        "latency_us": 500_000,
    }
    return Record(**(given | changes))


def logged(work, *records, product="churn"):
    log = work.state / "records" / product / "a.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"".join(map(frame, records)))
    return seal(work, product)


def minutes(work, product, *lines):
    folder = work.state / "records" / product
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{DAY}-1.minutes").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))


def hour(*, cpu_us, first=NOON):
    start = int(first.timestamp()) * 10**9
    return [
        Minute(start + at * 60 * 10**9, start + (at + 1) * 60 * 10**9, {"200": 1}, {}, cpu_us // 60)
        for at in range(60)
    ]


def price(work, rate, amount, currency="EUR", product=""):
    fact = RateSet(rate, Decimal(amount), currency, date(2026, 1, 1), product=product)
    work.ledger.append(BILLS_CHAIN, [fact], actor="a1", at=NOON)


def declared(work, folder, name="churn", more=BUDGET):
    home = folder if name == "churn" else folder / name
    shipyard.poc(home, name=name, more=more)
    digest = work.artifacts.put((home / "causeway.toml").read_bytes())
    work.ledger.append(name, [ProductDeclared(digest, "pilot")], actor="a1", at=NOON)


@pytest.fixture
def work(folder):
    work = shipyard.workspace(folder)
    declared(work, folder)
    yield work
    work.ledger.close()


def lines_of(made):
    return {(line.category, line.rule): line for line in made.lines}


def later(work, **after):
    return dataclasses.replace(work, clock=FixedClock(NOON + timedelta(**after)))


def test_a_seal_counts_what_its_rows_used(work):
    done = logged(work, record(1), record(2, consumer="web"), record(3, request="", latency_us=1_000_000))
    usage = done.segments[0].usage
    assert [(each.consumer, each.rows, each.busy_us, each.tokens_out) for each in usage] == [
        ("crm", 2, 1_500_000, 200),
        ("web", 1, 500_000, 100),
    ]
    assert done.segments[0].bytes > 0


def test_what_was_used_costs_what_the_card_says(work):
    price(work, "cpu-second", "0.5")
    price(work, "tokens-in", "20")
    logged(work, *(record(number) for number in range(4)))
    made = spent(work, "churn", since=DAY, until=DAY)
    found = lines_of(made)
    # 2 s at 0.50, and 4,000 tokens at 20 a million
    assert found["compute", "direct"].metered == Decimal("1.00")
    assert found["ai services", "direct"].metered == Decimal("0.08")
    assert (made.total, made.metered, made.billed, made.variance) == (
        Decimal("1.08"), Decimal("1.08"), None, None,
    )  # fmt: skip
    assert made.currency == "EUR"
    assert "people" in made.not_counted
    assert made.completeness == pytest.approx(2 / 9)
    assert made.days == ((DAY, made.total),)
    assert made.facts
    assert made.shared == (1, 2)


def test_the_gateways_processor_time_counts_before_the_time_of_requests_and_what_idles_is_shared(
    work, folder
):
    declared(work, folder, "fraud")
    price(work, "cpu-second", "0.01")
    logged(work, record(1))
    minutes(work, "churn", *hour(cpu_us=60_000_000))
    minutes(work, "fraud", *hour(cpu_us=180_000_000))
    after = later(work, hours=2)
    made = spent_all(after, since=DAY, until=DAY)
    assert lines_of(made["churn"])["compute", "metered"].metered == Decimal("0.60")
    # 2 vCPUs for an hour less 240 s, by what each used
    assert lines_of(made["churn"])["idle", "metered"].metered == Decimal("17.40")
    assert lines_of(made["fraud"])["idle", "metered"].metered == Decimal("52.20")


def test_a_day_that_is_over_becomes_an_event_once(work):
    minutes(work, "churn", *hour(cpu_us=60_000_000))
    assert meter(work, "churn") == ()
    tomorrow = later(work, hours=13)
    assert meter(tomorrow, "churn") == (
        ServingMetered(DAY, 3600.0, 60.0, used_of(work, "churn").serving[DAY].how),
    )
    assert meter(tomorrow, "churn") == ()
    for file in (work.state / "records" / "churn").glob("*.minutes"):
        file.unlink()
    assert used_of(tomorrow, "churn").serving[DAY].cpu_seconds == 60.0


def test_segments_that_nobody_counted_are_counted_once_also_when_they_became_one(work):
    for number in range(3):
        logged(work, record(number))
    events = [each.fact for each in work.ledger.read("churn") if isinstance(each.fact, SegmentSealed)]
    old = [msgspec.structs.replace(each, usage=(), segment=each.segment) for each in events]
    (work.root.parent / "old").mkdir()
    fresh = shipyard.workspace(work.root.parent / "old")
    fresh.ledger.append("churn", [old[0], events[1], old[2]], actor="a1", at=NOON)
    for each in (work.state / "segments").rglob("*.*"):
        place = fresh.state / "segments" / each.relative_to(work.state / "segments")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(each.read_bytes())
    compact(later(fresh, days=2), "churn")
    facts = meter(fresh, "churn")
    assert [(type(each), sum(one.rows for one in each.usage)) for each in facts] == [(UsageMetered, 2)]
    assert meter(fresh, "churn") == ()
    assert sum(usage.rows for _, usage, _ in used_of(fresh, "churn").metered.usage) == 3
    fresh.ledger.close()


def test_people_and_runs_are_in_it_and_building_is_told_apart(work):
    stage = StageFinished("r", "train", "k", "x", 60.0, cost=2.5, currency="EUR", rates="card")
    people = CostEntered("people", Decimal("310.00"), "EUR", date(2026, 5, 1), date(2026, 5, 31), "upkeep")
    work.ledger.append("churn", [stage, people], actor="a1", at=NOON)
    work.ledger.append("churn", [TrafficRouted({"r": 100}, "ship", "pilot"), stage], actor="a1", at=NOON)
    made = spent(work, "churn", since=DAY, until=DAY)
    found = lines_of(made)
    assert found["build", "direct"].metered == made.once == Decimal("2.50")
    assert found["compute", "direct"].metered == Decimal("2.50")
    assert found["people", "direct"].metered == Decimal("10.00")


def test_currencies_are_never_added(work):
    foreign = CostEntered("licences", Decimal("7.00"), "USD", DAY, DAY, "editor")
    work.ledger.append("churn", [foreign], actor="a1", at=NOON)
    made = spent(work, "churn", since=DAY, until=DAY)
    assert made.total == 0
    assert made.elsewhere == {"USD": Decimal("7.00")}


def test_an_entry_sums_to_the_cent_whichever_way_its_days_are_cut(work):
    days = [date(2026, 4, 29) + timedelta(number) for number in range(6)]
    odd = CostEntered("people", Decimal("100.01"), "EUR", days[0], days[-1], "review")
    shared = CostEntered("licences", Decimal("0.05"), "EUR", days[0], days[-1], "editor")
    work.ledger.append("churn", [odd], actor="a1", at=NOON)
    work.ledger.append(BILLS_CHAIN, [shared], actor="a1", at=NOON)
    by_day = [spent(work, "churn", since=day, until=day) for day in days]
    assert sum(each.total for each in by_day) == Decimal("100.01")
    assert sum(each.unallocated for each in by_day) == Decimal("0.05")
    for cut in range(1, 6):
        halves = [(days[0], days[cut - 1]), (days[cut], days[-1])]
        totals = [spent(work, "churn", since=since, until=until).total for since, until in halves]
        assert sum(totals) == Decimal("100.01")


def came(work, at, currency, *days):
    """A bill of May of 6 for each of these days."""
    lines = [
        DayLine(
            *(day, day, Decimal(6), Decimal(6), currency),
            *("100", "Servers", "Compute", "", "i-1", "Usage", ""),
            {"product": "churn"},
        )
        for day in days
    ]
    content = work.artifacts.put(write_days(lines))
    fact = BillImported("Cloud", "100", date(2026, 5, 1), date(2026, 5, 31), 1, {}, {}, content, content)
    work.ledger.append(BILLS_CHAIN, [fact], actor="a1", at=at)


def test_a_bill_of_a_month_that_goes_on_covers_the_days_until_its_last_charge(work):
    price(work, "cpu-second", "2.50")
    price(work, "gb-month", "0")
    logged(work, *(record(day, at=NOON + timedelta(days=day)) for day in range(4)))
    days = {"since": DAY, "until": DAY + timedelta(days=3)}
    month = later(work, days=4)
    came(work, NOON + timedelta(days=2), "EUR", DAY, DAY + timedelta(days=1))
    made = spent(month, "churn", **days)
    # half a second on each of the two days that it does not tell of
    assert (made.billed, made.total) == (Decimal(12), Decimal("14.50"))
    came(work, NOON + timedelta(days=40), "EUR", DAY, DAY + timedelta(days=1))
    assert spent(month, "churn", **days).total == Decimal(12)


def test_what_a_bill_in_another_currency_covers_is_replaced_by_it(work, folder):
    price(work, "cpu-second", "2.50")
    logged(work, record(1), record(2))
    came(work, NOON, "USD", DAY)
    made = spent(work, "churn", since=DAY, until=DAY)
    storage = made.total
    assert (made.currency, made.apart, made.elsewhere) == ("EUR", Decimal("2.50"), {"USD": Decimal("6.00")})
    assert storage < Decimal("0.01")
    shipyard.poc(folder, more=BUDGET + "run_per_month = 2\n")
    told = budget_now(work, "churn")
    assert (told.verdict, told.spent) == ("reached", Decimal("2.50") + storage)
    assert "2.50 of it as metered, besides 6.00 USD of bills in another currency" in told.because


def test_parts_by_day_and_release_sum_to_the_total(work):
    price(work, "cpu-second", "0.3333333")
    logged(work, record(1), record(2, release="sha256:2"), record(3, at=NOON - timedelta(days=1)))
    made = spent(work, "churn", since=DAY - timedelta(days=3), until=DAY)
    split = parts(work, "churn", DAY - timedelta(days=3), DAY)
    assert sum(each.metered or each.billed for each in split) == made.total
    assert {each.release for each in split if each.category == "compute"} == {"sha256:1", "sha256:2"}
    assert sum(amount for _, amount in made.days) == made.total


def test_services_are_shared_by_tokens_storage_by_bytes_and_all_else_by_processors(work):
    logged(work, record(1), record(2))
    weights = weights_of(used_of(work, "churn"))
    assert weights.of("ai services", DAY) == 2200
    assert weights.of("storage", DAY) > 500
    assert weights.of("compute", DAY) == weights.of("tooling", DAY) == 1
    assert (
        weights.of("compute", DAY - timedelta(days=1)) == weights.of("storage", DAY - timedelta(days=1)) == 0
    )


def test_a_product_that_is_not_there_is_named(work):
    with pytest.raises(NotFound, match="no product nobody"):
        spent(work, "nobody", since=DAY, until=DAY)


def test_a_day_that_is_over_and_odd_is_told_by_whoever_ticks(work):
    price(work, "cpu-second", "0.01")
    days = [DAY - timedelta(days=number) for number in range(40, 0, -1)]
    usual = [ServingMetered(day, 3600.0, 100.0 + day.weekday(), "x") for day in days]
    work.ledger.append("churn", usual, actor="a1", at=NOON)
    minutes(work, "churn", *hour(cpu_us=15_000_000_000))
    tomorrow = later(work, days=1)
    settled = settle(tomorrow, product_state(tomorrow, "churn"))
    odd = settled.unusual
    assert (odd.day, odd.actual, odd.expected) == (DAY, Decimal("150.00"), Decimal("72.00"))
    assert "more than expected" in words_of(settled)
    assert settle(tomorrow, product_state(tomorrow, "churn")).unusual is None
    assert product_state(tomorrow, "churn").unusual == odd


def test_what_two_counted_at_once_counts_once(work):
    done = logged(work, record(1))
    twice = UsageMetered(done.segments[0].segment, DAY, done.segments[0].usage)
    old = msgspec.structs.replace(done.segments[0], segment="sha256:old", usage=())
    once = msgspec.structs.replace(twice, segment="sha256:old")
    work.ledger.append("churn", [twice, old, once, once], actor="a1", at=NOON)
    assert sum(usage.rows for _, usage, _ in used_of(work, "churn").metered.usage) == 2


def test_a_day_whose_lines_are_spoilt_is_settled_once(work):
    minutes(work, "churn")
    (work.state / "records" / "churn" / f"{DAY}-2.minutes").write_bytes(b"[1, 2")
    tomorrow = later(work, days=1)
    assert is_day_over(tomorrow, product_state(tomorrow, "churn"))
    settle(tomorrow, product_state(tomorrow, "churn"))
    assert not is_day_over(tomorrow, product_state(tomorrow, "churn"))

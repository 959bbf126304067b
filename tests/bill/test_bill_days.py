"""What a bill charges for, day by day: nothing is lost by days, time zones, currencies or cuts."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statements import bill, lines

import shipyard
from causeway.actions.bill.imported import import_bill
from causeway.actions.bill.kept import lines_around
from causeway.actions.bill.spent import spent

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
FAR = ((FIRST - timedelta(days=60)).date(), (FIRST + timedelta(days=400)).date())
ZONES = st.sampled_from([-11, -5, 0, 1, 2, 5.5, 13]).map(lambda hours: timezone(timedelta(hours=hours)))
HOURS = st.integers(0, 31 * 24)


@st.composite
def charges(draw):
    """One charge, as a provider with a time zone of its own writes it."""
    zone = draw(ZONES)
    begin = FIRST + timedelta(hours=draw(HOURS))
    end = begin + timedelta(hours=draw(st.sampled_from([0, 1, 24, 72, 31 * 24, 365 * 24])))
    amount = draw(st.decimals(-100, 5000, places=2) | st.decimals(-1, 1, places=11))
    return {
        "BillingPeriodStart": FIRST.astimezone(zone).isoformat(),
        "BillingPeriodEnd": (FIRST + timedelta(days=31)).astimezone(zone).isoformat(),
        "ChargePeriodStart": begin.astimezone(zone).isoformat(),
        "ChargePeriodEnd": end.astimezone(zone).isoformat(),
        "BilledCost": f"{amount:f}",
        "EffectiveCost": f"{amount:f}",
        "BillingCurrency": draw(st.sampled_from(["EUR", "USD"])),
    }


@pytest.fixture
def work(folder):
    work = shipyard.workspace(folder, at=datetime(2026, 6, 20, tzinfo=UTC))
    shipyard.release(folder)
    yield work
    work.ledger.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(charges(), min_size=1, max_size=5), st.lists(st.integers(1, 40), max_size=4))
def test_the_days_are_the_bill_whichever_way_they_are_cut(work, tmp_path, rows, after):
    import_bill(work, [bill(tmp_path, *rows)])
    for currency in ("EUR", "USD"):
        asked = sum((Decimal(row["BilledCost"]) for row in rows if row["BillingCurrency"] == currency), 0)
        days = [each for each in lines(work, *FAR) if each.currency == currency]
        assert sum(each.billed for each in days) == sum(each.effective for each in days) == asked
    cuts = sorted({FAR[0] + timedelta(days=60 + days) for days in after})
    pieces = zip((FAR[0], *cuts), (*(cut - timedelta(days=1) for cut in cuts), FAR[1]), strict=True)
    whole = spent(work, "churn", since=FAR[0], until=FAR[1])
    made = [spent(work, "churn", since=since, until=until) for since, until in pieces]
    for currency in ("EUR", "USD"):
        parts = [each.elsewhere.get(currency, each.total * (each.currency == currency)) for each in made]
        assert sum(parts) == whole.elsewhere.get(currency, whole.total * (whole.currency == currency))


def test_of_bills_that_have_any_of_the_days_the_other_days_are_read_too(work, tmp_path):
    day, later = (FIRST + timedelta(days=each) for each in (3, 20))
    june = {"BillingPeriodStart": "2026-06-01T00:00:00Z", "BillingPeriodEnd": "2026-07-01T00:00:00Z"}
    import_bill(work, [bill(tmp_path, {}, at(later))])
    import_bill(work, [bill(tmp_path, june | at(later), name="june.csv")])
    around = lines_around(work, day.date(), day.date())
    assert [each.day for each in around] == [day.date(), later.date()]
    # a charge of May that came with the bill of June
    assert len(list(lines_around(work, later.date(), later.date()))) == 3


def at(when):
    """A charge of an hour."""
    ends = when + timedelta(hours=1)
    return {"ChargePeriodStart": when.isoformat(), "ChargePeriodEnd": ends.isoformat()}

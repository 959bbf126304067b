from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import structs

from causeway.assess.cost.budget import judged
from causeway.assess.triggers import due
from causeway.assess.watch_cost import cost
from causeway.assess.watch_facts import Facts, Going
from causeway.assess.watching import alarms_of
from causeway.core.manifest import BudgetPart, IntegrationPart, Manifest, MonitorPart, ProductPart
from causeway.core.metering import CostUnusual
from causeway.core.watching import ACT, OK, WARN
from causeway.views.product import ProductState

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
MANIFEST = Manifest(
    ProductPart("churn", owner="dana"),
    budget=BudgetPart(run_per_month=Decimal(900), currency="EUR"),
    monitors=(MonitorPart("money", "cost", action="notify"),),
    integrations=(IntegrationPart("chat", "chat", url="x"),),
)
FACTS = Facts("churn", NOW, MANIFEST, Going("r1", NOW))
ODD = CostUnusual(
    date(2026, 11, 19),
    Decimal("48.10"),
    Decimal(15),
    Decimal("12.1"),
    Decimal("18.4"),
    "EUR",
    Decimal(9),
    Decimal("0.5"),
    Decimal(30),
    Decimal("2.6"),
    "CPU-seconds of the gateway",
    "dana",
)


def spent(amount):
    return judged(Decimal(amount), Decimal(900), currency="EUR", day=NOW.date())


def seen(**changes):
    return {each.about: each for each in cost(structs.replace(FACTS, **changes))}


def test_a_budget_is_fine_warned_of_and_acted_on():
    assert seen()["budget"].verdict == OK
    assert seen(budget=spent("800"))["budget"].verdict == WARN
    reached = seen(budget=spent("901.2"))["budget"]
    assert (reached.verdict, reached.value, reached.threshold, reached.unit) == (ACT, 901.2, 900.0, "EUR")
    last_month = structs.replace(spent("901.2"), month="2026-10")
    assert seen(budget=last_month)["budget"].verdict == OK


def test_nothing_is_seen_where_there_is_no_budget():
    assert cost(structs.replace(FACTS, manifest=structs.replace(MANIFEST, budget=BudgetPart()))) == ()


def test_an_odd_day_is_told_with_what_drove_it_and_to_whom_and_is_over_after_two():
    odd = seen(unusual=ODD)["one day"]
    assert odd.verdict == WARN
    assert odd.why == (
        "2026-11-19 cost 48.10 EUR, 33.10 more than expected (12.10 to 18.40); against the week before: "
        "price +0.50, volume +30.00, mix +2.60, most of it CPU-seconds of the gateway; dana is to know"
    )
    assert seen(unusual=structs.replace(ODD, day=date(2026, 11, 1)))["one day"].verdict == OK


def test_the_alarm_is_told_by_the_trigger_that_the_monitor_is_bound_to():
    facts = structs.replace(FACTS, budget=spent("901.2"))
    (alarm,) = alarms_of(facts, cost(facts))
    assert (alarm.cause, alarm.verdict, alarm.command) == ("cost", ACT, "causeway bill show churn")
    state = ProductState(product="churn", alarms={"cost": alarm})
    (told,) = [each for each in due(state, NOW, promise=MANIFEST) if each.trigger == "money-notify"]
    assert (told.do, told.verdict) == ("notify", "fires")
    assert "901.20 of 900.00 EUR are spent" in told.why
    over = structs.replace(facts, budget=None, alarms={"cost": alarm})
    (ended,) = alarms_of(over, cost(over))
    assert ended.verdict == OK

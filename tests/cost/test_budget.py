from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

import shipyard
from causeway.actions.bill.settle import budget_now, settle
from causeway.actions.decide import product_state
from causeway.actions.routes import current_routes, publish
from causeway.actions.ship import ship
from causeway.actions.tick import tick
from causeway.assess.cost.budget import is_news, judged, over_budget
from causeway.core.costs import CostEntered
from causeway.core.errors import BadManifest, NotFound
from causeway.core.manifest_text import read_manifest
from causeway.core.metering import BudgetJudged

NOV = date(2026, 11, 20)
BUDGET = '[budget]\nrun_per_month = 100\ncurrency = "EUR"\nenforce = "refuse"\n'


def judge(spent, budget=900, **more):
    return judged(Decimal(spent), Decimal(budget), currency="EUR", day=NOV, **more)


@pytest.mark.parametrize(
    ("spent", "verdict"),
    [("0", "within"), ("719.99", "within"), ("720", "near"), ("899.99", "near"), ("900", "reached")],
)
def test_a_months_cost_is_held_against_its_budget(spent, verdict):
    assert judge(spent).verdict == verdict


def test_a_product_that_may_cost_nothing_has_reached_its_budget_with_the_first_cent():
    assert judge("0", 0).verdict == "within"
    assert judge("0.01", 0).verdict == "reached"
    assert judge("0.01", 0).because == "0.01 EUR are spent, and nothing was granted"


def test_it_refuses_only_where_the_manifest_says_so_and_until_the_month_is_over():
    now = datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert over_budget(judge("901.2"), now) is None
    assert over_budget(judge("800", enforce="refuse"), now) is None
    over = over_budget(judge("901.2", enforce="refuse"), now)
    assert over.why == (
        "the budget of 2026-11 is spent: 901.20 of 900.00 EUR; nobody is answered until 2026-12-01 00:00 UTC"
    )
    assert over.until == datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert over_budget(judge("901.2", enforce="refuse"), datetime(2026, 12, 1, tzinfo=UTC)) is None
    december = judged(Decimal(2), Decimal(1), currency="EUR", day=date(2026, 12, 31), enforce="refuse")
    assert "until 2027-01-01" in over_budget(december, datetime(2026, 12, 31, tzinfo=UTC)).why


def test_only_another_verdict_is_news():
    assert not is_news(judge("1"), None)
    assert is_news(judge("800"), None)
    assert not is_news(judge("810"), judge("800"))
    assert is_news(judge("900"), judge("800"))
    assert not is_news(judge("950"), judge("900"))
    assert is_news(judge("950", enforce="refuse"), judge("900"))
    assert is_news(judge("950", 940), judge("900"))
    assert is_news(judge("10"), judge("900"))


@pytest.fixture
def work(folder):
    shipyard.poc(folder, more=BUDGET)
    shipyard.release(folder)
    work = shipyard.workspace(folder)
    ship(work, folder, agree=lambda _: True)
    yield work
    work.ledger.close()


def entered(work, amount):
    fact = CostEntered("licences", Decimal(amount), "EUR", shipyard.NOON.date(), shipyard.NOON.date(), "seat")
    work.ledger.append("churn", [fact], actor="a1", at=shipyard.NOON)


def route(work):
    return current_routes(work).routes[0]


def test_a_budget_that_is_spent_closes_the_gateway_and_a_larger_one_opens_it(work, folder):
    entered(work, "90")
    ticked = tick(work)
    assert [each.words for each in ticked.done if each.what == "cost"] == [
        "90.00 of 100.00 EUR are spent (90%)"
    ]
    assert route(work).over_budget is None
    entered(work, "10")
    words = "100.00 of 100.00 EUR are spent (100%); callers are refused until 2026-06-01 00:00 UTC"
    assert [each.words for each in tick(work).done if each.what == "cost"] == [words]
    assert "100.00 of 100.00 EUR" in route(work).over_budget.why
    assert not [each for each in tick(work).done if each.what == "cost"]
    shipyard.poc(folder, more=BUDGET.replace("100", "500"))
    settle(work, product_state(work, "churn"))
    assert route(work).over_budget is None
    told = [each.fact.verdict for each in work.ledger.read("churn") if isinstance(each.fact, BudgetJudged)]
    assert told == ["near", "reached", "within"]


def test_between_two_ticks_nothing_closes_and_nothing_opens(work, folder):
    """Whatever else publishes routes in between: only a tick judges."""
    entered(work, "100")
    assert publish(work, "churn") == ""
    assert route(work).over_budget is None
    tick(work)
    said = route(work).over_budget
    shipyard.poc(folder, more=BUDGET.replace("100", "500"))
    publish(work, "churn")
    assert route(work).over_budget == said
    tick(work)
    assert route(work).over_budget is None


def test_a_budget_says_what_it_is_not_held_against(work):
    fact = CostEntered("licences", Decimal(70), "USD", shipyard.NOON.date(), shipyard.NOON.date(), "seat")
    work.ledger.append("churn", [fact], actor="a1", at=shipyard.NOON)
    assert budget_now(work, "churn").because.endswith("besides 70.00 USD, which no sum holds against it")


def test_the_next_month_opens_it_whoever_ticks(work):
    entered(work, "200")
    tick(work)
    assert route(work).over_budget is not None
    shipyard_later = shipyard.workspace(work.root, at=shipyard.NOON + timedelta(days=30))
    tick(shipyard_later)
    assert route(work).over_budget is None
    shipyard_later.ledger.close()


def test_the_budget_of_a_product_that_is_not_there_is_refused_by_its_name(work):
    with pytest.raises(NotFound, match="no product chrun") as refused:
        budget_now(work, "chrun")
    assert refused.value.hint == "there are: churn"


def test_a_budget_that_only_tells_closes_nothing(work, folder):
    shipyard.poc(folder, more=BUDGET.replace("refuse", "tell"))
    entered(work, "200")
    assert settle(work, product_state(work, "churn")).budget.verdict == "reached"
    assert route(work).over_budget is None


def test_a_budget_that_nobody_named_and_a_claim_of_nothing_are_told_with_their_lines():
    text = b'[product]\nname = "churn"\n[budget]\nenforce = "refuse"\n[[costs]]\nshare = "even"\n'
    with pytest.raises(BadManifest) as told:
        read_manifest(text, where="causeway.toml")
    assert '`enforce = "refuse"` under [budget], and no run_per_month and no currency' in told.value.message
    assert "[[costs]] that names nothing on a bill claims nothing" in told.value.message

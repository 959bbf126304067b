"""The expected value at the threshold, per decision and month, is offered where decisions have a worth."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec import structs

from causeway.assess.payback import payback
from causeway.core.evaluation import DecisionSeen
from causeway.core.manifest import BudgetPart, DecisionPart, KpiPart, Manifest, ProductPart

TODAY = date(2026, 6, 1)
WORTH = DecisionPart(Decimal(60), Decimal("-12.5"), currency="EUR")
MANIFEST = Manifest(
    ProductPart("churn"), KpiPart(), budget=BudgetPart(predictions_per_month=60_000), decision=WORTH
)
AT = 12.5 / 72.5
SEEN = DecisionSeen(
    AT, "from the costs", 4.0, 3.5, 4.5, 3.0, 2.5, "always acting", 1.0, 2.0, 400, "EUR"
)  # fmt: skip


def told(decided=None, **changes):
    manifest = structs.replace(MANIFEST, **changes)
    return {each.what: each for each in payback(manifest, today=TODAY, decided=decided).conditions}


def test_a_release_says_what_acting_is_worth_a_decision_and_a_month():
    found = told(SEEN)
    assert list(found) == ["expected value", "expected value a month"]
    each, month = found["expected value"], found["expected value a month"]
    assert (each.figure.value, each.figure.low, each.figure.unit) == (4.0, 3.5, "EUR")
    assert "from a probability of 0.172 on is worth 3.50 to 4.50 EUR a decision" in each.words
    assert (month.figure.value, month.figure.low, month.figure.high) == (90_000, 60_000, 120_000)
    assert "60,000 to 120,000 EUR a month" in month.words
    assert list(told(SEEN, budget=BudgetPart())) == ["expected value"]


@pytest.mark.parametrize("seen", [None, structs.replace(SEEN, at=0.4), structs.replace(SEEN, currency="USD")])
def test_before_a_run_with_these_costs_only_the_threshold_is_known(seen):
    (found,) = told(seen).values()
    assert found.what == "threshold"
    assert found.figure.value == pytest.approx(AT)


@pytest.mark.parametrize("part", [DecisionPart(), DecisionPart(Decimal(-5), Decimal(-12))])
def test_without_a_worth_nothing_is_offered(part):
    assert told(SEEN, decision=part) == {}

import pytest

from causeway.assess.rates import bundled_rates
from causeway.assess.stage_cost import server_rate

CARD = bundled_rates()


def test_an_hour_costs_what_the_card_says():
    cost = server_rate(CARD, "").total([1800.0, 1800.0])

    assert (cost.low, cost.value, cost.high, cost.unit) == (0.0416, 0.085, 0.111, "USD")
    assert cost.how == (
        "estimated from the rate card of 2024-09: 3600.0 seconds of one server with 2 vCPUs "
        "at 0.085 USD an hour; without people"
    )


@pytest.mark.parametrize(
    ("currency", "unit", "hour"), [("EUR", "EUR", 0.085 * 0.9605), ("JPY", "USD", 0.085)]
)
def test_it_is_in_the_budgets_currency_where_the_card_knows_it(currency, unit, hour):
    rate = server_rate(CARD, currency)

    assert rate.currency == unit
    assert rate.total([3600]).value == pytest.approx(hour)


def test_a_cost_of_next_to_nothing_has_no_exponent():
    assert str(server_rate(CARD, "").total([1.0])) == "0.000012 to 0.000031 USD"

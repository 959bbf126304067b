"""What is ahead follows from the effect, the pace and the cost, and from nothing else."""

from datetime import date
from decimal import Decimal

import pytest
import sample
from msgspec import structs

from causeway.assess.worth.lasting import RATE_A_YEAR, Terms, decay
from causeway.assess.worth.outlook import Running, ahead, paid_back
from causeway.assess.worth.parts import Month
from causeway.core.figure import Figure
from causeway.core.worth import Assumption
from causeway.stats.finance.worth_now import monthly_rate

RUNNING = Running(3000.0, 0.9, 1.2, "as forecast")
UNIT = Assumption(
    "unit value", Figure(420.0, "EUR for one subscriber kept", low=360.0, high=480.0), "Petra", "r", 7
)
SHORT = structs.replace(sample.BENEFIT, overlap=Decimal(0), booked=Decimal(89040), assumptions=(UNIT,))
BENEFIT = structs.replace(SHORT, since=date(2025, 9, 1))
"""Seen for over a year, so that nothing of it is taken to fade."""
TERMS = Terms(date(2029, 6, 30))


def looked(benefit=BENEFIT, months=sample.MONTHS, running=RUNNING, volume=20000.0, terms=TERMS):
    return ahead(benefit, months, running, volume=volume, case=None, terms=terms)


def test_the_middle_of_the_fan_is_what_simple_sums_say():
    line = looked().line
    a_month = 265 / 60200 * 20000 * 420 - 3000
    for at, band in enumerate(line.fan, start=1):
        assert band.middle == pytest.approx(float(sample.MONTHS[-1].net) + at * a_month, rel=0.02)
        assert band.low < band.middle < band.high
    assert [band.until for band in line.fan[:2]] == [date(2026, 10, 31), date(2026, 11, 30)]


def test_net_present_value_takes_what_is_so_far_as_it_is():
    a_month = 265 / 60200 * 20000 * 420 - 3000
    rate = monthly_rate(RATE_A_YEAR)
    expected = float(sample.MONTHS[-1].net) + sum(a_month / (1 + rate) ** at for at in range(33))
    worth = next(each.figure for each in looked().line.numbers if each.what.startswith("net present value"))
    assert worth.value == pytest.approx(expected, rel=0.02)
    assert worth.unit == "EUR"


@pytest.mark.parametrize(
    ("until", "months"),
    [
        (None, 12),
        (date(2026, 9, 1), 12),
        (date(2026, 12, 31), 3),
        (date(2028, 3, 15), 18),
        (date(2049, 1, 1), 36),
    ],
)
def test_the_outlook_ends_with_the_budget_or_after_a_year(until, months):
    line = looked(terms=Terms(until)).line
    assert len(line.fan) == months
    assert f"{months} months" in line.how or str(until) in line.how


def test_what_was_seen_for_a_short_time_is_taken_to_fade():
    seen = 1 - 92 / 365
    assert decay(SHORT).p50 == pytest.approx(0.2 * seen)
    assert decay(BENEFIT).p90 == 0
    short, long = (looked(each, running=Running(0.0, how="none")) for each in (SHORT, BENEFIT))
    start = float(sample.MONTHS[-1].net)
    assert short.line.fan[0].middle == pytest.approx(long.line.fan[0].middle, rel=0.02)
    assert 0.6 < (short.line.fan[-1].middle - start) / (long.line.fan[-1].middle - start) < 0.85
    assert "as this period shows 92 days of it only" in short.line.how
    assert "how much of the effect fades" in [each.assumption.name for each in short.ranked if each.rank]


def test_a_declared_discount_rate_holds():
    def worth(terms):
        numbers = looked(terms=terms).line.numbers
        return next(each.figure for each in numbers if each.what.startswith("net present value"))

    dear, free = worth(Terms(TERMS.until, 0.3)), worth(Terms(TERMS.until, 0.0))
    assert dear.value < worth(TERMS).value < free.value
    assert "at 30 % a year" in dear.how or "at 30% a year" in dear.how
    named = [each.assumption.source for each in looked(terms=Terms(None, 0.3)).ranked]
    assert "[budget] discount_rate" in named


def test_what_is_not_paid_back_yet_says_when_it_will_be():
    months = (Month(date(2026, 9, 30), Decimal(0), Decimal(100000)),)
    line = looked(months=months).line
    assert line.paid_back is None
    assert line.words.startswith("Pays back in ")
    assert "P90" in line.words
    assert "never by June 2029" in line.words


def test_what_costs_more_than_it_brings_never_pays_back():
    line = looked(
        running=Running(90000.0, how="as forecast"),
        months=(Month(date(2026, 9, 30), Decimal(0), Decimal(9)),),
    ).line
    assert line.words.startswith("Does not pay back")
    chance = next(each.figure.value for each in line.numbers if each.what == "chance that it pays")
    assert chance == 0


def test_a_haircut_and_capacity_that_is_no_cash_stay_taken_off():
    hours = structs.replace(
        BENEFIT,
        family="hours",
        grade="B",
        assumptions=(
            UNIT,
            Assumption("hours that are cash", Figure(50.0, "percent"), "Petra"),
            Assumption("taken off grade B", Figure(10.0, "percent")),
            Assumption("taken off grade D", Figure(60.0, "percent")),
        ),
    )
    found = looked(hours, running=Running(0.0, how="none"))
    gain = found.line.fan[0].middle - float(sample.MONTHS[-1].net)
    assert gain == pytest.approx(265 / 60200 * 20000 * 420 * 0.5 * 0.9, rel=0.02)
    assert "taken off grade D" not in [each.assumption.name for each in found.ranked]


def test_nobody_asked_lately_brings_nothing_more():
    line = looked(volume=0.0).line
    assert line.fan[-1].middle == pytest.approx(float(sample.MONTHS[-1].net) - 33 * 3000, rel=0.02)


def test_assumptions_come_in_the_order_of_what_hangs_on_them():
    ranked = [each for each in looked().ranked if each.rank]
    assert [each.assumption.name for each in ranked] == ["the effect", "unit value", "running cost"]
    assert [each.swing for each in ranked] == sorted((each.swing for each in ranked), reverse=True)
    assert [each.assumption.name for each in looked().ranked if not each.rank] == ["discount rate"]


@pytest.mark.parametrize(("later", "carried"), [(0.0022, 0.0022), (0.0088, 265 / 60200)])
def test_the_later_half_is_carried_forward_where_it_brings_less(later, carried):
    half = Figure(later, "subscriber kept", low=later - 0.001, high=later + 0.001)
    line = looked(structs.replace(BENEFIT, later=half)).line
    gain = line.fan[0].middle - float(sample.MONTHS[-1].net)
    assert gain == pytest.approx(carried * 20000 * 420 - 3000, rel=0.02)
    assert ("the later half" in line.how) == (later < 0.004)


def test_without_an_interval_nothing_is_foretold():
    units = Figure(265.0, "subscribers kept")
    assert looked(structs.replace(BENEFIT, units=units)) is None


def test_paid_back_is_for_good():
    nets = [Decimal(5), Decimal(-1), Decimal(0), Decimal(4)]
    ends = [date(2026, month, 28) for month in (1, 2, 3, 4)]
    months = tuple(Month(day, net + 10, Decimal(10)) for day, net in zip(ends, nets, strict=True))
    assert paid_back(months) == date(2026, 3, 28)


def test_one_bound_of_the_unit_value_is_not_forgotten():
    both, one = (
        structs.replace(
            BENEFIT, assumptions=(Assumption("unit value", Figure(180.0, "EUR", low=90.0, high=high)),)
        )
        for high in (180.0, None)
    )
    assert looked(one).line.fan == looked(both).line.fan

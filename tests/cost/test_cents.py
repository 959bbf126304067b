from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.assess.cost.cents import CENT, daily_cents, parts_of

FIRST = date(2026, 1, 17)
AMOUNT = (
    st.decimals(0, 1, places=9)
    | st.decimals(0, Decimal("0.01"), places=12)
    | st.decimals(-500, 500, places=6)
    | st.decimals(0, 10_000, places=2)
)
LINES = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e", "f", "g"]),
    st.dictionaries(st.integers(0, 40).map(lambda days: FIRST + timedelta(days)), AMOUNT, max_size=20),
    max_size=7,
)


def until(lines, day):
    """What is known at the end of that day."""
    return {line: {at: amount for at, amount in days.items() if at <= day} for line, days in lines.items()}


def of_month(lines, day):
    days = until(lines, day).values()
    return sum((amount for held in days for at, amount in held.items() if at.month == day.month), Decimal(0))


@settings(max_examples=40, deadline=None)
@given(LINES)
def test_on_every_day_the_lines_are_their_month_so_far_rounded(lines):
    cents = daily_cents(lines)
    for day in {day for days in lines.values() for day in days}:
        assert abs(of_month(cents, day) - of_month(lines, day)) <= CENT / 2
        for line, days in lines.items():
            assert abs(of_month({line: cents[line]}, day) - of_month({line: days}, day)) < 6 * CENT
            if day in days:
                assert cents[line][day] == cents[line][day].quantize(CENT)
                assert cents[line][day] * days[day] >= 0


@settings(max_examples=40, deadline=None)
@given(LINES, st.integers(0, 40))
def test_no_later_day_changes_an_earlier_one(lines, days):
    day = FIRST + timedelta(days)
    assert daily_cents(until(lines, day)) == until(daily_cents(lines), day)


@settings(max_examples=40, deadline=None)
@given(LINES, st.lists(st.decimals(-1000, 1000, places=2), min_size=1, max_size=20))
def test_what_is_in_whole_cents_stays_as_it_is(lines, amounts):
    days = {FIRST + timedelta(number): amount for number, amount in enumerate(amounts)}
    assert daily_cents({**lines, "entered": days})["entered"] == days


@given(st.decimals(-10_000, 10_000, places=2) | st.decimals(-1, 1, places=15), st.integers(1, 400))
def test_parts_are_even_and_are_the_whole(amount, count):
    parts = parts_of(amount, count)
    assert (len(parts), sum(parts)) == (count, amount)
    step = CENT if amount == amount.quantize(CENT) else Decimal("1e-12")
    assert all(abs(part - amount / count) <= step for part in parts)
    if step == CENT:
        assert all(part == part.quantize(CENT) for part in parts)

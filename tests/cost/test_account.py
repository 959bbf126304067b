from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.assess.cost.account import Account, Cell
from causeway.assess.cost.reconcile import group_of, reconciled

FIRST = date(2026, 11, 1)
LAST = date(2026, 11, 30)
PERIODS = {7: (FIRST, date(2026, 11, 15))}


def cell(amount, product="churn", **changes):
    given = {"day": FIRST, "category": "compute", "rule": "direct", "currency": "EUR"}
    return Cell(product=product, amount=Decimal(amount), **(given | changes))


def billed(amount, product="churn", **changes):
    return cell(amount, product, **({"invoiced": Decimal(amount), "bill": 7} | changes))


def account(*cells):
    return Account(cells, "EUR", PERIODS, since=FIRST, until=LAST)


def counted(line):
    return line.billed if line.billed is not None else line.metered


def test_what_an_invoice_covers_counts_as_billed_and_what_was_metered_stands_beside():
    made = account(
        billed("10.20"),
        cell("7.00"),
        cell("3.00", category="idle", rule="metered"),
        cell("5.00", day=date(2026, 11, 20)),
    ).spent("churn")
    first, second = made.lines
    assert (first.category, first.metered, first.billed) == ("compute", Decimal("10.00"), Decimal("10.20"))
    # no invoice is there for the second half of the month
    assert (second.metered, second.billed) == (Decimal("5.00"), None)
    assert (made.total, made.billed, made.metered) == (Decimal("15.20"), Decimal("10.20"), Decimal("15.00"))
    assert made.variance == Decimal("0.20")


def test_what_people_entered_is_covered_by_no_invoice():
    made = account(billed("10", category="licences"), cell("4", category="licences", entered=True)).spent(
        "churn"
    )
    assert made.total == 14
    assert made.variance is None


def test_a_product_without_anything_costs_nothing_and_says_what_is_not_counted():
    made = account(cell("1", "fraud")).spent("churn")
    assert (made.total, made.lines, made.completeness, len(made.not_counted)) == (0, (), 0.0, 9)


def test_the_variance_is_judged_by_two_percent_of_what_was_billed():
    assert reconciled(Decimal(98), Decimal(100)).tolerated
    assert not reconciled(Decimal(97), Decimal(100)).tolerated
    far = reconciled(Decimal(50), Decimal(0))
    assert (far.variance, far.share, far.tolerated) == (Decimal(-50), None, False)


def test_a_bill_in_another_currency_covers_too_and_nothing_counts_twice():
    cells = (billed("6.00", currency="USD"), cell("5.00"), cell("2.00", category="storage"))
    made = account(*cells).spent("churn")
    assert (made.total, made.apart, made.variance) == (Decimal("2.00"), Decimal("5.00"), None)
    assert [(line.category, line.metered) for line in made.lines] == [("storage", Decimal("2.00"))]
    assert "compute" not in made.not_counted
    dollars = Account(cells, "USD", PERIODS, since=FIRST, until=LAST).spent("churn")
    assert (dollars.total, dollars.apart) == (Decimal("6.00"), Decimal(0))


def test_days_that_a_bill_covers_and_asks_nothing_for_cost_nothing_by_themselves():
    day = date(2026, 11, 9)
    made = Account((billed("10.20"), cell("7.00", day=day)), "EUR", PERIODS, since=day, until=day)
    (line,) = made.spent("churn").lines
    assert (line.metered, line.billed, made.total("churn")) == (Decimal("7.00"), 0, 0)


def test_what_is_invoiced_together_is_held_against_all_that_was_metered_of_it():
    made = account(billed("8.00"), billed("2.20", category="idle"), cell("10.00")).spent("churn")
    assert made.variance == Decimal("0.20")


NAMES = ("churn", "fraud", "price", "")
BEGAN, OVER = date(2026, 10, 20), date(2026, 12, 9)
LENGTH = (OVER - BEGAN).days + 1
AMOUNT = st.decimals(-500, 500, places=6) | st.decimals(-1, 1, places=9) | st.decimals(0, 100, places=2)
BILLS = {
    5: (date(2026, 10, 1), date(2026, 10, 31)),
    6: (date(2026, 10, 15), date(2026, 11, 14)),
    7: PERIODS[7],
    8: (date(2026, 12, 1), date(2026, 12, 31)),
}


def drawn(amount, product, days, *, category, sort, release, currency):
    is_billed = isinstance(sort, int)
    return cell(
        amount,
        product or ("" if is_billed else "churn"),
        day=BEGAN + timedelta(days),
        category=category,
        invoiced=amount if is_billed else None,
        bill=sort if is_billed else 0,
        entered=sort == "entered",
        release="" if is_billed else release,
        currency=currency,
    )


CELLS = st.lists(
    st.builds(
        drawn,
        AMOUNT,
        st.sampled_from(NAMES),
        st.integers(0, LENGTH - 1),
        category=st.sampled_from(["compute", "idle", "storage", "people"]),
        sort=st.sampled_from([*BILLS, "metered", "metered", "entered"]),
        release=st.sampled_from(["r1", "r2", ""]),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
    ),
    max_size=40,
)


def cut(cells, currency, *after):
    """The accounts of these days, one for each piece of the period."""
    starts = [BEGAN, *(BEGAN + timedelta(days) for days in sorted(set(after)))]
    ends = [*(start - timedelta(days=1) for start in starts[1:]), OVER]
    return [
        Account(cells, currency, BILLS, since=since, until=until)
        for since, until in zip(starts, ends, strict=True)
    ]


@settings(max_examples=60, deadline=None)
@given(CELLS, st.lists(st.integers(1, LENGTH - 1), max_size=6), st.sampled_from(["EUR", "USD"]))
def test_lines_days_parts_products_and_pieces_of_the_period_sum_to_the_cent(cells, after, currency):
    (whole,) = cut(cells, currency)
    pieces = cut(cells, currency, *after)
    for product in NAMES:
        made = whole.spent(product)
        assert sum(counted(line) for line in made.lines) == made.total
        assert sum(amount for _, amount in made.days) == made.total
        parts = whole.parts(product)
        assert sum(each.billed if each.billed is not None else each.metered for each in parts) == made.total
        assert made.total == made.total.quantize(Decimal("0.01"))
        by_piece = [each.spent(product) for each in pieces]
        assert sum(each.total for each in by_piece) == made.total
        assert sum(each.apart for each in by_piece) == made.apart
        assert sum(each.billed or 0 for each in by_piece) == (made.billed or 0)
        assert tuple(day for each in by_piece for day in each.days) == made.days
        assert tuple(part for each in pieces for part in each.parts(product)) == parts
    asked = sum((each.amount for each in cells if each.invoiced is not None and each.currency == currency), 0)
    bills = sum(whole.spent(name).billed or 0 for name in NAMES)
    # half a cent for each calendar month
    assert abs(bills - asked) <= Decimal("0.015")


@settings(max_examples=40, deadline=None)
@given(CELLS)
def test_each_cost_counts_once_whatever_the_currency_of_its_bill(cells):
    """In all currencies together: billed, or entered, or metered where no bill covers the day."""
    made = {currency: cut(cells, currency)[0] for currency in ("EUR", "USD")}
    for product in NAMES[:3]:
        mine = [each for each in cells if each.product == product]
        bills = [(BILLS[each.bill], group_of(each.category)) for each in mine if each.invoiced is not None]
        for currency, one in made.items():
            expected = sum(
                (
                    each.amount
                    for each in mine
                    if each.currency == currency
                    and (
                        each.entered
                        or each.invoiced is not None
                        or not any(
                            since <= each.day <= until and group == group_of(each.category)
                            for (since, until), group in bills
                        )
                    )
                ),
                Decimal(0),
            )
            # a cent or two are the other products'
            assert abs(one.total(product) - expected) <= Decimal("0.12")

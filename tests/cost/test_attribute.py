from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.assess.cost.attribute import NOBODY, Claim, apportioned, attributed
from causeway.core.costs import BillLine

DAY = date(2026, 11, 1)
CENTS = st.decimals(-10_000, 10_000, places=2)
FINE = st.decimals(-10_000, 10_000, places=9)
WEIGHTS = st.dictionaries(
    st.integers(0, 99), st.decimals(0, 10**9, places=6) | st.just(Decimal(0)), min_size=1, max_size=40
)


def line(amount="10.00", **changes):
    given = {"day": DAY, "billed": Decimal(amount), "effective": Decimal(amount), "currency": "EUR"}
    return BillLine(**(given | {"provider": "AWS", "account": "1"} | changes))


def by_product(portions):
    return {each.product: (each.rule, each.effective) for each in portions}


def split(bill_line, *claims, used=None, products=("churn", "fraud")):
    weigh = used or {}
    made = attributed(
        [bill_line], claims, lambda product, _: Decimal(weigh.get(product, 0)), products=products
    )
    return by_product(made)


@settings(max_examples=40, deadline=None)
@given(total=CENTS, weights=WEIGHTS)
def test_parts_sum_to_the_cent(total, weights):
    parts = apportioned(total, weights)
    assert sum(parts.values()) == total
    assert all(part == part.quantize(Decimal("0.01")) for part in parts.values())
    whole = sum(weights.values())
    if whole:
        for key, weight in weights.items():
            assert abs(parts[key] - total * weight / whole) < Decimal("0.0101")


@settings(max_examples=40, deadline=None)
@given(total=FINE, weights=WEIGHTS)
def test_amounts_of_less_than_a_cent_lose_nothing(total, weights):
    assert sum(apportioned(total, weights).values()) == total


@settings(max_examples=40, deadline=None)
@given(
    amounts=st.lists(st.tuples(FINE, FINE), min_size=1, max_size=12),
    used=st.lists(st.decimals(0, 1000, places=3), min_size=3, max_size=3),
    percents=st.lists(st.integers(0, 60), min_size=3, max_size=3),
)
def test_attributed_bills_are_the_bills(amounts, used, percents):
    names = ("a", "b", "c")
    claims = [Claim(name, account="1", share="metered") for name in names]
    claims += [Claim(name, account="2", share=str(part)) for name, part in zip(names, percents, strict=True)]
    claims += [Claim(name, account="3", share="even") for name in names]
    lines = [
        BillLine(DAY, billed, effective, "EUR", "AWS", str(number % 5))
        for number, (billed, effective) in enumerate(amounts)
    ]
    weights = dict(zip(names, used, strict=True))
    portions = attributed(lines, claims, lambda name, _: weights[name], products=names)
    assert sum(each.billed for each in portions) == sum(each.billed for each in lines)
    assert sum(each.effective for each in portions) == sum(each.effective for each in lines)


def test_a_credit_is_shared_as_its_charge_was():
    claims = [Claim(name, account="1", share="even") for name in ("a", "b", "c")]
    parts = [amount for _, amount in split(line("-0.02"), *claims, products=()).values()]
    assert sum(parts) == Decimal("-0.02")
    assert all(abs(amount * 3 + Decimal("0.02")) < Decimal("1e-11") for amount in parts)


def test_many_lines_of_a_cent_are_shared_evenly_too():
    claims = [Claim(name, account="1", share="even") for name in ("a", "b", "c")]
    portions = attributed([line("0.01")] * 300, claims, lambda *_: Decimal(0))
    sums = [sum(each.effective for each in portions if each.product == name) for name in ("a", "b", "c")]
    assert sum(sums) == Decimal("3.00")
    assert max(sums) - min(sums) < Decimal("1e-9")


def test_a_tag_that_names_the_product_is_a_claim_however_it_is_written():
    assert split(line(tags={" Product": "CHURN "})) == {"churn": ("direct", Decimal("10.00"))}


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        (Claim("churn", tag="org=care"), {"tags": {" ORG ": "Care"}}),
        (Claim("churn", tag="Org"), {"tags": {"org": "anything"}}),
        (Claim("churn", resource="VM-1"), {"resource": "vm-1"}),
        (Claim("churn", account=" 1"), {}),
        (Claim("churn", service="object storage"), {"service": "Object Storage"}),
    ],
)
def test_a_claim_matches_whatever_the_spelling(claim, changes):
    assert split(line(**changes), claim) == {"churn": ("direct", Decimal("10.00"))}


def test_every_word_of_a_claim_must_match():
    assert split(line(), Claim("churn", account="1", service="Compute"))[NOBODY][0] == "unallocated"
    assert split(line(), Claim("churn"))[NOBODY] == ("unallocated", Decimal("10.00"))


def test_the_narrower_claim_wins():
    shared = [Claim(name, account="1", share="even") for name in ("churn", "fraud")]
    assert split(line(resource="vm-1"), *shared, Claim("fraud", resource="vm-1")) == {
        "fraud": ("direct", Decimal("10.00"))
    }


def test_two_who_claim_all_of_it_get_nothing():
    claims = (Claim("churn", account="1"), Claim("fraud", account="1"))
    assert split(line(), *claims) == {NOBODY: ("unallocated", Decimal("10.00"))}


def test_what_is_shared_is_split_by_what_was_used():
    claims = [Claim(name, account="1", share="metered") for name in ("churn", "fraud")]
    assert split(line(), *claims, used={"churn": 1, "fraud": 3}) == {
        "churn": ("metered", Decimal("2.50")),
        "fraud": ("metered", Decimal("7.50")),
    }


def test_where_nobody_used_it_agreed_shares_hold_and_then_even_ones():
    agreed = (Claim("churn", account="1", share="metered"), Claim("fraud", account="1", share="30"))
    assert split(line(), *agreed) == {
        "fraud": ("fixed", Decimal("3.00")),
        NOBODY: ("unallocated", Decimal("7.00")),
    }
    even = [Claim(name, account="1", share="metered") for name in ("churn", "fraud")]
    assert split(line(), *even) == {
        "churn": ("even", Decimal("5.00")),
        "fraud": ("even", Decimal("5.00")),
    }


def test_agreed_shares_beyond_the_whole_are_nobodys():
    claims = [Claim(name, account="1", share="60") for name in ("churn", "fraud")]
    assert split(line(), *claims) == {NOBODY: ("unallocated", Decimal("10.00"))}

"""Error budgets against sums of exact fractions."""

from fractions import Fraction
from math import comb, isclose

import pytest

from causeway.stats.burn import Burn, Span, binomial_tail, burn_of


@pytest.mark.parametrize(
    ("hits", "rows", "share"),
    [
        (1, 10, 0.001),
        (5, 10, 0.01),
        (3, 300, 0.01),
        (12, 40, 0.5),
        (30, 40, 0.5),
        (2, 150, 0.02),
        (9, 9, 0.1),
    ],
)
def test_the_binomial_tail_is_the_sum_of_its_terms(hits, rows, share):
    exact = Fraction(share)
    terms = (comb(rows, k) * exact**k * (1 - exact) ** (rows - k) for k in range(hits, rows + 1))
    assert isclose(binomial_tail(hits, rows, share), float(sum(terms)), rel_tol=1e-9)


def test_the_tail_at_its_ends():
    assert (binomial_tail(0, 10, 0.1), binomial_tail(3, 10, 0.0), binomial_tail(3, 10, 1.0)) == (
        1.0,
        0.0,
        1.0,
    )
    assert binomial_tail(900_000, 10**6, 0.001) == 0.0


def test_a_window_holds_the_spans_that_reach_into_it():
    spans = [Span(0, 60, 8, 2), Span(60, 120, 9, 1), Span(120, 180, 10, 0)]
    assert burn_of(spans, since=60, allowed=0.01) == Burn(1, 20, 0.01)
    assert burn_of(spans, since=59, allowed=0.01).rate == pytest.approx(10.0)
    assert burn_of([], since=0, allowed=0.01).rate == 0.0

"""Chances, beside scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from causeway.stats.chances import (
    chi_square_quantile,
    chi_square_sf,
    held_false,
    kolmogorov_sf,
    normal_sf,
    poisson_sf,
)


@given(st.floats(0, 3000), st.integers(1, 1500))
def test_chi_square_is_that_of_scipy(x, freedom):
    assert chi_square_sf(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-8, abs=1e-13)


@pytest.mark.parametrize("x", [1e-9, 0.5, 3.84, 30.0, 300.0, 1400.0])
def test_far_tails_keep_their_size(x):
    for freedom in (1, 2, 9, 30):
        assert chi_square_sf(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-9)


@given(st.floats(0, 6))
def test_kolmogorov_is_that_of_scipy(x):
    assert kolmogorov_sf(x) == pytest.approx(special.kolmogorov(x), rel=1e-9, abs=1e-14)


@given(st.floats(-8, 30))
def test_the_normal_tail_is_that_of_scipy(z):
    assert normal_sf(z) == pytest.approx(stats.norm.sf(z), rel=1e-10)


@given(st.integers(0, 400), st.floats(1e-6, 400))
def test_the_poisson_tail_is_that_of_scipy(count, expected):
    assert poisson_sf(count, expected) == pytest.approx(
        stats.poisson.sf(count - 1, expected), rel=1e-8, abs=1e-14
    )


@pytest.mark.parametrize("freedom", [1, 9, 19, 255])
def test_quantiles_are_those_of_scipy(freedom):
    assert chi_square_quantile(0.99, freedom) == pytest.approx(stats.chi2.ppf(0.99, freedom), rel=1e-9)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_the_share_of_false_ones_is_that_of_scipy(chances):
    expected = stats.false_discovery_control(chances) if chances else np.array([])
    assert held_false(chances) == pytest.approx(expected)

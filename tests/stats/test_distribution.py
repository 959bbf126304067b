"""How a column's values are spread, in a few numbers."""

import numpy as np
import pytest

from causeway.stats.distribution import MOST_TEXTS, distribution_of
from causeway.stats.profile import number_profile, text_profile


def test_numbers_have_quantiles_and_a_mean():
    values = np.random.default_rng(1).lognormal(0, 1, 5000)
    found = distribution_of(number_profile(values))
    assert found.rows == 5000
    assert found.mean == pytest.approx(values.mean())
    for share, value in found.quantiles.items():
        assert value == pytest.approx(np.quantile(values, int(share) / 100), rel=1 / 64)


def test_texts_have_shares_and_the_rest_is_said():
    codes = np.repeat(np.arange(20), np.arange(40, 0, -2))
    found = distribution_of(text_profile(codes, tuple(f"t{i:02}" for i in range(20))))
    assert list(found.shares)[:3] == ["t00", "t01", "t02"]
    assert len(found.shares) == MOST_TEXTS
    assert found.shares["t00"] == pytest.approx(40 / 420)
    assert sum(found.shares.values()) + found.others == pytest.approx(1)


def test_no_values_have_no_distribution():
    assert distribution_of(number_profile(np.full(3, np.nan))).rows == 0

from functools import reduce

import numpy as np
import pytest

from causeway.stats.profile import merged, number_profile, text_profile
from causeway.stats.profile_form import Window
from causeway.stats.profile_many import merged_columns, merged_rows

RNG = np.random.default_rng(3)
PARTS = {
    "continuous": [number_profile(RNG.normal(i, 2, 500), shift=-10.0) for i in range(12)],
    "few values": [number_profile(RNG.integers(0, 9, 90).astype(float)) for _ in range(9)],
    "with gaps": [number_profile(np.where(RNG.random(80) < 0.3, np.nan, RNG.random(80))) for _ in range(6)],
    "empty too": [number_profile(np.full(5, np.nan)), *(number_profile(RNG.random(9)) for _ in "abc")],
    "nothing once": [*(number_profile(RNG.random(9)) for _ in "abcd"), text_profile(np.full(4, -1), [])],
    "other zeros": [number_profile(RNG.normal(0, 1, 50), shift=float(i % 2)) for i in range(6)],
    "texts": [text_profile(RNG.integers(-1, 4, 60), list("abcd")) for _ in range(7)],
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_many_at_once_are_what_one_by_one_makes(name):
    one, other = merged_columns(PARTS[name]), reduce(merged, PARTS[name])
    assert (one.count, one.missing) == (other.count, other.missing)
    if name == "texts":
        assert one == other
        return
    assert (one.bins, one.counts, one.values, one.value_counts) == (
        other.bins,
        other.counts,
        other.values,
        other.value_counts,
    )
    assert (one.mean, one.spread) == pytest.approx((other.mean, other.spread))
    assert (one.minimum, one.maximum) == (other.minimum, other.maximum)


def test_a_column_that_some_windows_lack_is_missing_there():
    part = number_profile(np.arange(10.0))
    windows = [Window(1, "r", "", 10, {"in_a": part}), Window(2, "r", "", 7, {})]
    assert merged_rows(windows)["in_a"].missing == 7

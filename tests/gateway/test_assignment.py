"""Who is answered by which release: even, independent of the holdout, and the same everywhere."""

import hashlib
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency

from causeway.core.assignment import SLOTS, Lots, position, slot, unit_of

UNITS = [f"customer-{i}" for i in range(40_000)]
TEXTS = st.text(max_size=20)


def by_hand(unit: str, *, purpose: str, product: str, salt: str) -> int:
    digest = hashlib.blake2b(f"{purpose}/{product}/{salt}/{unit}".encode(), digest_size=8).hexdigest()
    return int(digest, 16) % 10_000


def arm_by_hand(shares: list[int], unit: str, *, product: str, salt: str) -> int:
    place = by_hand(unit, purpose="release", product=product, salt=salt)
    bounds = [sum(shares[: i + 1]) * 100 for i in range(len(shares))]
    return next(i for i, bound in enumerate(bounds) if place < bound)


@st.composite
def shares_of_all(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 100), max_size=4)))
    return [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]


@given(shares=shares_of_all(), unit=TEXTS, salt=TEXTS, percent=st.integers(0, 50))
def test_the_draws_are_those_of_the_plain_words(shares, unit, salt, percent):
    lots = Lots("churn", tuple(shares), salt, percent)
    assert lots.release(unit) == arm_by_hand(shares, unit, product="churn", salt=salt)
    held = by_hand(unit, purpose="holdout", product="churn", salt=salt) < percent * 100
    assert lots.held_out(unit) is held


def test_slots_are_even():
    counts = np.bincount([slot(unit, salt="release/churn/") // 100 for unit in UNITS], minlength=100)
    expected = len(UNITS) / 100
    statistic = ((counts - expected) ** 2 / expected).sum()
    # fixed units: this is a figure, not a draw
    assert statistic < chi2.ppf(0.999, 99)
    assert max(slot(unit, salt="s") for unit in UNITS) < SLOTS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # the holdout and the canary of one product
        (lambda u: Lots("churn", (90, 10), "", 10).held_out(u), lambda u: Lots("churn", (90, 10)).release(u)),
        # the same draw of two products, and before and after a new salt
        (lambda u: Lots("churn", (90, 10)).release(u), lambda u: Lots("prices", (90, 10)).release(u)),
        (lambda u: Lots("churn", (90, 10)).release(u), lambda u: Lots("churn", (90, 10), "b").release(u)),
    ],
)
def test_two_draws_tell_nothing_of_each_other(one, other):
    table = np.zeros((2, 2))
    for unit in UNITS:
        table[int(one(unit)), int(other(unit))] += 1
    assert table.min() > 200
    assert chi2_contingency(table).pvalue > 0.001


def test_whoever_had_the_canary_keeps_it_while_it_grows():
    small, large = Lots("churn", (95, 5)), Lots("churn", (60, 40))
    had = [unit for unit in UNITS if small.release(unit) == 1]
    assert 0.04 < len(had) / len(UNITS) < 0.06
    assert all(large.release(unit) == 1 for unit in had)


def test_a_larger_holdout_holds_out_the_same_and_more():
    small, large = Lots("churn", (100,), "", 5), Lots("churn", (100,), "", 20)
    assert all(large.held_out(unit) for unit in UNITS if small.held_out(unit))


def test_another_process_draws_the_same():
    code = (
        "from causeway.core.assignment import Lots\n"
        "lots = Lots('churn', (70, 20, 10), 'autumn', 10)\n"
        "print([(lots.release(f'u-{i}'), lots.held_out(f'u-{i}')) for i in range(50)])"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    lots = Lots("churn", (70, 20, 10), "autumn", 10)
    assert told == {f"{[(lots.release(f'u-{i}'), lots.held_out(f'u-{i}')) for i in range(50)]}\n"}


def test_the_draw_of_today_is_that_of_tomorrow():
    # changing these would move callers from arm to arm in the middle of an experiment
    assert [slot(f"customer-{i}", salt="release/churn/") for i in range(4)] == [
        3871,
        7847,
        4906,
        7173,
    ]
    assert position([50, 50], "customer-1", salt="release/churn/") == 1


def test_one_name_however_it_is_written():
    assert {unit_of(value) for value in (17, 17.0, "17")} == {"17"}
    assert [unit_of(value) for value in (None, "", True, 1.5)] == ["", "", "true", "1.5"]


def test_shares_are_kept():
    counts = Counter(Lots("churn", (80, 20)).release(unit) for unit in UNITS)
    assert 0.19 < counts[1] / len(UNITS) < 0.21

"""Intervals that hold at every look: simulated truths, and mixtures beside numerical integration."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.stats.sequential import (
    Moments,
    chi_square,
    difference_of_means,
    difference_of_shares,
    mean_bounds,
    paired_difference,
    share_bounds,
)

LOOKS = np.unique(np.geomspace(5, 2000, 40).astype(int))
ALPHA = 0.05
Z = 1.96


def arms(generator, first, second, *, split=0.25):
    """Requests drawn to two arms, and the running rows and hits of each at every look."""
    mine = generator.random(LOOKS[-1]) < split
    hits = generator.random(LOOKS[-1]) < np.where(mine, first, second)
    running = [np.cumsum(each)[LOOKS - 1].tolist() for each in (mine & hits, mine, ~mine & hits, ~mine)]
    return zip(*running, strict=True)


def test_peeking_at_every_look_errs_no_more_often_than_alpha_where_a_test_of_one_look_does():
    generator = np.random.default_rng(1)
    wrong = naive = 0
    for _ in range(150):
        looks = list(arms(generator, 0.1, 0.1))
        bounds = [difference_of_shares((h, n), (k, m), alpha=ALPHA) for h, n, k, m in looks]
        wrong += any(not bound.low <= 0 <= bound.high for bound in bounds)
        naive += any(z_of(*look) > Z for look in looks)
    assert wrong / 150 <= ALPHA
    assert naive / 150 > 4 * ALPHA


def z_of(hits, rows, other, others):
    pooled = (hits + other) / max(rows + others, 1)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / others)) if rows and others else 0.0
    return abs(hits / rows - other / others) / spread if spread else 0.0


@pytest.mark.parametrize("truth", [0.01, 0.1, 0.5])
def test_one_share_stays_within_its_bounds(truth):
    generator = np.random.default_rng(2)
    missed = 0
    for _ in range(150):
        hits = np.cumsum(generator.random(LOOKS[-1]) < truth)[LOOKS - 1].tolist()
        bounds = [share_bounds(h, n, alpha=ALPHA) for h, n in zip(hits, LOOKS.tolist(), strict=True)]
        missed += any(not bound.low <= truth <= bound.high for bound in bounds)
    assert missed / 150 <= ALPHA + 0.03


@pytest.mark.parametrize("draw", [lambda g, n: g.beta(2, 6, n), lambda g, n: g.random(n) < 0.25])
def test_one_mean_stays_within_its_bounds_at_every_look(draw):
    generator = np.random.default_rng(3)
    missed = 0
    for _ in range(60):
        values, seen, outside = draw(generator, LOOKS[-1]).astype(float), Moments(), False
        for before, look in zip([0, *LOOKS[:-1]], LOOKS, strict=True):
            seen = seen.after(values[before:look])
            bound = mean_bounds(seen, alpha=ALPHA)
            outside |= not bound.low <= 0.25 <= bound.high
        missed += outside
    assert missed / 60 <= ALPHA


def test_harm_is_found_within_a_few_hundred_requests():
    generator = np.random.default_rng(4)
    needed = []
    for _ in range(40):
        looks = arms(generator, 0.3, 0.01)
        found = (
            n for h, n, k, m in looks if difference_of_shares((h, n), (k, m), alpha=ALPHA / 12).low > 0.02
        )
        needed.append(next(found, None))
    assert None not in needed
    assert np.median(needed) < 100


@pytest.mark.parametrize(("hits", "rows", "share"), [(3, 30, 0.05), (0, 50, 0.01), (40, 90, 0.5)])
def test_the_share_at_a_bound_is_where_the_mixture_says_so(hits, rows, share):
    # Beta(1/2, 1/2) is uniform in the angle whose squared sine is the share
    angles = (np.arange(200_000) + 0.5) / 200_000 * math.pi / 2
    at = np.sin(angles) ** 2
    logs = hits * np.log(at / share) + (rows - hits) * np.log((1 - at) / (1 - share))
    mixture = float(np.exp(logs).mean())
    just_in, just_out = (share_bounds(hits, rows, alpha=slack / mixture) for slack in (0.99, 1.01))
    assert just_in.low <= share <= just_in.high
    assert not just_out.low <= share <= just_out.high


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 60))
@settings(max_examples=50, deadline=None)
def test_portions_make_the_same_moments(values, cut):
    numbers = np.array(values, float)
    whole, parts = Moments().after(numbers), Moments().after(numbers[:cut]).after(numbers[cut:])
    assert (whole.rows, pytest.approx(whole.total), pytest.approx(whole.spread)) == (
        parts.rows,
        parts.total,
        parts.spread,
    )


def test_moments_of_two_streams_add():
    one, other = Moments(3, 1.5, 0.2), Moments(2, 0.5, 0.1)
    assert one + other == Moments(5, 2.0, pytest.approx(0.3))


def test_nothing_seen_leaves_everything_open():
    assert (share_bounds(0, 0, alpha=ALPHA).low, share_bounds(0, 0, alpha=ALPHA).high) == (0.0, 1.0)
    nothing = difference_of_means(Moments(), Moments(), alpha=ALPHA)
    assert (nothing.low, nothing.high) == (-1.0, 1.0)


def test_pairs_tell_apart_sooner_than_arms():
    generator = np.random.default_rng(5)
    base = generator.beta(2, 6, 400)
    moved = np.clip(base + 0.05, 0, 1)
    pairs = paired_difference(Moments().after((1 + moved - base) / 2), alpha=ALPHA)
    apart = difference_of_means(Moments().after(moved), Moments().after(base), alpha=ALPHA)
    assert pairs.high - pairs.low < apart.high - apart.low


def test_the_chi_square_of_counts_is_that_of_the_tables():
    assert chi_square(60, 40, 0.5) == pytest.approx(0.0455, abs=1e-4)
    assert chi_square(0, 0, 0.5) == 1.0

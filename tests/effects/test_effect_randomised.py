"""Randomised holdouts, beside statsmodels, scipy and the formulas written out."""

import math

import numpy as np
import pytest
from scipy import stats

from causeway.stats.effects.moments import ArmMoments, arm, arm_of_counts, stacked
from causeway.stats.effects.randomised import at_any_look, at_one_look, once, randomised

PLACE = np.arange(60)
BEFORE = np.sin(1.7 * PLACE)
IS_TREATED = PLACE % 3 == 0
AFTER = 1 + 0.5 * BEFORE + IS_TREATED * (0.4 + 0.3 * BEFORE) + np.cos(2.9 * PLACE * PLACE)


def arms(*, has_covariate: bool) -> tuple[ArmMoments, ArmMoments]:
    one, other = (
        arm(AFTER[who], BEFORE[who] if has_covariate else None) for who in (~IS_TREATED, IS_TREATED)
    )
    return one, other


def test_without_a_covariate_it_is_welchs_test():
    control, treated = np.sin(PLACE * PLACE), np.cos(3.1 * PLACE * PLACE) * 2 + 0.5
    seen = once(arm(control), arm(treated))
    reference = stats.ttest_ind(treated, control, equal_var=False)
    bounds = reference.confidence_interval()
    assert (seen.low, seen.high) == pytest.approx((bounds.low, bounds.high), rel=1e-3)
    assert seen.p == pytest.approx(reference.pvalue, rel=1e-2)


def test_the_adjusted_estimate_is_that_of_a_regression_with_interactions():
    # statsmodels: OLS(y ~ d + x + d x, x centred), HC2
    seen = once(*arms(has_covariate=True))
    assert seen.estimate == pytest.approx(0.43082756152122864, abs=1e-12)
    assert seen.error == pytest.approx(0.2115, rel=0.1)


def test_the_small_one_of_two_unequal_arms_spreads_no_less_than_both():
    rng = np.random.default_rng(1)
    large, small = rng.normal(0, 1, 1000), rng.normal(0, 0.1, 50)
    seen = once(arm(large), arm(small))
    plain = math.sqrt(large.var(ddof=1) / 1000 + small.var(ddof=1) / 50)
    assert seen.error > 3 * plain


@pytest.mark.parametrize(
    ("treated", "control", "low", "high", "p"),
    [
        # statsmodels: confint_proportions_2indep(method="newcomb"), proportions_ztest
        ((12, 200), (150, 4000), -0.003629913956518422, 0.06478537772348261, 0.1068436790026236),
        ((140, 1000), (100, 1000), 0.01151533907141367, 0.06856374914754898, 0.005915851074238003),
        ((90, 400), (1500, 9600), 0.029844393125590563, 0.11275772627848285, 0.00022943308381158218),
    ],
)
def test_shares_are_those_of_newcombe_and_the_score_test(treated, control, low, high, p):
    seen = once(arm_of_counts(*control), arm_of_counts(*treated), binary=True)
    assert (seen.low, seen.high, seen.p) == pytest.approx((low, high, p), rel=2e-3)


def test_nothing_is_said_before_two_hits_could_be_expected():
    seen = randomised(arm_of_counts(3, 1000), arm_of_counts(2, 10), planned=10_000, binary=True)
    assert not seen.is_known
    assert seen.p == 1


def test_the_sequence_is_its_formula():
    control, treated, planned, alpha = arm_of_counts(400, 5000), arm_of_counts(480, 5000), 20_000, 0.05
    seen = randomised(control, treated, planned=planned, binary=True)
    level = -2 * math.log(alpha)
    tuned = 10_000 * (level + math.log(level + 1)) / planned
    z = 0.016 / math.sqrt(0.088 * 0.912 * 2 / 5000)
    assert seen.p == pytest.approx(math.sqrt(tuned + 1) * math.exp(-tuned * z * z / (2 * (tuned + 1))))
    bound = math.sqrt(2 * (tuned + 1) / tuned * math.log(math.sqrt(tuned + 1) / alpha))
    wide = (seen.high - seen.low) / 2
    assert wide == pytest.approx(bound * math.sqrt(0.08 * 0.92 / 5000 + 0.096 * 0.904 / 5000), rel=0.01)


def test_the_interval_never_finds_what_the_test_does_not():
    rng = np.random.default_rng(3)
    for _ in range(300):
        hits = rng.integers(0, 30, 2)
        seen = randomised(arm_of_counts(hits[0], 400), arm_of_counts(hits[1], 100), planned=1000, binary=True)
        assert not (seen.is_found and seen.p > seen.alpha)
        assert math.isnan(seen.estimate) or seen.low <= seen.estimate <= seen.high


def test_a_ratio_has_the_spread_of_a_jackknife():
    orders = 1 + PLACE % 4.0
    margin = orders * (2 + np.cos(2.9 * PLACE * PLACE))
    control, treated = arm(margin[:30], orders[:30]), arm(margin[30:], orders[30:])
    seen = once(control, treated, ratio=True)
    assert seen.estimate == pytest.approx(
        margin[30:].sum() / orders[30:].sum() - margin[:30].sum() / orders[:30].sum()
    )
    variance = 0.0
    for part in (slice(0, 30), slice(30, 60)):
        y, x = margin[part], orders[part]
        left_out = (y.sum() - y) / (x.sum() - x)
        variance += 29 / 30 * ((left_out - left_out.mean()) ** 2).sum()
    assert seen.error == pytest.approx(math.sqrt(variance), rel=0.02)


def test_a_covariate_narrows_shares_too():
    rng = np.random.default_rng(4)
    risk = rng.beta(0.3, 0.7, 8000)
    left = (rng.random(8000) < risk).astype(float)
    plain = once(arm(left[:4000]), arm(left[4000:]), binary=True)
    adjusted = once(arm(left[:4000], risk[:4000]), arm(left[4000:], risk[4000:]), binary=True)
    correlated = np.corrcoef(risk, left)[0, 1]
    narrower = (adjusted.high - adjusted.low) / (plain.high - plain.low)
    assert narrower == pytest.approx(math.sqrt(1 - correlated**2), rel=0.02)


@pytest.mark.parametrize("kind", ["number", "share", "ratio"])
def test_many_at_once_are_each_one_alone(kind):
    rng = np.random.default_rng(5)
    pairs = [(arm_of_counts(h, 900), arm_of_counts(k, 100)) for h, k in rng.integers(20, 60, (20, 2))]
    if kind != "share":
        pairs = [
            (arm(rng.normal(3, 1, 90), rng.random(90) + 1), arm(rng.normal(3, 1, 40), rng.random(40) + 1))
            for _ in pairs
        ]
    control, treated = stacked([a for a, _ in pairs]), stacked([b for _, b in pairs])
    many = at_any_look(control, treated, planned=5000, alpha=0.05, kind=kind)
    fixed = at_one_look(control, treated, alpha=0.05, kind=kind)
    for at, (a, b) in enumerate(pairs):
        chosen = {"binary": kind == "share", "ratio": kind == "ratio"}
        alone, look = randomised(a, b, planned=5000, **chosen), once(a, b, **chosen)
        assert (alone.low, alone.high, alone.p) == pytest.approx((many.low[at], many.high[at], many.p[at]))
        assert (look.low, look.high, look.p) == pytest.approx((fixed.low[at], fixed.high[at], fixed.p[at]))


def test_an_arm_without_units_is_no_error():
    for binary in (False, True):
        assert not randomised(ArmMoments(), arm_of_counts(3, 9), planned=100, binary=binary).is_known
        assert not once(ArmMoments(), ArmMoments(), binary=binary).is_known


def test_a_few_orders_among_many_noughts_say_nothing_yet():
    few = np.zeros(400)
    few[:6] = 30.0
    seen = randomised(arm(few), arm(np.zeros(400)), planned=1000)
    assert not seen.is_known
    assert not once(arm(np.zeros(400)), arm(np.zeros(400))).is_known
    many = np.resize([0.0, 30.0, 20.0], 400)
    assert randomised(arm(many), arm(many + 1), planned=1000).is_known

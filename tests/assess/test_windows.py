"""Which rows a product is trained anew on, and whether what comes out may replace what is live."""

import itertools
from statistics import NormalDist

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.assess.loop import compared, gate, inverted, refuses, stops
from causeway.assess.windows import (
    DAY,
    Answered,
    Fold,
    Window,
    backtest,
    chosen,
    folds_of,
    judged_together,
    read_windows,
    split_of,
    worth_trying,
)
from causeway.core.loop import LoopEnded, Tried
from causeway.stats.paired import delong
from causeway.views.acting import Acting, Loop

RANDOM = np.random.default_rng(4)


def days(*numbers):
    return np.array([number * DAY for number in numbers], dtype=np.int64)


def test_a_window_counts_what_lies_in_it_and_was_known():
    at, known = days(0, 5, 9, 10, 11), days(1, 6, 12, 11, 12)
    assert Window("all").weights(at, 10 * DAY).tolist() == [1, 1, 1, 0, 0]
    assert Window("5d", 5).weights(at, 10 * DAY).tolist() == [0, 1, 1, 0, 0]
    assert Window("all").weights(at, 10 * DAY, known=known).tolist() == [1, 1, 0, 0, 0]
    assert Window("all/5d", None, 5).weights(at, 10 * DAY)[:2].tolist() == [0.25, 0.5]


def test_windows_are_read_as_the_manifest_writes_them():
    assert read_windows("all, 90d,all/30d") == (
        Window("all"), Window("90d", 90.0), Window("all/30d", None, 30.0),
    )  # fmt: skip
    with pytest.raises(ValueError, match="'90' is no window"):
        read_windows("90")


@given(st.lists(st.integers(0, 50), max_size=80), st.integers(1, 40), st.integers(1, 60))
def test_rows_of_one_moment_stay_together_and_most_are_learnt_from(times, judged, least):
    at = np.array(times, dtype=np.int64)
    split = split_of(at, judged=judged, least=least)
    if split is None:
        return
    gated, judging = (at >= split.until).sum(), ((at >= split.since) & (at < split.until)).sum()
    assert gated >= 1
    assert judging >= 1
    assert split.since < split.until <= split.last == at.max()


def test_a_window_with_the_rows_of_another_is_not_tried_twice():
    at = np.arange(100, dtype=np.int64) * DAY
    able, left = worth_trying(read_windows("all, 200d, 60d, 3d"), at, 100 * DAY)
    assert [window.name for window in able] == ["all", "60d"]
    assert [each.why_not for each in left] == ["holds the same rows as all", "only 3 rows"]


def test_after_a_change_the_back_test_takes_the_window_behind_it():
    at = np.sort(RANDOM.integers(0, 100 * DAY, 4000))
    x = RANDOM.normal(size=len(at))
    slope = np.where(at < 70 * DAY, 3.0, -3.0)
    truth = (RANDOM.random(len(at)) < 1 / (1 + np.exp(-slope * x))).astype(float)

    def fit(weights):
        sign = np.sum(weights * x * (truth - 0.5))
        return lambda rows: sign * x[rows]

    tries = backtest(read_windows("all, 20d"), at, truth, fit, metric="roc_auc", until=100 * DAY, judged=400)
    best, why = chosen(tries, metric="roc_auc")
    assert best.window == "20d"
    assert why.startswith("20d does best in 3 back-tests, on 1,200 rows: ROC AUC 0.")
    assert [(each.folds, each.judged) for each in tries] == [(3, 1200), (3, 1200)]


def test_of_equals_that_with_more_rows_is_taken_and_none_of_none():
    first = Tried("30d", 300, 100, 0.81, 0.7, 0.9)
    second = Tried("all", 900, 100, 0.8, 0.7, 0.9, behind=0.01, behind_error=0.011)
    assert chosen((first, second), metric="roc_auc")[0].window == "all"
    surely = msgspec.structs.replace(second, behind_error=0.009)
    assert chosen((first, surely), metric="mae")[0].window == "30d"
    assert chosen((first,), metric="mae")[1] == (
        "30d does best on the 100 rows after it: mean absolute error 0.810; no other could be tried"
    )
    assert chosen((Tried("all", 3, why_not="only 3 rows"),), metric="mae") == (
        None,
        "no window could be judged (all: only 3 rows)",
    )


@given(st.integers(0, 4000), st.integers(1, 400), st.integers(1, 12))
def test_folds_lie_side_by_side_as_history_and_cost_allow(rows, size, windows):
    at = np.arange(rows + size, dtype=np.int64)
    folds = folds_of(at, since=rows, until=rows + size, windows=windows)
    assert folds[0] == Fold(rows, rows + size)
    assert 1 <= len(folds) <= 3
    assert len(folds) == 1 or len(folds) * windows <= 9
    for later, earlier in itertools.pairwise(folds):
        assert (earlier.until, earlier.until - earlier.since) == (later.since, size)
        assert earlier.since >= 2 * size
    if windows <= 3 and rows >= 4 * size:
        assert len(folds) == 3


def test_rows_of_one_moment_are_in_one_fold():
    at = np.repeat(np.arange(50, dtype=np.int64), 10)
    for fold in folds_of(at, since=45, until=50, windows=1)[1:]:
        assert ((at >= fold.since) & (at < fold.until)).sum() % 10 == 0


def together(*said, metric="roc_auc", truths):
    asked = [Answered(Window(f"{i}d", float(i)), 100 * i, tuple(each)) for i, each in enumerate(said, 1)]
    return judged_together(asked, truths, metric=metric)


def test_how_far_behind_is_measured_on_the_same_rows():
    # DeLong's standard error of the paired difference, which is far below those of both AUCs
    truth = (RANDOM.random(1500) < 0.4).astype(float)
    base = answers(1.0, truth)
    first, second = base + 0.3 * answers(0.5, truth), base
    one, other = together([first], [second], truths=[truth])
    exact = delong(truth, first, second)
    assert one.behind == 0.0
    assert other.behind == pytest.approx(exact.difference, abs=1e-4)
    assert other.behind_error == pytest.approx(
        exact.difference / NormalDist().inv_cdf(1 - exact.p / 2), rel=0.2
    )
    assert other.behind_error < (other.high - other.low) / 6


def test_more_folds_tell_equals_apart_from_luck():
    # of two equal windows one fold alone often calls one better; the mean of three errs by less
    errors = []
    for folds in (1, 3):
        truths = [(RANDOM.random(300) < 0.5).astype(float) for _ in range(folds)]
        one, other = together(
            [answers(1, each) for each in truths], [answers(1, each) for each in truths], truths=truths
        )
        errors.append(max(one.behind_error, other.behind_error))
        assert (one.folds, one.judged) == (folds, 300 * folds)
    assert errors[1] == pytest.approx(errors[0] / np.sqrt(3), rel=0.25)


def test_what_refuses_rows_is_not_judged_on_the_easy_ones():
    truth = (RANDOM.random(400) < 0.5).astype(float)
    fine, shy, silent = answers(1, truth), answers(1, truth), np.full(400, np.nan)
    shy[:100] = np.nan
    tries = together([fine], [shy], [silent], truths=[truth])
    assert [each.judged for each in tries] == [300, 300, 0]
    assert tries[2].why_not == "it does not answer most of the rows that came after"
    # a fold of one class judges no AUC; the other does
    both = together([fine, fine], [shy, shy], truths=[np.ones(400), truth])
    assert [(each.folds, each.judged) for each in both] == [(1, 300), (1, 300)]
    assert together([fine], truths=[np.ones(400)])[0].why_not == "ROC AUC is not defined on what came after"


def answers(skill, truth):
    return skill * truth + RANDOM.normal(size=len(truth))


def test_only_what_is_better_beyond_chance_passes_unless_no_worse_is_enough():
    truth = (RANDOM.random(600) < 0.4).astype(float)
    good, same, bad = answers(2, truth), answers(2, truth), answers(0.2, truth)
    better = gate(compared("live", "roc_auc", truth, new=good, old=bad))
    worse = gate(compared("live", "roc_auc", truth, new=bad, old=good), rule="no-worse", margin=0.02)
    alike = compared("live", "roc_auc", truth, new=good, old=same)
    assert (better.passes, worse.passes) == (True, False)
    assert worse.why.startswith("it is worse: ROC AUC")
    assert not gate(alike).passes
    assert gate(alike, rule="no-worse", margin=0.1).passes
    few = gate(compared("live", "roc_auc", truth[:9], new=good[:9], old=bad[:9]))
    assert few.why == "it cannot be compared with what is live: only 9 rows could be compared"


def test_rows_that_the_live_release_refuses_are_left_out_and_counted():
    truth = (RANDOM.random(200) < 0.5).astype(float)
    old = answers(1, truth)
    old[:20] = np.nan
    seen = compared("live", "roc_auc", truth, new=answers(1, truth), old=old)
    assert (seen.rows, seen.unanswered) == (180, 20)


def test_swapped_outcomes_are_told_from_lost_skill():
    truth = (RANDOM.random(300) < 0.5).astype(float)
    assert inverted("roc_auc", truth, answers(0, truth)) == ""
    assert "right less often than chance" in inverted("roc_auc", truth, answers(-2, truth))


def test_it_stops_once_so_many_were_in_vain():
    loop = Loop("l", None, "b", ended=LoopEnded("l", "not better", "it is worse"))
    assert stops(Acting(loops=(loop,), fruitless=1), after=2) == ""
    assert stops(Acting(loops=(loop,), fruitless=2), after=2) == (
        "2 trainings in a row did not better it; the last: it is worse"
    )


def test_a_release_that_refuses_what_is_answered_today_takes_no_place():
    truth, old = np.ones(200), np.full(200, 0.5)
    new = np.where(np.arange(200) < 3, np.nan, 0.9)
    assert refuses(truth, new=new, old=old) == "it refuses 3 of 200 rows that what is live answers"
    assert not refuses(truth, new=np.where(np.arange(200) < 2, np.nan, 0.9), old=old)
    assert not refuses(truth, new=np.full(200, np.nan), old=np.full(200, np.nan))

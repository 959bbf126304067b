"""Of quality: decay where there is decay, nothing of chance, and silence where nobody can know."""

import numpy as np
import pytest

from causeway.assess.quality_promise import QualityPromise
from causeway.assess.quality_watch import quality_of
from causeway.core.evaluation import SliceSeen
from causeway.stats.binned import binned
from causeway.stats.binned_answers import UNKNOWN_YET, counted, summed
from causeway.stats.binned_metrics import metric_of
from causeway.stats.delays import delays_of
from causeway.stats.estimated_errors import error_model, expected_of
from causeway.stats.quality_form import HOUR_US, QualityWindow
from causeway.stats.sequential import Moments

DAY_US = 24 * HOUR_US


def drawn(generator, rows, *, shift=0.0, concept=0.0, spread=1.0):
    x = generator.normal(size=(rows, 2))
    x[:, 0] = spread * x[:, 0] + shift
    chance = 1 / (1 + np.exp(-(1.5 * (1 - concept) * x[:, 0] + 0.5 * x[:, 1] - 0.5)))
    said = 1 / (1 + np.exp(-(1.5 * x[:, 0] + 0.5 * x[:, 1] - 0.5)))
    return said, (generator.random(rows) < chance).astype(float)


def window(scores, truth, *, day=0, delays=(), slice_="", known=None):
    known = np.ones(len(scores), bool) if known is None else known
    came = np.where(known, truth, np.nan)
    said = (scores >= 0.5).astype(np.int64)
    codes = np.where(known, truth, UNKNOWN_YET).astype(np.int64)
    return QualityWindow(
        day * DAY_US,
        (day + 1) * DAY_US,
        "r",
        "champion",
        slice_,
        answered=len(scores),
        labelled=int(known.sum()),
        scores=binned(scores, came),
        labels=counted(("no", "yes"), said, codes),
        loss=Moments().after((scores - truth)[known] ** 2),
        delays=delays_of(np.asarray(delays, float) if len(delays) else np.full(int(known.sum()), 3600.0)),
    )


def reference(rows=5000, seed=0):
    return window(*drawn(np.random.default_rng(seed), rows))


def promise(held, **more):
    auc = metric_of(held, "roc_auc")
    told = {"value": auc.value, "low": auc.low, "high": auc.high, "rows": auc.rows, "delay_hours": 24.0}
    return QualityPromise("r", "binary", "roc_auc", **{**told, **more})


def watched(windows, *, held=None, now_days=None, **more):
    held = held or reference()
    now = (now_days if now_days is not None else windows[-1].until_us / DAY_US + 2) * DAY_US
    seen = quality_of(windows, promise=promise(held, **more), now_us=int(now), reference=held)
    return {(each.watches, each.about): each for each in seen}


def days(count, *, rows=1000, seed=1, change=0, **world):
    generator = np.random.default_rng(seed)
    return [
        window(*drawn(generator, rows, **(world if day >= change else {})), day=day) for day in range(count)
    ]


def test_steady_quality_is_ok_with_its_interval_beside_what_was_measured():
    seen = watched(days(8))[("quality", "roc_auc")]
    assert seen.verdict == "ok"
    assert seen.low < seen.value < seen.high
    assert seen.reference == pytest.approx(metric_of(reference(), "roc_auc").value)
    assert "it was measured as" in seen.why


def test_decay_in_two_of_three_windows_acts_and_one_window_is_a_note():
    assert watched(days(9, change=8, concept=0.6))[("quality", "roc_auc")].verdict == "note"
    lasting = watched(days(10, change=8, concept=0.6))[("quality", "roc_auc")]
    assert lasting.verdict == "act"
    assert lasting.breach
    assert "worse for 2 windows" in lasting.why


def test_a_slow_decay_is_found_over_the_horizon():
    held = reference(50_000)
    found = [
        watched(days(14, rows=400, seed=seed, concept=0.25), held=held)[("quality", "roc_auc")].verdict
        for seed in range(10)
    ]
    assert found.count("act") >= 8


def test_without_any_change_next_to_nothing_is_said():
    acted = []
    for seed in range(12):
        held = reference(2000, seed=seed + 100)
        every = days(12, rows=300, seed=seed)
        for last in (5, 12):
            seen = watched(every[:last], held=held)
            acted.append(any(each.verdict == "act" for each in seen.values()))
    assert not any(acted)


def test_only_windows_count_whose_outcomes_are_in():
    every = days(6)
    late = watched(every, now_days=5.5)[("quality", "roc_auc")]
    assert late.until.timestamp() * 1e6 <= 4 * DAY_US + DAY_US
    young = watched(every[:1], now_days=1.2)[("quality", "roc_auc")]
    assert (young.verdict, young.value) == ("not-enough-data", None)


def test_what_was_fine_long_ago_is_not_fine_now():
    none = np.zeros(500, bool)
    generator = np.random.default_rng(8)
    silent = [window(*drawn(generator, 500), day=day, known=none) for day in range(4, 16)]
    seen = watched([*days(4), *silent])[("quality", "roc_auc")]
    assert seen.verdict == "not-enough-data"
    assert "Since 1970-01-05" in seen.why


def test_too_few_rows_of_a_class_are_not_enough():
    scores = np.linspace(0.01, 0.2, 300)
    truth = (np.arange(300) < 3).astype(float)
    seen = watched([window(scores, truth, day=day) for day in range(2)])[("quality", "roc_auc")]
    assert seen.verdict == "not-enough-data"


def test_a_slice_is_held_against_its_own_measure_and_its_floor():
    generator = np.random.default_rng(3)
    parts = [window(*drawn(generator, 2000, concept=0.7), day=day, slice_="new") for day in range(4)]
    slices = {"new": SliceSeen("new", 500, 0.72, 0.68, 0.76, floor=0.7)}
    seen = watched([*days(4), *parts], slices=slices)
    assert seen[("quality", "new")].verdict == "act"
    assert "floor" in seen[("quality", "new")].why
    assert seen[("quality", "roc_auc")].verdict == "ok"


def test_groups_are_compared_without_outcomes():
    generator = np.random.default_rng(4)
    none = np.zeros(500, bool)
    made = days(2)
    for name, push in (("f", -1.2), ("m", 0.0)):
        rows = drawn(generator, 500, shift=push)
        made += [window(*rows, day=day, slice_=f"sex={name}", known=none) for day in range(2)]
    seen = watched(made, fairness_columns=("sex",))[("fairness", "sex")]
    assert seen.verdict == "warn"
    assert "f is chosen" in seen.why
    assert seen.high < 0.8


def test_the_estimate_falls_before_outcomes_come_and_says_how_good_it_was():
    every = days(6, rows=2000)
    late, none = drawn(np.random.default_rng(9), 2000, spread=0.4), np.zeros(2000, bool)
    blind = [window(*late, day=day, known=none) for day in (6, 7)]
    seen = watched([*every, *blind], now_days=8)[("estimate", "roc_auc")]
    truth = metric_of(window(*drawn(np.random.default_rng(5), 200_000, spread=0.4)), "roc_auc").value
    assert seen.value == pytest.approx(truth, abs=0.02)
    assert (seen.verdict, seen.method) == ("warn", "CBPE")
    assert "past windows it was" in seen.why


def test_the_estimate_is_silent_once_outcomes_contradict_it():
    seen = watched(days(8, change=4, concept=0.6))[("estimate", "roc_auc")]
    assert (seen.verdict, seen.value) == ("silent", None)
    assert "the relation itself has changed" in seen.why


def test_the_estimate_is_silent_where_a_higher_score_does_not_mean_more():
    generator = np.random.default_rng(2)
    scores = generator.random(5000)
    odd = window(scores, (generator.random(5000) < np.abs(2 * scores - 1)).astype(float))
    assert watched(days(3), held=odd)[("estimate", "roc_auc")].verdict == "silent"
    assert watched(days(3), held=reference(200))[("estimate", "roc_auc")].verdict == "not-enough-data"


def test_calibration_and_confidence_are_watched():
    generator = np.random.default_rng(6)
    off = []
    for day in range(3):
        scores, truth = drawn(generator, 2000)
        off.append(window(np.clip(scores * 1.6, 0, 1), truth, day=day))
    seen = watched(off)
    assert seen[("calibration", "probability")].verdict == "warn"
    assert seen[("output", "confidence")].verdict == "note"
    fine = watched(days(3, rows=2000))
    assert fine[("calibration", "probability")].verdict == "ok"
    assert fine[("output", "confidence")].verdict == "ok"


def numbers_window(generator, rows, *, day=0, shift=0.0, worse=1.0, model=None, known=True):
    x = generator.normal(size=(rows, 2))
    x[:, 0] += shift
    spread = np.exp(0.5 * x[:, 0])
    answers = 3 * x[:, 0] + x[:, 1]
    truth = answers + worse * spread * generator.normal(size=rows)
    there = np.full(rows, known)
    if model == "fit":
        return answers, x, answers - truth
    return QualityWindow(
        day * DAY_US,
        (day + 1) * DAY_US,
        "r",
        "champion",
        answered=rows,
        labelled=int(there.sum()),
        numbers=summed(answers, np.where(there, truth, np.nan)),
        delays=delays_of(np.full(int(there.sum()), 3600.0)),
        expected=expected_of(model, answers, x, there) if model else None,
    )


def test_errors_of_numbers_are_estimated_and_silent_once_contradicted():
    generator = np.random.default_rng(7)
    answers, x, errors = numbers_window(generator, 8000, model="fit")
    model = error_model(answers, x, errors, names=("a", "b"))
    held = numbers_window(generator, 8000, model=model)
    r2 = metric_of(held, "r2")
    known = [numbers_window(generator, 800, day=day, model=model) for day in range(4)]
    shifted = [numbers_window(generator, 800, day=day, shift=1.0, model=model, known=False) for day in (4, 5)]
    told = QualityPromise("r", "regression", "r2", r2.value, r2.low, r2.high, delay_hours=24.0)
    seen = quality_of([*known, *shifted], promise=told, now_us=6 * DAY_US, reference=held)
    estimate = next(each for each in seen if each.watches == "estimate")
    truth = metric_of(numbers_window(generator, 100_000, shift=1.0), "rmse").value
    assert estimate.value == pytest.approx(truth, rel=0.12)
    assert (estimate.verdict, estimate.method) == ("warn", "DLE")
    worse = [numbers_window(generator, 800, day=day, worse=2.0, model=model) for day in range(6)]
    seen = quality_of(worse, promise=told, now_us=8 * DAY_US, reference=held)
    assert next(each for each in seen if each.watches == "estimate").verdict == "silent"
    assert next(each for each in seen if each.watches == "quality").verdict == "act"


def test_without_answers_nothing_is_said():
    assert quality_of([], promise=promise(reference()), now_us=0) == ()

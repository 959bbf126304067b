"""Metrics from mergeable bins beside scikit-learn's: how near, how fast, and how often intervals hold.

    python benchmarks/monitoring/quality.py [ROWS]

ROWS (1,000,000) are scored rows with a known outcome. Times are CPU seconds of one process.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

from causeway.stats.binned import binned, merged_scores
from causeway.stats.binned_answers import counted, merged_numbers, summed
from causeway.stats.binned_metrics import (
    Measured,
    brier,
    confusion_at,
    ece,
    log_loss,
    macro_f1,
    mae,
    r2,
    rmse,
    roc_auc,
    two_class,
)
from causeway.stats.quality_form import Floats, LabelCounts, NumberErrors, ScoreBins

DRAWS = 500
Rng = np.random.Generator


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print("| scores | metric | bins | scikit-learn | apart |\n|---|---|---|---|---|")
    for kind in ("plain", "rare", "narrow", "few values"):
        near(kind, *drawn(np.random.default_rng(1), kind, rows))
    print()
    fast(*drawn(np.random.default_rng(2), "plain", rows))
    print("\n| interval of 95 % | rows | held the truth |\n|---|---|---|")
    for name, of, draw in INTERVALS:
        truth = of(draw(np.random.default_rng(0), 2_000_000)).value
        for size in (200, 1000):
            print(f"| {name} | {size:,} | {covered(of, truth, draw, size):.1%} |", flush=True)


def near(kind: str, scores: Floats, truth: Floats) -> None:
    bins = binned(scores, truth)
    said = scores >= 0.5
    for name, ours, theirs in (
        ("ROC AUC", roc_auc(bins).value, metrics.roc_auc_score(truth, scores)),
        ("log loss", log_loss(bins).value, metrics.log_loss(truth, scores)),
        ("Brier", brier(bins).value, metrics.brier_score_loss(truth, scores)),
        ("ECE, 10 bins", ece(bins).value, their_ece(truth, scores)),
        ("F1 at 0.5", two_class("f1", confusion_at(bins, 0.5)).value, metrics.f1_score(truth, said)),
    ):
        print(f"| {kind} | {name} | {ours:.7f} | {theirs:.7f} | {abs(ours - theirs):.1e} |", flush=True)


def fast(scores: Floats, truth: Floats) -> None:
    """All five metrics from the rows; then from a hundred parts that were counted before."""
    ours = seconds(lambda: all_of(binned(scores, truth)))
    theirs = seconds(lambda: their_all(scores, truth))
    parts = [binned(scores[i::100], truth[i::100]) for i in range(100)]
    later = seconds(lambda: all_of(merged_scores(parts)))
    print(
        f"{len(scores):,} rows, ROC AUC, log loss, Brier, ECE and F1: scikit-learn {theirs:.2f} s; "
        f"bins {ours:.3f} s, {theirs / ours:.0f} times as fast; "
        f"a sum of 100 parts {later * 1000:.0f} ms, {theirs / later:.0f} times"
    )


def all_of(bins: ScoreBins) -> tuple[Measured, ...]:
    return (
        roc_auc(bins),
        log_loss(bins),
        brier(bins),
        ece(bins),
        two_class("f1", confusion_at(bins, 0.5)),
    )


def their_all(scores: Floats, truth: Floats) -> tuple[float, ...]:
    return (
        metrics.roc_auc_score(truth, scores),
        metrics.log_loss(truth, scores),
        metrics.brier_score_loss(truth, scores),
        their_ece(truth, scores),
        metrics.f1_score(truth, scores >= 0.5),
    )


def their_ece(truth: Floats, scores: Floats) -> float:
    came, said = calibration_curve(truth, scores, n_bins=10)
    place = np.searchsorted(np.linspace(0, 1, 11)[1:-1], scores)
    rows = np.bincount(place, minlength=10)
    return float(np.abs(came - said) @ rows[rows > 0] / len(scores))


def seconds(do: Callable[[], object]) -> float:
    """The least of three."""
    found = []
    for _ in range(3):
        start = time.process_time()
        do()
        found.append(time.process_time() - start)
    return min(found)


def drawn(rng: Rng, kind: str, rows: int) -> tuple[Floats, Floats]:
    if kind == "rare":
        chance = np.exp(rng.normal(-7, 1.2, rows)).clip(0, 1)
    elif kind == "narrow":
        chance = rng.normal(0.3, 0.004, rows)
    elif kind == "few values":
        chance = rng.integers(0, 21, rows) / 20
    else:
        chance = 1 / (1 + np.exp(-rng.normal(-1, 1.5, rows)))
    return np.clip(chance**0.9, 0, 1), (rng.random(rows) < chance).astype(float)


def scored(rng: Rng, rows: int) -> ScoreBins:
    return binned(*drawn(rng, "plain", rows))


def labelled(rng: Rng, rows: int) -> LabelCounts:
    came = rng.choice(3, rows, p=[0.6, 0.3, 0.1])
    return counted("abc", np.where(rng.random(rows) < 0.65, came, rng.integers(0, 3, rows)), came)


def numbered(rng: Rng, rows: int) -> NumberErrors:
    truth = rng.gamma(2.0, 10.0, rows)
    parts = [truth[: rows // 2], truth[rows // 2 :]]
    noisy = [each + rng.standard_t(8, len(each)) * (1 + each / 10) for each in parts]
    return merged_numbers([summed(answer, each) for answer, each in zip(noisy, parts, strict=True)])


def f1(bins: ScoreBins) -> Measured:
    return two_class("f1", confusion_at(bins, 0.3))


INTERVALS = (
    ("ROC AUC", roc_auc, scored),
    ("log loss", log_loss, scored),
    ("Brier", brier, scored),
    ("F1 at 0.3", f1, scored),
    ("ECE (at least)", ece, scored),
    ("macro F1", macro_f1, labelled),
    ("RMSE", rmse, numbered),
    ("MAE", mae, numbered),
    ("R2", r2, numbered),
)


def covered(of: Callable[..., Measured], truth: float, draw: Callable[..., object], size: int) -> float:
    rng = np.random.default_rng(3)
    found = [of(draw(rng, size)) for _ in range(DRAWS)]
    return float(np.mean([each.low <= truth <= each.high for each in found]))


if __name__ == "__main__":
    main()

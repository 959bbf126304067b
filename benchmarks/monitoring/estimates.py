"""Estimates without outcomes beside the truth, under shifts whose truth is known.

    python benchmarks/monitoring/estimates.py

Mean absolute error over 10 batches of 5,000 rows; learnt on 25,000. `nothing` assumes what was measured. Then
how often the watch falls silent, once outcomes are there, and how often it calls a decay that is none.
"""

import numpy as np

from causeway.assess.quality_promise import QualityPromise
from causeway.assess.quality_watch import quality_of
from causeway.stats.binned import binned
from causeway.stats.binned_metrics import metric_of
from causeway.stats.delays import delays_of
from causeway.stats.estimated import calibrator_of, estimate_of
from causeway.stats.estimated_errors import error_model, expected_of
from causeway.stats.estimated_weights import weighted_calibrator, weighted_metric, weights_of
from causeway.stats.quality import METRICS
from causeway.stats.quality_form import HOUR_US, Floats, QualityWindow
from causeway.stats.sequential import Moments

KNOWN, ROWS, BATCHES = 25_000, 5_000, 10
DAY_US = 24 * HOUR_US
CHANGES: tuple[tuple[str, dict[str, float]], ...] = (
    ("none", {}),
    ("mix of rows, 0.5 sd", {"shift": 0.5}),
    ("mix of rows, 1 sd", {"shift": 1.0}),
    ("mix of rows, 1.5 sd", {"shift": 1.5}),
    ("rows more alike, 0.5 of the spread", {"spread": 0.5}),
    ("relation, 0.3", {"concept": 0.3}),
    ("relation, 0.6", {"concept": 0.6}),
)
Rng = np.random.Generator


def main() -> None:
    print("| change | ROC AUC: nothing | CBPE | PAPE | weighting | RMSE: nothing | DLE |\n|" + "---|" * 7)
    for name, change in CHANGES:
        areas, sizes = area_errors(change), size_errors(change)
        cells = [*(f"{each:.4f}" for each in areas), *(f"{each:.3f}" for each in sizes)]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    print("\n| change on day 8 of 12 | decay acted on | estimate silent |\n|---|---|---|")
    for name, change in (
        ("none", {}),
        ("mix of rows, 1 sd", {"shift": 1.0}),
        ("relation, 0.6", {"concept": 0.6}),
    ):
        acted, silent = watched(change)
        print(f"| {name} | {acted:.0%} | {silent:.0%} |", flush=True)


def rows_of(
    rng: Rng, rows: int, *, shift: float = 0.0, spread: float = 1.0, concept: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Features, scores that are too sure of themselves, and what came."""
    x = rng.normal(size=(rows, 4))
    x[:, 0] = spread * x[:, 0] + shift
    signal = 1.2 * (1 - concept) * x[:, 0] + 0.6 * x[:, 1] - 0.4 * x[:, 2] + 0.3 * x[:, 0] * x[:, 3]
    scores = 1 / (1 + np.exp(1.3 * (1 - 1.1 * x[:, 0] - 0.6 * x[:, 1] + 0.4 * x[:, 2])))
    return x, scores, (rng.random(rows) < 1 / (1 + np.exp(1 - signal))).astype(float)


def area_errors(change: dict[str, float]) -> list[float]:
    rng = np.random.default_rng(1)
    x, scores, truth = rows_of(rng, KNOWN)
    area = METRICS["roc_auc"].of
    calibrator, constant = calibrator_of(binned(scores, truth)), area(truth, scores)
    found: list[list[float]] = []
    for _ in range(BATCHES):
        new, said, came = rows_of(rng, ROWS, **change)
        weights = weights_of(x, new)
        unknown = binned(said, np.full(ROWS, np.nan))
        honest = weighted_calibrator(scores, truth, weights)
        guesses = [
            constant,
            *(
                estimate.value
                for each in (calibrator, honest)
                if each and (estimate := estimate_of("roc_auc", unknown, each))
            ),
            weighted_metric("roc_auc", truth, scores, weights, parts=2).value,
        ]
        found.append([abs(guess - area(came, said)) for guess in guesses])
    return np.mean(found, axis=0).tolist()


def numbers_of(
    rng: Rng, rows: int, *, shift: float = 0.0, spread: float = 1.0, concept: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    x = rng.normal(size=(rows, 4))
    x[:, 0] = spread * x[:, 0] + shift
    answers = 2 * x[:, 0] + x[:, 1]
    noise = np.exp(0.3 * x[:, 0] + 0.2 * x[:, 2]) * rng.normal(size=rows)
    return x, answers, (2 - 2 * concept) * x[:, 0] + x[:, 1] + noise


def size_errors(change: dict[str, float]) -> list[float]:
    rng = np.random.default_rng(2)
    x, answers, truth = numbers_of(rng, KNOWN)
    model = error_model(answers, x, answers - truth, names="abcd")
    found: list[list[float]] = []
    for _ in range(BATCHES):
        new, said, came = numbers_of(rng, ROWS, **change)
        real = float(np.sqrt(np.mean((said - came) ** 2)))
        if model is not None:
            seen = expected_of(model, said, new, np.ones(ROWS, bool))
            ours = float(np.sqrt(seen.squared / seen.rows))
            found.append([abs(float(np.sqrt(model.means[1])) - real), abs(ours - real)])
    return np.mean(found, axis=0).tolist()


def watched(change: dict[str, float], *, seeds: int = 25) -> tuple[float, float]:
    """Shares of made-up products whose decay is acted on, and whose estimate is silent."""
    acted = silent = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        held = window(rng, 5000, 0, {})
        days = [window(rng, 1000, day, change if day >= 8 else {}) for day in range(12)]
        area = metric_of(held, "roc_auc")
        if area is None:
            continue
        promise = QualityPromise("r", "binary", "roc_auc", area.value, area.low, area.high, delay_hours=24.0)
        sights = quality_of(days, promise=promise, now_us=14 * DAY_US, reference=held)
        acted += any(each.watches == "quality" and each.verdict == "act" for each in sights)
        silent += any(each.watches == "estimate" and each.verdict == "silent" for each in sights)
    return acted / seeds, silent / seeds


def window(rng: Rng, rows: int, day: int, change: dict[str, float]) -> QualityWindow:
    _, scores, truth = rows_of(rng, rows, **change)
    return QualityWindow(
        day * DAY_US,
        (day + 1) * DAY_US,
        "r",
        "champion",
        answered=rows,
        labelled=rows,
        scores=binned(scores, truth),
        loss=Moments().after((scores - truth) ** 2),
        delays=delays_of(np.full(rows, 3600.0)),
    )


if __name__ == "__main__":
    main()

"""What a release was measured to do, and what the manifest asks of it: what its quality is held against."""

from collections.abc import Mapping

from msgspec import Struct

from causeway.core.evaluation import CalibrationSeen, FairnessSeen, SliceSeen
from causeway.core.manifest import EvaluationPart
from causeway.core.release import Release

RELATIVE = frozenset({"rmse", "mae", "log_loss", "brier"})
"""Metrics in units of their own, of which a tolerance is a share of what was measured."""


class QualityPromise(Struct, frozen=True):
    """The release's own measured value with its interval, and the floors that were agreed."""

    release: str
    task: str
    """`binary`, `multiclass` or `regression`."""
    metric: str
    """`roc_auc`, `accuracy`, `r2`, ...: one of those of `stats.binned_metrics`."""
    value: float | None
    low: float | None = None
    high: float | None = None
    rows: int = 0
    higher_is_better: bool = True
    floor: float | None = None
    others: Mapping[str, float] = {}
    """Further metrics on the same rows; they have no interval."""
    slices: Mapping[str, SliceSeen] = {}
    calibration: CalibrationSeen | None = None
    calibration_ceiling: float | None = None
    fairness: Mapping[str, FairnessSeen] = {}
    """By column."""
    fairness_floor: float = 0.8
    fairness_columns: tuple[str, ...] = ()
    delay_hours: float | None = None
    """After so many hours nearly all outcomes are known, as the manifest says; None where it is learnt."""


class QualityRules(Struct, frozen=True):
    """When a difference is worth a word, and when something is done."""

    tolerance: float = 0.02
    """By how much the metric may lie below what was measured, in its units (a share of it in `RELATIVE`)."""
    least_rows: int = 200
    """Labelled rows that a window has at least; hours are merged until they are there."""
    least_each: int = 20
    """Rows of each of two classes."""
    window_hours: int = 24
    of_three: int = 2
    """So many of three windows in a row are a decay."""
    horizon: int = 7
    """So many of the last windows, merged, are one too."""
    back: int = 28
    """So many of the last windows are looked at."""
    alpha: float = 0.01
    """Of the confidence sequence over the release's whole life, and of label outages."""
    estimate_alpha: float = 0.001
    """How unlikely a gap between estimate and outcomes must be to silence the estimate."""


def promise_of(release: Release, asked: EvaluationPart) -> QualityPromise:
    """What this release is held against."""
    seen = release.evaluation
    return QualityPromise(
        release=release.digest,
        task=release.task,
        metric=seen.metric,
        value=seen.value,
        low=seen.low,
        high=seen.high,
        rows=seen.rows,
        higher_is_better=seen.higher_is_better,
        floor=asked.floor if asked.floor is not None else seen.floor,
        others=seen.others,
        slices={part.name: part for part in seen.slices},
        calibration=seen.calibration,
        calibration_ceiling=asked.calibration_error,
        fairness={each.column: each for each in seen.fairness},
        fairness_floor=asked.fairness_ratio,
        fairness_columns=asked.fairness,
        delay_hours=None if asked.outcome_days is None else 24 * asked.outcome_days,
    )

"""What is claimed of an attached model, as a run's evaluation sets it beside its own measure."""

from pathlib import Path

import msgspec

from causeway.core.attached import Origin
from causeway.core.finding import Evidence
from causeway.core.poc import Claim

ORIGIN = "origin.json"
SPOKEN = {
    "auc": ("roc_auc", "auc"),
    "accuracy": ("accuracy",),
    "f1": ("f1",),
    "r2": ("r2",),
    "mae": ("mean_absolute_error", "mae"),
    "rmse": ("root_mean_squared_error", "rmse"),
}
"""What we call a metric, and what its name holds where it was logged."""
HELD_OUT = ("test", "val", "eval", "holdout")


def claims_of(folder: Path, artifact: str) -> tuple[Claim, ...]:
    """The claims of the run that this file of the proof of concept was attached from; none if it was not."""
    beside = folder / artifact
    told = next((part / ORIGIN for part in beside.parents if (part / ORIGIN).is_file()), None)
    if not artifact or told is None or not told.is_relative_to(folder):
        return ()
    try:
        origin = msgspec.json.decode(told.read_bytes(), type=Origin)
    except (OSError, msgspec.DecodeError):
        # written by hand, or gone: then nothing is claimed
        return ()
    at = Evidence(told.relative_to(folder).as_posix())
    return tuple(
        Claim(metric, value, at, "run")
        for metric, names in SPOKEN.items()
        for name, value in _best(origin.metrics)
        if any(word in name.lower() for word in names)
    )


def _best(metrics: dict[str, float]) -> list[tuple[str, float]]:
    """What was measured on rows held out first; what was measured in training says little."""
    return sorted(metrics.items(), key=lambda one: not any(word in one[0].lower() for word in HELD_OUT))

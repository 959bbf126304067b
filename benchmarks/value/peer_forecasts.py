"""AutoETS with its 80 % intervals, in an environment of its own: series in, points and bounds out."""

from __future__ import annotations

import sys
import time

import numpy as np
from statsforecast.models import AutoETS

LEVEL = 80


def main(given: str, answer: str, horizon: int) -> None:
    """Forecast every row; the first once before the clock starts, so that nothing is compiled in it."""
    series = np.load(given)
    model = AutoETS(season_length=7)
    model.forecast(y=series[0], h=horizon, level=[LEVEL])
    began = time.process_time()
    found = [model.forecast(y=row, h=horizon, level=[LEVEL]) for row in series]
    seconds = time.process_time() - began
    keys = {"point": "mean", "low": f"lo-{LEVEL}", "high": f"hi-{LEVEL}"}
    np.savez(
        answer,
        seconds=seconds,
        **{name: np.stack([each[key] for each in found]) for name, key in keys.items()},
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

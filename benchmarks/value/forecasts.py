"""Forecasts of cost against AutoETS of statsforecast: time, error, whether the intervals hold.

python benchmarks/value/forecasts.py [--peer PYTHON] [--energy FILE.csv] [--series 60]

Made-up cost series (`cost_series.py`) and, with --energy, real daily series: a column each, each forecast
from many origins. `--peer` is the Python of an environment with statsforecast; without it only ours is run.
28 days ahead. MASE is the mean absolute error over that of the week before within the known days (so 1 is not
the naive forecast of 28 days, which is about 1.5).
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from cost_series import BEGAN, cost_series

from causeway.stats.forecasts.forecast import forecast
from causeway.stats.forecasts.record import record
from causeway.stats.forecasts.spans import peak, total

HORIZON = 28
KNOWN = 730
MANY = 500
ORIGINS = 24
SEED = 20_261_123
PEER = Path(__file__).with_name("peer_forecasts.py")

Array = NDArray[np.float64]
Cases = tuple[Array, Array]


def main() -> None:
    """Print the figures of each set of series."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", help="Python of an environment with statsforecast")
    parser.add_argument("--energy", help="CSV of real daily series, a column each")
    parser.add_argument("--series", type=int, default=60, help="how many made-up series the peer is given")
    chosen = parser.parse_args()
    made = cost_series(MANY, KNOWN + HORIZON, seed=SEED)
    known, coming = made[:, :KNOWN], made[:, KNOWN:]
    wall, seconds = timed(known)
    print(
        f"{MANY} series of {KNOWN} days, {HORIZON} ahead, with intervals: {wall:.2f} s, {seconds:.2f} CPU-s"
    )
    judged(f"made up, all {MANY}", known, coming)
    judged(f"made up, all {MANY}, with their dates", known, coming, began=BEGAN)
    part = known[: chosen.series], coming[: chosen.series]
    sets = {f"made up, the first {chosen.series}": part}
    if chosen.energy:
        sets["energy"] = energy(Path(chosen.energy))
    for name, (values, actual) in sets.items():
        ours = judged(name, values, actual)
        if chosen.peer:
            against(chosen.peer, name, values, actual, ours=ours, ours_seconds=seconds / MANY)


def timed(known: Array) -> tuple[float, float]:
    """The least seconds of three, and of the processor's."""
    found: list[tuple[float, float]] = []
    for _ in range(3):
        began, busy = time.perf_counter(), time.process_time()
        forecast(known, HORIZON)
        found.append((time.perf_counter() - began, time.process_time() - busy))
    return min(wall for wall, _ in found), min(busy for _, busy in found)


def judged(name: str, known: Array, actual: Array, *, began: date | None = None) -> float:
    """Print how far ours was off and how often its intervals held; the MASE."""
    ahead = forecast(known, HORIZON, began=began)
    whole, highest = total(ahead), peak(ahead)
    sums = record(whole.point, actual.sum(axis=1), low=whole.low, high=whole.high)
    peaks = record(highest.point, actual.max(axis=1), low=highest.low, high=highest.high)
    error = mase(known, ahead.point, actual)
    held = np.mean((ahead.low <= actual) & (actual <= ahead.high))
    kept = f"{held:.3f} (days), {sums.share_held:.3f} (total), {peaks.share_held:.3f} (peak)"
    naive = mase(known, np.tile(known[:, -7:], (1, HORIZON // 7)), actual)
    print(f"{name}: {len(known)} forecasts, seasonal naive MASE {naive:.3f}")
    print(
        f"  ours     MASE {error:.3f}, total off {sums.mean_off:.1%}; 80 % intervals held {kept}",
        flush=True,
    )
    return error


def against(python: str, name: str, known: Array, actual: Array, *, ours: float, ours_seconds: float) -> None:
    """Print the same of AutoETS, and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder, "given.npy"), Path(folder, "answer.npz")
        np.save(given, known)
        subprocess.run([python, str(PEER), str(given), str(answer), str(HORIZON)], check=True)
        found = np.load(answer)
        point, low, high, seconds = (found[key] for key in ("point", "low", "high", "seconds"))
    error = mase(known, point, actual)
    held = np.mean((low <= actual) & (actual <= high))
    sums = np.abs(point.sum(axis=1) / actual.sum(axis=1) - 1).mean()
    inside = np.mean((low.max(axis=1) <= actual.max(axis=1)) & (actual.max(axis=1) <= high.max(axis=1)))
    each = float(seconds) / len(known)
    print(
        f"  AutoETS  MASE {error:.3f}, total off {sums:.1%}; 80 % intervals held {held:.3f} (days), "
        f"{inside:.3f} (peak, highest bounds); {each * 1000:,.0f} CPU-ms a series"
    )
    print(f"  {name}: MASE {ours / error:.3f} x AutoETS, {each / ours_seconds:,.0f} x as fast", flush=True)


def mase(known: Array, point: Array, actual: Array) -> float:
    """The mean absolute error scaled by that of the week before within the known days, over all series."""
    week = np.abs(known[:, 7:] - known[:, :-7]).mean(axis=1)
    return float((np.abs(point - actual).mean(axis=1) / week).mean())


def energy(path: Path) -> Cases:
    """Two years before each of many origins of each column, and the days after them."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    known: list[Array] = []
    coming: list[Array] = []
    for place in range(1, len(rows[0])):
        values = np.array([float(row[place]) for row in rows[1:] if row[place]])
        room = len(values) - KNOWN - HORIZON
        for origin in np.linspace(KNOWN, KNOWN + room, ORIGINS).astype(int):
            known.append(values[origin - KNOWN : origin])
            coming.append(values[origin : origin + HORIZON])
    return np.stack(known), np.stack(coming)


if __name__ == "__main__":
    main()

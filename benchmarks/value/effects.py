"""How fast an effect comes out of a file of ten million units, and 10,000 metric-looks out of moments.

    python benchmarks/value/effects.py [--rows N] [--turns N] [--folder FOLDER] [PEER=PYTHON ...]

PEER is duckdb, tea-tasting, statsmodels or gbstats, PYTHON the interpreter of an environment that has it; one
that is not given is skipped. Everybody reads the same Parquet file (arm, measure, covariate) from the page
cache, in a process of its own whose imports do not count, in turns; the medians are compared.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from causeway.stats.effects.moments import Stack
from causeway.stats.effects.randomised import at_any_look

HERE = Path(__file__).parent
PEERS = {"duckdb": 1.5, "tea-tasting": 2.5, "statsmodels": 10.0, "gbstats": 100.0}
"""The bar: at most so many times duckdb's time, at least so many times faster than the others."""
LOOKS = 10_000


def main(rows: int, turns: int, folder: Path, peers: Mapping[str, str]) -> bool:
    made = folder / "units.parquet"
    make(made, rows)
    size = made.stat().st_size / 1e6
    print(f"{rows:,} units, {size:.0f} MB of Parquet; medians of {turns} turns, seconds (processor seconds)")
    on_file = [name for name in PEERS if name != "gbstats" and name in peers]
    seen: dict[str, list[dict[str, float]]] = {name: [] for name in ("causeway", *on_file)}
    for turn in range(turns):
        for name, answers in seen.items():
            # the slowest takes a minute: once will do
            if turn == 0 or name != "statsmodels":
                answers.append(asked(peers.get(name, sys.executable), name, str(made)))
    met = [line(name, seen) for name in seen]
    met.append(looks(turns, peers))
    for name in PEERS:
        if name not in peers:
            print(f"{name}: skipped, no environment was given")
    return all(met)


def make(path: Path, rows: int) -> None:
    """Handling times that go with those of the weeks before; the treated have 0.05 more."""
    rng = np.random.default_rng(0)
    before = rng.gamma(2.0, 10.0, rows)
    treated = rng.random(rows) < 0.5
    measure = 0.6 * before + rng.gamma(2.0, 5.0, rows) + 0.05 * treated
    table = pl.DataFrame({"unit": np.arange(rows), "treated": treated, "y": measure, "x": before})
    table.write_parquet(path, row_group_size=250_000)


def asked(python: str, name: str, argument: str) -> dict[str, float]:
    command = [python, str(HERE / "peer_effects.py"), name, argument]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"{name}: {ran.stderr.strip().splitlines()[-1]}")
    return json.loads(ran.stdout.splitlines()[-1])


def line(name: str, seen: Mapping[str, list[dict[str, float]]]) -> bool:
    mine = median(one["seconds"] for one in seen["causeway"])
    its = median(one["seconds"] for one in seen[name])
    used = median(one["processor"] for one in seen[name])
    last = seen[name][-1]
    apart = abs(last["estimate"] - seen["causeway"][-1]["estimate"])
    said = (
        f"{name:12} {its:7.3f} ({used:6.3f})  {last['estimate']:.6f} [{last['low']:.6f}, {last['high']:.6f}]"
    )
    if name == "causeway":
        print(said)
        return True
    ratio, is_met = its / mine, mine <= 1.5 * its if name == "duckdb" else its >= PEERS[name] * mine
    bar = (
        "causeway at most 1.5 times its"
        if name == "duckdb"
        else f"at least {PEERS[name]:.1f} times causeway's"
    )
    print(f"{said}  {ratio:.2f} times causeway's ({bar}: {_met(is_met)}); estimates {apart:.0e} apart")
    return is_met


def looks(turns: int, peers: Mapping[str, str]) -> bool:
    """Moments of 10,000 metric-looks, each with its covariate, to effect, interval and p."""
    mine = median(_looks_once() for _ in range(turns * 5)) / LOOKS
    print(f"\n{LOOKS:,} metric-looks from moments: causeway {1e6 * mine:.2f} us a look")
    if "gbstats" not in peers:
        return True
    its = asked(peers["gbstats"], "gbstats", str(LOOKS))["seconds"] / LOOKS
    is_met = its >= PEERS["gbstats"] * mine
    print(
        f"gbstats, sequential with CUPED: {1e6 * its:.0f} us a look, {its / mine:.0f} times ({_met(is_met)})"
    )
    return is_met


def _looks_once() -> float:
    rng = np.random.default_rng(1)
    n = np.full(LOOKS, 5000.0)
    one, other = (
        Stack(n, rng.normal(10, 0.1, LOOKS), n * 4, rng.normal(10, 0.1, LOOKS), n * 4, n * 2)
        for _ in range(2)
    )
    started = time.perf_counter()
    at_any_look(one, other, planned=20_000, alpha=0.05, kind="number")
    return time.perf_counter() - started


def _met(is_met: bool) -> str:  # noqa: FBT001 - a verdict, said in words
    return "met" if is_met else "FELL SHORT"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("peers", nargs="*", metavar="PEER=PYTHON")
    options = parser.parse_args()
    given = dict(one.split("=", 1) for one in options.peers)
    with tempfile.TemporaryDirectory(dir=options.folder) as room:
        sys.exit(not main(options.rows, options.turns, Path(room), given))

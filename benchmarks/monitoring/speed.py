"""What drift costs: sealing, a report of two tables, of merged profiles; and the profile's error.

    python benchmarks/monitoring/speed.py FOLDER [PYTHON_OF_EVIDENTLY [PYTHON_OF_NANNYML]]

Makes two Parquet files of a million rows and 18 columns in FOLDER (200 MB), four columns of the second higher
by 0.2 standard deviations. Each report of tables runs in a process of its own; CPU-seconds are counted after
the imports and include the reading of Parquet. Ten million rows are each file ten times. Peers are left out
where no Python is given.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from causeway.actions.watch.blocks import Blocks, day_of
from causeway.actions.watch.table import watch_tables
from causeway.adapters.table_profiles import table_profile
from causeway.assess.table_roles import Asked
from causeway.core.events import SegmentSealed
from causeway.core.ids import digest_of
from causeway.stats.drift import difference
from causeway.stats.profile import number_profile, profile_of, quantile
from causeway.stats.profile_form import Coded, Profile, read_profile, write_profile
from causeway.stats.profile_many import merged_rows
from causeway.stats.rollup import blocks_of, merged_block

ROWS = 1_000_000
KINDS = (3, 8, 25, 100, 1000)
YEAR = 365


def main() -> None:
    if sys.argv[1] == "report":
        report([Path(sys.argv[2])] * int(sys.argv[4]), [Path(sys.argv[3])] * int(sys.argv[4]))
        return
    if sys.argv[1] == "watch":
        watched(Path(sys.argv[2]), Path(sys.argv[3]))
        return
    folder = Path(sys.argv[1])
    files = [folder / "before.parquet", folder / "now.parquet"]
    for seed, path in enumerate(files):
        if not path.exists():
            table(np.random.default_rng(seed), ROWS, by=0.2 * seed).write_parquet(path)
    print_sealing()
    print_merged()
    print_spans()
    print_errors()
    ours = child([sys.executable, __file__, "report", *map(str, files), "1"])
    print_report("this, 1 + 1 million rows", ours)
    print_report(
        "this, 10 + 10 million rows", child([sys.executable, __file__, "report", *map(str, files), "10"])
    )
    print_report("this, causeway watch FILE", child([sys.executable, __file__, "watch", *map(str, files)]))
    peers = str(Path(__file__).parent / "peer_reports.py")
    for name, python in zip(("evidently", "nannyml"), sys.argv[2:], strict=False):
        print_report(
            f"{name}, 1 + 1 million rows", child([python, peers, name, *map(str, files)]), beside=ours
        )


def report(before: list[Path], now: list[Path]) -> None:
    started = time.process_time()
    one = table_profile(before)
    other = table_profile(now, shifts=one.shifts)
    for name, each in one.columns.items():
        difference(each, other.columns[name])
    used = time.process_time() - started
    print(json.dumps({"cpu_s": used, "peak_mb": peak_mb()}))


def watched(before: Path, now: Path) -> None:
    """All that the verb does but for its imports: which column is what, drift, answers, in words."""
    started = time.process_time()
    watch_tables([str(now)], Path(), reference=str(before), asked=Asked())
    print(json.dumps({"cpu_s": time.process_time() - started, "peak_mb": peak_mb()}))


def peak_mb() -> float:
    """Of this process alone: what the system counts as its children's begins with their parent's."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def child(command: list[str]) -> dict[str, float]:
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        sys.exit(told.stderr[-2000:])
    return json.loads(told.stdout.splitlines()[-1])


def print_report(label: str, found: dict[str, float], *, beside: dict[str, float] | None = None) -> None:
    ratio = f", {found['cpu_s'] / beside['cpu_s']:.0f} times ours" if beside else ""
    print(
        f"report, {label}: {found['cpu_s']:.2f} CPU-s{ratio}, {found['peak_mb']:.0f} MB at most", flush=True
    )


def print_sealing() -> None:
    """Columns of a segment in memory to their profile, 10,000 rows at a time."""
    rows = 10_000
    arrays = hour_of_rows(np.random.default_rng(1), rows)
    names = _columns(arrays)
    profile_of(arrays, shifts={}, columns=names)
    used: list[float] = []
    for _ in range(20):
        started = time.process_time()
        profile_of(arrays, shifts={}, columns=names)
        used.append(time.process_time() - started)
    print(
        f"profile at sealing: {np.median(used) / rows * 1e6:.2f} us a row of 18 columns (median of 20)",
        flush=True,
    )


def print_merged() -> None:
    """The hours of the 28 days that a window is compared with, merged as watching does."""
    rng = np.random.default_rng(2)
    hours = (hour_of_rows(rng, 1000) for _ in range(28 * 24))
    windows = [
        profile_of(hour, shifts={}, columns=[n for n in hour if "_" in n]).windows[0] for hour in hours
    ]
    merged: list[float] = []
    reported: list[float] = []
    for _ in range(10):
        started = time.process_time()
        columns = merged_rows(windows)
        merged.append(time.process_time() - started)
        started = time.process_time()
        for name, each in windows[0].columns.items():
            difference(each, columns[name])
        reported.append(time.process_time() - started)
    print(
        f"28 days of hours of 18 columns merged: {np.median(merged) * 1e3:.0f} ms (median of 10)\n"
        f"report from two merged profiles: {np.median(reported) * 1e3:.1f} ms",
        flush=True,
    )


def print_spans() -> None:
    """A year of hourly segments, and any days of it: out of kept blocks, read from disk and merged."""
    first = day_of(date(2025, 1, 1))
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        segments = list(hourly_segments(folder, first))

        def read(fact: SegmentSealed) -> Profile:
            return read_profile((folder / fact.path).read_bytes())

        def blocks() -> Blocks:
            return Blocks(folder / "blocks", segments, read, today=first + YEAR)

        started = time.process_time()
        blocks().span(first, first + YEAR)
        for day in range(first, first + YEAR):
            blocks().span(day, day + 1)
        print(
            f"a year of 8,760 hourly segments made blocks: {time.process_time() - started:.0f} s", flush=True
        )
        days = range(first, first + YEAR + 1)
        every = list(combinations(days, 2))
        spans = {
            "28 days": [(first + 99, first + 127)] * 20,
            "the year": [(first, first + YEAR)] * 20,
            "any of 100": random.Random(4).sample(every, 100),
            "of most blocks": [max(every, key=lambda span: len(blocks_of(*span)))] * 20,
        }
        for name, chosen in spans.items():
            print_span(name, [spanned(blocks, *each) for each in chosen])


def spanned(blocks: Callable[[], Blocks], since: int, until: int) -> tuple[float, float, float, int]:
    """CPU seconds of all that is done, of merging alone and of comparing; and how many blocks there were."""
    started = time.process_time()
    parts = blocks().parts(since, until)
    read = time.process_time()
    (window,) = merged_block(parts, day=since)
    merged = time.process_time()
    for name, each in parts[0].columns.items():
        difference(each, window.columns[name])
    return merged - started, merged - read, time.process_time() - merged, len(parts)


def print_span(name: str, found: list[tuple[float, float, float, int]]) -> None:
    every, merging, comparing, parts = (np.array(each) for each in zip(*found, strict=True))
    print(
        f"span, {name}: {np.median(every) * 1e3:.0f} ms, {every.max() * 1e3:.0f} at most, of which merging "
        f"{np.median(merging) * 1e3:.0f} and {merging.max() * 1e3:.0f}; {parts.max()} blocks at most; "
        f"report {np.median(comparing) * 1e3:.1f} ms",
        flush=True,
    )


def hourly_segments(folder: Path, first: int) -> Iterator[SegmentSealed]:
    """What is beside a year's segments of 1,000 rows an hour."""
    rng = np.random.default_rng(2)
    for hour in range(first * 24, (first + YEAR) * 24):
        arrays = hour_of_rows(rng, 1000) | {"at": np.full(1000, hour * 3.6e9)}
        content = write_profile(profile_of(arrays, shifts={}, columns=_columns(arrays)))
        (folder / f"{hour}").write_bytes(content)
        at = datetime.fromtimestamp(hour * 3600, UTC)
        digest = digest_of(content)
        yield SegmentSealed(digest, "predictions", f"{hour}", 1000, first_at=at, last_at=at, profile=digest)


def _columns(hour: dict[str, Coded]) -> list[str]:
    return [name for name in hour if "_" in name]


def print_errors() -> None:
    """The profile beside all rows: distance, Wasserstein, quantiles."""
    rng = np.random.default_rng(3)
    print(f"{'error of the profile':24} {'distance':>9} {'said':>7} {'Wasserstein':>12} {'quantiles':>10}")
    for name, make in {
        "normal": lambda by: rng.normal(50 + 2 * by, 10, 200_000),
        "lognormal": lambda by: rng.lognormal(0.2 * by, 1, 200_000),
        "gamma": lambda by: rng.gamma(2, 3 + 0.3 * by, 200_000),
        "ten values": lambda by: np.minimum(rng.poisson(3 + 0.3 * by, 200_000), 9).astype(float),
    }.items():
        before, now = make(0), make(1)
        least = float(before.min())
        one, other = (number_profile(each, shift=least) for each in (before, now))
        found = difference(one, other)
        exact, way = exactly(before, now)
        shares = np.linspace(0.01, 0.99, 99)
        off = [abs(quantile(one, share) - np.quantile(before, share, method="lower")) for share in shares]
        print(
            f"{name:24} {exact - found.effect:9.5f} {found.within:7.5f} "
            f"{abs((found.wasserstein or 0) - way):12.5f} {max(off) / before.std():10.5f} sd",
            flush=True,
        )


def exactly(before: np.ndarray, now: np.ndarray) -> tuple[float, float]:
    """Kolmogorov-Smirnov and Wasserstein in standard deviations, over all rows."""
    places = np.sort(np.r_[before, now])
    below = [np.searchsorted(np.sort(each), places, "right") / len(each) for each in (before, now)]
    gaps = np.abs(below[0] - below[1])
    return float(gaps.max()), float(gaps[:-1] @ np.diff(places)) / float(before.std())


def table(rng: np.random.Generator, rows: int, *, by: float) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {}
    for place, values in enumerate(numbers(rng, rows)):
        series = pl.Series(values + (by * values.std() if place < 4 else 0.0))
        columns[f"n{place}"] = series if place < 8 else series.set(pl.Series(rng.random(rows) < 0.02), None)
    for kinds in KINDS:
        codes = pl.Series(texts(rng, kinds, rows))
        columns[f"c{kinds}"] = pl.Series([f"kind_{i}" for i in range(kinds)]).gather(codes)
    columns["prediction"] = pl.Series(1 / (1 + np.exp(-rng.normal(-1, 1, rows))))
    return pl.DataFrame(columns)


def hour_of_rows(rng: np.random.Generator, rows: int) -> dict[str, np.ndarray | Coded]:
    """The same columns as a segment has them, all of one hour."""
    arrays: dict[str, np.ndarray | Coded] = {f"in_{i}": each for i, each in enumerate(numbers(rng, rows))}
    for kinds in KINDS:
        arrays[f"in_c{kinds}"] = Coded(texts(rng, kinds, rows), tuple(f"kind_{i}" for i in range(kinds)))
    arrays["out_prediction"] = rng.random(rows)
    none = np.zeros(rows, np.int64)
    return arrays | {"at": np.zeros(rows), "release": Coded(none, ("r",)), "arm": Coded(none, ("champion",))}


def numbers(rng: np.random.Generator, rows: int) -> list[np.ndarray]:
    return [
        (rng.normal(50, 10, rows), rng.lognormal(0, 1, rows), rng.gamma(2, 3, rows))[place % 3]
        for place in range(12)
    ]


def texts(rng: np.random.Generator, kinds: int, rows: int) -> np.ndarray:
    weights = 1 / (np.arange(kinds) + 3.0)
    return rng.choice(kinds, rows, p=weights / weights.sum())


if __name__ == "__main__":
    main()

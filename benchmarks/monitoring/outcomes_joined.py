"""Ten million predictions beside their outcomes: time, memory, and what a second look costs.

    python benchmarks/monitoring/outcomes_joined.py [MILLIONS]
    python benchmarks/monitoring/outcomes_joined.py year

MILLIONS (10) of predictions lie in segments of a million, their outcomes in segments of a million in another
order; one in eight is not known yet, one in fifty is corrected. The join runs in a process of its own.
`year`: 8,760 hours of 40 predictions, a segment a day; how long any window takes once they were looked at.
"""

import io
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from causeway.actions import outcome_bins
from causeway.actions.outcome_bins import quality_windows
from causeway.actions.outcome_reference import Reference
from causeway.actions.segments import OUTCOMES, PREDICTIONS, NewSegment, put_segment, segment_path
from causeway.actions.workspace import Workspace, open_workspace
from causeway.assess.quality_promise import QualityPromise
from causeway.assess.quality_rows import Asked, Parts
from causeway.assess.quality_watch import quality_of
from causeway.core.events import ProductDeclared, SegmentSealed
from causeway.core.ids import digest_of
from causeway.core.release import Output, Signature

MILLION = 1_000_000
START = datetime(2026, 3, 2, tzinfo=UTC)
PRODUCT, RELEASE = "bench", "sha256:0"
CLASSES = ("no", "yes")
OUTPUTS = (Output("label", "label", CLASSES, "yes"), Output("p", "probability", CLASSES, "yes"))


def main() -> None:
    if sys.argv[1:] == ["year"]:
        year()
        return
    if len(sys.argv) > 2 and sys.argv[1] == "look":
        look(Path(sys.argv[2]))
        return
    millions = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder), millions)
        for what in ("first look", "second look", "after another segment of outcomes"):
            if what.startswith("after"):
                another(Path(folder), millions)
            command = [sys.executable, __file__, "look", folder]
            told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            print(f"{what}: {told}", flush=True)


def stand_in() -> None:
    reference = Reference(Asked(Signature((), OUTPUTS), "binary"))
    outcome_bins._Reader._references = {RELEASE: reference}  # noqa: SLF001 - no release is trained here
    outcome_bins._Reader._parts = Parts()  # noqa: SLF001


def year() -> None:
    """A year of hours; the windows are read from disk each time, as by another process."""
    stand_in()
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        work = open_workspace(Path(folder))
        work.ledger.append(PRODUCT, [ProductDeclared(PRODUCT, "binary")], actor="b", at=START)
        for day in range(365):
            a_day(work, rng, day)
        began = time.process_time()
        quality_windows(work, PRODUCT, hours=24)
        quality_windows(work, PRODUCT)
        print(f"first look at 365 segments: {time.process_time() - began:.1f} CPU-s", flush=True)
        for words, days in (("a year", 365), ("200 days", 200), ("a week", 7)):
            used: list[float] = []
            for _ in range(5):
                outcome_bins._DAYS.clear()  # noqa: SLF001
                since = START + timedelta(days=int(rng.integers(0, 366 - days)))
                began = time.process_time()
                found = quality_windows(
                    work, PRODUCT, since=since, until=since + timedelta(days=days), hours=24 * 10_000
                )
                used.append(time.process_time() - began)
            rows = sum(each.labelled for each in found)
            print(f"{words} as one window, {rows:,} rows: {np.median(used) * 1e3:.0f} ms of CPU", flush=True)
        work.ledger.close()


def a_day(work: Workspace, rng: np.random.Generator, day: int) -> None:
    size = 24 * 40
    rows = day * size + np.arange(size)
    at = START + timedelta(days=day)
    chance = 1 / (1 + np.exp(-rng.normal(-1, 1.5, size)))
    truth = rng.random(size) < chance
    seen_us = int(at.timestamp() * 1e6) + np.arange(size) * 90_000_000
    frame = answered(rows, seen_us, chance, rng)
    put(work, frame, PREDICTIONS, at, last=timedelta(hours=23, minutes=59))
    put(work, outcomes(rows, truth), OUTCOMES, at)


def answered(
    rows: np.ndarray, seen_us: np.ndarray, chance: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    """What a release answered to these rows."""
    return pl.DataFrame(
        {
            "id": ids(rows),
            "at": pl.Series(seen_us).cast(pl.Datetime("us", "UTC")),
            "release": RELEASE,
            "arm": "champion",
            "consumer": "team",
            "flags": pl.Series([None] * len(rows), dtype=pl.String),
            "in_x": rng.normal(size=len(rows)),
            "out_label": pl.Series(np.where(chance >= 0.5, "yes", "no")),
            "out_p": chance,
        }
    )


def look(folder: Path) -> None:
    stand_in()
    work = open_workspace(folder)
    start, cpu = time.perf_counter(), time.process_time()
    windows = quality_windows(work, PRODUCT)
    joined, joined_cpu = time.perf_counter() - start, time.process_time() - cpu
    start = time.perf_counter()
    now = windows[-1].until_us + 40 * 86_400_000_000
    promise = QualityPromise(RELEASE, "binary", "roc_auc", 0.8, delay_hours=24.0)
    sights = quality_of(windows, promise=promise, now_us=now)
    kept = list((folder / ".causeway" / "quality").rglob("*.windows"))
    told = {
        "windows": len(windows),
        "labelled": sum(each.labelled for each in windows),
        "seconds": round(joined, 2),
        "cpu_seconds": round(joined_cpu, 2),
        "judged_seconds": round(time.perf_counter() - start, 2),
        "sights": len(sights),
        "megabytes": megabytes(),
        "kept_megabytes": round(sum(file.stat().st_size for file in kept) / 1e6, 1),
    }
    print(json.dumps(told))


def megabytes() -> int:
    """The most memory that this process held so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return round(int(found[1]) / 1024) if found else 0


def made(folder: Path, millions: int) -> None:
    rng = np.random.default_rng(1)
    work = open_workspace(folder)
    work.ledger.append(PRODUCT, [ProductDeclared("", "sandbox")], actor="b", at=START)
    truth = np.empty(millions * MILLION, bool)
    for place in range(millions):
        rows = np.arange(place * MILLION, (place + 1) * MILLION)
        chance = 1 / (1 + np.exp(-rng.normal(-1, 1.5, MILLION)))
        truth[rows] = rng.random(MILLION) < chance
        at = START + timedelta(days=place)
        seen_us = int(at.timestamp() * 1e6) + np.arange(MILLION) * 86_400
        frame = answered(rows, seen_us, chance, rng)
        put(work, frame, PREDICTIONS, at)
    order = rng.permutation(millions * MILLION)[: millions * MILLION * 7 // 8]
    for rows in np.array_split(order, millions):
        put(work, outcomes(rows, truth[rows]), OUTCOMES, START)
    corrected = order[::50]
    put(work, outcomes(corrected, ~truth[corrected]), OUTCOMES, START)
    work.ledger.close()


def another(folder: Path, millions: int) -> None:
    """Outcomes of ten thousand predictions of the last day."""
    work = open_workspace(folder)
    rows = np.arange(millions * MILLION - 10_000, millions * MILLION)
    put(work, outcomes(rows, rows % 3 == 0), OUTCOMES, START)
    work.ledger.close()


def ids(rows: np.ndarray) -> pl.Series:
    """As long as the gateway's."""
    number = pl.lit(pl.Series(rows)).cast(pl.String).str.zfill(12)
    return pl.select(pl.concat_str(pl.lit("019a9d3e-0000-7000-8000-"), number)).to_series()


def outcomes(rows: np.ndarray, truth: np.ndarray) -> pl.DataFrame:
    at = int(START.timestamp() * 1e6) + rows // MILLION * 86_400_000_000 + 90_000_000_000
    return pl.DataFrame(
        {
            "id": ids(rows),
            "outcome": pl.Series(np.where(truth, "yes", "no")),
            "outcome_number": pl.Series([None] * len(rows), dtype=pl.Float64),
            "outcome_at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
        }
    )


def put(
    work: Workspace, frame: pl.DataFrame, stream: str, at: datetime, *, last: timedelta = timedelta(days=1)
) -> None:
    into = io.BytesIO()
    frame.write_parquet(into, compression="zstd", row_group_size=100_000)
    content = into.getvalue()
    digest = digest_of(content)
    path = segment_path(PRODUCT, stream, day=f"{at:%Y-%m-%d}", digest=digest)
    fact = SegmentSealed(digest, stream, path, len(frame), at, at + last)
    put_segment(work, NewSegment(fact, content))
    work.ledger.append(PRODUCT, [fact], actor="b", at=at)


if __name__ == "__main__":
    main()

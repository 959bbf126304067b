"""What keeping answers costs: an append of 10,000 rows, and a week of three columns out of ten million rows.

    python benchmarks/monitoring/storage.py FOLDER [PYTHON_WITH_DUCKDB]

The append is one request's 10,000 rows of 24 columns, framed and flushed to the disk as the gateway does it;
in turns with it, the same bytes to a plain file. The query reads 30 days of segments as sealing writes them
(0.7 GB in FOLDER, made once): of seven days the mean of a number by a text where another number is above 0.5.
Polars reads them, and DuckDB where a Python that has it is given, in turns. Both are told which files the
days are in, as the ledger knows it, and both run warm in a process of their own.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from causeway.adapters.segments_polars import ROWS_PER_GROUP
from causeway.core.records import Many, framed
from causeway.gateway.records.logs import AppendLog

BATCH = 10_000
DAYS = 30
DAY_ROWS = 10_000_000 // DAYS
APPENDS = 60
TIMES = 7
ROUNDS = 4
DAY_US = 86_400_000_000
BY_DUCKDB = """
import duckdb, json, sys, time
files, times = json.loads(sys.argv[1]), int(sys.argv[2])
asked = "select in_c25, avg(in_n0), count(*) from read_parquet(?) where out_y > 0.5 group by 1"
used = []
for _ in range(times):
    started, cpu = time.perf_counter(), time.process_time()
    rows = duckdb.execute(asked, [files]).fetchall()
    used.append((time.perf_counter() - started, time.process_time() - cpu))
print(json.dumps(used))
"""


def main() -> None:
    if sys.argv[1] == "query":
        print(json.dumps(by_polars(json.loads(sys.argv[2]))))
        return
    folder = Path(sys.argv[1])
    print_append(folder / "log")
    files = [folder / f"day_{day:02}.parquet" for day in range(DAYS)]
    for day, path in enumerate(files):
        if not path.exists():
            segment(np.random.default_rng(day), day).write_parquet(
                path, compression="zstd", row_group_size=ROWS_PER_GROUP, statistics=True
            )
    week = json.dumps([str(path) for path in files[10:17]])
    size = sum(path.stat().st_size for path in files) / 1e9
    print(f"{DAYS * DAY_ROWS:,} rows of 24 columns in {DAYS} segments, {size:.2f} GB", flush=True)
    commands = [[sys.executable, __file__, "query", week]]
    commands += [[python, "-c", BY_DUCKDB, week, str(TIMES)] for python in sys.argv[2:3]]
    used: list[list[list[float]]] = [[[], []] for _ in commands]
    for _ in range(ROUNDS):
        for into, command in zip(used, commands, strict=True):
            for seconds, more in zip(into, child(command), strict=True):
                seconds.extend(more)
    for name, (wall, cpu) in zip(("Polars", "DuckDB"), used, strict=False):
        quickest = f"{np.median(wall):.3f} s (least {min(wall):.3f}), {np.median(cpu):.3f} CPU-s"
        print(f"a week, three columns, by {name}: {quickest}")
    if len(used) > 1:
        ratios = [np.median(mine) / np.median(other) for mine, other in zip(*used, strict=True)]
        print(f"Polars beside DuckDB: {ratios[0]:.2f} of the time, {ratios[1]:.2f} of the CPU")


def print_append(folder: Path) -> None:
    log = AppendLog(folder, rotate_seconds=3600, now=lambda: datetime.now(UTC))
    rng = np.random.default_rng(1)
    fields = [f"n{i}" for i in range(12)] + [f"c{i}" for i in range(5)]
    texts = [f"kind_{i}" for i in range(100)]
    rows = [
        (*rng.normal(size=12).tolist(), *(texts[i] for i in rng.integers(0, 100, 5))) for _ in range(BATCH)
    ]
    answers = {"y": rng.random(BATCH).tolist()}
    plain = (folder.parent / "plain").open("wb")
    taken: list[tuple[float, float, float]] = []
    beside: list[float] = []
    for turn in range(2 * APPENDS):
        ids = [str(uuid.UUID(int=int(high))) for high in rng.integers(0, 2**62, BATCH)]
        many = Many(ids, time.time_ns(), "p", "r", "champion", "c", fields, rows, answers, 900, {}, "q")
        started, cpu = time.perf_counter(), time.process_time()
        content = framed(many)
        middle = time.perf_counter()
        if turn % 2:
            plain.write(content)
            plain.flush()
            os.fdatasync(plain.fileno())
            beside.append(time.perf_counter() - middle)
        else:
            log.commit(content, rows=BATCH)
            done = time.perf_counter()
            taken.append((done - started, done - middle, time.process_time() - cpu))
    log.close()
    plain.close()
    whole, disk, used = (np.array(each) * 1e3 for each in zip(*taken, strict=True))
    print(
        f"append of {BATCH:,} rows of 24 columns, flushed: p50 {np.median(whole):.1f} ms (of which the disk "
        f"{np.median(disk):.1f}), p95 {np.quantile(whole, 0.95):.1f}, {np.median(used):.1f} ms of CPU, "
        f"{len(content) / BATCH:.0f} bytes a row; "
        f"the same bytes to a plain file {np.median(beside) * 1e3:.1f} ms",
        flush=True,
    )
    for path in (*folder.iterdir(), folder.parent / "plain"):
        path.unlink()


def by_polars(files: list[str]) -> list[tuple[float, float]]:
    used: list[tuple[float, float]] = []
    for _ in range(TIMES):
        started, cpu = time.perf_counter(), time.process_time()
        frame = pl.scan_parquet(files).filter(pl.col("out_y") > 0.5)
        frame.group_by("in_c25").agg(pl.col("in_n0").mean(), pl.len()).collect(engine="streaming")
        used.append((time.perf_counter() - started, time.process_time() - cpu))
    return used


def child(command: list[str]) -> list[list[float]]:
    """The seconds and the CPU-seconds of each time but the first."""
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        sys.exit(told.stderr[-2000:])
    return list(map(list, zip(*json.loads(told.stdout)[1:], strict=True)))


def segment(rng: np.random.Generator, day: int) -> pl.DataFrame:
    rows = DAY_ROWS
    at = np.sort(rng.integers(0, DAY_US, rows)) + 1_760_000_000_000_000 + day * DAY_US
    one = {"release": "sha256:0", "arm": "champion", "consumer": "web", "flags": ""}
    columns: dict[str, pl.Series] = {
        "id": pl.Series(rng.integers(0, 2**62, rows)).cast(pl.String),
        "request": pl.Series(rng.integers(0, 2**62, rows)).cast(pl.String),
        "at": pl.Series(at).cast(pl.Datetime("us", "UTC")),
        **{name: pl.Series([value]).new_from_index(0, rows) for name, value in one.items()},
        "latency_us": pl.Series(rng.integers(100, 900, rows)),
    }
    columns |= {f"in_n{i}": pl.Series(rng.normal(50, 10, rows).round(3)) for i in range(10)}
    for kinds in (3, 8, 25, 100, 1000):
        known = pl.Series([f"kind_{i}" for i in range(kinds)])
        columns[f"in_c{kinds}"] = known.gather(pl.Series(rng.integers(0, kinds, rows)))
    columns["out_y"] = pl.Series(rng.random(rows).round(6))
    return pl.DataFrame(columns)


if __name__ == "__main__":
    main()

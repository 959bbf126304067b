"""Contract checks beside Great Expectations, Pandera on Polars and a scan written by hand, in one run.

    python -m venv PEERS && PEERS/bin/pip install great_expectations "pandera[polars]" pyarrow
    python -m venv OLDER && OLDER/bin/pip install "pandas<3" great_expectations pyarrow
    python benchmarks/contracts.py PEERS/bin/python OLDER/bin/python [--into FOLDER] [--large GIGABYTES]

Fifteen rules over 20 columns of Parquet: 1 million rows against Great Expectations, 10 million against the
others. Each is a process of its own that reads and checks the file twice: the first time includes what a
library does once, and memory that nobody touched before; the second is what a server pays each time. Imports
are not timed. Seven in turns: the median of each figure, and of the ratios to ours in the same turn, which
other work on the machine disturbs least; CPU-seconds are user and system of all threads. `--large` adds a CSV
file larger than memory.
"""

# ruff: noqa: PLC0415 - each interpreter has only some of these

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

PLANS = ["basic", "plus", "gold", "trial", "team"]
COUNTRIES = ["DE", "FR", "NL", "PL", "ES", "IT", "AT", "SE"]
PATTERN = r"^[A-Z]{2}-[0-9]{6}$"
RULES = 15
TURNS = 7

Figures = tuple[float, ...]
"""Elapsed and CPU-seconds of the first time, then of the second, and peak resident megabytes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", help="interpreters with the peers, one for each pandas")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--large", type=float, default=0.0, help="GB of CSV")
    parser.add_argument("--one", nargs=2, metavar=("WHO", "FILE"))
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(timed(WHO[asked.one[0]], Path(asked.one[1]))))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.into or Path(scratch)
        compare(made(folder, 1_000_000), asked.peers, ["ours", "hand", "pandera", "gx"])
        compare(made(folder, 10_000_000), asked.peers, ["ours", "hand", "pandera"])
        if asked.large:
            larger_than_memory(folder, asked.large)


def made(folder: Path, rows: int) -> Path:
    """Rows that keep all rules, in a Parquet file; what stands there already is taken."""
    import numpy as np
    import polars as pl

    path = folder / f"rows-{rows}.parquet"
    if path.exists():
        return path
    generator = np.random.default_rng(20)
    numbers = {f"m{n}": generator.normal(100, 15, rows).astype("float64") for n in range(10)}
    frame = pl.DataFrame(
        {
            "id": generator.permutation(rows),
            "age": generator.integers(18, 95, rows),
            "visits": generator.integers(0, 400, rows),
            "spend": generator.gamma(2, 40, rows).round(2),
            "score": generator.random(rows),
            "plan": generator.choice(PLANS, rows),
            "country": generator.choice(COUNTRIES, rows),
            "code": pl.select(
                pl.concat_str(
                    pl.lit("AB-"), pl.int_range(rows).mod(900_000).add(100_000).cast(pl.String)
                ).alias("code")
            )["code"],
            "joined": pl.select(
                pl.date_range(date(2015, 1, 1), date(2025, 1, 1), eager=True).sample(
                    rows, with_replacement=True, seed=3
                )
            ).to_series(),
            "active": generator.random(rows) < 0.7,
            **numbers,
        }
    )
    frame.with_columns(
        pl.when(pl.Series(generator.random(rows) < 0.03)).then(None).otherwise(pl.col("m0")).alias("m0")
    ).write_parquet(path)
    return path


def compare(path: Path, peers: list[str], names: list[str]) -> None:
    """Prints a table of one run: seconds, memory, ratios to ours; Great Expectations with every pandas."""
    whose = {name: (name, sys.executable) for name in names if name in {"ours", "hand"}}
    whose |= {name: (name, peers[0]) for name in names if name == "pandera" and peers}
    whose |= {f"gx, pandas {pandas_of(python)}": ("gx", python) for python in peers if "gx" in names}
    found: dict[str, list[Figures]] = {label: [] for label in whose}
    for _ in range(TURNS):
        for label, (name, python) in whose.items():
            found[label].append(apart(python, name, path))
    print(f"{path.name}: {RULES} rules x 20 columns, {path.stat().st_size / 1e6:,.0f} MB")
    titles = [f"{time} {what}" for time in ("1st", "2nd") for what in ("s", "CPU s")]
    print(f"  {'':<18}" + "".join(f" {title:>9}   to ours" for title in titles) + "   peak MB")
    for label, figures in found.items():
        told = ""
        for column in range(len(titles)):
            pairs = zip(figures, found["ours"], strict=True)
            ratio = median(theirs[column] / ours[column] for theirs, ours in pairs)
            told += f" {median(each[column] for each in figures):>9.3f} {ratio:>8.2f}x"
        print(f"  {label:<18}{told} {max(each[-1] for each in figures):>9.0f}")


def pandas_of(python: str) -> str:
    """The version of pandas that this interpreter has."""
    asked = "from importlib.metadata import version; print(version('pandas'))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def apart(python: str, name: str, path: Path) -> Figures:
    told = subprocess.run(
        [python, __file__, "--one", name, str(path)], capture_output=True, text=True, check=False
    )
    if told.returncode:
        raise SystemExit(f"{name} failed:\n{told.stderr[-2000:]}")
    return tuple(json.loads(told.stdout.strip().splitlines()[-1]))


def timed(check: Callable[[Path], Callable[[], bool]], path: Path) -> Figures:
    """The figures of one check that must come out well, done twice."""
    run = check(path)
    taken: list[tuple[float, float]] = []
    for _ in range(2):
        begun, worked = time.perf_counter(), time.process_time()
        kept = run()
        taken.append((time.perf_counter() - begun, time.process_time() - worked))
        if not kept:
            raise SystemExit("the rules should have been kept")
    return *taken[0], *taken[1], peak()


def peak() -> float:
    """Peak resident megabytes of this program alone; `ru_maxrss` would count its parent at the fork too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1e3


def ours(path: Path) -> Callable[[], bool]:
    from causeway.adapters import registry
    from causeway.core.contract_text import read_contract

    importlib.import_module("causeway.adapters.contracts.checking")
    contract = read_contract(CONTRACT, where="benchmark")

    def run() -> bool:
        report = registry.validate_file(contract, path)
        return report.passed and report.rows > 0 and not report.unchecked

    return run


def hand(path: Path) -> Callable[[], bool]:
    """The same rules as someone who knows Polars would write them for this one file."""
    import polars as pl

    def run() -> bool:
        c = pl.col
        broken = (
            pl.scan_parquet(path)
            .select(
                c("id").null_count().alias("1"),
                (pl.len() - c("id").n_unique()).alias("2"),
                (~c("age").is_between(18, 120)).sum().alias("3"),
                c("age").null_count().alias("4"),
                (c("visits") < 0).sum().alias("5"),
                (c("spend") < 0).sum().alias("6"),
                (~c("score").is_between(0, 1)).sum().alias("7"),
                (~c("plan").is_in(PLANS)).sum().alias("8"),
                (~c("country").is_in(COUNTRIES)).sum().alias("9"),
                (c("country").str.len_chars() != 2).sum().alias("10"),
                (~c("code").str.contains(PATTERN)).sum().alias("11"),
                (~c("joined").is_between(date(2010, 1, 1), date(2030, 1, 1))).sum().alias("12"),
                c("active").null_count().alias("13"),
                (c("m0").null_count() > 0.05 * pl.len()).alias("14"),
                (pl.len() == 0).alias("15"),
            )
            .collect(engine="streaming")
        )
        return not any(broken.row(0))

    return run


def larger_than_memory(folder: Path, gigabytes: float) -> None:
    """Checks a CSV file of so many GB with one bad row in a million, which is written beside it."""
    import polars as pl

    source = made(folder, 1_000_000)
    path = folder / "large.csv"
    rows = 0
    with path.open("wb") as file:
        while file.tell() < gigabytes * 1e9:
            visits = pl.when(pl.col("id") == 0).then(-1).otherwise(pl.col("visits"))
            part = pl.read_parquet(source).with_columns(pl.col("id") + rows, visits.alias("visits"))
            part.write_csv(file, include_header=rows == 0)
            rows += part.height
    seconds, worked, *_, megabytes = apart(sys.executable, "large", path)
    print(
        f"{path.name}: {rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB, {rows // 1_000_000} rows at fault"
    )
    print(f"  ours       {seconds:.1f} s, {worked:.1f} CPU-seconds, peak {megabytes:,.0f} MB")


def large(path: Path) -> Callable[[], bool]:
    from causeway.adapters import registry
    from causeway.core.contract_text import read_contract

    importlib.import_module("causeway.adapters.contracts.checking")
    contract = read_contract(CONTRACT, where="benchmark")

    def run() -> bool:
        report = registry.validate_file(contract, path, into=path.with_suffix(".checked"))
        return report.set_apart == report.rows // 1_000_000 and len(report.violations) == 1

    return run


def pandera(path: Path) -> Callable[[], bool]:
    import pandera.polars as pa
    import polars as pl

    schema = pa.DataFrameSchema(
        {
            "id": pa.Column(int, nullable=False, unique=True),
            "age": pa.Column(int, pa.Check.in_range(18, 120), nullable=False),
            "visits": pa.Column(int, pa.Check.ge(0), nullable=True),
            "spend": pa.Column(float, pa.Check.ge(0), nullable=True),
            "score": pa.Column(float, pa.Check.in_range(0, 1), nullable=True),
            "plan": pa.Column(str, pa.Check.isin(PLANS), nullable=True),
            "country": pa.Column(str, [pa.Check.isin(COUNTRIES), pa.Check.str_length(2, 2)], nullable=True),
            "code": pa.Column(str, pa.Check.str_matches(PATTERN), nullable=True),
            "joined": pa.Column(
                pl.Date, pa.Check.in_range(date(2010, 1, 1), date(2030, 1, 1)), nullable=True
            ),
            "active": pa.Column(bool, nullable=False),
            "m0": pa.Column(
                float,
                pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).null_count() < 0.05 * pl.len())),
                nullable=True,
            ),
        },
        checks=pa.Check(lambda data: data.lazyframe.select(pl.len() > 0)),
    )

    def run() -> bool:
        return schema.validate(pl.read_parquet(path), lazy=True).height > 0

    return run


def gx(path: Path) -> Callable[[], bool]:
    import great_expectations as ge
    import pandas as pd

    e = ge.expectations
    suite = ge.ExpectationSuite(
        name="rules",
        expectations=[
            e.ExpectColumnValuesToNotBeNull(column="id"),
            e.ExpectColumnValuesToBeUnique(column="id"),
            e.ExpectColumnValuesToBeBetween(column="age", min_value=18, max_value=120),
            e.ExpectColumnValuesToNotBeNull(column="age"),
            e.ExpectColumnValuesToBeBetween(column="visits", min_value=0),
            e.ExpectColumnValuesToBeBetween(column="spend", min_value=0),
            e.ExpectColumnValuesToBeBetween(column="score", min_value=0, max_value=1),
            e.ExpectColumnValuesToBeInSet(column="plan", value_set=PLANS),
            e.ExpectColumnValuesToBeInSet(column="country", value_set=COUNTRIES),
            e.ExpectColumnValueLengthsToEqual(column="country", value=2),
            e.ExpectColumnValuesToMatchRegex(column="code", regex=PATTERN),
            e.ExpectColumnValuesToBeBetween(
                column="joined", min_value=date(2010, 1, 1), max_value=date(2030, 1, 1)
            ),
            e.ExpectColumnValuesToNotBeNull(column="active"),
            e.ExpectColumnValuesToNotBeNull(column="m0", mostly=0.95),
            e.ExpectTableRowCountToBeBetween(min_value=1),
        ],
    )
    context = ge.get_context(mode="ephemeral")
    batches = context.data_sources.add_pandas("memory").add_dataframe_asset("rows")
    batches = batches.add_batch_definition_whole_dataframe("whole")

    def run() -> bool:
        frame = pd.read_parquet(path)
        return bool(batches.get_batch({"dataframe": frame}).validate(suite).success)

    return run


CONTRACT = f"""
kind: DataContract
apiVersion: v3.2.0
id: rows
version: 1.0.0
schema:
- name: rows
  properties:
  - {{name: id, required: true, unique: true}}
  - {{name: age, required: true, logicalType: integer, logicalTypeOptions: {{minimum: 18, maximum: 120}}}}
  - {{name: visits, logicalType: integer, logicalTypeOptions: {{minimum: 0}}}}
  - {{name: spend, logicalType: number, logicalTypeOptions: {{minimum: 0}}}}
  - {{name: score, logicalType: number, logicalTypeOptions: {{minimum: 0, maximum: 1}}}}
  - {{name: plan, enum: [{", ".join(f"{{value: {each}}}" for each in PLANS)}]}}
  - name: country
    logicalType: string
    logicalTypeOptions: {{minLength: 2, maxLength: 2}}
    enum: [{", ".join(f"{{value: {each}}}" for each in COUNTRIES)}]
  - {{name: code, logicalType: string, logicalTypeOptions: {{pattern: "{PATTERN}"}}}}
  - {{name: joined, logicalType: date, logicalTypeOptions: {{minimum: "2010-01-01", maximum: "2030-01-01"}}}}
  - {{name: active, required: true}}
  - {{name: m0, quality: [{{metric: nullValues, mustBeLessOrEqualTo: 5, unit: percent}}]}}
  quality:
  - {{metric: rowCount, mustBeGreaterThan: 0}}
"""
WHO = {"ours": ours, "large": large, "hand": hand, "pandera": pandera, "gx": gx}

if __name__ == "__main__":
    main()

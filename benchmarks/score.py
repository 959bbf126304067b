"""Rows a second of `causeway score` beside the proof of concept's own model over pandas, and its memory.

python benchmarks/score.py [ROWS] [forest|logistic]

Both go from a file to a file. The proof of concept codes its categories with pandas and asks
scikit-learn, all in memory. Causeway also holds a contract against every row, gives ids, and seals
a record of each.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
import pandas as pd
import polars as pl
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

import shipyard
from causeway.core.features import Features, Map, Numeric, write_features
from causeway.core.release import Field, Output, Signature

NUMBERS = ("tenure", "spend", "visits", "calls", "age")
CATEGORIES = {
    "plan": ("basic", "gold", "family"),
    "region": ("north", "south", "east", "west"),
    "channel": ("shop", "web"),
}
TRAINED_ROWS, PANDAS_ROWS = 20_000, 1_000_000
SAMPLE_SECONDS = 0.1
KIB = 1024
MODELS = {
    "forest": RandomForestClassifier(100, max_depth=8, random_state=0, n_jobs=2),
    "logistic": LogisticRegression(max_iter=2000),
}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    for name in sys.argv[2:] or MODELS:
        with tempfile.TemporaryDirectory() as place:
            measure(Path(place), rows, name)


def measure(place: Path, rows: int, name: str) -> None:
    os.environ["CAUSEWAY_KEYS"] = str(place / "keys")
    model = MODELS[name]
    trained = made(TRAINED_ROWS, seed=1)
    matrix = coded(pandas_of(trained))
    target = (
        matrix["tenure"] / 72 + matrix["plan_gold"] + np.random.default_rng(2).random(len(matrix))
    ) > 1.4
    model.fit(matrix.to_numpy(np.float32), target.map({True: "yes", False: "no"}))
    folder = shipyard.poc(place / "poc")
    digest = released(folder, model, list(matrix.columns))
    source = place / "rows.parquet"
    made(rows, seed=3).write_parquet(source, row_group_size=100_000)
    by_pandas, pandas_cpu = pandas_rates(model, source, place)
    seconds, cpu, peak = scored(folder, digest, source, place / "answers.parquet")
    rate, cpu_rate = rows / seconds, rows / cpu
    print(
        f"{name}: causeway score {rows:,} rows in {seconds:.1f} s, {rate:,.0f} rows/s, {cpu_rate:,.0f} per "
        f"CPU-s, peak {peak:,.0f} MB (all processes)\n  pandas and scikit-learn {by_pandas:,.0f} rows/s, "
        f"{pandas_cpu:,.0f} per CPU-s; ratio {rate / by_pandas:.2f}, by CPU {cpu_rate / pandas_cpu:.2f}"
    )
    check(model, source, place / "answers.parquet")


def made(rows: int, *, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {"customer": np.arange(rows)} | {name: rng.integers(0, 73, rows) for name in NUMBERS}
    return pl.DataFrame(
        columns
        | {name: np.array(known)[rng.integers(0, len(known), rows)] for name, known in CATEGORIES.items()}
    )


def pandas_of(frame: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: frame[name].to_numpy() for name in frame.columns})


def coded(frame: pd.DataFrame) -> pd.DataFrame:
    matrix = frame[list(NUMBERS)].copy()
    for name, known in CATEGORIES.items():
        for each in known:
            matrix[f"{name}_{each}"] = (frame[name] == each).astype(float)
    return matrix


def released(folder: Path, model: object, columns: list[str]) -> str:
    hot = [(name, each) for name, known in CATEGORIES.items() for each in known]
    rules = [Numeric(name) for name in NUMBERS] + [Map(n, "one-hot", {e: 1.0}, rest=0.0) for n, e in hot]
    features = Features(tuple(columns), tuple(rules), domains=CATEGORIES)
    fields = [Field(name, "integer", minimum=0, maximum=72) for name in NUMBERS]
    fields += [Field(name, "text", categories=known) for name, known in CATEGORIES.items()]
    outputs = tuple(Output(each, each, ("no", "yes"), "yes") for each in ("label", "probability"))
    onnx = to_onnx(model, np.zeros((1, len(columns)), np.float32), options={"zipmap": False}, target_opset=18)
    limits = "{minimum: 0, maximum: 72}"
    described = [f"{{name: {n}, logicalType: integer, logicalTypeOptions: {limits}}}" for n in NUMBERS]
    described += [f"{{name: {name}, logicalType: string, required: true}}" for name in CATEGORIES]
    head = "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\n"
    contract = "\n  - ".join([f"{head}schema:\n- name: c\n  properties:", *described])
    return shipyard.release(
        folder,
        seed=onnx.SerializeToString(),
        files={"features.json": write_features(features), "contract.odcs.yaml": contract.encode()},
        signature=Signature(tuple(fields), outputs),
    )


def pandas_rates(model: object, source: Path, place: Path) -> tuple[float, float]:
    """Rows a second, and a CPU-second, from a file to a file, on as many as fit well into memory."""
    some = place / "some.parquet"
    pl.scan_parquet(source).head(PANDAS_ROWS).sink_parquet(some)
    began, spent = time.monotonic(), time.process_time()
    frame = pandas_of(pl.read_parquet(some))
    probabilities = model.predict_proba(coded(frame).to_numpy(np.float32))
    labels = model.classes_[probabilities.argmax(axis=1)]
    answers = {"customer": frame["customer"].to_numpy(), "label": labels, "yes": probabilities[:, 1]}
    pl.DataFrame(answers).write_parquet(place / "pandas.parquet")
    return len(frame) / (time.monotonic() - began), len(frame) / (time.process_time() - spent)


def scored(folder: Path, digest: str, source: Path, target: Path) -> tuple[float, float, float]:
    """Seconds and CPU-seconds, and the most memory (MB, proportional) of all its processes together."""
    command = [sys.executable, "-m", "causeway", "score", digest[7:], str(folder)]
    began, peak, spent = time.monotonic(), 0.0, dict[int, float]()
    with subprocess.Popen([*command, "--from", str(source), "--to", str(target)]) as process:
        while process.poll() is None:
            running = family(process.pid)
            spent |= {pid: max(cpu_seconds(pid), spent.get(pid, 0)) for pid in running}
            peak = max(peak, sum(map(pss_mb, running)))
            time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise SystemExit(process.returncode)
    return time.monotonic() - began, sum(spent.values()), peak


def cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for parent in found:
        for thread in Path(f"/proc/{parent}/task").glob("*"):
            try:
                found += map(int, (thread / "children").read_text().split())
            except OSError:
                # it ended in the meantime
                continue
    return found


def pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / KIB for line in lines if line.startswith("Pss:")), 0.0)


def check(model: object, source: Path, target: Path) -> None:
    """The first answers are the proof of concept's own."""
    answers = pl.scan_parquet(target).head(1000).collect()
    some = pandas_of(pl.scan_parquet(source).head(1000).collect())
    own = model.predict_proba(coded(some).to_numpy(np.float32))
    apart = np.abs(answers["probability_yes"].to_numpy() - own[:, list(model.classes_).index("yes")]).max()
    print(f"  largest difference to the proof of concept's own answers in 1,000 rows: {apart:.1e}")


if __name__ == "__main__":
    main()

"""How often somebody else's tool says drift where there is none, on the columns of false_alarms.py.

    python peer_alarms.py make FOLDER [WINDOWS]          (here: writes the rows as Parquet)
    python peer_alarms.py ours FOLDER                    (warned, and noticed once)
    PYTHON peer_alarms.py evidently|nannyml FOLDER       (in that tool's own environment)

A reference of 10,000 rows and WINDOWS (20) of 1,000 rows each, 20 columns, the tools' own defaults. NannyML
takes the windows as chunks of one period; Evidently makes a report for each. Prints in how many windows any
column drifted.
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
BEFORE, ROWS = 10_000, 1000


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    if what == "make":
        make(folder, int(sys.argv[3]) if len(sys.argv) > 3 else 20)
        return
    if what == "ours":
        ours(folder)
        return
    import pandas as pd  # noqa: PLC0415 - what the tool's environment has

    before, now = (pd.read_parquet(folder / f"{name}.parquet") for name in ("still_before", "still_now"))
    texts = [name for name in before if name.startswith("c")]
    alarms = {"evidently": by_evidently, "nannyml": by_nannyml}[what](before, now, texts)
    some = sum(map(bool, alarms))
    print(f"{what}: any column in {some} of {len(alarms)} windows, {sum(alarms)} columns in all")


def make(folder: Path, windows: int) -> None:
    import numpy as np  # noqa: PLC0415 - only here
    import polars as pl  # noqa: PLC0415 - the same
    from columns import KINDS, NUMBERS, TEXTS, texts  # noqa: PLC0415 - needs Causeway

    rng = np.random.default_rng(0)
    for name, rows in (("still_before", BEFORE), ("still_now", ROWS * windows)):
        made = {f"n{i}": NUMBERS[i % len(NUMBERS)](rng, rows, 0.0) for i in range(15)}
        made |= {f"c{k}": np.array(TEXTS[k])[texts(rng, k, rows)] for k in KINDS}
        pl.DataFrame(made).fill_nan(None).write_parquet(folder / f"{name}.parquet")


def ours(folder: Path) -> None:
    import polars as pl  # noqa: PLC0415 - only here
    from columns import judged  # noqa: PLC0415 - needs Causeway

    from causeway.stats.profile import counted_texts, number_profile  # noqa: PLC0415 - the same

    def profiled(frame: pl.DataFrame) -> dict[str, Any]:
        return {
            f"in_{each.name}": counted_texts(dict(sorted(each.value_counts().iter_rows())), missing=0)
            if each.dtype == pl.String
            else number_profile(each.cast(pl.Float64).fill_null(float("nan")).to_numpy())
            for each in frame
        }

    before, now = (pl.read_parquet(folder / f"{name}.parquet") for name in ("still_before", "still_now"))
    windows = [profiled(part) for part in now.iter_slices(ROWS)]
    seen = judged(windows, profiled(before), rows=ROWS, reference_rows=BEFORE)
    warned = sum(each.verdict in {"warn", "act"} for each in seen)
    noticed = sum(any(column.aspects for column in each.columns) for each in seen)
    print(f"ours: warned in {warned} of {len(seen)} windows, any column noticed once in {noticed}")


def by_evidently(before: Any, now: Any, texts: list[str]) -> list[int]:  # noqa: ANN401 - frames of pandas
    """How many columns drifted in each window."""
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415 - what this environment has
    from evidently.presets import DataDriftPreset  # noqa: PLC0415 - the same

    numbers = [name for name in before if name not in texts]
    known = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
    found: list[int] = []
    for start in range(0, len(now), ROWS):
        sides = [
            Dataset.from_pandas(each.reset_index(drop=True), data_definition=known)
            for each in (now[start : start + ROWS], before)
        ]
        told = Report([DataDriftPreset()]).run(*sides).dict()
        found.append(int(told["metrics"][0]["value"]["count"]))
    return found


def by_nannyml(before: Any, now: Any, _texts: list[str]) -> list[int]:  # noqa: ANN401 - frames of pandas
    """The same, by its default methods."""
    import nannyml  # noqa: PLC0415 - what this environment has

    known = nannyml.UnivariateDriftCalculator(column_names=list(before), chunk_size=ROWS)
    told = known.fit(before).calculate(now).filter(period="analysis").to_df()
    alerts = [column for column in told if column[-1] == "alert"]
    return [int(row) for row in told[alerts].sum(axis=1)]


if __name__ == "__main__":
    main()

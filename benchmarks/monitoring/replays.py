"""Real data replayed: what the monitors say, what the loop does, and how good the answers were.

    CAUSEWAY_REPLAYS=FOLDER python benchmarks/monitoring/replays.py [elec] [weather] [german] [--only POLICY]

FOLDER holds `elec2/elec.csv` (electricity prices of New South Wales, every half hour), `weather/weather.csv`
(daily weather of Offutt), and `german_drift/` (German credit data, three times before and after something was
done to them: watched as files). Of the others the first rows train a product; the rest is replayed as if it
came from now on. Policies: `none` trains never again, `monthly` by the calendar, `loop` when monitors say so.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

TRAIN = """import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

FEATURES = {features}


def train():
    table = pd.read_csv("rows.csv")
    x_train, x_test, y_train, y_test = train_test_split(
        table[FEATURES], table["outcome"], test_size=0.25, shuffle=False
    )
    model = GradientBoostingClassifier(random_state=0)
    model.fit(x_train, y_train)
    print("ROC AUC", roc_auc_score(y_test == "yes", model.predict_proba(x_test)[:, 1]))
    # what was measured is known; in service every row counts
    model = GradientBoostingClassifier(random_state=0)
    model.fit(table[FEATURES], table["outcome"])
    return model
"""
MANIFEST = """[product]
name = "{name}"
kind = "binary"
stage = "sandbox"

[[data]]
name = "rows"
path = "rows.csv"
target = "outcome"
positive = "yes"
time_column = "at"

[model]
train = "train.py:train"

[serving]
validation = "flag"
missing = "flag"
unseen = "flag"

[evaluation]
outcome_days = {delay}

[loop]
{loop}
ship = "direct"
stops_after = 6
"""
POLICIES = {
    "none": "",
    "monthly": '[[triggers]]\non = "schedule:0 3 1 * *"\ndo = "retrain"\napproval = false\n',
    "loop": '[[triggers]]\non = "decay"\ndo = "retrain"\napproval = false\ncooldown_hours = 336\n'
    '[[triggers]]\non = "alarm"\ndo = "notify"\n',
}


class Data(Struct, frozen=True):
    """How a file becomes a product: which columns, how many rows train, how far apart the rows are."""

    file: str
    target: str
    minutes: int
    first: int
    delay_days: int
    step: str
    loop: str
    block: str = "28d"
    """Over which the metric is taken."""


GERMAN = "german"
DATA = {
    "elec": Data("elec2/elec.csv", "class", 30, 48 * 90, 7, "1d", 'windows = "all, 90d, 30d"'),
    "weather": Data("weather/weather.csv", "target", 1440, 3650, 1, "28d", 'windows = "all, 730d"', "365d"),
}


def main() -> None:
    """Prints one table a data set, one line a policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    every = [*DATA, GERMAN]
    parser.add_argument("data", nargs="*", choices=[*every, []], help=", ".join(every))
    parser.add_argument("--into", type=Path, help="where products and copies are kept")
    parser.add_argument("--only", choices=list(POLICIES), action="append")
    asked = parser.parse_args()
    source = os.environ.get("CAUSEWAY_REPLAYS")
    if not source:
        sys.exit("set CAUSEWAY_REPLAYS to the folder that holds elec2/ and weather/")
    with tempfile.TemporaryDirectory() as thrown_away:
        into = asked.into or Path(thrown_away)
        for name in asked.data or every:
            if name == GERMAN:
                german(Path(source) / "german_drift")
                continue
            later = lay_out(name, Path(source), into)
            for policy in asked.only or POLICIES:
                print(line(name, policy, into, later), flush=True)


def german(folder: Path) -> None:
    """What `watch FILE` says of each file beside the one that it was made of, and of one beside itself."""
    for before, after in (("", "2"), ("3", "4"), ("5", "6"), ("", "")):
        base, file = (folder / f"german_credit_data{each}.csv" for each in (before, after))
        told = verb("watch", str(file), "--reference", str(base))["tables"][0]
        loud = [each for each in told["sights"] if each["verdict"] in {"note", "warn", "act"}]
        found = ", ".join(f"{each['watches']} {each['about']} {each['verdict']}" for each in loud)
        print(f"{file.name:24} {told['verdict']:5} {found or 'nothing'}", flush=True)


def lay_out(name: str, source: Path, into: Path) -> Path:
    """The product's folder with the first rows; the file with the later ones."""
    data, folder = DATA[name], into / "products" / name
    with (source / data.file).open() as file:
        rows = list(csv.DictReader(file))
    features = [each for each in rows[0] if each != data.target]
    begin = datetime(2023, 1, 1, tzinfo=UTC)
    folder.mkdir(parents=True, exist_ok=True)
    later = into / f"{name}-later.csv"
    for place, part in ((folder / "rows.csv", (0, data.first)), (later, (data.first, len(rows)))):
        with place.open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["at", *features, "outcome"])
            for number in range(*part):
                row = rows[number]
                at = begin + timedelta(minutes=data.minutes * number)
                yes = "yes" if float(row[data.target]) else "no"
                out.writerow([f"{at:%Y-%m-%dT%H:%M:%S}", *(row[each] for each in features), yes])
    (folder / "train.py").write_text(TRAIN.format(features=features))
    (folder / "requirements.txt").write_text("pandas\nscikit-learn\n")
    return later


def line(name: str, policy: str, into: Path, later: Path) -> str:
    """One replay, in one line."""
    data, folder = DATA[name], into / "products" / name
    manifest = MANIFEST.format(name=name, delay=data.delay_days, loop=data.loop)
    (folder / "causeway.toml").write_text(manifest + "\n" + POLICIES[policy])
    verb("run", str(folder))
    verb("ship", str(folder), "--yes")
    copy = into / f"{name}-{policy}"
    began = time.monotonic()
    told = verb(
        *("replay", str(later), str(folder), "--into", str(copy), "--time", "at", "--outcome", "outcome"),
        *("--delay", f"{data.delay_days}d", "--step", data.step, "--block", data.block),
    )
    values = [
        block["value"] for block in told["blocks"] if block["value"] is not None and block["rows"] > 500
    ]
    values = values or [block["value"] for block in told["blocks"] if block["value"] is not None]
    if not values:
        sys.exit(f"{name}: no block has enough outcomes of both classes to be measured")
    mean = sum(values) / len(values)
    return (
        f"{name:8} {policy:8} {told['answered']:>7,} answers, {told['made']} releases made; "
        f"blocks of {data.block}: worst {min(values):.3f}, mean {mean:.3f}; {time.monotonic() - began:.0f} s"
    )


def verb(*words: str) -> dict[str, object]:
    """What a command of ours says, as JSON; its narration goes through."""
    command = [sys.executable, "-c", "from causeway.cli.main import main; main()", *words, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(f"causeway {' '.join(words)}: {done.stdout.decode()}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()

"""What `causeway check` costs at its bounds: wall and CPU seconds, peak memory, and the limits that it says.

    python benchmarks/intake_bounds.py [SHAPE ...] [--keep FOLDER]

Each shape is a folder that is made, checked by a process of its own, and thrown away. Our own modules are
compiled beforehand, as they are wherever Causeway was installed and started once.
"""

import argparse
import csv
import io
import json
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

TRAIN = """import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

def load():
    return pd.read_csv("data/rows_0.csv")

def prepare(frame):
    frame["ratio"] = frame["f1"] / (frame["f2"] + 1)
    return frame.fillna(0)

def train(frame):
    X, y = frame.drop(columns=["churned"]), frame["churned"]
    X = StandardScaler().fit_transform(X)
    X_train, X_test, y_train, y_test = train_test_split(X, y)
    model = RandomForestClassifier().fit(X_train, y_train)
    print(model.score(X_test, y_test))
    return model

train(prepare(load()))
"""
MODULE = """import json
import pandas as pd
from sklearn.linear_model import LogisticRegression
from pathlib import Path

class Step{n}:
    def __init__(self, path):
        self.path = path
        self.frame = None

    def load(self):
        self.frame = pd.read_csv(self.path)
        return self.frame

    def fit(self, target="churned"):
        frame = self.load()
        columns = [name for name in frame.columns if name != target]
        return LogisticRegression().fit(frame[columns], frame[target])

def step_{n}(frame, *, option=None):
    result = {{}}
    for name in frame.columns:
        if option and name in option:
            result[name] = frame[name].mean()
        else:
            result[name] = frame[name].median()
    Path("out.json").write_text(json.dumps(result))
    return result
"""


def main() -> None:
    """Measures the shapes that were asked for, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=", ".join(SHAPES))
    parser.add_argument("--keep", type=Path, help="make the folders here and leave them")
    asked = parser.parse_args()
    print(f"{'shape':18} {'wall s':>7} {'CPU s':>7} {'MB':>5}  what it says")
    with tempfile.TemporaryDirectory() as thrown_away:
        settings = with_compiled(Path(thrown_away))
        for name in asked.shapes or SHAPES:
            folder = (asked.keep or Path(thrown_away)) / name
            if not folder.exists():
                make(name, folder)
            measure(name, folder, settings)


def with_compiled(folder: Path) -> dict[str, str]:
    """Settings by which our modules are compiled once, here, whatever this machine says of it."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    settings["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    write(folder / "first" / "train.py", TRAIN)
    subprocess.run(checking(folder / "first"), env=settings, stdout=subprocess.DEVNULL, check=False)
    return settings


def checking(folder: Path) -> list[str]:
    """The command that checks this folder."""
    command = [sys.executable, "-c", "from causeway.cli.main import main; main()"]
    return [*command, "check", str(folder), "--json"]


def make(name: str, folder: Path) -> None:
    """The folder, made apart: a process counts its parent's peak as its own until it has a larger one."""
    maker = multiprocessing.get_context("fork").Process(target=SHAPES[name], args=(folder,))
    maker.start()
    maker.join()


def measure(name: str, folder: Path, settings: dict[str, str]) -> None:
    """One line: what checking this folder took, and what was said of its limits."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        running = subprocess.Popen(checking(folder), env=settings, stdout=out, stderr=err)
        _, status, usage = os.wait4(running.pid, 0)
        wall = time.monotonic() - started
        out.seek(0)
        said = limits(out.read())
    code = os.waitstatus_to_exitcode(status)
    ended = "" if code in {0, 1} else f"exit {code} "
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{name:18} {wall:7.2f} {cpu:7.2f} {usage.ru_maxrss / 1024:5.0f}  {ended}{said}", flush=True)


def limits(printed: bytes) -> str:
    """The limits and the number of folders left out, of what `check --json` printed."""
    try:
        reach = msgspec.json.decode(printed)["reach"]
    except (msgspec.DecodeError, KeyError):
        return "no report"
    left_out = reach.get("skipped", [])
    return "; ".join([*reach.get("limits", []), *([f"{len(left_out)} folders left out"] if left_out else [])])


def write(path: Path, content: str | bytes) -> None:
    """A file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def rows(count: int, *, columns: int = 20, seed: int = 0) -> str:
    """A table of numbers with a target."""
    draw = random.Random(seed)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([*(f"f{n}" for n in range(columns)), "churned"])
    block = [[round(draw.gauss(0, 9), 3) for _ in range(columns)] + [n % 2] for n in range(min(count, 2000))]
    for number in range(count):
        table.writerow(block[number % len(block)])
    return out.getvalue()


def notebook(cells: int, *, shown: int = 200) -> str:
    """A notebook whose every cell shows so many characters."""
    made = [
        {
            "cell_type": "code",
            "execution_count": n + 1,
            "metadata": {},
            "source": f"x{n} = {n}\nprint(x{n})\n" if n else TRAIN,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "0123456789" * (shown // 10)}],
        }
        for n in range(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def ordinary(folder: Path) -> None:
    """20 modules, 5 notebooks, 3 tables of some MB, a saved model."""
    write(folder / "train.py", TRAIN)
    for n in range(20):
        write(folder / f"src/step_{n}.py", MODULE.format(n=n) + f"\nfrom src.step_{max(n - 1, 0)} import *\n")
    for n in range(5):
        write(folder / f"notebooks/explore_{n}.ipynb", notebook(30, shown=4000))
    for n in range(3):
        write(folder / f"data/rows_{n}.csv", rows(25_000, seed=n))
    write(folder / "model.pkl", pickle.dumps({"weights": list(range(20_000))}))
    write(folder / "requirements.txt", "pandas\nscikit-learn==1.3.0\n")
    write(folder / "README.md", "# Churn\n\nAccuracy is 0.93.\n" * 50)


def environments(folder: Path) -> None:
    """25,000 files, nearly all in virtual environments and others' code under odd names."""
    ordinary(folder)
    roots = (
        "venv/lib/python3.9/site-packages", "env/lib/python3.8/site-packages", "my_env/Lib/site-packages",
        ".venv/lib/python3.11/site-packages", "web/node_modules", "vendored/lib/python3.7",
    )  # fmt: skip
    for n in range(25_000):
        root = roots[n % len(roots)]
        write(folder / f"{root}/package_{n // 300}/module_{n}.py", "import os\n\ndef f(x):\n    return x\n")
    for name in ("venv", "env", "vendored"):
        write(folder / name / "bin/activate", "# environment\n")
        write(folder / name / "bin/python", "")


def files(folder: Path) -> None:
    """25,000 files of the project's own: code, tables, JSON, saved models, pictures."""
    small, model = rows(40, columns=5), pickle.dumps({"weights": list(range(100))})
    kinds = (
        ("py", MODULE.format(n=0)), ("csv", small), ("json", '{"a": [1, 2, 3], "b": "text"}'), ("pkl", model),
        ("txt", "a line of words\n" * 20), ("yaml", "a: 1\nb: [1, 2]\n"), ("png", b"\x89PNG\r\n"),
        ("md", "# page\n" * 10), ("ipynb", notebook(3)), ("R", "x <- read.csv('a.csv')\n"),
    )  # fmt: skip
    for n in range(25_000):
        ending, content = kinds[n % len(kinds)]
        write(folder / f"part_{n // 400}/file_{n}.{ending}", content)


def library(folder: Path) -> None:
    """4,000 modules of somebody's library, 200 lines each."""
    for n in range(4_000):
        body = MODULE.format(n=n) * 6
        write(folder / f"library/part_{n // 100}/module_{n}.py", body)


def long_modules(folder: Path) -> None:
    """Modules of 20,000 lines: flat, calling each other, and recursive."""
    flat = "import pandas as pd\nd = pd.read_csv('a.csv')\n"
    write(folder / "flat.py", flat + "".join(f"d{n} = d.drop(columns=['a{n}'])\n" for n in range(20_000)))
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(f{n + 1}(x))\n" for n in range(5_000))
    write(folder / "calls.py", f"{flat}{chain}def f5000(x):\n    return x\nf0(d)\n")
    write(
        folder / "recursion.py",
        f"{flat}def f(x):\n    return g(f(x), f(x), f(x))\ndef g(*a):\n    return f(a)\nf(d)\n",
    )
    write(
        folder / "nested.py",
        flat + "d" + ".drop(columns=d.columns[d.dtypes == 1])" * 90 + "\n" + "f(" * 80 + ")" * 80,
    )


def agents(folder: Path) -> None:
    """An application of generative models whose functions call each other."""
    call = "openai.chat.completions.create(model='gpt-4o', messages=[{'role': 'user', 'content': text}])"
    for n in range(60):
        body = "import openai\n" + "".join(f"from part_{m} import f{m}_0\n" for m in range(max(0, n - 4), n))
        for m in range(20):
            inner = f"f{n - 1}_0(text) + f{n - 2}_0(text)" if n > 1 else "text"
            body += f"def f{n}_{m}(text):\n    text = f'answer {{text}}' + {inner}\n"
            body += f"    while text:\n        text = {call}\n"
            body += "        if 'done' in text:\n            return eval(text)\n    return text\n"
        write(folder / f"part_{n}.py", body)


def giant_notebook(folder: Path) -> None:
    """A notebook that shows 60 MB."""
    write(folder / "big.ipynb", notebook(60, shown=1_000_000))


def giant_tables(folder: Path) -> None:
    """A table of 300 MB, another of 1 GB that is nothing but holes, and one of 20,000 columns."""
    table = rows(100_000).encode()
    header, body = table.split(b"\n", 1)
    write(folder / "big.csv", header + b"\n")
    with (folder / "big.csv").open("ab") as file:
        while file.tell() < 300_000_000:
            file.write(body)
    write(folder / "holes.csv", "a,b\n" + "1,2\n" * 1000)
    os.truncate(folder / "holes.csv", 1_000_000_000)
    write(folder / "wide.csv", rows(150, columns=20_000))
    write(folder / "train.py", TRAIN.replace("data/rows_0", "big"))


def giant_others(folder: Path) -> None:
    """A saved model of 200 MB, one of many small things, long JSON, text without line ends."""
    write(folder / "array.pkl", pickle.dumps({"weights": b"x" * 200_000_000}))
    write(folder / "things.pkl", pickle.dumps([{"a": n, "b": str(n)} for n in range(400_000)]))
    write(folder / "one_line.json", json.dumps([{"a": n, "b": "words " * 5} for n in range(1_500_000)]))
    write(folder / "lines.jsonl", '{"a": 1, "b": "words", "c": [1, 2, 3]}\n' * 2_000_000)
    write(folder / "config.yaml", "a: " + "x" * 5_000_000)
    write(folder / "words.txt", "word " * 20_000_000)
    write(folder / "README.md", "accuracy " * 3_000_000)


SHAPES: dict[str, Callable[[Path], None]] = {
    "ordinary": ordinary,
    "environments": environments,
    "files": files,
    "library": library,
    "long-modules": long_modules,
    "agents": agents,
    "giant-notebook": giant_notebook,
    "giant-tables": giant_tables,
    "giant-others": giant_others,
}


if __name__ == "__main__":
    main()

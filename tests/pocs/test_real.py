"""Real proofs of concept, which lie outside the repository: CAUSEWAY_POCS names their folder."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

POCS = Path(os.environ.get("CAUSEWAY_POCS") or "/nowhere")
TRUTHS = Path(os.environ.get("CAUSEWAY_TRUTHS") or POCS)
PATIENCE_SECONDS = 900
ROWS = 50

# what a truth calls absent, and the codes that would be a false alarm then
FALSE_ALARMS = {
    "secrets": {"SECRET"},
    "committed secrets": {"SECRET"},
    "absolute paths": {"ABS-PATH"},
    "pii": {"PERSONAL-DATA"},
    "pii beyond age": {"PERSONAL-DATA"},
    "training": {"LEAK-SPLIT", "NO-HOLDOUT", "RIVAL-TRAINING"},
    "dataset": {"RIVAL-DATA", "DATA-HEADER"},
}

# runs the training by itself, and says what its own model answers to each row that it kept
OWN_ANSWERS = """
import ast, json, random, sys
import numpy as np
random.seed(0)
np.random.seed(0)
text = open(sys.argv[1], encoding="utf-8").read()
if sys.argv[1].endswith(".ipynb"):
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    text = "\\n".join("".join(cell["source"]) for cell in cells)
names = {"__name__": "__main__"}
for statement in ast.parse(text).body:
    try:
        exec(compile(ast.Module([statement], []), sys.argv[1], "exec"), names)
    except Exception as error:
        print(error, file=sys.stderr)
model, matrix = names["model"], names["X"]
answers = model.predict_proba(matrix)[:, 1] if hasattr(model, "predict_proba") else model.predict(matrix)
json.dump({int(row): float(answer) for row, answer in zip(matrix.index, answers)}, open(sys.argv[2], "w"))
"""

pytestmark = [
    pytest.mark.poc,
    pytest.mark.integration,
    pytest.mark.timeout(PATIENCE_SECONDS),
    pytest.mark.skipif(not POCS.is_dir(), reason="CAUSEWAY_POCS names no folder of proofs of concept"),
]


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


def cause(*arguments):
    told = subprocess.run(
        [sys.executable, "-m", "causeway", *map(str, arguments), "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.returncode, json.loads(told.stdout)


@contextmanager
def up(folder):
    """The address of a running gateway."""
    command = [sys.executable, "-m", "causeway", "up", str(folder), "--json", "--port", "0"]
    with (
        (folder / "narration").open("w") as narration,
        subprocess.Popen(
            [*command, "--console-port", "0"], stdout=subprocess.PIPE, stderr=narration, text=True
        ) as process,
    ):
        try:
            yield json.loads(process.stdout.readline())["gateway"]
        finally:
            process.terminate()
            process.wait(30)


def asked(address, lines, *, token):
    """The answers to raw lines of a CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    request = urllib.request.Request(address, data=text.getvalue().encode())  # noqa: S310 - our own address
    request.add_header("content-type", "text/csv")
    request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
        return json.load(answer)


def own_answers(folder, script, into):
    """What the proof of concept's own model answers, by the row's place in its data."""
    copy = into / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".causeway"))
    python = next((folder / ".causeway" / "environments").glob("*/bin/python")).absolute()
    subprocess.run(
        [python, "-W", "ignore", "-c", OWN_ANSWERS, script, into / "own.json"],
        cwd=copy,
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "MPLBACKEND": "Agg", "PYTHONHASHSEED": "0"},
    )
    return {int(row): answer for row, answer in json.loads((into / "own.json").read_text()).items()}


@pytest.mark.parametrize(
    ("name", "tolerance", "blocks", "leaks"),
    [("churn-streamlit-xgb", 1e-5, ["LEAK-SPLIT"], ["LEAK-SPLIT"]), ("house-flask", 1e-3, [], ["LEAK-ROWS"])],
    ids=["classes", "numbers"],
)
def test_goes_from_its_folder_to_a_live_endpoint_that_answers_as_its_own_model(
    name, tolerance, blocks, leaks, tmp_path
):
    if not (POCS / name).is_dir():
        pytest.skip(f"CAUSEWAY_POCS holds no {name}")
    folder = Path(shutil.copytree(POCS / name, tmp_path / name))
    assert cause("init", folder)[0] == 0

    code, made = cause("run", folder)

    assert (code, made["status"], made["blocks"]) == (0, "made", blocks), made
    release = json.loads((Path(made["bundle"]) / "release.json").read_text())
    parity = made["parity"]
    assert parity["rows_equal"] == parity["rows"] > 0
    checks = {
        each["id"]: each for each in cause("check", folder, "--stage", "pilot")[1]["readiness"]["checks"]
    }
    for check in ("MOD-3", "MOD-9", "DAT-2", "DAT-4", "DAT-5", "DEP-2"):
        assert (checks[check]["grade"], checks[check]["how"]) == (1.0, "verified"), checks[check]
    assert cause("run", folder)[1]["status"] == "already_made"
    waived = [word for code in leaks for word in ("--waive", code)]
    refused, told = cause("ship", folder, "--yes")
    assert (refused, [each["code"] for each in told["judgement"]["blocking"]]) == (1, leaks)
    waived += ["--because", "its owner has seen both figures"]
    code, shipped = cause("ship", folder, "--yes", *waived)
    assert (code, shipped["status"]) == (0, "shipped"), shipped

    promise = tomllib.loads((folder / "causeway.toml").read_text())
    own = own_answers(folder, promise["model"]["train"], tmp_path)
    with (folder / promise["data"][0]["path"]).open(encoding="utf-8-sig", newline="") as stream:
        table = list(csv.DictReader(stream))
    fields = [field["name"] for field in release["signature"]["inputs"]]
    rows = sorted(own)[:: max(1, len(own) // ROWS)][:ROWS]
    with up(folder) as gateway:
        answers = asked(
            f"{gateway}/products/{made['product']}/invocations",
            [{field: table[row][field] for field in fields} for row in rows],
            token=shipped["token"],
        )
    assert len(set(answers["ids"])) == ROWS
    for row, answer in zip(rows, answers["predictions"], strict=True):
        value = answer if isinstance(answer, float) else list(answer["probability"].values())[-1]
        assert value == pytest.approx(own[row], abs=tolerance)


def test_every_folder_gets_a_sentence_and_no_false_alarm(tmp_path):
    for source in sorted(path for path in POCS.iterdir() if path.is_dir()):
        folder = Path(shutil.copytree(source, tmp_path / source.name))
        code, drafted = cause("init", folder)
        assert (code, drafted["status"]) == (0, "drafted"), source.name
        _, report = cause("check", folder)
        codes = {finding["code"] for finding in report["findings"]}
        assert report["sentence"], source.name
        assert codes.isdisjoint(false_alarms(source.name)), source.name


def false_alarms(name):
    """The codes that the truth about this folder rules out."""
    path = TRUTHS / f"{name}.json"
    if not path.is_file():
        return set()
    absent = [words.split("(")[0].strip().lower() for words in json.loads(path.read_text())["absent"]]
    return set().union(*(FALSE_ALARMS.get(words, set()) for words in absent))

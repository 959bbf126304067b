"""`causeway check --try`, from a folder to what running it showed; the packages are those of the tests."""

import hashlib
import os
import pickle
import sys
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from msgspec import json, structs
from sklearn.linear_model import LogisticRegression

from causeway.actions.check import check
from causeway.actions.trial import Try, try_out
from causeway.adapters import registry
from causeway.cli.check import command
from causeway.core.environment import Environment
from causeway.core.errors import OutsideError
from causeway.core.poc import Guess
from causeway.core.trial import Bench
from causeway.intake import read_poc

pytestmark = pytest.mark.integration

DATA = "id,income,age,city,paid\n" + "".join(
    f"{i},{20 + i % 41},{18 + i * 7 % 60},{('Rome', 'Oslo', 'Bonn')[i % 3]},"
    f"{'yes' if (i % 41) + 9 * (i % 3) + i * 37 % 17 > 34 else 'no'}\n"
    for i in range(240)
)
TRAIN = """
import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

df = pd.read_csv("loans.csv").drop(columns=["id"])
df["city"] = df["city"].map({"Bonn": 0, "Oslo": 1, "Rome": 2})
X = df.drop(columns=["paid"])
y = df["paid"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression(max_iter=1000).fit(X_train, y_train)
print(model.score(X_test, y_test))
joblib.dump(model, "model.joblib")
"""
# the cities in another order than in training
APP = """
import joblib
import pandas as pd
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

model = joblib.load("model.joblib")

async def predict(request):
    data = await request.json()
    city = ["Rome", "Oslo", "Bonn"].index(data["city"])
    row = pd.DataFrame([[data["income"], data["age"], city]], columns=["income", "age", "city"])
    return JSONResponse({"paid": model.predict(row)[0]})

app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
"""


@pytest.fixture
def ours(monkeypatch, tmp_path):
    """The tests' own packages in the place of those that an index would give."""
    pins = {name: metadata.version(name) for name in ("scikit-learn", "pandas", "starlette")}
    version = ".".join(map(str, sys.version_info[:3]))
    made = Environment(sys.executable, version, pins, (), "ours", sys.prefix)
    monkeypatch.setattr(registry, "build_environment", lambda *_a, **_k: made)
    monkeypatch.setenv("CAUSEWAY_CACHE", str(tmp_path / "cache"))
    return made


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "loans-poc"
    place.mkdir()
    for name, text in {"loans.csv": DATA, "train.py": TRAIN, "app.py": APP}.items():
        (place / name).write_text(text)
    return place


def tried(folder: Path, *, framework: str = "", rows: int = 30):
    poc = read_poc(folder)
    if framework:
        poc = structs.replace(poc, serve=Guess("app.py", 1.0), served_by=Guess(framework, 1.0))
    return try_out(Try(minutes=1.0, rows=rows), folder, poc, manifest=None, findings=())


def digest(folder: Path) -> str:
    """Every file's path, content, size and times."""
    summed = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        summed.update(f"{path}{about.st_mtime_ns}{about.st_ino}{about.st_mode}{about.st_size}".encode())
        summed.update(path.read_bytes() if path.is_file() else b"")
    return summed.hexdigest()


def trained(folder: Path) -> None:
    """The model as its author would have saved it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        exec(compile(TRAIN, "train.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own few lines
    finally:
        os.chdir(before)


def test_a_trial_runs_measures_and_replays_and_leaves_the_folder_as_it_was(ours, folder):
    trained(folder)
    before = digest(folder)
    trial = tried(folder, framework="Starlette")
    assert digest(folder) == before
    train, serve = trial.entries
    assert (train.ended, train.fitted, serve.ended) == (True, ("LogisticRegression",), True)
    assert [(model.path, model.outcome) for model in trial.models] == [("model.joblib", "predicts")]
    evaluation = trial.measured.evaluation
    assert evaluation is not None
    assert evaluation.low < evaluation.value < evaluation.high
    (serving,) = trial.serving
    assert serving.rows == 30
    assert serving.agree < serving.rows
    assert [one.column for one in serving.apart] == ["city"]
    assert {one.input: one.column for one in serving.matched} == {
        "income": "income",
        "age": "age",
        "city": "city",
    }
    assert "TRY-SKEW" in {finding.code for finding in trial.findings}
    assert not list((folder.parent / "cache").rglob("try-*"))


def test_what_fails_is_named_and_what_can_be_measured_is(ours, folder):
    """The training reads its author's disk, the saved model lacks a part, a column tells the answer."""
    (folder / "app.py").unlink()
    with_column_that_tells(folder)
    (folder / "train.py").write_text(TRAIN.replace('"loans.csv"', '"/Users/ada/Desktop/loans.csv"'))
    saved(folder, without="coef_")
    trial = tried(folder)
    (entry,) = trial.entries
    assert (entry.where, entry.done, entry.fitted) == ("train.py:7", 4, ())
    assert "only on the machine of its author" in entry.what
    assert '"loans.csv"' in entry.remedy
    (model,) = trial.models
    assert (model.outcome, "coef_" in model.error) == ("fails", True)
    assert trial.measured.stand_in
    assert [(leak.column, leak.with_it) for leak in trial.measured.leaks] == [("collected", 1.0)]
    found = {finding.code: finding for finding in trial.findings}
    assert set(found) == {"TRY-FAILS", "TRY-MODEL-BROKEN", "TRY-LEAK"}
    assert str(found["TRY-FAILS"].evidence[0]) == "train.py:7"


def with_column_that_tells(folder: Path) -> None:
    lines = (folder / "loans.csv").read_text().splitlines()
    told = [f"{line},{1 if line.endswith('yes') else 0}" for line in lines[1:]]
    (folder / "loans.csv").write_text("\n".join([f"{lines[0]},collected", *told]) + "\n")


def saved(folder: Path, *, without: str = "") -> None:
    """A model of income and age, saved, perhaps without a part that its library has had since."""
    frame = pd.read_csv(folder / "loans.csv")
    model = LogisticRegression().fit(frame[["income", "age"]], frame["paid"])
    if without:
        delattr(model, without)
    (folder / "model.joblib").write_bytes(pickle.dumps(model))


TWISTED = {
    "starlette": """
import joblib, pandas as pd
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
model = joblib.load("model.joblib")
async def predict(request):
    data = await request.json()
    row = pd.DataFrame([[data["age"], data["income"]]], columns=["income", "age"])
    return JSONResponse({"paid": model.predict(row)[0]})
app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
""",
    "flask": """
import joblib, pandas as pd
from flask import Flask, request
app = Flask(__name__)
model = joblib.load("model.joblib")
@app.route("/", methods=["GET", "POST"])
def predict():
    if request.method == "GET":
        return "<form method=post><input name=income type=number><input name=age type=number></form>"
    row = [[float(request.form["age"]), float(request.form["income"])]]
    return str(model.predict(pd.DataFrame(row, columns=["income", "age"]))[0])
""",
    "streamlit": """
import joblib, pandas as pd, streamlit as st
model = joblib.load("model.joblib")
income, age = st.number_input("Your income", 0, 200), st.slider("Age (years)", 0, 120)
if st.button("Predict"):
    st.write(model.predict(pd.DataFrame([[age, income]], columns=["income", "age"]))[0])
""",
    "gradio": """
import gradio as gr, joblib, pandas as pd
model = joblib.load("model.joblib")
def ask(income, age):
    return model.predict(pd.DataFrame([[age, income]], columns=["income", "age"]))[0]
gr.Interface(ask, [gr.Number(label="Income"), gr.Number(label="Age")], "text").launch()
""",
}


@pytest.mark.parametrize("framework", TWISTED)
def test_an_app_that_mixes_its_inputs_up_is_found_out(ours, folder, framework):
    pytest.importorskip(framework)
    (folder / "app.py").write_text(TWISTED[framework])
    serving = replayed(ours, folder, framework)
    assert serving.reason == ""
    assert serving.agree < serving.rows == 20
    assert {one.column: (one.app, one.training) for one in serving.apart} == {
        "income": ("18", "20"),
        "age": ("20", "18"),
    }


def test_an_app_whose_inputs_are_no_columns_says_which(ours, folder):
    strange = TWISTED["starlette"].replace('"age"]', '"alpha"]').replace('data["income"]', 'data["beta"]')
    (folder / "app.py").write_text(strange.replace('"alpha"])', '"age"])'))
    serving = replayed(ours, folder, "starlette")
    assert serving.rows == 0
    assert serving.reason == "none of its inputs (alpha, beta) could be matched with a column"


def test_an_input_of_an_unknown_name_accuses_nobody(ours, folder):
    """The app is right; that nothing was typed into `alpha` is no fault of its own."""
    pytest.importorskip("starlette")
    right = STRAIGHT.replace('data["age"]', 'data.get("alpha", 0)')
    (folder / "app.py").write_text(right)
    serving = replayed(ours, folder, "starlette")
    assert (serving.agree, serving.apart) == (0, ())
    assert serving.reason == "no column is known for its inputs alpha, which may stand for age"


def test_a_column_that_was_typed_and_differs_is_told_beside_an_unknown_input(ours, folder):
    pytest.importorskip("starlette")
    wrong = STRAIGHT.replace('data["age"]', 'data.get("alpha", 0)')
    (folder / "app.py").write_text(wrong.replace('data["income"]', '1000 * data["income"]'))
    serving = replayed(ours, folder, "starlette")
    assert serving.reason == ""
    assert [one.column for one in serving.apart] == ["income"]


STRAIGHT = TWISTED["starlette"].replace('[data["age"], data["income"]]', '[data["income"], data["age"]]')


def replayed(ours: Environment, folder: Path, framework: str):
    """A replay of the file's own rows, without a training."""
    saved(folder)
    data = read_poc(folder).data
    bench = Bench(ours, str(folder), str(folder.parent / "trace"), data, ("income", "age"), "paid")
    return registry.replay(bench, "app.py", framework, rows=None, most=20, seconds=30.0).serving


def test_a_training_out_of_time_is_no_failure_of_its_code(ours, folder):
    (folder / "app.py").unlink()
    (folder / "train.py").write_text("while True:\n    pass\n")
    poc = structs.replace(read_poc(folder), train=Guess("train.py", 1.0))
    trial = try_out(Try(minutes=0.03), folder, poc, manifest=None, findings=())
    assert {finding.code for finding in trial.findings} == {"TRY-TIME"}


def test_a_training_that_ends_its_process_is_no_remedy_and_is_told_shortly(ours, folder):
    (folder / "app.py").unlink()
    (folder / "train.py").write_text("import os\nprint('x' * 5_000_000, flush=True)\nos._exit(3)\n")
    poc = structs.replace(read_poc(folder), train=Guess("train.py", 1.0))
    entry = try_out(Try(minutes=0.3), folder, poc, manifest=None, findings=()).entries[0]
    assert (entry.where, entry.remedy) == ("train.py:3", "")
    assert "ended with code 3" in entry.what
    assert len(entry.what) < 300


def test_where_nothing_can_be_run_it_is_said(ours, tmp_path):
    (tmp_path / "train.R").write_text("glm(y ~ x)\n")
    report = check(tmp_path, attempt=lambda *a, **k: try_out(Try(), *a, **k))
    assert report.trial is not None
    assert "nothing here is Python code" in report.trial.reason


def test_without_packages_the_check_still_stands(monkeypatch, folder, tmp_path):
    def unreachable(*_args, **_kwargs):
        raise OutsideError("pip cannot reach where it gets packages from", hint="connect")

    monkeypatch.setattr(registry, "build_environment", unreachable)
    monkeypatch.setenv("CAUSEWAY_CACHE", str(tmp_path / "cache"))
    report = check(folder, attempt=lambda *a, **k: try_out(Try(), *a, **k))
    assert report.trial is not None
    assert "pip cannot reach" in report.trial.reason
    assert report.findings


def test_every_form_of_the_report_tells_the_trial(ours, folder, tmp_path):
    (folder / "app.py").unlink()
    with_column_that_tells(folder)
    files = [tmp_path / name for name in ("told.json", "told.md", "told.txt")]
    outs = [part for file in files for part in ("--out", str(file))]
    done = CliRunner().invoke(command, [str(folder), "--try", "--minutes", "1", *outs])
    assert done.exit_code == 1
    told, table, text = (file.read_text() for file in files)
    (leak,) = json.decode(told)["trial"]["measured"]["leaks"]
    assert (leak["column"], leak["with_it"]) == ("collected", 1.0)
    assert "| measured |" in table
    assert "training  train.py ran to its end" in text
    assert "collected is worth" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("Next:")) <= 80


def test_without_try_nothing_of_it_is_told(folder):
    told = json.decode(CliRunner().invoke(command, [str(folder), "--json"]).output)
    assert "trial" not in told

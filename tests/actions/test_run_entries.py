"""What trains may be a script, a notebook, or a function; none of them is decorated."""

import json

import pytest
from test_run_real import MANIFEST, STAGES, TRAIN, ThisInterpreter, write_poc

from causeway.actions.check import check
from causeway.actions.new import Answers, new
from causeway.actions.run import run
from causeway.actions.ship import ship
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.core.errors import CausewayError, UsageError

FUNCTION = (
    TRAIN[: TRAIN.index("table =")]
    + "\n\ndef fit(path='customers.csv'):\n"
    + "".join(f"    {line}\n" for line in TRAIN[TRAIN.index("table =") :].splitlines())
    + "    return model\n\n\nif __name__ == '__main__':\n    raise SystemExit('not a script')\n"
)


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


def named(folder, train):
    (folder / "causeway.toml").write_text(MANIFEST.replace('"train.py"', json.dumps(train)))
    return folder


def as_function(folder):
    (folder / "train.py").unlink()
    (folder / "jobs").mkdir()
    (folder / "jobs" / "learn.py").write_text(FUNCTION)
    return named(folder, "jobs/learn.py:fit")


def as_notebook(folder):
    (folder / "train.py").unlink()
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": part}
        for part in TRAIN.strip().split("\n\n")
    ]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "learn.ipynb").write_text(json.dumps(book))
    return named(folder, "learn.ipynb")


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_a_notebook_makes_a_release_as_a_script_does(tmp_path):
    folder = as_notebook(write_poc(tmp_path / "poc"))

    report = run(open_workspace(folder), folder, workshop=ThisInterpreter(tmp_path / "environment"))

    assert (report.status, report.blocks) == ("made", ())
    assert report.parity.rows == report.parity.rows_equal == 300
    assert report.parity.matrix_columns == report.parity.matrix_columns_equal == 3
    assert report.evaluation.has_skill
    assert [stage.stage for stage in report.stages] == STAGES


@pytest.mark.integration
def test_a_function_of_a_package_is_seen_as_a_script_is(tmp_path):
    folder = as_function(write_poc(tmp_path / "poc"))
    ours = ThisInterpreter(tmp_path / "environment").build_environment(folder)

    trace = registry.watch_training(ours, folder, "jobs/learn.py:fit", tmp_path / "trace")

    assert (trace.script, trace.errors) == ("jobs/learn.py", ())
    assert [(one.estimator, one.how, one.variable) for one in trace.captured] == [
        ("LogisticRegression", "fit", "trained")
    ]
    assert [(table.path, table.rows) for table in trace.tables] == [("customers.csv", 300)]
    assert {made.column: made.where for made in trace.made}["plan"].startswith("jobs/learn.py:")


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_a_template_goes_the_whole_road_and_no_finding_is_left(tmp_path):
    answers = Answers("dana", "minutes until the right team reads it", "Half of today's.")
    new("triage", "text", into=tmp_path, answers=answers)
    folder = tmp_path / "triage"
    work = open_workspace(folder)

    report = run(work, folder, workshop=ThisInterpreter(tmp_path / "environment"))
    shipped = ship(work, folder, agree=lambda _: True)

    assert (report.blocks, report.not_compiled) == ((), "")
    assert report.parity.rows == report.parity.rows_equal == 900
    assert report.evaluation.has_skill
    assert shipped.status == "shipped"
    assert (shipped.plan.stage, shipped.plan.judgement.open) == ("pilot", ())
    assert check(folder).findings == ()


@pytest.mark.parametrize(
    ("text", "entry", "said", "hint"),
    [
        (
            "def fit(): ...",
            "train.py:fitt",
            "no function fitt in train.py; did you mean fit?",
            "train.py:train",
        ),
        ("def fit(rows, *, depth): ...", "train.py:fit", "what its rows, depth should be", "a default"),
        ("[]", "book.ipynb:fit", "book.ipynb is not a Python script", "a function in a script"),
        ("", "other.py:fit", "there is no other.py in the folder", "a path inside"),
    ],
)
def test_a_function_that_cannot_be_called_is_named(tmp_path, text, entry, said, hint):
    folder = named(write_poc(tmp_path / "poc", rows=20), entry)
    (folder / ("book.ipynb" if "book" in entry else "train.py")).write_text(text)

    with pytest.raises(UsageError) as refused:
        run(open_workspace(folder), folder, workshop=ThisInterpreter(tmp_path / "environment"))

    assert said in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.integration
def test_a_function_that_fails_says_in_which_line(tmp_path):
    folder = named(write_poc(tmp_path / "poc", rows=20), "train.py:fit")
    (folder / "train.py").write_text(
        "import pandas\n\n\ndef fit():\n    return pandas.read_csv('nowhere.csv')\n"
    )

    with pytest.raises(CausewayError) as refused:
        run(open_workspace(folder), folder, workshop=ThisInterpreter(tmp_path / "environment"))

    assert "nowhere.csv" in refused.value.message
    assert refused.value.where == "train.py:5"

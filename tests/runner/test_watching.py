"""What is seen of a training that runs in an interpreter of its own."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest

from causeway.adapters import registry
from causeway.adapters.runs.processes import cut_network
from causeway.core.environment import Limits
from causeway.core.errors import NotFound, OutsideError


def test_the_table_is_kept_as_it_was_read(watched):
    into, trace = watched
    (table,) = trace.tables
    assert (table.how, table.path, table.rows) == ("read_csv", "data/people.csv", 200)
    held = registry.load_trace(into).tables[table.id].columns
    assert held["plan"].values[0] in {"free", "paid"}
    assert np.isnan(held["visits"].values[0])


def test_a_matrix_reaches_its_model_with_names_and_row_labels(watched):
    into, trace = watched
    fit = next(f for f in trace.fits if f.call == "fit")
    loaded = registry.load_trace(into)
    matrix = next(m for m in trace.matrices if m.id == fit.matrix)
    assert [c.name for c in matrix.columns] == ["plan", "age", "visits"]
    assert matrix.named
    assert len(loaded.indexes[matrix.index]) == matrix.rows == len(loaded.vectors[fit.target])
    assert fit.where == "train.py:17"


def test_the_split_tells_the_position_of_every_row(watched):
    into, trace = watched
    loaded = registry.load_trace(into)
    parts = [link for link in trace.links if link.how == "train_test_split"]
    positions = np.concatenate([loaded.indexes[link.positions] for link in parts])
    whole = loaded.matrices[parts[0].parent]
    assert sorted(positions) == list(range(len(whole)))
    part = loaded.matrices[parts[0].child]
    first = loaded.indexes[parts[0].positions]
    assert np.array_equal(whole.columns["visits"].values[first], part.columns["visits"].values)


def test_rows_that_a_statement_dropped_are_named(watched):
    into, trace = watched
    (drop,) = trace.drops
    assert (drop.where, drop.variable, drop.before, drop.after) == ("train.py:10", "df", 200, 180)
    gone = registry.load_trace(into).indexes[drop.labels]
    assert sorted(gone) == list(range(0, 200, 10))


def test_a_failing_statement_is_told_and_the_rest_still_runs(watched):
    _, trace = watched
    (error,) = trace.errors
    assert error.where == "train.py:15"
    assert error.error == "NameError: name 'undefined_name' is not defined"
    assert "score" in trace.printed


def test_the_saved_model_is_known_even_inside_a_dict(watched):
    _, trace = watched
    (captured,) = trace.captured
    assert (captured.estimator, captured.kind, captured.variable) == (
        "LogisticRegression",
        "classifier",
        "model",
    )
    assert captured.classes == ("0", "1")
    assert [(d.object, d.path) for d in trace.dumps] == [(captured.object, "model.pkl")]


def test_the_folder_itself_is_left_alone(watched, poc):
    into, _ = watched
    assert not (poc / "model.pkl").exists()
    assert (into / "poc" / "model.pkl").exists()
    assert not (into / "poc" / ".git").exists()


def test_a_search_is_captured_as_the_pipeline_it_chose(searched):
    into, trace = searched
    (captured,) = trace.captured
    assert (captured.estimator, captured.search) == ("Pipeline", "GridSearchCV")
    assert {f.object for f in trace.fits} == {captured.object}
    fit = next(f for f in trace.fits if f.call == "fit")
    columns = registry.load_trace(into).matrices[fit.matrix].columns
    assert set(columns["plan"].values) == {"free", "paid"}


def test_a_script_is_started_where_its_files_are_found(searched):
    _, trace = searched
    assert trace.errors == ()
    assert trace.tables[0].path == "data/people.csv"


def notebook(*cells: str) -> str:
    told = [{"cell_type": "markdown", "source": ["# A notebook"]}]
    told += [{"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []} for cell in cells]
    return json.dumps({"cells": told, "nbformat": 4, "metadata": {}})


OWN = """class Own(BaseEstimator, ClassifierMixin):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self
    def predict(self, X):
        return np.full(len(X), WORD)
"""


def test_a_notebook_runs_without_magics_and_past_what_fails(ours, tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    cells = [
        "%matplotlib inline\n!pip install something\nimport numpy as np, pickle",
        "%%bash\nrm -rf everything",
        "from sklearn.base import BaseEstimator, ClassifierMixin",
        OWN,
        "def broken(:",
        "WORD = 'yes'\nanswer = input('go on?')",
        "import os, socket\nprint('SECRET', os.environ.get('CAUSEWAY_HUSHED'), os.environ['HOME'])",
        "model = Own().fit(np.arange(6.0).reshape(3, 2), ['yes', 'no', 'yes'])",
        "import sys\nsys.exit()\nprint('never')",
    ]
    (folder / "book.ipynb").write_text(notebook(*cells))
    os.environ["CAUSEWAY_HUSHED"] = "hush"
    try:
        trace = registry.watch_training(ours, folder, "book.ipynb", tmp_path / "trace")
    finally:
        del os.environ["CAUSEWAY_HUSHED"]
    assert [(e.where, e.error.split(":")[0]) for e in trace.errors] == [
        ("book.ipynb cell 6 line 1", "SyntaxError"),
        ("book.ipynb cell 7 line 2", "EOFError"),
    ]
    assert "SECRET None" in trace.printed
    assert str(Path.home()) + "\n" not in trace.printed
    assert trace.stopped.startswith("book.ipynb cell 10 line 2")
    assert "never" not in trace.printed
    answers = registry.reference_predictions(
        ours,
        tmp_path / "trace",
        trace.captured[0].object,
        registry.load_trace(tmp_path / "trace").matrices["m0"],
    )
    assert list(answers.labels.values) == ["yes"] * 3


def _runs(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_took_too_long_is_stopped_with_all_it_started(ours, tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open('child', 'w').write(str(child.pid))\nchild.wait()\n"
    )
    (folder / "train.py").write_text(code)
    with pytest.raises(OutsideError, match=r"train.py was stopped after 3 seconds") as caught:
        registry.watch_training(ours, folder, "train.py", tmp_path / "trace", limits=Limits(seconds=3))
    assert caught.value.where.startswith("train.py:")
    child = int((tmp_path / "trace" / "poc" / "child").read_text())
    # the kernel may still be taking apart what it has killed
    end = time.monotonic() + 20
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _runs(child)
    assert not (tmp_path / "trace" / "trace.json").exists()


@pytest.mark.skipif(not cut_network()[0], reason="this account may not cut a process off the network")
def test_a_training_has_no_network_and_may_not_take_all_memory(ours, tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    code = (
        "import socket\n"
        "print([name for _, name in socket.if_nameindex()])\n"
        "socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
    )
    (folder / "train.py").write_text(code)
    trace = registry.watch_training(ours, folder, "train.py", tmp_path / "trace")
    assert trace.network == "cut"
    assert "Network is unreachable" in trace.errors[0].error
    (folder / "train.py").write_text("held = bytearray(700_000_000)\nwhile True: pass\n")
    small = Limits(memory_bytes=1 << 29)
    with pytest.raises(OutsideError, match=r"more than 0.5 GB of memory"):
        registry.watch_training(ours, folder, "train.py", tmp_path / "trace", limits=small)


def test_a_script_that_is_not_there_is_told_before_anything_runs(ours, poc, tmp_path):
    with pytest.raises(NotFound, match=r"nothing.py is not in the folder"):
        registry.watch_training(ours, poc, "nothing.py", tmp_path)


def test_parsed_columns_are_kept_as_their_file_has_them(ours, tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    (folder / "days.csv").write_text("day,rate,n\n31/01/2024,5%,1\n,7%,2\n")
    (folder / "train.py").write_text(
        "import io\nimport pandas as pd\n"
        'how = dict(parse_dates=["day"], dayfirst=True, converters={"rate": lambda t: float(t[:-1])})\n'
        'df = pd.read_csv("days.csv", **how)\n'
        'assert (df.rate.sum(), df.day.dt.month[0]) == (12, 1)\nsame = open("days.csv").read()\n'
        "pd.read_csv(io.StringIO(same), **how)\n"
    )
    trace = registry.watch_training(ours, folder, "train.py", tmp_path / "trace")
    assert trace.errors == ()
    columns = registry.load_trace(tmp_path / "trace").tables[trace.tables[0].id].columns
    assert list(columns["day"].values) == ["31/01/2024", None]
    assert list(columns["rate"].values) == ["5%", "7%"]
    assert list(columns["n"].values) == [1, 2]
    assert any("column day is known as pandas parsed it" in note for note in trace.notes)


def test_what_callers_send_as_texts_is_read_as_texts_however_it_looks(ours, tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    (folder / "rows.csv").write_text("fee,code,n\n1.50,007,1\n,12,2\n")
    (folder / "train.py").write_text(
        "import pandas as pd\n"
        'df = pd.read_csv("rows.csv")\n'
        'assert pd.to_numeric(df["fee"], errors="coerce").sum() == 1.5\n'
        'pd.read_csv("rows.csv", dtype={"code": int})\n'
        'pd.read_csv("rows.csv", dtype=object)\n'
    )
    texts = {"rows.csv": ["fee", "code", "gone"]}
    trace = registry.watch_training(ours, folder, "train.py", tmp_path / "trace", texts=texts)
    assert trace.errors == ()
    tables = registry.load_trace(tmp_path / "trace").tables
    columns = tables[trace.tables[0].id].columns
    assert list(columns["fee"].values) == ["1.50", None]
    assert list(columns["code"].values) == ["007", "12"]
    assert list(columns["n"].values) == [1, 2]
    # what the training itself asks for stays
    assert list(tables[trace.tables[1].id].columns["code"].values) == [7, 12]

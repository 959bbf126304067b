"""Whatever lies in a folder, it is read or named, never run, changed or followed out of it."""

import gzip
import hashlib
import os
import pickle
import sys
import zipfile

import pytest

import folders
from causeway.core.errors import NotFound, OutsideError, UsageError
from causeway.intake import read_poc
from causeway.intake.data import tabular
from causeway.intake.files.walk import MAX_FILES


def test_nothing_is_run_imported_unpickled_or_changed(tmp_path):
    poc, witness = tmp_path / "poc", tmp_path / "witness"
    side = f"open({str(witness)!r}, 'w').write('ran')\n"
    folders.churn(
        poc,
        **{
            "side_effect.py": side,
            "conftest.py": side,
            "__init__.py": side,
            "setup.py": side,
            "sitecustomize.py": side,
            "model.pkl": folders.bomb(witness),
            "model.joblib": gzip.compress(folders.bomb(witness)),
            "book.ipynb": folders.notebook(side, "!touch witness"),
            "app.py": "import streamlit as st\nimport side_effect, pickle\n"
            "m = pickle.load(open('model.pkl', 'rb'))\n",
        },
    )
    database = poc / "mlflow.db"
    __import__("sqlite3").connect(database).execute("create table t (a)")

    def state():
        return {
            path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in sorted(poc.rglob("*"))
            if path.is_file()
        }

    before, modules = state(), set(sys.modules)
    found = read_poc(poc)
    assert state() == before
    assert not witness.exists()
    assert "side_effect" not in set(sys.modules) - modules
    model = next(model for model in found.models if model.path == "model.pkl")
    assert model.dangerous == ("builtins.exec",)
    packed = next(model for model in found.models if model.path == "model.joblib")
    assert packed.dangerous == ("builtins.exec",)


def test_missing_folder_file_and_empty_folder_are_one_clear_error_each(tmp_path):
    with pytest.raises(NotFound, match="no such folder"):
        read_poc(tmp_path / "nowhere")
    (tmp_path / "one.csv").write_text("a\n")
    with pytest.raises(UsageError, match="a file, not a folder"):
        read_poc(tmp_path / "one.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="empty"):
        read_poc(tmp_path / "empty")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_one_clear_error(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with pytest.raises(OutsideError, match="no permission"):
        read_poc(closed)


def test_a_subfolder_or_file_that_cannot_be_read_is_left_out(tmp_path, monkeypatch):
    folders.churn(tmp_path, **{"private/a.py": "x = 1\n"})
    real = os.scandir

    def refuse(path):
        if str(path).endswith("private"):
            raise PermissionError(13, "denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert "private (no permission)" in read_poc(tmp_path).reach.skipped


def test_broken_files_are_facts_not_crashes(tmp_path):
    folders.churn(
        tmp_path,
        **{
            "broken.py": "def f(:\n",
            "nulls.py": b"import os\0\n",
            "latin.py": "# Gr\xfc\xdfe\nprice = '5 \xa3'\n".encode("latin-1"),
            "broken.ipynb": '{"cells": [',
            "odd.ipynb": '{"cells": 5}',
            "half.ipynb": folders.notebook("x = 1", "def f(:"),
            "deep.json": "[" * 100_000,
            "deep_lines.json": '{"a": 1}\n' + '{"a":' * 50_000 + "\n",
            "list.json": '[{"a": {"b": 1}}]',
            "binary.csv": os.urandom(5000),
            "ragged.csv": "a,b\n1,2\n1\n1,2,3\n" + "4,5\n" * 30,
            "empty.csv": "",
            "quote.csv": 'a,b\n"never closed,1\n' * 50,
            "cut.pkl": pickle.dumps({"a": list(range(100))})[:-20],
            "bad.pt": b"PK\x03\x04" + b"x" * 200,
            "bad.db": b"SQLite format 3\0" + b"x" * 200,
            "bad.parquet": b"PAR1xx",
            "pyproject.toml": "[project\n",
            "environment.yml": "dependencies: [a: b: c",
            "pointer.pkl": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
        },
    )
    poc = read_poc(tmp_path)
    problems = {source.path: source.problem for source in poc.sources if source.problem}
    assert problems["broken.py"].startswith("does not parse")
    assert set(problems) >= {"broken.py", "nulls.py", "broken.ipynb", "odd.ipynb", "half.ipynb"}
    assert "latin.py" not in problems
    assert poc.target.value == "left"
    assert next(model for model in poc.models if model.path == "cut.pkl").problem
    assert "Git LFS" in next(model for model in poc.models if model.path == "pointer.pkl").problem


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    folders.write(outside, {"secret.py": "key = 1\n"})
    poc = folders.churn(tmp_path / "poc")
    (poc / "loop").symlink_to(poc, target_is_directory=True)
    (poc / "out").symlink_to(outside, target_is_directory=True)
    (poc / "link.py").symlink_to(outside / "secret.py")
    (poc / "dangling.csv").symlink_to(poc / "nothing.csv")
    assert {source.path for source in read_poc(poc).sources} == {"train.py"}


def test_environments_are_left_out_and_said(tmp_path):
    folders.churn(
        tmp_path,
        **{"venv/pyvenv.cfg": "home = x", "venv/lib/a.py": "x = 1", "lib/site-packages/b.py": "y = 2"},
    )
    poc = read_poc(tmp_path)
    assert {source.path for source in poc.sources} == {"train.py"}
    assert poc.reach.skipped == ("lib/site-packages (other people's code)", "venv (a virtual environment)")


def test_limits_are_said_when_hit(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.intake.files.walk.MAX_FILES", 10)
    folders.churn(tmp_path, **{f"zz/{n}.bin": "x" for n in range(20)})
    assert "only the first 10 files were looked at" in read_poc(tmp_path).reach.limits
    assert MAX_FILES > 10_000


def test_a_zip_bomb_costs_little(tmp_path):
    folders.churn(tmp_path)
    with zipfile.ZipFile(tmp_path / "model.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02]q\x00." + b"\0" * 60_000_000)
    (tmp_path / "model.pkl").write_bytes(gzip.compress(b"\x80\x02]q\x00." + b"\0" * 60_000_000))
    assert read_poc(tmp_path).reach.seconds < 10


def test_names_with_odd_characters(tmp_path):
    folders.churn(
        tmp_path, **{"dir with space/über #1?.csv": folders.people(), "a%20b.csv": folders.people()}
    )
    assert {"dir with space/über #1?.csv", "a%20b.csv"} <= {file.path for file in read_poc(tmp_path).data}


def test_a_table_that_is_not_read_to_its_end_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(tabular, "MAX_BYTES", 20_000)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("age,bought\n" + "31,yes\n45,no\n" * 3000)
    (told,) = read_poc(tmp_path).reach.limits
    assert told == "of a.csv and 1 more only the first records were read: limit of size or time"

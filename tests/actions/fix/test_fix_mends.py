"""Every fix: the finding is there before, gone after, and a second time there is nothing to mend."""

import ast
import json
import os
import pickle
import subprocess
import sys

import pytest

import folders
from causeway.actions.check import check
from causeway.actions.fix.fix import fix, take_back
from causeway.actions.fix.site import Wish
from causeway.adapters import registry
from causeway.core.environment import Resolved

WISH = Wish(licence="MIT", holder="Dana", python="3.11", offline=True)
APP = """\
from flask import Flask, request
import joblib

app = Flask(__name__)
model = joblib.load("model.pkl")


@app.route("/predict", methods=["POST"])
def predict():
    try:
        return str(model.predict([request.json["row"]]))
    except Exception as error:
        return {"error": str(error)}


if __name__ == "__main__":
    app.run(debug=True)
"""
SCALED = folders.TRAIN.replace(
    "X_train, X_test",
    "from sklearn.preprocessing import StandardScaler\n"
    "scaler = StandardScaler()\n"
    'X["tenure"] = X["tenure"].astype(float)\n'
    "X_scaled = scaler.fit_transform(X)\n"
    "X_train, X_test",
).replace("split(X, y", "split(X_scaled, y")
PINNED = "pandas==2.2.0\r\njoblib==1.4.0\r\nscikit-learn==1.5.0\r\n"
SATISFIED = "Requirement already satisfied: {} in /usr/lib ({})\n"
VERSIONS = {"pandas": "2.2.0", "scikit-learn": "1.5.0", "joblib": "1.4.0"}
OUTPUT = folders.printed("".join(SATISFIED.format(*each) for each in VERSIONS.items()))
FOLDERS = {
    "NO-TESTS tests": {},
    "NO-CI ci": {},
    "NO-LICENCE licence": {},
    "NO-LOGGING logging": {},
    "PYTHON-UNSTATED python": {},
    "ABS-PATH paths": {"train.py": folders.TRAIN.replace('"people.csv"', '"/home/dana/poc/people.csv"')},
    "DEBUG debug": {"app.py": APP},
    "UNSEEDED seed": {"train.py": folders.TRAIN.replace(", random_state=1", "")},
    "LEAK-SPLIT split": {"train.py": SCALED},
    "REQ-ENCODING requirements": {"requirements.txt": PINNED.encode("utf-16")},
    "REQ-ENCODING encoding": {"requirements.txt": PINNED.encode("utf-16")},
    "REQ-UNPINNED requirements": {
        "requirements.txt": "pandas\njoblib==1.4.0\nscikit-learn==1.5.0\n",
        "look.ipynb": folders.notebook("!pip install pandas", outputs={1: OUTPUT}),
    },
    "REQ-MISSING requirements": {
        "look.ipynb": folders.notebook("!pip install scikit-learn", outputs={1: OUTPUT}),
    },
    "REPO-JUNK gitignore": {"backup.zip": b"PK\x03\x04" + bytes(600_000)},
}


def codes(folder):
    return {finding.code for finding in check(folder).findings}


def everything(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".causeway" not in path.parts
    }


def mended(folder, *names, wish=WISH):
    return fix(folder, names, wish=wish, agree=lambda _: True)


@pytest.mark.parametrize("case", FOLDERS)
def test_the_finding_is_gone_and_undo_brings_every_byte_back(case, tmp_path):
    code, name = case.split()
    folder = folders.churn(tmp_path / "poc", **FOLDERS[case])
    before = everything(folder)
    assert code in codes(folder)
    fixed = mended(folder, name)
    assert fixed.status == "fixed"
    assert fixed.diff
    assert code not in codes(folder)
    for path in folder.rglob("*.py"):
        ast.parse(path.read_bytes())
    assert mended(folder, name).status == "nothing_to_mend"
    assert take_back(folder).status == "undone"
    assert everything(folder) == before


@pytest.mark.parametrize("case", [case for case in FOLDERS if not case.startswith("PYTHON")])
def test_check_names_the_fix_that_mends_it(case, tmp_path):
    code, name = case.split()
    folder = folders.churn(tmp_path, **FOLDERS[case])
    found = next(finding for finding in check(folder).findings if finding.code == code)
    expected = "requirements" if name == "encoding" else name
    assert found.remedy.command == f"causeway fix {expected} {folder}"


def test_a_finding_that_the_fix_cannot_mend_does_not_name_it(tmp_path):
    text = folders.TRAIN.replace('"people.csv"', '"/home/dana/elsewhere/others.csv"')
    folder = folders.churn(tmp_path, **{"train.py": text})
    found = next(finding for finding in check(folder).findings if finding.code == "ABS-PATH")
    assert "fix" not in found.remedy.command
    assert mended(folder, "paths").status == "not_mended"


def test_scaffold_writes_tests_that_pass_and_fail_when_the_data_change(tmp_path):
    folder = folders.churn(
        tmp_path, **{"model.pkl": pickle.dumps({"a": 1}), "clean.py": "def clean(x):\n    return x\n"}
    )
    assert mended(folder, "scaffold").status == "fixed"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "tests"]

    def tested():
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout

    assert "passed" in tested()
    (folder / "people.csv").write_text(folders.people().replace("tenure", "months"))
    (folder / "model.pkl").write_bytes(b"another")
    assert "2 failed" in tested()


def test_no_licence_is_ever_claimed_in_silence(tmp_path):
    folder = folders.churn(tmp_path)
    fixed = mended(folder, "licence", wish=Wish())
    assert (fixed.status, fixed.files) == ("not_mended", ())
    assert "--licence" in str(fixed.left[0])
    assert "Dana" in mended(folder, "licence").diff


def test_pins_come_from_the_folder_first_and_from_the_index_for_the_rest(tmp_path, monkeypatch):
    asked = []

    def resolve(wanted, held, python):
        asked.append((wanted, held, python))
        return Resolved({"pandas": "2.2.0", "scikit-learn": "1.5.0", "joblib": "1.4.0"}, {})

    monkeypatch.setattr(registry, "resolve_requirements", resolve)
    lock = '[[package]]\nname = "scikit-learn"\nversion = "1.5.0"\n'
    text = "pandas>=2  # tables\r\nsklearn\r\n"
    folder = folders.churn(tmp_path, **{"requirements.txt": text.encode(), "uv.lock": lock})
    mended(folder, "requirements", wish=Wish(python="3.9"))
    written = (folder / "requirements.txt").read_bytes().decode()
    assert written == "pandas==2.2.0  # tables\r\nscikit-learn==1.5.0\r\n"
    assert asked == [(["pandas>=2", "scikit-learn"], ["scikit-learn==1.5.0"], "3.9")]


def test_an_unknown_module_is_named_and_not_guessed(tmp_path):
    folder = folders.churn(tmp_path, **{"train.py": f"import qwertz\n{folders.TRAIN}"})
    fixed = mended(folder, "requirements")
    assert "qwertz" not in fixed.diff
    assert any("qwertz" in str(left) for left in fixed.left)


def test_a_path_is_relative_to_the_file_that_reads_it(tmp_path):
    text = folders.TRAIN.replace('"people.csv"', 'r"C:\\Users\\dana\\poc\\people.csv"')
    folder = folders.churn(tmp_path, **{"src/train.py": text})
    (folder / "train.py").unlink()
    mended(folder, "paths")
    written = (folder / "src/train.py").read_text()
    assert 'pd.read_csv(Path(__file__).resolve().parents[1] / "people.csv")' in written
    assert written.startswith("from pathlib import Path\n")


def test_logging_keeps_what_a_log_cannot_say(tmp_path):
    lines = [
        'name = "a"',
        'print("got", name)',
        'print(name, end="")',
        'print(f"{name}")',
        "print(name.upper())",
    ]
    folder = folders.write(tmp_path, {"run.py": "\n".join(["import os", "", *lines, ""])})
    fixed = mended(folder, "logging")
    logged = ['log.info("got %s", name)', lines[2], 'log.info(f"{name}")', 'log.info("%s", name.upper())', ""]
    assert (folder / "run.py").read_text().endswith("\n".join(logged))
    assert [str(left.at) for left in fixed.left] == ["run.py:5"]


def test_line_ends_marks_modes_and_encodings_stay(tmp_path):
    text = '# caf\xe9\r\nimport flask\r\napp = flask.Flask("x")\r\napp.run(debug=True)\r\n'
    latin = f"# -*- coding: latin-1 -*-\r\n{text}"
    folder = folders.write(
        tmp_path, {"app.py": b"\xef\xbb\xbf" + text.encode(), "old.py": latin.encode("latin-1")}
    )
    (folder / "app.py").chmod(0o755)
    mended(folder, "debug")
    changed = text.replace("True", "False")
    assert (folder / "app.py").read_bytes() == b"\xef\xbb\xbf" + changed.encode()
    assert (folder / "old.py").read_bytes() == latin.replace("True", "False").encode("latin-1")
    assert (folder / "app.py").stat().st_mode & 0o777 == 0o755


def test_a_notebook_becomes_a_module_that_runs(tmp_path):
    cells = [
        "# Who leaves?",
        "!pip install numpy\nimport json",
        "def double(x):\n    return x * factor",
        "factor = 21\ntext = '''a\nb'''\ntext",
        "import os; print(len(text))",
        "%%bash\nls",
        "for n in [1]:\n    %time double(n)\n    print(json.dumps(double(2)))",
    ]
    folder = folders.write(tmp_path, {"look.ipynb": folders.notebook(*cells)})
    fixed = mended(folder, "module")
    assert fixed.files == ("look.py",)
    text = (folder / "look.py").read_text()
    assert text.index("import json") < text.index("def double") < text.index("if __name__")
    assert "    # !pip install numpy" in text
    ran = subprocess.run([sys.executable, folder / "look.py"], capture_output=True, text=True, check=True)
    assert ran.stdout == "3\n42\n"


def test_a_notebook_changes_only_in_the_line_that_is_mended(tmp_path):
    cells = folders.TRAIN.split("\n\n")
    made = json.loads(folders.notebook(*[cell.replace(", random_state=1", "") for cell in cells]))
    for text in (json.dumps(made, indent=1) + "\n", json.dumps(made, indent=4), json.dumps(made)):
        folder = folders.churn(tmp_path / os.urandom(4).hex(), **{"train.ipynb": text})
        (folder / "train.py").unlink()
        mended(folder, "seed")
        after = (folder / "train.ipynb").read_text()
        assert after == text.replace("split(X, y, )", "split(X, y, random_state=42)").replace(
            "split(X, y)", "split(X, y, random_state=42)"
        )

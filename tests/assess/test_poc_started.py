"""What is said of how things were started: debug servers, notebooks without counts, versions of R."""

import json

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = "from flask import Flask\napp = Flask(__name__)\n"
MAIN = "if __name__ == '__main__':\n    app.run(debug=True)\n"


def found(folder, **files):
    poc = read_poc(folders.write(folder, files))
    return {finding.code: finding for finding in judge(poc)}


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({"app.py": APP + MAIN}, "fix"),
        ({"app.py": APP + MAIN, "Procfile": "web: gunicorn app:app"}, "note"),
        ({"app.py": APP + MAIN, "Dockerfile": 'FROM python:3.11\nCMD ["gunicorn", "app:app"]\n'}, "note"),
        ({"app.py": APP + "app.run(debug=True)\n", "Procfile": "web: gunicorn app:app"}, "fix"),
        (
            {
                "app.py": APP + MAIN,
                "Dockerfile": "FROM python:3.11\nRUN pip install gunicorn\nCMD python app.py\n",
            },
            "fix",
        ),
    ],
)
def test_a_debug_server_that_only_a_script_starts(tmp_path, files, severity):
    assert found(tmp_path, **files)["DEBUG"].severity.value == severity


def test_outputs_without_counts_are_runs(tmp_path):
    left = folders.notebook("x = 1", "y = 2", "print(x)", outputs={3: folders.printed("1\n")})
    book = json.loads(left)
    for cell in book["cells"]:
        cell["execution_count"] = None
    assert "NOTEBOOK-ORDER" not in found(tmp_path / "a", **{"a.ipynb": json.dumps(book)})
    for cell in book["cells"]:
        cell["outputs"] = []
    said = found(tmp_path / "b", **{"a.ipynb": json.dumps(book)})["NOTEBOOK-ORDER"]
    assert "3 of 3 code cells keep no run" in said.title


def test_r_suite_states_the_version_and_the_day_of_the_packages(tmp_path):
    parameters = "RSuiteVersion: 0.9.211\nRVersion: 3.3\nProject: churn\nRepositories: MRAN[2017-09-23]\n"
    code = {"train.R": "library(randomForest)\nm <- randomForest(y ~ ., data = d)\n"}
    assert {"PYTHON-UNSTATED", "REQ-MISSING"} <= set(found(tmp_path / "a", **code))
    said = found(tmp_path / "b", PARAMETERS=parameters, **code)
    assert not {"PYTHON-UNSTATED", "REQ-MISSING"} & set(said)

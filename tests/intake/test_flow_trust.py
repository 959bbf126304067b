"""What must not be said: each of these was once a false alarm on a folder like it."""
# ruff: noqa: E501 - code that is read stands as in a file

import json

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

SAVES = "import pandas as pd, joblib\nfrom sklearn.svm import SVC\ndf = pd.read_csv('people.csv')\n"


def found(tmp_path, files):
    return {finding.code: finding for finding in judge(read_poc(folders.write(tmp_path, files)))}


def notebook(*cells):
    made = [
        {"cell_type": "code", "source": text, "outputs": [], "execution_count": n}
        for n, text in enumerate(cells, 1)
    ]
    return json.dumps({"cells": made, "metadata": {"language_info": {"name": "python"}}})


@pytest.mark.parametrize(
    ("name", "module"),
    [("streamlit_app.py", "streamlit"), ("test.py", "pytest"), ("flask_app.py", "flask"), ("mlflow_run.py", "mlflow")],
)  # fmt: skip
def test_a_file_called_after_a_package_is_no_misspelt_module(tmp_path, name, module):
    assert "CODE-BROKEN" not in found(tmp_path, {name: f"import {module}\nprint({module})\n"})


def test_a_slip_of_letters_is_a_misspelt_module(tmp_path):
    broken = found(tmp_path, {"app.py": "import preprocesing\n", "preprocessing.py": "x = 1\n"})[
        "CODE-BROKEN"
    ]
    assert "preprocessing.py is" in broken.title


@pytest.mark.parametrize(
    "cell",
    ["pip install geopy", "conda install -y lightgbm\nimport lightgbm", "cd ..\nls data", "mkdir -p out"],
)
def test_magics_without_their_sign_run_in_jupyter(tmp_path, cell):
    assert "CODE-BROKEN" not in found(tmp_path, {"work.ipynb": notebook("import math", cell)})


def test_a_cell_that_does_not_parse_is_still_said(tmp_path):
    assert "CODE-BROKEN" in found(tmp_path, {"work.ipynb": notebook("import math", "pip = (1,")})


COMPOSE = (
    "services:\n  api:\n    build: .\n    environment:\n      - MODEL_PATH=m.onnx\n  ui:\n    build: .\n"
)


@pytest.mark.parametrize(
    "code",
    [
        "import os\np = os.environ['MODEL_PATH']\n",
        "import os\nos.environ['OTHER_PATH'] = 'x'\np = os.environ['OTHER_PATH']\n",
        "import os\na = os.getenv('OTHER_PATH', 'x')\np = os.getenv('OTHER_PATH')\n",
    ],
)
def test_a_variable_that_is_set_or_has_a_default_is_not_missing(tmp_path, code):
    files = {"docker-compose.yml": COMPOSE, "Dockerfile": "FROM python:3.11\nCOPY . .\n", "app.py": code}
    assert "DEPLOY-ENV" not in found(tmp_path, files)


def test_a_variable_that_nothing_sets_is_missing(tmp_path):
    code = "import os\np = os.environ['OTHER_PATH']\n"
    files = {"docker-compose.yml": COMPOSE, "Dockerfile": "FROM python:3.11\nCOPY . .\n", "app.py": code}
    assert "DEPLOY-ENV" in found(tmp_path, files)


def test_models_that_one_app_serves_are_no_rivals(tmp_path):
    train = SAVES + "m = SVC().fit(df[['tenure']], df['left'])\njoblib.dump(m, '{0}.pkl')\n"
    app = "import joblib\nfrom flask import Flask\napp = Flask(__name__)\n" + "".join(
        f"{name} = joblib.load('{name}.pkl')\n" for name in ("one", "two")
    )
    files = {"people.csv": folders.people(), "one.py": train.format("one"), "two.py": train.format("two")}
    assert "RIVAL-TRAINING" in found(tmp_path, files)
    assert "RIVAL-TRAINING" not in found(tmp_path, files | {"app.py": app})


def test_tables_of_results_are_no_rival_data(tmp_path):
    table = "name,low,high\na,1,2\nb,3,4\n"
    files = {"outputs/tables/one.csv": table, "outputs/tables/two.csv": table.replace("4", "5")}
    assert "RIVAL-DATA" not in found(tmp_path, files)


@pytest.mark.parametrize(
    ("files", "stated"),
    [
        ({"a.py": "import pandas\n", ".github/workflows/ci.yml": "jobs:\n  t:\n    steps:\n"
          "      - uses: actions/setup-python@v5\n        with:\n          python-version: '3.13'\n"}, True),
        ({"a.py": "import pandas\n", ".github/workflows/ci.yml": "jobs:\n  t:\n"}, False),
        ({"a.R": "library(survival)\n", "renv.lock": '{"R": {"Version": "4.5.2"}, "Packages": {"a": {}}}'}, True),
        ({"a.R": "library(survival)\n", "DESCRIPTION": "Package: a\nDepends: R (>= 4.1.0)\n"}, True),
        ({"a.R": "library(survival)\n"}, False),
    ],
)  # fmt: skip
def test_a_stated_version_is_seen(tmp_path, files, stated):
    assert ("PYTHON-UNSTATED" not in found(tmp_path, files)) == stated


def test_one_fact_about_models_is_one_finding(tmp_path):
    files = {
        f"run/checkpoint-{n}/config.json": '{"model_type": "bert", "architectures": ["BertModel"]}'
        for n in (1, 2)
    }
    damaged = [
        item for item in judge(read_poc(folders.write(tmp_path, files))) if item.code == "MODEL-DAMAGED"
    ]
    assert [item.title.endswith("(and 1 more like it).") for item in damaged] == [True]

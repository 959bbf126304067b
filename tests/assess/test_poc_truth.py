"""What looks like a mistake and is none: nothing is said where it cannot be shown."""

import json

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc


def told(tmp_path, files):
    return {item.code: item for item in judge(read_poc(folders.write(tmp_path, files)))}


@pytest.mark.parametrize(
    "cell",
    [
        " import pickle\n x = 1",
        "\n   x = 1\n   if x:\n       y = 2",
        ">>> x = 1\n>>> if x:\n...     y = 2",
        "!pip install a \\\n    b \\\n    c\nx = 1",
        "x = (7\n  % 3)",
        "pip install pandas\nx = 1",
        's = """\n!not a command\n% nor this\n"""',
        "%%writefile a.txt\nnot ( python",
        "await things()",
    ],
)
def test_cells_parse_as_ipython_reads_them(tmp_path, cell):
    poc = read_poc(folders.write(tmp_path, {"a.ipynb": folders.notebook(cell)}))
    assert [source.problem for source in poc.sources] == [""]


def test_a_cell_that_is_broken_is_told(tmp_path):
    assert "CODE-BROKEN" in told(tmp_path, {"a.ipynb": folders.notebook("def f(:\n  x")})


def test_what_was_not_read_to_its_end_is_not_called_broken(tmp_path):
    long = "x = [\n" + "1,\n" * 800_000 + "]\n"
    assert "CODE-BROKEN" not in told(tmp_path, {"a.py": long})


@pytest.mark.parametrize(
    ("line", "old"),
    [
        ("jinja2==2.11.3", True),
        ("jinja2==3.1.4", False),
        ("jinja2 @ file:///opt/conda/conda-bld/jinja2_1632/work", False),
        ("jinja2 @ file:///C:/ci/jinja2_16/work", False),
        ("jinja2 @ git+https://example.org/2/jinja2.git@0123456789ab", False),
        ("jinja2===3.0", False),
        ("jinja2==v3.0", False),
    ],
)
def test_a_place_has_no_version(tmp_path, line, old):
    found = told(tmp_path, {"a.py": "import jinja2\n", "requirements.txt": f"{line}\n"})
    assert ("REQ-OLD" in found) is old


LIGHTGBM = "tree\nversion=v4\nnum_class=1\nobjective=binary sigmoid:1\nfeature_names=a b\n\nTree=0\n"
MODEL = "flavors:\n  sklearn:\n    sklearn_version: 1.3.2\n"


@pytest.mark.parametrize(
    ("files", "stale"),
    [
        ({"m.txt": LIGHTGBM, "requirements.txt": "scikit-learn==1.8.0\n"}, False),
        ({"m/MLmodel": MODEL, "requirements.txt": "scikit-learn==1.3.*\n"}, False),
        ({"m/MLmodel": MODEL, "requirements.txt": "scikit-learn~=1.3.0\n"}, False),
        ({"m/MLmodel": MODEL, "requirements.txt": "scikit-learn @ file:///b/scikit-learn_1/work\n"}, False),
        ({"m/MLmodel": MODEL, "requirements.txt": "scikit-learn==1.1.0\n"}, True),
    ],
)
def test_a_models_version_is_held_against_its_own_librarys(tmp_path, files, stale):
    assert ("MODEL-STALE" in told(tmp_path, files)) is stale


@pytest.mark.parametrize(
    ("code", "requirements", "missing"),
    [
        ("from pythonjsonlogger import jsonlogger\n", "python-json-logger==2.0.7\n", False),
        ("import limits\n", "slowapi==0.1.9\n", False),
        ("import uvicorn\n", "fastapi[standard]==0.115.0\n", False),
        ("import uvicorn\n", "fastapi==0.115.0\n", True),
        ("import flask\n", "flask-cors==4.0.0\n", False),
        ("import langchain_core\n", "langchain-groq==0.2\n", False),
        ("import botocore\n", "boto3==1.34.0\n", False),
        ("import plotly\n", "boto3==1.34.0\n", True),
    ],
)
def test_what_comes_along_is_not_missing(tmp_path, code, requirements, missing):
    found = told(tmp_path, {"a.py": code, "requirements.txt": requirements})
    assert ("REQ-MISSING" in found) is missing


@pytest.mark.parametrize(
    ("statement", "module"),
    [
        ("from ml_parts.symptom_model import ask", "ml_parts"),
        ("import ml_parts.symptom_model as m", "ml_parts"),
        ("from ml_parts import symptom_model", "ml_parts"),
        ("from plotly.symptom_model import ask", ""),
        ("from torchthing.utils import ask", ""),
    ],
)
def test_a_package_whose_modules_lie_beside_is_the_folders_own(tmp_path, statement, module):
    files = {
        "main.py": f"{statement}\n",
        "symptom_model.py": "def ask():\n    return 1\n",
        "utils.py": "x = 1\n",
        "requirements.txt": "plotly==5.0\n",
    }
    poc = read_poc(folders.write(tmp_path, files))
    assert [s.value for s in poc.seen("missing_module")] == ([module] if module else [])
    assert not module or not poc.undeclared


DEPLOYED = {"version": 1, "platform": "4.4.3", "metadata": {"appmode": "shiny"}, "packages": {"DBI": {}}}
PAGE = {"name": "page", "icons": [], "packages": {}}


@pytest.mark.parametrize(
    ("files", "codes"),
    [
        ({"manifest.json": json.dumps(DEPLOYED)}, set()),
        ({"packrat/packrat.lock": "PackratFormat: 1.4\nRVersion: 3.6.1\n\nPackage: DBI\n"}, set()),
        ({"manifest.json": json.dumps(PAGE)}, {"REQ-MISSING", "PYTHON-UNSTATED"}),
    ],
)
def test_what_a_deployment_of_r_pins(tmp_path, files, codes):
    code = 'library(DBI)\nd <- read.csv("a.csv")\nm <- lm(y ~ ., data = d)\n'
    found = told(tmp_path, {"server.R": code, "a.csv": "x,y\n1,2\n"} | files)
    assert {"REQ-MISSING", "PYTHON-UNSTATED"} & set(found) == codes


OWN_AGENT = """\
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o", max_tokens=100, timeout=10)
def create_sql_agent(question):
    return llm.invoke(question)
def ask(question):
    return create_sql_agent(question)
"""
CALLED = "from {0} import create_sql_agent\nagent = create_sql_agent(llm=1, db=2)\n"


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        ({"a.py": OWN_AGENT}, False),
        ({"a.py": OWN_AGENT, "b.py": CALLED.format("a")}, False),
        ({"parts/a.py": OWN_AGENT, "b.py": CALLED.format("parts.a")}, False),
        ({"parts/a.py": OWN_AGENT, "parts/b.py": CALLED.format(".a")}, False),
        ({"a.py": OWN_AGENT, "b.py": CALLED.format("langchain_community.agent_toolkits")}, True),
    ],
)
def test_own_functions_are_not_taken_for_a_librarys(tmp_path, files, runs):
    poc = read_poc(folders.write(tmp_path, files))
    assert bool(poc.seen("model_output_run")) is runs


CHECKED = """\
import json
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o", max_tokens=100, timeout=10)
@tool
def validate(query: str) -> str:
    answer = llm.invoke(query).content
    return {0}
@tool
def run(query: str) -> str:
    return json.loads(validate.invoke(query))["ok"]
"""


@pytest.mark.parametrize(("given", "unchecked"), [("json.dumps({'ok': answer})", False), ("answer", True)])
def test_json_that_the_code_wrote_itself_is_no_models(tmp_path, given, unchecked):
    found = told(tmp_path, {"a.py": CHECKED.replace("{0}", given)})
    assert ("GENAI-PARSE" in found) is unchecked


KAGGLE = """\
import os
from pathlib import Path
import pandas as pd
A = "/kaggle/input/s/train.csv"
B = "train.csv"
"""


@pytest.mark.parametrize(
    ("code", "told_of"),
    [
        ("d = pd.read_csv(A)\n", True),
        ("d = pd.read_csv(A if os.path.exists(A) else B)\n", False),
        ("p = Path(A)\nif not p.exists():\n    p = Path(B)\nd = pd.read_csv(p)\n", False),
        ("def chosen(one, two):\n    return one if Path(one).exists() else two\nd = chosen(A, B)\n", False),
        ("for p in [A, B]:\n    if os.path.isfile(p):\n        d = pd.read_csv(p)\n", False),
        ("d = pd.read_csv(A if Path('/kaggle/input').exists() else B)\n", False),
        ("d = pd.read_csv(A)\nif not os.path.exists('models'):\n    os.makedirs('models')\n", True),
    ],
)
def test_a_path_that_is_looked_for_first_stops_nothing(tmp_path, code, told_of):
    assert ("ABS-PATH" in told(tmp_path, {"a.py": KAGGLE + code})) is told_of


@pytest.mark.parametrize(
    ("before", "options", "unseeded"),
    [
        ("", "", True),
        ("", ", shuffle=False", False),
        ("", ", random_state=0", False),
        ("import numpy as np\nnp.random.seed(0)\n", "", False),
    ],
)
def test_a_split_that_draws_nothing_or_is_seeded_before_needs_no_seed(tmp_path, before, options, unseeded):
    text = before + folders.TRAIN.replace(", random_state=1", options)
    found = judge(read_poc(folders.churn(tmp_path, **{"train.py": text})))
    assert any("split has no seed" in item.title for item in found) is unseeded


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        ("from sklearn.externals import joblib\n", True),
        ("try:\n    from sklearn.externals import joblib\nexcept ImportError:\n    import joblib\n", False),
        ("try:\n    from sklearn.externals import joblib\nexcept Exception:\n    joblib = None\n", False),
        ("try:\n    from sklearn.externals import joblib\nexcept ValueError:\n    pass\n", True),
        ("try:\n    from sklearn.externals import joblib\nexcept ImportError:\n    raise\n", True),
    ],
)
def test_an_import_that_may_fail_stops_nothing(tmp_path, code, gone):
    assert ("API-REMOVED" in told(tmp_path, {"a.py": code})) is gone


@pytest.mark.parametrize(
    ("image", "stated"),
    [
        ("mcr.microsoft.com/devcontainers/python:1-3.11-bullseye", True),
        ("python:3.12", True),
        ("base", False),
    ],
)
def test_a_development_container_states_python(tmp_path, image, stated):
    files = {
        "a.py": "x = 1\n",
        ".devcontainer/devcontainer.json": f'{{\n // as made\n "image": "{image}"\n}}',
    }
    assert ("PYTHON-UNSTATED" not in told(tmp_path, files)) is stated

"""Data, saved models, requirements and notebooks, read as facts."""

import pickle
import sqlite3

import pytest

import folders
from causeway.core.finding import Evidence
from causeway.intake import read_poc
from causeway.intake.data.tabular import has_header, read_delimited, sniff_delimiter
from causeway.intake.models.pickles import read_pickle
from causeway.intake.private.confidential import secrets_in


def data_of(tmp_path, name, content):
    return read_poc(folders.write(tmp_path, {name: content})).data[0]


def test_records_are_counted_not_lines(tmp_path):
    text = "id,note\n" + "".join(f'{n},"first line\nsecond line"\n' for n in range(50))
    file = data_of(tmp_path, "notes.csv", text)
    assert (file.records, file.exact, file.lines) == (50, True, 101)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (folders.people().encode("utf-8-sig"), "utf-8-sig"),
        (folders.people().encode("utf-16"), "utf-16"),
        (folders.people().replace("plus", "plüs").encode("cp1252"), "cp1252"),
    ],
)
def test_encodings(tmp_path, content, encoding):
    file = data_of(tmp_path, "people.csv", content)
    assert (file.encoding, file.records, file.names[0]) == (encoding, 200, "person_id")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter):
    assert sniff_delimiter(folders.people().replace(",", delimiter)) == delimiter


@pytest.mark.parametrize(
    ("first", "rows", "header"),
    [
        (["a", "b"], [["1", "2"]] * 9, True),
        (["1", "2"], [["1", "2"]] * 9, False),
        (["5.1", "3.5", "setosa"], [["4.9", "3.0", "setosa"]] * 9, False),
        (["country", "2019", "2020", "2021"], [["x", "1", "2", "3"]] * 9, True),
        (["p", "x", "s"], [["p", "x", "s"], ["e", "y", "s"]] * 9, False),
        (["name", "kind"], [["ann", "cat"], ["bob", "dog"]] * 9, True),
    ],
)
def test_header_or_none(first, rows, header):
    assert has_header(first, rows) is header


def test_columns_are_profiled(tmp_path):
    text = "row_id,email,gender,age,when,score,flag,building_age\n" + "".join(
        f"{n},p{n}@example.org,{'f' if n % 2 else 'm'},{20 + n % 50},2024-01-{1 + n % 28:02d},"
        f"{n / 7},yes,{n}\n"
        for n in range(60)
    )
    file = data_of(tmp_path, "a.csv", text)
    kinds = {column.name: column.kind for column in file.columns}
    assert kinds == {
        "row_id": "integer",
        "email": "text",
        "gender": "text",
        "age": "integer",
        "when": "date",
        "score": "float",
        "flag": "boolean",
        "building_age": "integer",
    }
    assert {c.name: c.personal for c in file.columns if c.personal} == {
        "email": "direct",
        "gender": "protected",
        "age": "protected",
    }


def test_a_sample_spans_a_long_file(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.intake.data.tabular.MAX_SAMPLE_CELLS", 2000)
    path = tmp_path / "long.csv"
    path.write_text("n,late\n" + "".join(f"{n},{int(n > 25_000)}\n" for n in range(50_000)))
    sampled = read_delimited(path)
    assert sampled is not None
    assert sampled.records == 50_000
    late = sum(row[1] == "1" for row in sampled.rows) / len(sampled.rows)
    assert 0.45 < late < 0.55


def test_json_lines_under_the_name_of_json(tmp_path):
    text = "".join(f'{{"label_value": "a", "score": "a", "n": {n}}}\n' for n in range(30))
    file = data_of(tmp_path, "scored.json", text)
    assert (file.format, file.records, file.scored) == ("JSON lines", 30, "score")


def test_sqlite_is_read_without_leaving_a_trace(tmp_path):
    database = sqlite3.connect(tmp_path / "shop.db")
    database.execute("create table orders (id integer, price real)")
    database.executemany("insert into orders values (?, ?)", [(n, n * 1.5) for n in range(40)])
    database.commit()
    database.close()
    file = read_poc(tmp_path).data[0]
    assert (file.format, file.records, file.names) == ("SQLite", 40, ("id", "price"))
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


class Trained:
    """Stands for a class of the code itself."""


def test_pickles_are_known_by_their_operations():
    assert read_pickle(pickle.dumps([("a", 1), ("b", 2), ("c", 3)])).holds == "list of tuples"
    assert read_pickle(pickle.dumps({"a": 1})).holds == "dictionary"
    for protocol in range(2, 6):
        found = read_pickle(pickle.dumps(Trained(), protocol))
        assert found.outermost.endswith("Trained")
        assert not found.dangerous


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_dangerous_pickles_are_seen_in_every_protocol(tmp_path, protocol):
    raw = pickle.dumps(folders.Bomb(tmp_path / "w"), protocol)
    assert [name.rsplit(".", 1)[-1] for name in read_pickle(raw).dangerous] == ["exec"]


def test_a_second_pickle_behind_the_first_is_seen(tmp_path):
    assert read_pickle(pickle.dumps([1]) + folders.bomb(tmp_path / "w")).dangerous


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("requirements.txt", "pandas==2.2.0\nscikit-learn>=1\n# x\n-r other.txt\n", [True, False]),
        ("requirements.txt", "pandas==2.2.0\r\nflask\r\n".encode("utf-16"), [True, False]),
        ("requirements-dev.txt", "pandas[excel]~=2.0 ; python_version > '3'\n", [False]),
        (
            "pyproject.toml",
            '[project]\nname="a"\nrequires-python=">=3.9"\ndependencies=["pandas==2.2.0"]\n',
            [True],
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython="^3.9"\npandas="2.2.0"\nnumpy="^1"\n',
            [True, False],
        ),
        ("environment.yml", "dependencies:\n- python=3.9\n- pandas=2.2\n- pip:\n  - flask\n", [True, False]),
        ("Pipfile", '[packages]\npandas = "==2.2.0"\nflask = "*"\n', [True, False]),
        (
            "setup.py",
            "from setuptools import setup\nsetup(install_requires=['pandas==1.0', 'x'])\n",
            [True, False],
        ),
    ],
)
def test_requirements_in_every_usual_form(tmp_path, name, content, expected):
    poc = read_poc(folders.write(tmp_path, {name: content, "a.py": "import pandas\n"}))
    assert [item.pinned for item in poc.requirements] == expected


def test_undeclared_imports_less_those_that_come_along(tmp_path):
    folders.write(
        tmp_path,
        {
            "requirements.txt": "pandas\nscikit-learn\nstreamlit\n",
            "a.py": "import os, numpy, joblib, sklearn, requests, xgboost, mine, yaml\n",
            "mine.py": "",
        },
    )
    assert [item.detail for item in read_poc(tmp_path).undeclared] == ["xgboost", "pyyaml"]


def test_removed_interfaces_unless_the_pin_still_has_them(tmp_path):
    code = "from sklearn.externals import joblib\nimport numpy as np\nx = np.float(1)\ny = np.float64(1)\n"
    poc = read_poc(folders.write(tmp_path, {"a.py": code, "requirements.txt": "scikit-learn==0.22.1\n"}))
    assert [item.value for item in poc.seen("removed_api")] == ["numpy.float"]


def test_notebook_state(tmp_path):
    error = [{"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}]
    text = folders.notebook(
        "!pip install pandas\nimport os",
        "x = 1",
        "%matplotlib inline\ny = x",
        "",
        counts=[3, 1, 2, None],
        outputs={2: error},
    )
    notebook = read_poc(folders.write(tmp_path, {"a.ipynb": text})).notebooks[0]
    assert (notebook.code_cells, notebook.run_cells) == (3, 3)
    assert [place.cell for place in notebook.disorder] == [2]
    assert [place.cell for place in notebook.errors] == [2]
    assert [place.cell for place in notebook.shell] == [1]


@pytest.mark.parametrize(
    "line",
    [
        'API_KEY = "sk-proj-abcdEFGH1234ijklMNOP5678qrst"',
        "aws = 'AKIAQWERTYUIOPASDFGH'",
        'password = "hunter2-Xy9q"',
        "-----BEGIN RSA PRIVATE KEY-----",
        'url = "postgresql://bob:s3cr3tpw@prod.internal/db"',
    ],
)
def test_secrets_are_seen_and_not_repeated(line):
    (found,) = secrets_in("a.py", line)
    assert found.at == Evidence("a.py", line=1)
    assert "1234ijkl" not in found.detail


@pytest.mark.parametrize(
    "line",
    [
        'API_KEY = os.getenv("OPENAI_API_KEY")',
        'api_key = "your-api-key-here"',
        'password = st.text_input("Password", type="password")',
        'token = "<your token>"',
        'LLM_API_URL="http://localhost:7000/v1/chat/completions"',
        'model_name = "sentence-transformers/all-MiniLM-L6-v2"',
        'api_key = "${OPENAI_API_KEY}"',
        "AKIAIOSFODNN7EXAMPLE",
        'secret_key = "password123"',
        "postgresql://postgres:postgres@localhost/db",
    ],
)
def test_placeholders_are_no_secrets(line):
    assert secrets_in("sample.env", line) == []


def test_generative_parts(tmp_path):
    code = """
import requests
from flask import Flask, request
from langchain_community.vectorstores import Chroma
from langchain_huggingface import HuggingFaceEmbeddings
app = Flask(__name__)
store = None

@app.route("/ask", methods=["POST"])
def ask():
    global store
    store = Chroma.from_texts([], HuggingFaceEmbeddings(model_name="mini"))
    context = store.similarity_search(request.json["q"])
    prompt = f"Answer from {context}: {request.json['q']}"
    body = {"model": "some-model", "messages": [{"role": "user", "content": prompt}]}
    return requests.post("http://x", json=body).text
"""
    poc = read_poc(folders.write(tmp_path, {"app.py": code}))
    assert poc.kind.value == "GenAI RAG app"
    assert [guess.value for guess in poc.genai.models] == ["some-model"]
    assert [guess.value for guess in poc.genai.stores] == ["Chroma"]
    for what in ("shared_store", "mixed_prompt", "no_timeout", "unbounded_tokens", "retrieval"):
        assert poc.seen(what), what


def test_r_is_named_as_what_it_is(tmp_path):
    code = """
library(tidymodels)
df <- read_csv("people.csv")
rec <- recipe(left ~ ., data=df) %>% step_rm(person_id)
m <- logistic_reg() %>% set_mode("classification")
saveRDS(m, "m.rds")
"""
    poc = read_poc(folders.write(tmp_path, {"train.R": code, "people.csv": folders.people()}))
    assert poc.languages == ("R",)
    assert (poc.kind.value, poc.target.value) == ("binary classification", "left")
    assert poc.features == ("tenure", "plan")

"""Which of several trainings is the final one, as the app and the saved models tell; what MLflow keeps."""

import pickle

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import folders
from causeway.assess.poc.judging import judge
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

FIT = """import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
df = pd.read_csv("people.csv")
model = {}().fit(df[["tenure"]], df["left"])
"""
SAVED = FIT + "joblib.dump(model, '{}.pkl')\n"
APP = "import joblib\nimport streamlit as st\n{}st.write(one.predict([[st.number_input('Tenure')]]))\n"
LOAD = "one = joblib.load('one.pkl')\n"


def codes(poc):
    return {item.code for item in judge(poc)}


def rivals(poc):
    return [item.title for item in judge(poc) if item.code == "RIVAL-TRAINING"]


def test_what_the_app_loads_weighs_more_than_what_a_script_beside_it_loads(tmp_path):
    files = {
        "train.py": SAVED.format("SVC", "other"),
        "train_better.py": SAVED.format("LogisticRegression", "one"),
        "app.py": APP.format(LOAD),
        "predict.py": "import joblib\nprint(joblib.load('other.pkl').predict([[1]]))\n",
    }
    poc = read_poc(folders.write(tmp_path, files | {"people.csv": folders.people()}))
    assert poc.train.value == "train_better.py"
    assert "trained by train_better.py." in sentence(poc)
    assert rivals(poc) == [
        "2 files train a model; of what they save, only that of train_better.py is served."
    ]


UNTOLD = "2 files train a model and nothing says which one is final; taken here: main.py."


@pytest.mark.parametrize(
    ("notebook", "told"),
    [
        (FIT.format("SVC"), "2 files train a model; of what they save, only that of main.py is kept."),
        (SAVED.format("SVC", "one"), UNTOLD),
    ],
)
def test_a_notebook_that_saves_nothing_is_no_rival_of_what_made_the_saved_model(tmp_path, notebook, told):
    files = {"people.csv": folders.people(), "main.py": SAVED.format("LogisticRegression", "one")}
    poc = folders.write(tmp_path, files | {"try.ipynb": folders.notebook(notebook)})
    assert rivals(read_poc(poc)) == [UNTOLD]
    (poc / "one.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    assert rivals(read_poc(poc)) == [told]
    (poc / "scaler.pkl").write_bytes(pickle.dumps(StandardScaler()))
    assert rivals(read_poc(poc)) == [told]
    (poc / "two.pkl").write_bytes(pickle.dumps(SVC()))  # whose file this is was not seen
    assert rivals(read_poc(poc)) == [UNTOLD]


def test_an_app_that_trains_by_itself_stays_a_rival_of_the_saved_model(tmp_path):
    app = (
        FIT.format("SVC") + "import streamlit as st\nst.write(model.predict([[st.number_input('Tenure')]]))\n"
    )
    files = {
        "people.csv": folders.people(),
        "main.py": SAVED.format("LogisticRegression", "one"),
        "app.py": app,
    }
    poc = folders.write(tmp_path, files)
    (poc / "one.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    assert "which one is final" in rivals(read_poc(poc))[0]


def test_the_model_is_named_by_what_the_training_saves_where_the_app_loads_others_too(tmp_path):
    app = APP.format("two = joblib.load('two.pkl')\n" + LOAD)
    files = {
        "people.csv": folders.people(),
        "fit.py": SAVED.format("LogisticRegression", "one"),
        "app.py": app,
    }
    poc = folders.write(tmp_path, files)
    (poc / "one.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    (poc / "two.pkl").write_bytes(pickle.dumps(SVC()))
    assert read_poc(poc).model.value == "logistic regression"


def test_what_mlflow_keeps_of_a_run_is_no_code_and_brings_its_own_pins(tmp_path):
    kept = "mlartifacts/1/models/m-1/artifacts/"
    described = "flavors:\n  sklearn:\n    pickled_model: model.pkl\n    sklearn_version: 1.6.1\n"
    code = FIT.format("SVC") + "import mlflow\nmlflow.log_artifact(__file__)\n"
    files = {"fit.py": code, "mlartifacts/1/run/artifacts/fit.py": code, "people.csv": folders.people()}
    pins = {kept + "MLmodel": described, kept + "requirements.txt": "scikit-learn==1.6.1\n"}
    poc = read_poc(folders.write(tmp_path, files | pins))
    assert any(model.version == "1.6.1" for model in poc.models)
    assert poc.train.candidates == ()
    assert not {"MODEL-STALE", "COPY", "RIVAL-TRAINING"} & codes(poc)
    pinned = folders.write(tmp_path, {"requirements.txt": "scikit-learn==1.2.0\n"})
    assert "MODEL-STALE" in codes(read_poc(pinned))


@pytest.mark.parametrize(("recipe", "version"), [
    ("ARG PYTHON_VERSION=3.12.5\nFROM python:${PYTHON_VERSION}-slim as base\n", "3.12.5"),
    ('ARG V="3.11"\nFROM python:$V\n', "3.11"),
    ("ARG V\nFROM python:$V\n", ""),
])  # fmt: skip
def test_the_python_of_an_image_may_be_an_argument_with_a_default(tmp_path, recipe, version):
    poc = read_poc(folders.write(tmp_path, {"Dockerfile": recipe, "app.py": "print(1)\n"}))
    assert poc.python.value == version

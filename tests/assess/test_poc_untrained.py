"""A model that is served while nothing in the folder trains it."""

import pickle

import pytest
from sklearn.linear_model import LogisticRegression

import folders
from causeway.assess.poc.judging import judge
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

APP = """import pickle
import streamlit as st
model = pickle.load(open("model.pkl", "rb"))
st.write(model.predict([[st.number_input("Size")]])[0])
"""
MODEL = pickle.dumps(LogisticRegression().fit([[0], [1], [2]], ["a", "b", "c"]))


def read(folder, **files):
    poc = read_poc(folders.write(folder, {"app.py": APP, "model.pkl": MODEL, **files}))
    return sentence(poc), [finding for finding in judge(poc) if finding.code == "NO-TRAINING"]


def test_a_served_model_without_training_data_or_measure(tmp_path):
    words, (finding,) = read(tmp_path)
    assert words.endswith("served by Streamlit, whose training is not in the folder.")
    assert "no training, no data and no measure of how good it is" in finding.title
    assert [str(at) for at in finding.evidence] == ["app.py:3", "model.pkl"]


def test_what_is_there_is_not_said_to_be_missing(tmp_path):
    _, (finding,) = read(tmp_path, **{"README.md": "Accuracy: 0.91\n", "rows.csv": "size,sort\n1,a\n2,b\n"})
    assert "no training: nobody can make it again" in finding.title


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("train.py", "from somewhere import Learner\nLearner().fit(rows, answers)\n"),
        ("old.txt", "import joblib\nmodel.fit(rows, answers)\n"),
        ("start.py", "import subprocess\nsubprocess.Popen(['make', 'model'])\n"),
        ("train.jl", "using MLJ\nfit!(machine(model, X, y))\n"),
        ("train.py", "this does not parse(\n"),
    ],
)
def test_nothing_is_said_where_training_may_have_been_overlooked(tmp_path, name, code):
    words, findings = read(tmp_path, **{name: code})
    assert not findings
    assert "not in the folder" not in words

"""A preparation fitted in the app is told only where its output reaches a model that was loaded."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

HEAD = """\
import joblib
import numpy as np
import pandas as pd
import streamlit as st
from sklearn.preprocessing import LabelEncoder, Normalizer, OrdinalEncoder, StandardScaler

model = joblib.load("model.pkl")
age = st.number_input("age")
"""
FED = {
    "straight": "x = StandardScaler().fit_transform([[age, 1]])\nst.write(model.predict(x))\n",
    "in one line": "st.write(model.predict(StandardScaler().fit_transform([[age, 1]])))\n",
    "by a function": (
        "def ready(row):\n    frame = pd.DataFrame(row)\n    return StandardScaler().fit_transform(frame)\n"
        "st.write(model.predict(ready({'a': [age]})))\n"
    ),
    "through a parameter": (
        "def ask(chosen, row):\n    return chosen.predict(row)\n"
        "row = StandardScaler().fit_transform([[age]])\nst.write(ask(model, row))\n"
    ),
    "into a column": (
        "frame = pd.DataFrame({'a': [age], 'b': ['x']})\n"
        "frame['b'] = LabelEncoder().fit_transform(frame['b'])\nst.write(model.predict(frame))\n"
    ),
    "piece by piece": (
        "rows = []\nscaled = StandardScaler().fit_transform([[age]])\n"
        "for n in range(1):\n    rows.append(scaled[n])\nst.write(model.predict(np.array(rows)))\n"
    ),
    "of an upload": (
        "sent = st.file_uploader('file')\nframe = pd.read_csv(sent)\n"
        "st.write(model.predict(StandardScaler().fit_transform(frame)))\n"
    ),
    "loaded by a function": (
        "def load():\n    return joblib.load('model.pkl')\n"
        "st.write(load().predict(StandardScaler().fit_transform([[age]])))\n"
    ),
    "in a class": (
        "class Service:\n    def __init__(self):\n        self.model = joblib.load('model.pkl')\n"
        "    def ask(self, row):\n        return self.model.predict(StandardScaler().fit_transform(row))\n"
    ),
}
APART = {
    "for a similarity": (
        "words = TfidfVectorizer().fit_transform(texts)\nst.write(cosine_similarity(words))\n"
        "st.write(model.predict([[age]]))\n"
    ),
    "for a model fitted here": (
        "found = StandardScaler().fit_transform([[age]])\nfrom sklearn.ensemble import IsolationForest\n"
        "flags = IsolationForest().fit_predict(found)\nst.write(model.predict([[age]]))\n"
    ),
    "for a model that is trained here": (
        "from sklearn.linear_model import LinearRegression\nown = LinearRegression()\n"
        "own.fit([[1]], [1])\nst.write(own.predict(StandardScaler().fit_transform([[age]])))\n"
    ),
    "of what may be loaded or trained": (
        "if age:\n    own = joblib.load('model.pkl')\nelse:\n    own = LinearRegression().fit([[1]], [1])\n"
        "st.write(own.predict(StandardScaler().fit_transform([[age]])))\n"
    ),
    "on the training's rows": (
        "known = pd.read_csv('people.csv')\nscaler = StandardScaler()\nscaler.fit_transform(known)\n"
        "st.write(model.predict(scaler.transform([[age]])))\n"
    ),
    "together with the training's rows": (
        "known = pd.read_csv('people.csv')\nboth = pd.concat([pd.DataFrame([[age]]), known])\n"
        "st.write(model.predict(StandardScaler().fit_transform(both)[:1]))\n"
    ),
    "of what learns nothing": "st.write(model.predict(Normalizer().fit_transform([[age, 1]])))\n",
    "with categories given": (
        "coder = OrdinalEncoder(categories=[['a', 'b']])\n"
        "st.write(model.predict(coder.fit_transform([[age]])))\n"
    ),
    "in a column that is left out": (
        "frame = pd.DataFrame({'a': [age], 'b': ['x']})\n"
        "frame['b'] = LabelEncoder().fit_transform(frame['b'])\nst.write(model.predict(frame[['a']]))\n"
        "st.write(model.predict(frame.drop('b', axis=1)))\n"
    ),
    "only its shape": (
        "x = StandardScaler().fit_transform([[age]])\nst.write(model.predict(np.zeros(x.shape)))\n"
    ),
    "of the answers' names": (
        "names = LabelEncoder()\ncodes = names.fit_transform(['no', 'yes'])\n"
        "st.write(names.inverse_transform(model.predict([[age]])))\n"
    ),
    "under a name used anew": (
        "x = StandardScaler().fit_transform([[age]])\nst.write(x)\nx = [[age]]\nst.write(model.predict(x))\n"
    ),
}


def told(tmp_path, app):
    poc = read_poc(folders.churn(tmp_path, **{"app.py": HEAD + app}))
    said = any("fits its preparation again" in found.title for found in judge(poc))
    assert bool(poc.seen("refitted")) or not said
    return bool(poc.seen("refitted"))


@pytest.mark.parametrize("way", FED)
def test_what_reaches_the_loaded_model_is_told(tmp_path, way):
    assert told(tmp_path, FED[way])


@pytest.mark.parametrize("way", APART)
def test_what_does_not_reach_it_is_not(tmp_path, way):
    assert not told(tmp_path, APART[way])

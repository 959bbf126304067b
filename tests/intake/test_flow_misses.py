"""Files that are opened by hand, and what is fitted on all rows by other ways than `X = fit_transform(X)`."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = """import json, os
from pathlib import Path
from flask import Flask, request
from tensorflow.keras.models import model_from_json
app = Flask(__name__)
HERE = Path(__file__).resolve().parent
@app.route('/p', methods=['POST'])
def p():
{0}
"""


def found(tmp_path, files):
    return {finding.code: finding for finding in judge(read_poc(folders.write(tmp_path, files)))}


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ("    model = model_from_json(open('net.json').read())", "net.json"),
        ("    model = model_from_json('{}')\n    model.load_weights('net.h5')", "net.h5"),
        ("    kept = json.load(open(HERE / 'maps' / 'codes.json'))", "maps/codes.json"),
        ("    kept = json.load(open(os.path.join(HERE, 'codes.json'), 'rb'))", "codes.json"),
        ("    open('codes.json', 'w').write('1')\n    kept = open('codes.json').read()", ""),
        ("    try:\n        kept = open('codes.json').read()\n    except OSError:\n        kept = ''", ""),
        ("    kept = open('codes.json').read() if os.path.exists('codes.json') else ''", ""),
        ("    kept = open(request.form['name']).read()", ""),
    ],
)
def test_a_file_that_is_opened_and_not_there(tmp_path, lines, missing):
    said = found(tmp_path, {"app.py": APP.format(lines)}).get("FILE-MISSING")
    assert (f"It needs {missing}," in said.title) if missing and said else (not missing and said is None)


def test_what_a_module_of_the_app_opens_is_missed_too(tmp_path):
    files = {
        "main.py": "from fastapi import FastAPI\nfrom models.tone import tone\napp = FastAPI()\n",
        "tone.py": "import joblib, os\nHERE = os.path.dirname(__file__)\n"
        "m = joblib.load(os.path.join(HERE, 'tone.pkl'))\ndef tone(x):\n    return m.predict([x])\n",
    }
    assert found(tmp_path, files)["FILE-MISSING"].title == "It needs tone.pkl, which is not in the folder."


SPLIT = """import pandas as pd, numpy as np
from sklearn.impute import KNNImputer
from sklearn.preprocessing import StandardScaler
from sklearn.model_selection import train_test_split
from sklearn.linear_model import ElasticNet
from feature_engine.wrappers import SklearnTransformerWrapper
df = pd.read_csv("d.csv")
{0}
X, y = df[["a", "b"]], df["t"]
A, B, c, e = train_test_split(X, y, test_size=0.3, random_state=1)
{1}
"""
FIT = "print(ElasticNet().fit(A, c).score(B, e))"
BY_HAND = "theta = np.zeros(2)\nfor i in range(9):\n    theta -= 0.01 * A.T @ (A @ theta - c)"


@pytest.mark.parametrize(
    ("line", "taught", "name"),
    [
        ("df.loc[:, ['a', 'b']] = KNNImputer().fit_transform(df[['a', 'b']])", FIT, "KNNImputer"),
        ("df = SklearnTransformerWrapper(StandardScaler()).fit_transform(df)", FIT, "StandardScaler"),
        ("df['a'] = df['a'].fillna(df['a'].mode()[0])", FIT, "fillna(mode)"),
        ("df = df.apply(lambda x: x.fillna(x.median()))", FIT, "fillna(median)"),
        ("df = df.apply(lambda x: x.fillna(0))", FIT, ""),
        ("df = StandardScaler().fit_transform(df)", BY_HAND, "StandardScaler"),
        ("", BY_HAND, ""),
    ],
)  # fmt: skip
def test_what_is_fitted_on_all_rows_before_the_split(tmp_path, line, taught, name):
    said = found(tmp_path, {"train.py": SPLIT.format(line, taught)}).get("LEAK-SPLIT")
    assert (said.title.startswith(f"{name} is fitted on all rows")) if name else said is None

"""Ages that an app counts from a year in the code."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

APP = """import joblib
from datetime import date
from flask import Flask, request
from counting import age_of
app = Flask(__name__)
model = joblib.load("model.pkl")
NOW = 2025
@app.route("/p", methods=["POST"])
def p():
    year = int(request.form["year"])
    {0}
    return str({1})
"""
TRAIN = folders.TRAIN.replace("X = df", 'df["age"] = 2025 - df["year"]\nX = df', 1)
ASKS = "model.predict([[age]])"


@pytest.mark.parametrize(
    ("line", "answer", "places"),
    [
        ("age = 2025 - year", ASKS, ["app.py:11", "train.py:8"]),
        ("age = NOW - year", ASKS, ["app.py:11", "train.py:8"]),
        ("age = age_of(year)", ASKS, ["counting.py:3", "train.py:8"]),
        ("age = date.today().year - year", ASKS, []),
        ("NOW = int(request.form['now'])\n    age = NOW - year", ASKS, []),
        ("age = 2025 - int(request.form['stock'])", ASKS, []),
        ("age = 100 - year", ASKS, []),
        ("age = 2025 - year", "age", []),
    ],
)
def test_the_year_is_told(tmp_path, line, answer, places):
    counting = "def age_of(year):\n    first = 2024\n    return first - year\n" if "age_of(" in line else ""
    files = {
        "app.py": APP.format(line, answer),
        "train.py": TRAIN,
        "counting.py": counting or "age_of = int\n",
    }
    found = [f for f in judge(read_poc(folders.churn(tmp_path, **files))) if f.code == "YEAR-FIXED"]
    assert [str(at) for finding in found for at in finding.evidence] == places


def test_a_column_that_holds_the_year(tmp_path):
    app = APP.format("d = {'Year': year}\n    d['now'] = 2020\n    age = d['now'] - d['Year']", ASKS)
    (found,) = [
        f for f in judge(read_poc(folders.churn(tmp_path, **{"app.py": app}))) if f.code == "YEAR-FIXED"
    ]
    assert found.title.startswith("The app counts from 2020, a year that stands in the code")

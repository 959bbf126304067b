"""What the judges say of an app that computes anew from the single row of a request."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

ROUTES = """from flask import Flask, request, jsonify
from asking.predictor import answer
app = Flask(__name__)
@app.route("/predict", methods=["POST"])
def predict():
    return jsonify(answer(request.get_json()))
"""
PREDICTOR = """import joblib
import pandas as pd
from sklearn.preprocessing import LabelEncoder, StandardScaler
model = joblib.load("model.pkl")
columns = joblib.load("columns.pkl")
def answer(data):
    table = pd.DataFrame([{"plan": data["plan"], "age": data["age"]}])
PREPARES
    return int(model.predict(table)[0])
"""


DROPS = """table = pd.get_dummies(table, columns=["plan"], drop_first=True)
table = table.reindex(columns=columns, fill_value=0)"""
CODES = 'table["plan"] = LabelEncoder().fit_transform(table["plan"])'
SCALES = """scaler = StandardScaler()
scaler.fit(table)
table = scaler.transform(table)"""
FILLS = 'table["age"] = table["age"].fillna(table["age"].median())'
BEFORE = 'table["visits"] = table.groupby("plan").cumcount() + 1'
KNOWS = """table["plan"] = pd.Categorical(table["plan"], categories=["a", "b"])
table = pd.get_dummies(table, drop_first=True)"""
BESIDE = """table = pd.concat([table, pd.read_csv("people.csv")])
table = pd.get_dummies(table, drop_first=True)[:1]"""


def found(folder, prepares, **files):
    lines = "\n".join(f"    {line}" for line in prepares.split("\n"))
    predictor = PREDICTOR.replace("PREPARES", lines)
    app = {"app.py": ROUTES, "asking/__init__.py": "", "asking/predictor.py": predictor}
    folders.write(folder, app | {f"{name}.py": text for name, text in files.items()})
    return [finding for finding in judge(read_poc(folder)) if finding.code == "SKEW"]


@pytest.mark.parametrize(
    ("prepares", "words", "line"),
    [
        (DROPS, "drops the only category there is, so plan never reaches the model", 8),
        (CODES, "fits LabelEncoder on the single row", 8),
        (SCALES, "fits StandardScaler", 9),
        (BEFORE, "makes features of earlier rows of the same plan, and the request is a single row", 8),
        (FILLS, "computes the median of age from the single", 8),
    ],
)
def test_what_an_imported_module_computes_from_one_row_is_skew(tmp_path, prepares, words, line):
    (one,) = found(tmp_path, prepares)
    assert words in one.title
    assert (one.evidence[0].path, one.evidence[0].line) == ("asking/predictor.py", line)


@pytest.mark.parametrize(
    "prepares",
    [
        'table = pd.get_dummies(table, columns=["plan"]).reindex(columns=columns, fill_value=0)',
        KNOWS,
        'table["plan"] = joblib.load("plan.pkl").transform(table["plan"])',
        BESIDE,
        'table["age"] = table["age"].fillna(40)',
        'table["whole"] = table.fillna(table.mean(axis=1))["age"]',
        "if data is None:\n    table = StandardScaler().fit_transform(table)",
        'table = pd.DataFrame(data["rows"])\ntable["age"] = StandardScaler().fit_transform(table[["age"]])',
    ],
)
def test_what_does_not_come_from_one_row_alone_is_not_told(tmp_path, prepares):
    assert found(tmp_path, prepares) == []


def test_a_transformer_of_the_folder_that_computes_in_transform(tmp_path):
    prepare = """import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
class Fill(BaseEstimator, TransformerMixin):
    def fit(self, rows, y=None):
        self.columns = self._filled(rows).columns
        return self
    def _filled(self, rows):
        rows = rows.copy()
        rows["size"] = rows["size"].fillna(rows["size"].median())
        return rows
    def transform(self, rows):
        rows = self._filled(rows).reindex(columns=self.columns, fill_value=0)
        rows["gap"] = rows.groupby(["card", "shop"])["day"].diff().dt.total_seconds() / 60
        return rows
class Kept(BaseEstimator, TransformerMixin):
    def fit(self, rows, y=None):
        self.middle = rows["size"].median()
        return self
    def transform(self, rows):
        return rows.assign(size=rows["size"].fillna(self.middle))
"""
    (one,) = found(tmp_path, "pass", prepare=prepare)
    assert "Fill.transform computes anew, from whatever rows it is given: median of size and" in one.title
    assert "and earlier rows of the same card and shop." in one.title
    assert (one.evidence[0].path, one.evidence[0].line) == ("prepare.py", 9)

"""What the judges say of an app that gives a column's categories other codes than the training did."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TRAIN = """import joblib
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder, OrdinalEncoder
df = pd.read_csv("flats.csv")
CODES
X, y = df.drop(columns=["price"]), df["price"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
model = RandomForestRegressor(random_state=1).fit(X_train, y_train)
print(model.score(X_test, y_test))
joblib.dump(model, "model.pkl")
"""
APP = """from fastapi import FastAPI
import joblib
app = FastAPI()
model = joblib.load("model.pkl")
STATES = WRITTEN
@app.post("/predict")
def predict(data: dict):
    return {"price": float(model.predict([[data["size"], STATES.get(data["state"].lower(), 0)]])[0])}
"""
LOOP = """names = ["state"]
for name in names:
    encoder = LabelEncoder()
    df[name] = encoder.fit_transform(df[name])"""
GIVEN = """order = OrdinalEncoder(categories=[["half", "furnished"]])
df[["state"]] = order.fit_transform(df[["state"]])"""
REVERSED = '{"furnished": 2, "half": 1, "none at all": 0}'
SAME = '{"furnished": 0, "half": 1, "none at all": 2}'


def found(folder, codes, written, *, data=True):
    states = ("half", "furnished", "none at all")
    rows = [f"{n},{states[n % 3]},{n * 1000}" for n in range(120)]
    table = {"flats.csv": "\n".join(["size,state,price", *rows])} if data else {}
    code = {"train.py": TRAIN.replace("CODES", codes), "app.py": APP.replace("WRITTEN", written)}
    poc = read_poc(folders.write(folder, code | table))
    return [finding for finding in judge(poc) if finding.code == "SKEW"]


@pytest.mark.parametrize(
    "codes",
    [
        LOOP,
        'df["state"] = LabelEncoder().fit_transform(df["state"])',
        'df["state"] = df["state"].astype("category").cat.codes',
        'df[["state"]] = OrdinalEncoder().fit_transform(df[["state"]])',
        f'df["state"] = df["state"].map({SAME})',
    ],
)
def test_codes_that_the_app_turns_round(tmp_path, codes):
    (one,) = found(tmp_path, codes, REVERSED)
    assert "furnished 2, half 1, none at all 0 in the app" in one.title
    assert "furnished 0, half 1, none at all 2 in the training" in one.title
    assert [place.path for place in one.evidence] == ["app.py", "train.py"]
    assert one.blocks_ship


def test_the_app_s_own_words_tell_the_alphabet_where_there_is_no_data(tmp_path):
    (one,) = found(tmp_path, LOOP, REVERSED, data=False)
    assert "none at all 2 in the training" in one.title


@pytest.mark.parametrize(
    ("codes", "written"),
    [
        (LOOP, SAME),
        (LOOP, '{"Furnished": 0, "Half": 1, "None at all": 2}'),
        (f'df["state"] = df["state"].map({REVERSED})', REVERSED),
        (GIVEN, REVERSED),
        ('df = pd.get_dummies(df, columns=["state"])', REVERSED),
        (LOOP, '{"Mon": 3, "Tue": 2, "Wed": 1}'),
        (LOOP, '{"furnished": "good", "half": "fair"}'),
    ],
)  # fmt: skip
def test_codes_that_are_the_same_or_not_known_are_not_told(tmp_path, codes, written):
    assert found(tmp_path, codes, written) == []


def test_the_app_s_words_for_the_target_are_no_inputs(tmp_path):
    codes = 'df["state"] = LabelEncoder().fit_transform(df["state"])'
    train = TRAIN.replace("CODES", codes).replace("price", "state").replace("Regressor", "Classifier")
    app = APP.replace("WRITTEN", REVERSED)
    rows = [f"{n},{('half', 'furnished', 'none at all')[n % 3]}" for n in range(120)]
    table = "\n".join(["size,state", *rows])
    poc = read_poc(folders.write(tmp_path, {"train.py": train, "app.py": app, "flats.csv": table}))
    assert [finding for finding in judge(poc) if finding.code == "SKEW"] == []


READS = """from flask import Flask, request
import joblib
app = Flask(__name__)
model = joblib.load("model.pkl")
NAMES = WRITTEN
@app.route("/predict", methods=["POST"])
def predict():
    predicted = int(model.predict([[float(request.form["size"])]])[0])
    return NAMES[predicted]
"""
SORTS = """import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder
df = pd.read_csv("flats.csv")
df["state"] = CODES
X_train, X_test, y_train, y_test = train_test_split(df[["size"]], df["state"], random_state=1)
model = RandomForestClassifier(random_state=1).fit(X_train, y_train)
print(model.score(X_test, y_test))
joblib.dump(model, "model.pkl")
"""
ALPHABET = 'LabelEncoder().fit_transform(df["state"])'


@pytest.mark.parametrize(
    ("codes", "written", "wrong"),
    [
        (ALPHABET, '{0: "half", 1: "furnished", 2: "none at all"}', True),
        (ALPHABET, '["half", "furnished", "none at all"]', True),
        (f'df["state"].map({REVERSED})', '["furnished", "half", "none at all"]', True),
        (ALPHABET, '["furnished", "half", "none at all"]', False),
        (f'df["state"].map({REVERSED})', '{2: "Furnished", 1: "Half", 0: "None at all"}', False),
        (ALPHABET, '["ready", "in part", "empty"]', False),
        (ALPHABET, '["half", "furnished"]', False),
    ],
)
def test_answers_that_the_app_calls_by_another_name(tmp_path, codes, written, wrong):
    rows = [f"{n},{('half', 'furnished', 'none at all')[n % 3]}" for n in range(120)]
    files = {"train.py": SORTS.replace("CODES", codes), "app.py": READS.replace("WRITTEN", written)}
    poc = read_poc(folders.write(tmp_path, files | {"flats.csv": "\n".join(["size,state", *rows])}))
    said = [finding.title for finding in judge(poc) if finding.code == "SKEW"]
    assert len(said) == wrong
    assert all("The app reads the model's answer for state otherwise" in title for title in said)

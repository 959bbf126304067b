"""What a folder is taken for goes by what is called in it, and by what its rows are."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.assess.poc.sentence import sentence
from causeway.intake import read_poc

DEAD = (
    "from sklearn.ensemble import RandomForestClassifier\n"
    "def train_forest(X, y):\n    model = RandomForestClassifier()\n    model.fit(X, y)\n    return model\n"
)


@pytest.mark.parametrize(
    ("more", "rivals"),
    [
        ({}, ()),
        ({"app.py": "from old import train_forest\ntrain_forest([[1]], [1])\n"}, ("app.py",)),
        ({"pyproject.toml": '[project.scripts]\nfit = "old:train_forest"\n'}, ("old.py",)),
        ({"dag.py": "from old import train_forest\nrun(python_callable=train_forest)\n"}, ("dag.py",)),
    ],
)
def test_a_training_that_nothing_calls_is_no_rival(tmp_path, more, rivals):
    poc = read_poc(folders.churn(tmp_path, **{"old.py": DEAD} | more))
    assert poc.train.value == "train.py"
    assert poc.train.candidates == rivals


def test_where_nothing_is_called_the_training_stands_all_the_same(tmp_path):
    poc = read_poc(folders.write(tmp_path, {"old.py": DEAD}))
    assert poc.train.value == "old.py"


ODD = """\
import pandas as pd
from sklearn.cluster import {made}
frame = pd.read_csv("people.csv")[["tenure", "person_id"]]
labels = {made}().fit_predict(frame)
{after}
"""
DETECTORS = """\
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.svm import OneClassSVM
frame = pd.read_csv("people.csv")[["tenure", "person_id"]]
one = IsolationForest().fit_predict(frame)
two = OneClassSVM().fit_predict(frame)
groups = KMeans().fit_predict(frame)
"""


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (ODD.format(made="DBSCAN", after="frame['anomaly'] = labels == -1"), "anomaly detection"),
        (ODD.format(made="DBSCAN", after="outliers = frame[labels == -1]"), "anomaly detection"),
        (ODD.format(made="DBSCAN", after="clusters = len(set(labels)) - (-1 in labels)"), "clustering"),
        (ODD.format(made="KMeans", after="frame['group'] = labels"), "clustering"),
        (DETECTORS, "anomaly detection"),
    ],
)
def test_what_fits_no_cluster_and_is_called_odd(tmp_path, code, kind):
    poc = read_poc(folders.write(tmp_path, {"find.py": code, "people.csv": folders.people()}))
    assert poc.kind.value == kind


SERIES = """\
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split
df = pd.read_csv("load.csv", parse_dates=["when"]).set_index("when")
class Parts:
    def transform(self, X):
        X = X.copy()
        X["hour"] = X.index.hour
        return X
y = df["load"]
X_train, X_test, y_train, y_test = train_test_split(Parts().transform(df), y{0})
model = RandomForestRegressor(random_state=0)
model.fit(X_train, y_train)
print(model.score(X_test, y_test))
"""


@pytest.mark.parametrize(
    ("options", "kind"),
    [(", shuffle=False", "time series forecasting"), (", random_state=1", "regression")],
)
def test_hours_of_the_index_and_a_split_in_order_make_a_series(tmp_path, options, kind):
    rows = "when,load,heat\n" + "".join(f"2024-01-{n % 28 + 1:02} 00:00,{n}.5,{n}\n" for n in range(60))
    files = {"train.py": SERIES.replace("{0}", options), "load.csv": rows}
    assert read_poc(folders.write(tmp_path, files)).kind.value == kind


def test_a_few_rows_written_in_the_code_are_not_what_it_learns(tmp_path):
    toy = 'small = LogisticRegression()\nsmall.fit([[1], [2]], [0, 1])\njoblib.dump(small, "model.pkl")\n'
    text = folders.TRAIN.replace('joblib.dump(model, "model.pkl")\n', toy)
    poc = read_poc(folders.churn(tmp_path, **{"train.py": text}))
    assert poc.target.value == "left"


def test_a_column_without_a_name_is_left_out_as_pandas_calls_it(tmp_path):
    data = "," + folders.people().replace("\n", "\n9,")[:-2]
    text = folders.TRAIN.replace('"left", "person_id"]', '"left", "person_id", "Unnamed: 0"]')
    poc = read_poc(folders.churn(tmp_path, **{"train.py": text, "people.csv": data}))
    assert poc.features == ("tenure", "plan")


def test_the_file_that_fits_is_named_and_not_the_route_that_calls_it(tmp_path):
    files = {
        "service.py": (
            "import pandas as pd\nfrom sklearn.cluster import KMeans\n"
            "def group():\n    frame = pd.read_csv('people.csv')[['tenure']]\n"
            "    model = KMeans(n_clusters=3, random_state=0)\n    model.fit(frame)\n    return model\n"
        ),
        "routes.py": (
            "from fastapi import APIRouter\nfrom service import group\nrouter = APIRouter()\n"
            "@router.post('/train')\ndef train():\n    return group()\n"
        ),
        "people.csv": folders.people(),
    }
    poc = read_poc(folders.write(tmp_path, files))
    assert "trained by service.py" in sentence(poc)
    assert judge(poc)

"""What the judges say about code: each finding where it is due, and not where it is not."""
# ruff: noqa: E501 - code that is read stands as in a file

import pickle

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

NETWORK = """
import pandas as pd
from keras.models import Sequential
from keras.layers import Dense
from sklearn.model_selection import train_test_split
df = pd.read_csv("people.csv")
X, y = df[["person_id", "tenure"]], df["left"]
a, b, c, d = train_test_split(X, y, random_state=1)
m = Sequential([Dense(8), Dense(1, activation="sigmoid")])
m.compile(loss="binary_crossentropy")
m.fit(a, c)
"""
FLASK = "from flask import Flask, request, render_template\nimport joblib\napp = Flask(__name__)\nm = joblib.load('model.pkl')\n"


def found(folder, **files):
    return {item.code: item for item in judge(read_poc(folders.churn(folder, **files)))}


def test_clustering_has_nothing_to_hold_out(tmp_path):
    code = "import pandas as pd\nfrom sklearn.cluster import KMeans\nX = pd.read_csv('people.csv')[['tenure']]\nk = KMeans(3).fit(X)\nprint(k.score(X))\n"
    assert "NO-HOLDOUT" not in found(tmp_path, **{"train.py": code})


def test_a_network_without_seed_or_scale(tmp_path):
    wide = "person_id,tenure,left\n" + "".join(f"{n * 1000},{n % 5},{n % 2}\n" for n in range(200))
    raw = found(tmp_path / "raw", **{"train.py": NETWORK, "people.csv": wide})
    assert raw["UNSEEDED"].title.startswith("The network starts from other weights")
    assert "person_id spans 199,000, tenure 4" in raw["NO-SCALING"].title
    scaled = NETWORK.replace(
        "a, b, c, d",
        "from sklearn.preprocessing import StandardScaler\nimport keras\nkeras.utils.set_random_seed(1)\na, b, c, d",
    )
    scaled = scaled.replace("m.fit(a, c)", "s = StandardScaler()\nm.fit(s.fit_transform(a), c)")
    assert not {"UNSEEDED", "NO-SCALING"} & set(
        found(tmp_path / "scaled", **{"train.py": scaled, "people.csv": wide})
    )


def test_only_the_handler_that_asks_a_model_has_to_check(tmp_path):
    login = "@app.route('/login', methods=['POST'])\ndef login():\n    return request.form['name']\n"
    predict = "@app.route('/predict', methods=['POST'])\ndef predict():\n    return str(m.predict([[request.form['a']]]))\n"
    assert "NO-VALIDATION" not in found(tmp_path / "a", **{"app.py": FLASK + login})
    assert found(tmp_path / "b", **{"app.py": FLASK + login + predict})["NO-VALIDATION"].title.startswith(
        "predict takes"
    )


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("df = df.append({'a': 1}, ignore_index=True)", "DataFrame.append"),
        ("df['tenure'] = df['tenure'].fillna(method='ffill')", "fillna(method=)"),
        ("df.set_index('tenure').resample('M')", 'resample(rule="M")'),
        ("text = [c for c in df if df[c].dtype == 'object']", 'dtype == "object"'),
        ("import numpy as np\nx = np.in1d([1], [2])", "numpy.in1d"),
        ("import streamlit as st\n@st.cache\ndef f():\n    pass", "streamlit.cache"),
        (
            "from sklearn.ensemble import AdaBoostClassifier\nAdaBoostClassifier(base_estimator=None)",
            "AdaBoostClassifier(base_estimator=)",
        ),
        (
            "import lightgbm as lgb\nlgb.LGBMClassifier().fit(df[['tenure']], df.left, verbose=False)",
            "lightgbm's fit(verbose=)",
        ),
        ("from keras.optimizers import Adam\nAdam(lr=0.1)", "Adam(lr=)"),
    ],
)
def test_removed_interfaces(tmp_path, line, name):
    code = f"import pandas as pd\ndf = pd.read_csv('people.csv')\n{line}\n"
    unpinned = {"requirements.txt": "pandas\n"}
    seen = read_poc(folders.churn(tmp_path / "gone", **{"old.py": code} | unpinned)).seen("removed_api")
    assert [item.value for item in seen] == [name]


@pytest.mark.parametrize(
    "line",
    [
        "rows = []\nrows.append(1)",
        "df = df.fillna(0)",
        "x = df.resample('D')",
        "kind = df['tenure'].dtype == 'float64'",
        "from torch.optim import Adam\nAdam([], lr=0.1)",
    ],
)
def test_interfaces_that_are_there(tmp_path, line):
    code = f"import pandas as pd\ndf = pd.read_csv('people.csv')\n{line}\n"
    assert not read_poc(folders.churn(tmp_path, **{"new.py": code})).seen("removed_api")


def test_a_pin_keeps_what_later_versions_lack(tmp_path):
    code = "import pandas as pd\ndf = pd.read_csv('people.csv')\ndf = df.append(df)\n"
    pinned = {"old.py": code, "requirements.txt": "pandas==1.5.3\n"}
    assert "API-REMOVED" not in found(tmp_path, **pinned)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("'data/People.csv'", "the file is called data/people.csv"),
        (r"'data\\people.csv'", "the backslash parts folders on Windows only"),
        ("'raw/people.csv'", "the file is at data/people.csv"),
    ],
)
def test_paths_that_another_machine_does_not_find(tmp_path, written, says):
    train = folders.TRAIN.replace('"people.csv"', written)
    folders.write(tmp_path, {"train.py": train, "data/people.csv": folders.people()})
    titles = [item.title for item in judge(read_poc(tmp_path)) if item.code == "FILE-MISSING"]
    assert len(titles) == 1
    assert says in titles[0]


def test_paths_that_are_there_are_left_alone(tmp_path):
    train = folders.TRAIN.replace('"people.csv"', "'data/people.csv'")
    folders.write(tmp_path, {"train.py": train, "data/people.csv": folders.people()})
    assert not [item for item in judge(read_poc(tmp_path)) if item.code == "FILE-MISSING"]


def test_a_module_under_another_name_and_a_page_that_is_not_there(tmp_path):
    files = {
        "data_preprocessing.py": "def load():\n    return 1\n",
        "app.py": FLASK
        + "from data_processing import load\n@app.route('/')\ndef home():\n    return render_template('home.html')\n",
        "requirements.txt": "flask\n",
    }
    codes = found(tmp_path, **files)
    assert (
        "imports data_processing, which is not in the folder; data_preprocessing.py is"
        in codes["CODE-BROKEN"].title
    )
    assert "renders home.html" in codes["FILE-MISSING"].title
    assert "data" not in codes["REQ-MISSING"].title


def test_leftovers_and_accounts(tmp_path):
    train = folders.TRAIN + "import wandb\nwandb.init(project='p')\n"
    codes = found(tmp_path, **{"train.py": train, "stray.pkl": pickle.dumps({"a": 1}), "empty.py": ""})
    assert codes["EXTERNAL"].title.startswith("Training reports to Weights & Biases")
    assert codes["ARTIFACT-UNUSED"].title.startswith("stray.pkl is saved here")
    assert codes["DEAD-FILE"].title == "empty.py is empty."


def test_a_leak_in_another_file_is_told_where_it_stands(tmp_path):
    files = {
        "train.py": "from steps import prepare\nfrom sklearn.svm import SVC\na, b, c, d = prepare()\nSVC().fit(a, c)\n",
        "steps.py": "import pandas as pd\nfrom imblearn.over_sampling import SMOTE\nfrom sklearn.model_selection import train_test_split\n\n"
        "def prepare():\n    df = pd.read_csv('people.csv')\n    X, y = SMOTE().fit_resample(df[['tenure']], df['left'])\n"
        "    return train_test_split(X, y)\n",
    }
    leak = found(tmp_path, **files)["LEAK-SPLIT"]
    assert leak.blocks_ship
    assert str(leak.evidence[0]) == "steps.py:7"


def test_spark_in_scala(tmp_path):
    code = """
import org.apache.spark.ml.classification.RandomForestClassifier
object A {
  val df = spark.read.csv("people.csv").withColumn("x", $"tenure")
  val d = df.select(when($"left" === "yes", 1).otherwise(0).alias("label"))
  val m = new RandomForestClassifier().setLabelCol("label").fit(d)
}
"""
    poc = read_poc(folders.write(tmp_path, {"A.scala": code, "people.csv": folders.people()}))
    assert (poc.kind.value, poc.target.value, poc.positive.value) == ("binary classification", "left", "yes")


def test_learning_from_all_rows_and_measuring_nothing(tmp_path):
    code = "import pandas as pd\nfrom prophet import Prophet\nd = pd.read_csv('people.csv').rename(columns={'tenure': 'y'})\nProphet().fit(d)\n"
    unmeasured = found(tmp_path / "a", **{"train.py": code})["NO-HOLDOUT"]
    assert "nothing in the folder measures" in unmeasured.title
    measured = {
        "train.py": code,
        "judge.py": "from sklearn.metrics import mean_absolute_error\nprint(mean_absolute_error(a, b))\n",
    }
    assert "NO-HOLDOUT" not in found(tmp_path / "b", **measured)


def test_an_open_interface(tmp_path):
    route = "from flask_cors import CORS\nCORS(app, origins='*')\n@app.route('/predict', methods=['POST'])\ndef predict():\n    return str(m.predict([[1]]))\n"
    assert {"NO-AUTH", "CORS"} <= set(found(tmp_path / "a", **{"app.py": FLASK + route}))
    keyed = FLASK + route.replace(
        "    return", "    assert request.headers['x-api-key'] == key\n    return"
    ).replace("'*'", "'https://a.example'")
    assert not {"NO-AUTH", "CORS"} & set(found(tmp_path / "b", **{"app.py": keyed}))

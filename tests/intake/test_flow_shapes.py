"""Data followed through the shapes that code takes: classes, dictionaries, choices, settings, loops."""
# ruff: noqa: ISC004, E501 - code that is read stands as in a file

import pytest

import folders
from causeway.intake import read_poc

HEAD = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split, GridSearchCV, cross_val_score
df = pd.read_csv("people.csv")
X, y = df[["tenure"]], df["left"]
"""


def read(tmp_path, files):
    files = {"train.py": files} if isinstance(files, str) else files
    return read_poc(folders.write(tmp_path, {"people.csv": folders.people()} | files))


def told(poc):
    return poc.kind.value, poc.target.value, poc.training_data.value


LEARNS = ("binary classification", "left", "people.csv")


@pytest.mark.parametrize(
    "code",
    [
        "models = {'a': LogisticRegression(), 'b': KNeighborsClassifier()}\n"
        "for name, m in models.items():\n    m.fit(X, y)",
        "for m in (LogisticRegression(), KNeighborsClassifier()):\n    m.fit(X, y)",
        "models = []\nmodels.append(('a', LogisticRegression()))\nmodels.append(('b', KNeighborsClassifier()))\n"
        "for name, m in models:\n    m.fit(X, y)",
        "models = {'a': LogisticRegression(), 'b': KNeighborsClassifier()}\n"
        "for i in range(len(models)):\n    list(models.values())[i].fit(X, y)",
        "for C in [LogisticRegression, KNeighborsClassifier]:\n    C().fit(X, y)",
        "import sys\nif sys.argv[1] == 'a':\n    m = LogisticRegression()\nelse:\n    m = KNeighborsClassifier()\n"
        "m.fit(X, y)",
        "def pick(name):\n    if name == 'a':\n        return LogisticRegression()\n"
        "    return KNeighborsClassifier()\npick(input()).fit(X, y)",
        "ms = {'a': LogisticRegression()}\nms['b'] = KNeighborsClassifier()\n"
        "for n in ms:\n    cross_val_score(ms[n], X, y)",
    ],
)
def test_several_models_are_all_seen_and_none_is_called_the_one(tmp_path, code):
    poc = read(tmp_path, HEAD + code)
    assert told(poc) == LEARNS
    assert poc.model.candidates == ("logistic regression", "k nearest neighbours")
    assert poc.model.certainty < 0.75


def test_the_one_that_is_saved_in_a_bundle_is_the_one(tmp_path):
    code = HEAD + (
        "import joblib\nm = LogisticRegression().fit(X, y)\n"
        "joblib.dump({'model': m, 'columns': list(X)}, 'm.joblib')\n"
        "base = RandomForestClassifier().fit(X, y)\n"
    )
    poc = read(tmp_path, code)
    assert (poc.model.value, poc.model.candidates) == ("logistic regression", ())


@pytest.mark.parametrize(
    "code",
    [
        "GridSearchCV(RandomForestClassifier(), {'max_depth': [2]}).fit(X, y)",
        "def objective(trial):\n    return RandomForestClassifier().fit(X, y).score(X, y)\n"
        "study.optimize(objective, n_trials=3)",
        "params = dict(n_estimators=5)\ndef make(**k):\n    return RandomForestClassifier(**k)\n"
        "make(**params).fit(X=X, y=y)",
        "class Trainer:\n    def __init__(self, model):\n        self.model = model\n"
        "    def train(self, a, b):\n        self.model.fit(a, b)\n"
        "Trainer(RandomForestClassifier()).train(X, y)",
        "class Base:\n    def go(self):\n        self.build()\n        self.model.fit(self.X, self.y)\n"
        "class Forest(Base):\n    def __init__(self, X, y):\n        self.X, self.y = X, y\n"
        "    def build(self):\n        self.model = RandomForestClassifier()\n"
        "Forest(X, y).go()",
        "class Lazy:\n    def load(self):\n        self.X, self.y = X, y\n"
        "    def run(self):\n        RandomForestClassifier().fit(self.X, self.y)\n",
        "kept = [c for c in df.columns if c not in ('left', 'person_id')]\n"
        "RandomForestClassifier().fit(df[kept], df['left'])",
        "names = df.columns.drop('left')\nRandomForestClassifier().fit(df[names], df.left)",
        "RandomForestClassifier().fit(df[df.columns[:-1]], df[df.columns[-1]])",
    ],
)
def test_classes_functions_and_columns(tmp_path, code):
    poc = read(tmp_path, HEAD + code)
    assert told(poc) == LEARNS
    assert poc.model.value == "random forest"


FIT = """
from sklearn.ensemble import RandomForestClassifier
RandomForestClassifier().fit(df.drop(columns=target), df[target])
"""


@pytest.mark.parametrize(
    "files",
    [
        {
            "train.py": "import yaml, pandas as pd\nwith open('conf/run.yaml') as f:\n"
            "    c = yaml.safe_load(f)\ndf = pd.read_csv(c['data']['path'])\ntarget = c['data']['target']"
            + FIT,
            "conf/run.yaml": "data:\n  path: people.csv\n  target: left\n",
        },
        {
            "train.py": "import argparse, pandas as pd\np = argparse.ArgumentParser()\n"
            "p.add_argument('--data', default='people.csv')\np.add_argument('--target', default='left')\n"
            "a = p.parse_args()\ndf = pd.read_csv(a.data)\ntarget = a.target" + FIT,
        },
        {
            "train.py": "import config\nimport pandas as pd\ndf = pd.read_csv(config.DATA)\ntarget = config.TARGET"
            + FIT,
            "config.py": "import os\nDATA = os.path.join(os.path.dirname(__file__), 'people.csv')\nTARGET = 'left'\n",
        },
        {
            "train.py": "import os\nimport pandas as pd\nfrom pathlib import Path\n"
            "df = pd.read_csv(Path(__file__).resolve().parent / os.getenv('DATA', 'people.csv'))\n"
            "target = 'left'" + FIT,
        },
        {
            "train.py": "import pandas as pd\nfrom dataclasses import dataclass\n@dataclass\nclass Config:\n"
            "    path: str = 'people.csv'\n    target: str = 'left'\nc = Config()\n"
            "df = pd.read_csv(c.path)\ntarget = c.target" + FIT,
        },
        {
            "train.py": "import click, pandas as pd\n@click.command()\n@click.option('--data', default='people.csv')\n"
            "def main(data, target='left'):\n    df = pd.read_csv(data)\n"
            + "".join(f"    {line}\n" for line in FIT.strip().split("\n")),
        },
        {
            "main.py": "from src.steps.train import Trainer\nTrainer('people.csv').run('left')\n",
            "src/__init__.py": "",
            "src/steps/__init__.py": "",
            "src/steps/train.py": "from .load import load\nfrom sklearn.ensemble import RandomForestClassifier\n"
            "class Trainer:\n    def __init__(self, path):\n        self.df = load(path)\n"
            "    def run(self, target):\n"
            "        RandomForestClassifier().fit(self.df.drop(columns=target), self.df[target])\n",
            "src/steps/load.py": "import pandas as pd\ndef load(p):\n    return pd.read_csv(p)\n",
        },
    ],
    ids=["yaml", "argparse", "module", "path", "dataclass", "click", "package"],
)
def test_paths_and_targets_from_elsewhere(tmp_path, files):
    assert told(read(tmp_path, files)) == LEARNS


def test_evidence_names_the_file_where_the_code_stands(tmp_path):
    poc = read(
        tmp_path,
        {
            "main.py": "from model import train\nimport pandas as pd\nd = pd.read_csv('people.csv')\n"
            "train(d[['tenure']], d['left'])\n",
            "model.py": "from sklearn.svm import SVC\n\n\ndef train(X, y):\n    SVC().fit(X, y)\n",
        },
    )
    assert (poc.train.value, str(poc.train.at)) == ("main.py", "model.py:5")
    assert poc.train.candidates == ()


@pytest.mark.parametrize(
    ("divide", "leaks"),
    [
        ("cut = 150\nA, B = X[:cut], X[cut:]\na, b = y[:cut], y[cut:]", 1),
        ("A, a = X[df.tenure < 30], y[df.tenure < 30]\nB, b = X[df.tenure >= 30], y[df.tenure >= 30]", 1),
        ("A = X.sample(frac=0.8)\nB = X.drop(A.index)\na, b = y[A.index], y[B.index]", 1),
        ("from sklearn.model_selection import KFold\nfor i, j in KFold().split(X):\n"
         "    A, B, a, b = X.iloc[i], X.iloc[j], y.iloc[i], y.iloc[j]", 1),
    ],
)  # fmt: skip
def test_divisions_by_hand(tmp_path, divide, leaks):
    scaled = "from sklearn.preprocessing import StandardScaler\nX = StandardScaler().fit_transform(X)\n"
    fit = "\nm = LogisticRegression().fit(A, a)\nprint(m.score(B, b))\n"
    clean = read(tmp_path / "clean", HEAD + divide + fit)
    assert not clean.leaks
    assert clean.trainings[0].same_rows is None
    assert clean.trainings[0].split is not None
    assert len(read(tmp_path / "leaky", HEAD + scaled + divide + fit).leaks) == leaks


def test_a_scaler_fitted_again_on_the_test_rows(tmp_path):
    code = HEAD + (
        "from sklearn.preprocessing import StandardScaler\nA, B, a, b = train_test_split(X, y)\n"
        "s = StandardScaler()\nA = s.fit_transform(A)\nB = s.{}(B)\nLogisticRegression().fit(A, a)\n"
    )
    assert [leak.kind for leak in read(tmp_path / "a", code.format("fit_transform")).leaks] == ["again"]
    assert not read(tmp_path / "b", code.format("transform")).leaks


def test_judged_on_its_own_rows_only_when_on_no_others(tmp_path):
    same = HEAD + "m = LogisticRegression().fit(X, y)\nprint(m.score(X, y))\n"
    other = same + "t = pd.read_csv('later.csv')\nprint(m.score(t[['tenure']], t['left']))\n"
    assert read(tmp_path / "same", same).trainings[0].same_rows is not None
    assert (
        read(tmp_path / "other", {"train.py": other, "later.csv": folders.people()}).trainings[0].same_rows
        is None
    )


def test_renamed_and_computed_targets_are_told_by_the_file_s_own_name(tmp_path):
    code = (
        HEAD + "d = df.rename(columns={'left': 'gone'})\nLogisticRegression().fit(d[['tenure']], d['gone'])\n"
    )
    assert told(read(tmp_path, code)) == LEARNS


def test_cells_in_the_order_of_their_runs(tmp_path):
    cells = (
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\nfrom imblearn.over_sampling import SMOTE\n"
        "df = pd.read_csv('people.csv')\nX, y = df[['tenure']], df['left']",
        "a, b, c, d = train_test_split(X, y, random_state=1)",
        "X, y = SMOTE().fit_resample(X, y)",
        "LogisticRegression().fit(a, c)",
    )
    tidy = read(tmp_path / "tidy", {"a.ipynb": folders.notebook(*cells)})
    untidy = read(tmp_path / "untidy", {"a.ipynb": folders.notebook(*cells, counts=[1, 3, 2, 4])})
    assert not tidy.seen("order_matters")
    assert "as the cells were run SMOTE resamples all rows" in untidy.seen("order_matters")[0].value

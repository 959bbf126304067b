"""What the judges say of made-up data, small tests, choices on the test, missing seeds and named clusters."""
# ruff: noqa: E501 - code that is read stands as in a file

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

DRAWN = """
import random
import pandas as pd
rows = []
for n in range(200):
    tenure = random.randint(0, 40)
    plan = random.choice(["basic", "plus"])
    left = LEFT
    rows.append([n, tenure, plan, left])
pd.DataFrame(rows, columns=["person_id", "tenure", "plan", "left"]).to_csv("people.csv", index=False)
"""
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)"
LOOP = """
import torch
def accuracy(loader, model):
    return sum((model(x).argmax(1) == y).float().mean() for x, y in loader)
def train(model, train_loader, other_loader, loss, optimizer):
    best = 0
    for epoch in range(20):
        for x, y in train_loader:
            optimizer.zero_grad()
            torch.nn.CrossEntropyLoss()(model(x), y).backward()
            optimizer.step()
        got = accuracy(test_loader, model)
        if got > best:
            best = got
            torch.save(model.state_dict(), "best.pt")
"""
GROUPS = "import pandas as pd\nfrom sklearn.cluster import KMeans\nk = KMeans(2, random_state=1).fit(pd.read_csv('people.csv')[['tenure']])\n"


def found(folder, **files):
    return {item.code: item for item in judge(read_poc(folders.churn(folder, **files)))}


def test_a_table_that_the_folder_makes_up(tmp_path):
    blind = DRAWN.replace("LEFT", "random.choice(['yes', 'no'])")
    said = found(tmp_path / "a", **{"make.py": blind})
    assert said["DATA-SYNTHETIC"].title.startswith("make.py makes up people.csv")
    assert "left is drawn at random" in said["NO-SKILL"].title
    assert str(said["NO-SKILL"].evidence[0]) == "make.py:8"
    built = DRAWN.replace("LEFT", "'yes' if tenure + random.randint(0, 9) > 20 else 'no'")
    said = found(tmp_path / "b", **{"make.py": built})
    assert "DATA-SYNTHETIC" in said
    assert "NO-SKILL" not in said


def test_noise_on_real_records_is_no_made_up_table(tmp_path):
    noisy = DRAWN.replace("LEFT", "random.choice([0, 1])").replace(
        "rows = []", "real = pd.read_csv('collected.csv')\nrows = []"
    )
    assert not {"DATA-SYNTHETIC", "NO-SKILL"} & set(found(tmp_path, **{"make.py": noisy}))


def test_a_test_of_a_few_rows(tmp_path):
    said = found(tmp_path / "a", **{"people.csv": folders.people(60)})["SMALL-TEST"]
    assert said.title.startswith("It is measured on 15 of 60 records")
    assert "SMALL-TEST" not in found(tmp_path / "b", **{"people.csv": folders.people(200)})


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "grid = GridSearchCV(LogisticRegression(), {'C': [1]})\ngrid.fit(X, y)",
            "GridSearchCV looks for settings on all rows",
        ),
        (
            "from sklearn.metrics import roc_curve\na, b, thresholds = roc_curve(y_test, model.predict_proba(X_test)[:, 1])\nbest = thresholds[(b - a).argmax()]\nprint((model.predict_proba(X_test)[:, 1] > best).mean())",
            "The threshold best is the best point of the test's own curve",
        ),
        (
            "from xgboost import XGBClassifier\nXGBClassifier(early_stopping_rounds=5).fit(X_train, y_train, eval_set=[(X_test, y_test)])",
            "does best on X_test",
        ),
    ],
)
def test_choices_by_the_test(tmp_path, code, words):
    whole = (
        folders.TRAIN.replace(
            "import joblib", "import joblib\nfrom sklearn.model_selection import GridSearchCV"
        )
        + code
    )
    assert words in found(tmp_path / "test", **{"train.py": whole})["LEAK-SELECTION"].title
    honest = whole.replace("grid.fit(X, y)", "grid.fit(X_train, y_train)").replace("(y_test,", "(y_val,")
    honest = honest.replace("(X_test, y_test)]", "(X_val, y_val)]")
    assert "LEAK-SELECTION" not in found(tmp_path / "honest", **{"train.py": honest})


STOPS = """import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier
df = pd.read_csv("people.csv")
X, y = df[["tenure"]], df["left"]
X_train, X_rest, y_train, y_rest = train_test_split(X, y, random_state=1)
X_valid, X_late, y_valid, y_late = train_test_split(X_rest, y_rest, random_state=1)
model = XGBClassifier(early_stopping_rounds=5, random_state=1)
model.fit(X_train, y_train, eval_set=[(X_valid, y_valid)])
print(roc_auc_score(y_valid, model.predict_proba(X_valid)[:, 1]))
"""


def test_the_only_figure_is_of_the_rows_that_said_when_to_stop(tmp_path):
    said = found(tmp_path / "same", **{"train.py": STOPS})["LEAK-SELECTION"]
    assert "does best on X_valid, the rows it is measured on" in said.title
    later = STOPS + "print(roc_auc_score(y_late, model.predict_proba(X_late)[:, 1]))\n"
    assert "LEAK-SELECTION" not in found(tmp_path / "later", **{"train.py": later})
    without = STOPS.replace("early_stopping_rounds=5, ", "")
    assert "LEAK-SELECTION" not in found(tmp_path / "without", **{"train.py": without})


def test_the_best_epoch_of_a_loop_by_the_test(tmp_path):
    said = found(tmp_path / "a", **{"train.py": LOOP})["LEAK-SELECTION"]
    assert str(said.evidence[0]) == "train.py:13"
    honest = LOOP.replace("test_loader", "val_loader")
    assert "LEAK-SELECTION" not in found(tmp_path / "b", **{"train.py": honest})


def test_a_forest_without_a_seed(tmp_path):
    forest = folders.TRAIN.replace("LogisticRegression", "RandomForestClassifier").replace(
        "linear_model", "ensemble"
    )
    said = found(tmp_path / "a", **{"train.py": forest})
    assert said["UNSEEDED"].title.startswith("RandomForestClassifier has no seed")
    for number, seeded in enumerate(
        ("Classifier(random_state=3)", "Classifier()\nimport numpy\nnumpy.random.seed(1)")
    ):
        code = forest.replace("Classifier()", seeded)
        assert "UNSEEDED" not in found(tmp_path / str(number), **{"train.py": code})


@pytest.mark.parametrize(
    "code",
    [
        "segment_names = {0: 'thrifty', 1: 'spenders'}\n",
        "def name_of(cluster):\n    if cluster == 0:\n        return 'thrifty'\n    elif cluster == 1:\n        return 'spenders'\n",
    ],
)
def test_clusters_named_by_their_numbers(tmp_path, code):
    said = found(tmp_path / "a", **{"train.py": GROUPS + code})["CLUSTER-LABELS"]
    assert "(thrifty / spenders)" in said.title
    colours = code.replace("thrifty", "red").replace("spenders", "blue")
    assert "CLUSTER-LABELS" not in found(tmp_path / "b", **{"train.py": GROUPS + colours})


def test_the_clusters_that_are_named_are_those_of_the_model_that_is_kept(tmp_path):
    kept = """import joblib
import pandas as pd
from sklearn.cluster import KMeans
table = pd.read_csv('people.csv')[['tenure']]
for count in range(2, 6):
    print(KMeans(count, random_state=1).fit(table).inertia_)
best = KMeans(3, random_state=1).fit(table)
joblib.dump(best, 'model.pkl')
segment_names = {0: 'thrifty', 1: 'spenders'}
"""
    said = found(tmp_path, **{"train.py": kept})["CLUSTER-LABELS"]
    assert [place.line for place in said.evidence] == [9, 7]

"""What the judges say of test rows that nothing is measured on, and of classes that fall out."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

TRAIN = """import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
df = pd.read_csv("people.csv")
X, y = df.drop(columns=["left", "person_id"]), df["left"]
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
model = LogisticRegression().fit(X_train, y_train)
joblib.dump(model, "model.pkl")
"""
FORGETS = "scores = cross_val_score(model, X_train, y_train)\n"
ELSEWHERE = """from sklearn.metrics import f1_score
other = pd.read_csv("other.csv")
print(f1_score(other["left"], model.predict(other)))
"""
MOODS = """import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("moods.csv")
df["mood"] = df["mood"].map({"bad": 0, "good": 1})
DROPS
X_train, X_test, y_train, y_test = train_test_split(df[["age"]], df["mood"], random_state=1)
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
"""


def found(folder, train, code, **files):
    poc = read_poc(folders.write(folder, {"train.py": train, "people.csv": folders.people()} | files))
    return [finding for finding in judge(poc) if finding.code == code]


def test_rows_that_are_set_aside_for_nothing(tmp_path):
    (one,) = found(tmp_path, TRAIN, "NO-HOLDOUT")
    assert one.title == (
        "X_test and y_test are set aside and never used: nothing here measures how good it is."
    )
    assert [place.line for place in one.evidence] == [7]


def test_a_score_that_nobody_sees(tmp_path):
    (one,) = found(tmp_path, TRAIN + FORGETS, "NO-HOLDOUT")
    assert "and what cross_val_score gives is neither shown nor kept" in one.title
    assert [place.line for place in one.evidence] == [7, 10]


@pytest.mark.parametrize(
    "more",
    [
        FORGETS + "print(scores.mean())\n",
        "print(cross_val_score(model, X_train, y_train))\n",
        "print((model.predict(X_test) == y_test).mean())\n",
        'joblib.dump((X_test, y_test), "test.pkl")\n',
        ELSEWHERE,
    ],
)
def test_what_is_measured_somehow_is_not_accused(tmp_path, more):
    assert found(tmp_path, TRAIN + more, "NO-HOLDOUT") == []


def moods(classes):
    return "\n".join(["age,mood", *(f"{n % 60},{classes[n % len(classes)]}" for n in range(300))])


def test_a_class_that_falls_out_without_a_word(tmp_path):
    table = {"moods.csv": moods(("bad", "good", "so so"))}
    (one,) = found(tmp_path, MOODS.replace("DROPS", "df = df.dropna()"), "DATA-DROPPED", **table)
    assert "leaves out so so (100) of 300 records" in one.title
    assert one.evidence[0].line == 5


def test_the_classes_that_a_kept_output_shows(tmp_path):
    lines = (
        MOODS.replace("DROPS", "df = df.dropna()").replace('"bad": 0, "good": 1', "0: 0, 1: 1").split("\n")
    )
    shown = {
        "output_type": "execute_result",
        "data": {"text/plain": "mood\n2    90\n1    60\n0    50\nName: n"},
    }
    cells = ["\n".join(lines[:4]), 'df["mood"].value_counts()', "\n".join(lines[4:])]
    book = folders.notebook(*cells, outputs={2: [shown]})
    folders.write(tmp_path, {"train.ipynb": book})
    (one,) = (finding for finding in judge(read_poc(tmp_path)) if finding.code == "DATA-DROPPED")
    assert "leaves out 2 (90) of 200 records" in one.title


@pytest.mark.parametrize(
    ("drops", "classes"), [("df = df.dropna()", ("bad", "good")), ("pass", ("bad", "good", "so so"))]
)
def test_classes_that_are_all_known_or_gaps_that_stay(tmp_path, drops, classes):
    table = {"moods.csv": moods(classes)}
    assert found(tmp_path, MOODS.replace("DROPS", drops), "DATA-DROPPED", **table) == []

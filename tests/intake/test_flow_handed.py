"""What one file fits on all rows, and another trains on."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

FIRST = """import joblib
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
df = pd.read_csv("said.csv")
words = TfidfVectorizer()
X = words.fit_transform(df["text"])
X_train, X_test, y_train, y_test = train_test_split(X, df["rude"], random_state=3)
"""
THEN = """import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
{0}
model = LogisticRegression().fit(X_train, y_train)
print(model.score(X_test, y_test))
joblib.dump(model, "model.pkl")
"""
AGAIN = """words = joblib.load("../kept/words.pkl")
df = pd.read_csv("../{0}")
X_train, X_test, y_train, y_test = train_test_split(words.transform(df["text"]), df["rude"])"""
PARTS = 'X_train, X_test = joblib.load("X_train.pkl"), joblib.load("X_test.pkl")\ny_train, y_test = read()'
DATA = "text,rude\n" + "".join(f"word{n} and more,{n % 2}\n" for n in range(60))


def leaks(tmp_path, first, then):
    files = {
        "a_words.py": FIRST + first,
        "b_train.py": THEN.format(then),
        "said.csv": DATA,
        "other.csv": DATA,
    }
    return [
        finding for finding in judge(read_poc(folders.write(tmp_path, files))) if finding.code == "LEAK-SPLIT"
    ]


@pytest.mark.parametrize(
    ("first", "then", "places"),
    [
        (
            'joblib.dump(words, "kept/words.pkl")\n',
            AGAIN.format("said.csv"),
            ["a_words.py:7", "b_train.py:7"],
        ),
        ('joblib.dump(X_train, "X_train.pkl")\n', PARTS, ["a_words.py:7", "a_words.py:8"]),
    ],
)
def test_a_leak_is_handed_on(tmp_path, first, then, places):
    (finding,) = leaks(tmp_path, first, then)
    assert finding.title.startswith("TfidfVectorizer is fitted on all rows before the split")
    assert [str(at) for at in finding.evidence] == places


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ('joblib.dump(words, "kept/words.pkl")\n', AGAIN.format("other.csv")),
        ('joblib.dump(X_train, "X_train.pkl")\n', AGAIN.format("said.csv")),
        (
            'words.fit(df["text"].iloc[:9])\nwords.fit(X_train)\njoblib.dump(words, "words.pkl")\n',
            PARTS.replace("X_train.pkl", "rows.pkl").replace("X_test.pkl", "more.pkl"),
        ),
    ],
)
def test_what_does_not_reach_the_training_is_not_told_of_it(tmp_path, first, then):
    assert leaks(tmp_path, first, then) == []

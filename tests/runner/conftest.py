import csv
import random
import sys
from pathlib import Path

import pytest

from causeway.adapters import registry
from causeway.core.environment import Environment

TRAINING = """
import pandas as pd
import pickle
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from tidy import cleaned

df = pd.read_csv("data/people.csv")
df = cleaned(df)
df = df.dropna()
df["plan"] = df["plan"].map({"free": 0, "paid": 1})
X = df.drop("left", axis=1)
y = df["left"]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=1)
oops = undefined_name
model = LogisticRegression(max_iter=500)
model.fit(X_train, y_train)
print("score", model.score(X_test, y_test))
with open("model.pkl", "wb") as out:
    pickle.dump({"model": model}, out)
"""

TIDY = """
def cleaned(frame):
    kept = frame.drop("name", axis=1)
    kept["age"] = kept["age"].fillna(40)
    return kept
"""

PIPELINE = """
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def main():
    people = pd.read_csv("../data/people.csv").dropna()
    prepare = ColumnTransformer([
        ("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"]),
        ("numbers", StandardScaler(), ["age", "visits"]),
    ])
    pipeline = Pipeline([("prepare", prepare), ("forest", RandomForestClassifier(random_state=0))])
    search = GridSearchCV(pipeline, {"forest__n_estimators": [5, 10]}, cv=2)
    search.fit(people[["plan", "age", "visits"]], people["left"].map({0: "stays", 1: "leaves"}))
    print(search.best_estimator_.predict(people[["plan", "age", "visits"]])[:3])
    return search

if __name__ == "__main__":
    search = main()
"""


@pytest.fixture(scope="session")
def ours(tmp_path_factory) -> Environment:
    """The interpreter that runs the tests, as if it were a proof of concept's environment."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Environment(sys.executable, version, {}, (), "ours", str(tmp_path_factory.mktemp("environment")))


@pytest.fixture(scope="session")
def poc(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("poc")
    (folder / "data").mkdir()
    (folder / "jobs").mkdir()
    (folder / ".git").mkdir()
    (folder / "train.py").write_text(TRAINING)
    (folder / "tidy.py").write_text(TIDY)
    (folder / "jobs" / "search.py").write_text(PIPELINE)
    draw = random.Random(5)
    with (folder / "data" / "people.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["name", "plan", "age", "visits", "left"])
        for i in range(200):
            age, visits = draw.choice([None, *range(20, 80)]), draw.randrange(30) if i % 10 else None
            left = int((visits or 0) + draw.gauss(0, 4) < 12)
            writer.writerow([f"n{i}", draw.choice(["free", "paid"]), age, visits, left])
    return folder


@pytest.fixture(scope="session")
def watched(ours, poc, tmp_path_factory):
    """The folder of one watched training, and its trace."""
    into = tmp_path_factory.mktemp("trace")
    return into, registry.watch_training(ours, poc, "train.py", into)


@pytest.fixture(scope="session")
def searched(ours, poc, tmp_path_factory):
    into = tmp_path_factory.mktemp("search")
    return into, registry.watch_training(ours, poc, "jobs/search.py", into)

"""Following data from file to model."""

import pytest

import folders
from causeway.intake import read_poc


def read(tmp_path, code, data=None):
    files = {"train.py": code} | (
        {"people.csv": data} if data is not None else {"people.csv": folders.people()}
    )
    return read_poc(folders.write(tmp_path, files))


def test_names_target_features_split_and_model(tmp_path):
    poc = read_poc(folders.churn(tmp_path))
    assert poc.kind.value == "binary classification"
    assert (poc.target.value, poc.positive.value) == ("left", "yes")
    assert poc.features == ("tenure", "plan")
    assert poc.identifiers == ("person_id",)
    assert poc.train.value == "train.py"
    assert str(poc.train.at) == "train.py:12"
    assert poc.training_data.value == "people.csv"
    assert poc.model.value == "logistic regression"
    assert not poc.leaks


@pytest.mark.parametrize(
    ("statement", "target"),
    [
        ('y = df["left"]', "left"),
        ("y = df.left", "left"),
        ("y = df['left'].values", "left"),
        ("y = df.iloc[:, 3]", "left"),
        ("y = df.iloc[:, -1]", "left"),
        ("y = df.pop('left')", "left"),
        ("y = LabelEncoder().fit_transform(df['left'])", "left"),
        ("y = (df['left'] == 'yes').astype(int)", "left"),
        ("y = df.loc[:, 'left']", "left"),
        ("y = df['left'].apply(lambda v: 1 if v == 'yes' else 0)", "left"),
    ],
)
def test_target_by_every_usual_way(tmp_path, statement, target):
    code = f"""
import pandas as pd
from sklearn.preprocessing import LabelEncoder
from sklearn.ensemble import RandomForestClassifier
df = pd.read_csv("people.csv")
{statement}
X = df[["tenure"]]
RandomForestClassifier().fit(X, y)
"""
    assert read(tmp_path, code).target.value == target


def test_slices_of_an_array_without_header(tmp_path):
    code = """
from numpy import loadtxt
from keras.models import Sequential
from keras.layers import Dense
data = loadtxt("people.csv", delimiter=",")
X, y = data[:, 0:2], data[:, 3]
model = Sequential()
model.add(Dense(1, activation="sigmoid"))
model.fit(X, y)
print(model.evaluate(X, y))
"""
    rows = "".join(f"{n},{n % 7}.5,{n % 3},{n % 2}\n" for n in range(100))
    poc = read(tmp_path, code, rows)
    assert poc.kind.value == "binary classification"
    assert poc.target.value == "column 3"
    assert poc.features == ("column 0", "column 1")
    assert not poc.data[0].header
    assert poc.data[0].records == 100
    assert str(poc.trainings[0].same_rows) == "train.py:10"


def test_functions_and_other_files_are_followed(tmp_path):
    folders.write(
        tmp_path,
        {
            "people.csv": folders.people(),
            "src/loading.py": "import pandas as pd\n\ndef load():\n    return pd.read_csv('people.csv')\n",
            "train.py": """
from sklearn.svm import SVC
from sklearn.model_selection import train_test_split
from loading import load

def split(frame):
    return train_test_split(frame.drop("left", axis=1), frame["left"])

def main():
    a, b, c, d = split(load())
    SVC().fit(a, c)

if __name__ == "__main__":
    main()
""",
        },
    )
    poc = read_poc(tmp_path)
    assert (poc.target.value, poc.training_data.value) == ("left", "people.csv")
    assert poc.trainings[0].split is not None


LEAKS = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from imblearn.over_sampling import SMOTE
df = pd.read_csv("people.csv")
X, y = df[["tenure"]], df["left"]
{before}
a, b, c, d = train_test_split(X, y)
{after}
LogisticRegression().fit(a, c)
"""


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("X, y = SMOTE().fit_resample(X, y)", "", {"resample"}),
        ("X = StandardScaler().fit_transform(X)", "", {"scale"}),
        ("s = StandardScaler()\ns.fit(X)\nX = s.transform(X)", "", {"scale"}),
        ("X = X.fillna(X.mean())", "", {"impute"}),
        ("", "a, c = SMOTE().fit_resample(a, c)", set()),
        ("", "s = StandardScaler()\na = s.fit_transform(a)\nb = s.transform(b)", set()),
        ("Z = StandardScaler().fit_transform(X)", "", set()),
        ("X = X.fillna(0)", "", set()),
    ],
)
def test_leaks_by_what_reaches_the_split(tmp_path, before, after, kinds):
    poc = read(tmp_path, LEAKS.format(before=before, after=after))
    assert {leak.kind for leak in poc.leaks} == kinds


def test_rows_left_out_by_a_column_made_of_the_target(tmp_path):
    code = """
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("people.csv")
df["each"] = df.price / df.area
df = df[df.each < df.each.mean()]
df = df.drop("each", axis=1)
a, b, c, d = train_test_split(df.drop("price", axis=1), df["price"])
LinearRegression().fit(a, c)
"""
    poc = read(tmp_path, code, "area,rooms,price\n" + "".join(f"{n},{n % 5},{n * 3}\n" for n in range(1, 60)))
    assert poc.kind.value == "regression"
    assert [(leak.kind, leak.name) for leak in poc.leaks] == [("filter", "each")]
    assert poc.features == ("area", "rooms")


def test_columns_that_the_code_computes_are_not_guessed(tmp_path):
    code = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("people.csv")
X = df.drop(columns=[c for c in df.columns if c.startswith("p")])
LogisticRegression().fit(X, df["left"])
"""
    assert read(tmp_path, code).features == ()


def test_a_column_dropped_after_it_was_encoded_is_still_a_feature(tmp_path):
    code = """
import pandas as pd
from sklearn.linear_model import LogisticRegression
df = pd.read_csv("people.csv")
df["long"] = df["tenure"].apply(lambda t: int(t > 12))
df = pd.concat([df, pd.get_dummies(df.plan)], axis=1)
df = df.drop(["plan", "tenure", "person_id"], axis=1)
LogisticRegression().fit(df.drop("left", axis=1), df["left"])
"""
    assert read(tmp_path, code).features == ("tenure", "plan")


def test_text_pipeline_and_the_model_that_was_saved(tmp_path):
    code = """
import pandas as pd, pickle, re
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

def clean(text):
    return re.sub("x", " ", text)

df = pd.read_csv("people.csv")
df["note"] = df["note"].apply(clean)
a, b, c, d = train_test_split(df["note"], df["topic"], random_state=0)
Pipeline([("t", TfidfVectorizer()), ("m", MultinomialNB())]).fit(a, c)
search = GridSearchCV(Pipeline([("t", TfidfVectorizer()), ("m", LogisticRegression())]), {})
search.fit(a, c)
with open("best.pkl", "wb") as file:
    pickle.dump(search.best_estimator_, file)
"""
    data = "note,topic\n" + "".join(f"some words {n},{'abc'[n % 3]}\n" for n in range(60))
    poc = read(tmp_path, code, data)
    assert poc.kind.value == "multiclass classification"
    assert poc.model.value == "logistic regression"
    assert poc.features == ("note",)
    chosen = poc.trainings[-1]
    assert (chosen.text, chosen.cleaned, chosen.saves) == (True, ("clean",), ("best.pkl",))


def test_hostile_code_is_given_up_not_followed_for_ever(tmp_path):
    deep = "x = " + "+".join(["1"] * 3000)
    fan = "".join(f"def f{n}():\n    " + "; ".join([f"f{n + 1}()"] * 20) + "\n" for n in range(30))
    poc = read(tmp_path, f"{deep}\n{fan}f0()\n" + "(" * 400 + "1" + ")" * 400)
    assert poc.reach.seconds < 10

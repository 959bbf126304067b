"""A list that brings a table down to some columns is no list of features: the target may leave it later."""

import pytest

import folders
from causeway.assess.poc.judging import judge
from causeway.intake import read_poc

CODE = """import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("d.csv")
{0}
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=4)
m = LogisticRegression().fit(X_train, y_train)
print(m.score(X_test, y_test))
"""
TRIM = 'df = df[["owes", "age", "debt", "rate"]]\n'


def poc_of(tmp_path, lines):
    return read_poc(folders.write(tmp_path, {"train.py": CODE.format(lines)}))


@pytest.mark.parametrize(
    "lines",
    [
        'X, y = df.drop("owes", axis=1), df["owes"]',
        'X = df.drop(columns="owes").values\ny = df["owes"]',
        'X = df\ny = X.pop("owes")',
        'X = df.copy()\ndel X["owes"]\ny = df["owes"]',
        'X, y = df[df.columns.difference(["owes"])], df["owes"]',
        'X, y = df.loc[:, df.columns != "owes"], df["owes"]',
        'X, y = df.loc[:, ~df.columns.isin(["owes"])], df["owes"]',
        'X, y = df[df.columns[df.columns != "owes"]], df["owes"]',
        'X, y = df[[c for c in df.columns if c != "owes"]], df["owes"]',
        'y = df["owes"]\nX = pd.get_dummies(df.drop(["owes"], axis="columns"))',
    ],
)
def test_what_leaves_a_trimmed_table_is_no_feature(tmp_path, lines):
    poc = poc_of(tmp_path, TRIM + lines)
    assert (poc.target.value, poc.trainings[0].told) == ("owes", ())
    assert poc.trainings[0].features == ("age", "debt", "rate")
    assert "LEAK-TARGET" not in {finding.code for finding in judge(poc)}


@pytest.mark.parametrize(
    "lines",
    [
        'gone = open("gone.txt").read().split()\nX, y = df.drop(columns=gone), df["owes"]',
        'X, y = take_it_out(df, "owes"), df["owes"]',
        'X, y = df.select_dtypes("object"), df["owes"]',
    ],
)
def test_what_may_have_left_is_not_said_to_be_there(tmp_path, lines):
    poc = poc_of(tmp_path, TRIM + lines)
    assert poc.trainings[0].told == ()


def test_a_list_of_features_that_names_the_target_is_a_leak(tmp_path):
    poc = poc_of(tmp_path, 'X, y = df[["owes", "age", "debt", "rate"]], df["owes"]')
    assert poc.trainings[0].told == ("owes",)
    assert "LEAK-TARGET" in {finding.code for finding in judge(poc)}

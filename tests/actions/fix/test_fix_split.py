"""The split before the fit: what can be proven is moved, what cannot says why."""

import numpy as np
import pandas as pd
import pytest

import folders
from causeway.actions.fix.fix import fix
from causeway.actions.fix.site import Wish

HEAD = """\
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("t.csv")
"""
TAIL = "model = LogisticRegression().fit(X_train, y_train)\nprint(model.score(X_test, y_test))\n"
SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)\n"
XY = 'X = df.drop(columns=["y"])\ny = df["y"]\n'
SCALE = "X_train = {s}.fit_transform(X_train)\nX_test = {s}.transform(X_test)\n"
COPIED = "X_train, X_test = X_train.copy(), X_test.copy()\n"
PROVEN = {
    "in place": (
        f"{XY}scaler = StandardScaler()\nX = scaler.fit_transform(X)\n{SPLIT}",
        f"{XY}scaler = StandardScaler()\n{SPLIT}{SCALE.format(s='scaler')}",
    ),
    "fit apart": (
        f"{XY}s = StandardScaler()\ns.fit(X)\nZ = s.transform(X)\n{SPLIT.replace('(X,', '(Z,')}",
        f"{XY}s = StandardScaler()\n{SPLIT}{SCALE.format(s='s')}",
    ),
    "chain": (
        f"{XY}Z = SimpleImputer().fit_transform(X)\nW = StandardScaler().fit_transform(Z)\n"
        + SPLIT.replace("(X,", "(W,"),
        (
            f"{XY}{SPLIT}imputer = SimpleImputer()\n{SCALE.format(s='imputer')}"
            f"scaler = StandardScaler()\n{SCALE.format(s='scaler')}"
        ),
    ),
    "table around it": (
        f"{XY}s = StandardScaler()\nX = pd.DataFrame(s.fit_transform(X), columns=X.columns)\n{SPLIT}",
        (
            f"{XY}s = StandardScaler()\n{SPLIT}"
            "X_train = pd.DataFrame(s.fit_transform(X_train), columns=X_train.columns, index=X_train.index)\n"
            "X_test = pd.DataFrame(s.transform(X_test), columns=X_test.columns, index=X_test.index)\n"
        ),
    ),
    "columns of the table before": (
        'c = ["a"]\ns = StandardScaler()\ndf[c] = s.fit_transform(df[c])\ndf["d"] = df["b"] * 2\n'
        + XY
        + SPLIT,
        (
            f'c = ["a"]\ns = StandardScaler()\ndf["d"] = df["b"] * 2\n{XY}{SPLIT}{COPIED}'
            "X_train[c] = s.fit_transform(X_train[c])\nX_test[c] = s.transform(X_test[c])\n"
        ),
    ),
    "table around columns": (
        f'df[["a"]] = pd.DataFrame(StandardScaler().fit_transform(df[["a"]]), columns=["a"])\n{XY}{SPLIT}',
        (
            f"{XY}{SPLIT}{COPIED}scaler = StandardScaler()\n"
            'X_train[["a"]] = pd.DataFrame(scaler.fit_transform(X_train[["a"]]), columns=["a"],'
            " index=X_train.index)\n"
            'X_test[["a"]] = pd.DataFrame(scaler.transform(X_test[["a"]]), columns=["a"],'
            " index=X_test.index)\n"
        ),
    ),
    "median": (
        f'df["a"] = df["a"].fillna(df["a"].median())\n{XY}{SPLIT}',
        (
            f'{XY}{SPLIT}{COPIED}fill = X_train["a"].median()\n'
            'X_train["a"] = X_train["a"].fillna(fill)\nX_test["a"] = X_test["a"].fillna(fill)\n'
        ),
    ),
}
FILLED = 'df["a"] = df["a"].fillna(df["a"].median())\n'
SCALED = "Z = StandardScaler().fit_transform(X)\n"
OF_Z = SPLIT.replace("(X,", "(Z,")
REFUSED = {
    f"{XY}X = StandardScaler().fit_transform(X)\nprint(X.mean())\n{SPLIT}": "line 12 uses X before the split",
    f"{XY}{SCALED}{OF_Z}print(Z)\n": "line 13 uses Z besides the split",
    f"{XY}s = StandardScaler()\nX = s.fit_transform(X)\nprint(s.mean_)\n{SPLIT}": "line 13 uses s before",
    f"{XY}other = df[['b']]\nX = np.hstack([StandardScaler().fit_transform(X), other])\n{SPLIT}": (
        "other beside it is not split"
    ),
    f"{XY}X = X.values\nX = pd.DataFrame(StandardScaler().fit_transform(X.copy()))\n{SPLIT}": (
        "would number its rows anew"
    ),
    f'{FILLED}df["d"] = df["a"] * 2\n{XY}{SPLIT}': "line 10 uses df in a way that is not followed",
    f"{FILLED}df = df.dropna()\n{XY}{SPLIT}": "line 10 uses df in a way that is not followed",
    f"{XY}if True:\n    X = StandardScaler().fit_transform(X)\n{SPLIT}": "follows in the same place",
    f"def look():\n    return Z\n\n\n{XY}{SCALED}{OF_Z}": "line 9 uses Z besides the split",
}


@pytest.fixture
def folder(tmp_path):
    draw = np.random.default_rng(3)
    table = pd.DataFrame({"a": draw.normal(size=80), "b": draw.normal(size=80)})
    table["y"] = (table["a"] + draw.normal(size=80) > 0).astype(int)
    table.loc[::9, "a"] = np.nan
    table["a"] = table["a"].fillna(0.0)
    return folders.write(tmp_path, {"t.csv": table.to_csv(index=False)})


def mended(folder, text):
    (folder / "train.py").write_text(text)
    return fix(folder, ["split"], wish=Wish(), agree=lambda _: True)


@pytest.mark.parametrize("case", PROVEN)
def test_what_is_proven_is_moved_and_runs(case, folder, monkeypatch, capsys):
    before, after = PROVEN[case]
    assert mended(folder, HEAD + before + TAIL).status == "fixed"
    assert (folder / "train.py").read_text() == HEAD + after + TAIL
    monkeypatch.chdir(folder)
    exec(compile((folder / "train.py").read_text(), "train.py", "exec"), {})  # noqa: S102 - our own text
    assert 0.4 < float(capsys.readouterr().out) <= 1.0


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_proven_stays_and_says_why(text, folder):
    fixed = mended(folder, HEAD + text + TAIL)
    assert fixed.status == "not_mended"
    assert REFUSED[text] in str(fixed.left[0])
    assert (folder / "train.py").read_text() == HEAD + text + TAIL


def test_a_resampler_works_on_the_training_rows_only(folder):
    made = f"{XY}sm = SMOTE()\nA, b = sm.fit_resample(X, y)\n{SPLIT.replace('(X, y', '(A, b')}"
    text = f"from imblearn.over_sampling import SMOTE\n{HEAD}{made}{TAIL}"
    assert mended(folder, text).status == "fixed"
    assert (
        f"sm = SMOTE()\n{SPLIT}X_train, y_train = sm.fit_resample(X_train, y_train)\n"
        in (folder / "train.py").read_text()
    )


def test_in_a_function(folder):
    body = f"{XY}s = StandardScaler()\nX = s.fit_transform(X)\n{SPLIT}{TAIL}"
    text = (
        HEAD
        + "\n\ndef main(df):\n"
        + "".join(f"    {line}\n" for line in body.splitlines())
        + "\n\nmain(df)\n"
    )
    assert mended(folder, text).status == "fixed"
    assert "\n    X_test = s.transform(X_test)\n" in (folder / "train.py").read_text()


def test_across_cells_of_a_notebook(folder):
    cells = [HEAD, f"{XY}X = StandardScaler().fit_transform(X)", SPLIT.strip(), TAIL]
    (folder / "train.ipynb").write_text(folders.notebook(*cells))
    assert fix(folder, ["split"], wish=Wish(), agree=lambda _: True).files == ("train.ipynb",)
    text = (folder / "train.ipynb").read_text()
    assert '["X = df.drop(columns=[\\"y\\"])\\n", "y = df[\\"y\\"]"]' in text
    assert '"scaler = StandardScaler()\\n", "X_train = scaler.fit_transform(X_train)\\n"' in text


def test_a_function_indented_with_tabs_stays_one(folder):
    body = "".join(f"\t{line}\n" for line in f"{XY}X = PCA().fit_transform(X)\n{SPLIT}{TAIL}".splitlines())
    assert mended(folder, f"{HEAD}\ndef train():\n{body}").status == "fixed"
    assert "\tX_train = transformer.fit_transform(X_train)\n" in (folder / "train.py").read_text()


def test_rows_and_answers_still_meet_after_the_move(folder, monkeypatch):
    scaled = "X = pd.DataFrame(StandardScaler().fit_transform(X), columns=X.columns)\n"
    mended(folder, f"{HEAD}{XY}{scaled}{SPLIT}")
    monkeypatch.chdir(folder)
    space = {}
    exec(compile((folder / "train.py").read_text(), "train.py", "exec"), space)  # noqa: S102 - our own text
    assert list(space["X_train"].index) == list(space["y_train"].index)
    assert list(space["X_test"].index) == list(space["y_test"].index)

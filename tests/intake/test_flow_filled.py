"""Figures of all rows that fill some of them in place, before the split."""

import pytest

import folders
from causeway.intake import read_poc


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('df["tenure"].fillna(df["tenure"].median(), inplace=True)', "fillna(median)"),
        ('df["tenure"][df["tenure"] > 20] = df["tenure"].median()', "median()"),
        ('df.loc[df["tenure"] > 20, "tenure"] = df["tenure"].quantile(0.9)', "quantile()"),
        ('df["tenure"][df["tenure"] > 20] = 20', ""),
        ('df["usual"] = df["tenure"].mean()', ""),
        ('df["tenure"].fillna(0, inplace=True)', ""),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_a_figure_of_all_rows_is_a_leak_where_the_split_comes_later(tmp_path, line, name, before):
    later = line.replace("df", "X_train")
    code = folders.TRAIN.replace("X = df", f"{line}\nX = df", 1) if before else folders.TRAIN
    code = code if before else code.replace("model = ", f"{later}\nmodel = ", 1)
    poc = read_poc(folders.churn(tmp_path, **{"train.py": code}))
    assert [leak.name for leak in poc.leaks] == ([name] if name and before else [])

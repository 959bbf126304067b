import numpy as np
import pytest

from causeway.assess.target_leak import telltales
from causeway.core.table import Number, Table, Text

ROWS = 600
RANDOM = np.random.default_rng(4)
AGE = RANDOM.normal(40, 12, ROWS)
LEFT = (RANDOM.random(ROWS) < 1 / (1 + np.exp((AGE - 40) / 8))).astype(float)
PRICE = np.exp(RANDOM.normal(4, 0.8, ROWS))
ID = Text([f"c{row}" for row in RANDOM.permutation(ROWS)])
PLAN = Text(RANDOM.choice(["a", "b", "c"], ROWS).tolist())


def flagged(column, target, *, classes):
    table = Table({"age": Number(AGE), "id": ID, "plan": PLAN, "suspect": column})
    return [each.column for each in telltales(table, target, classes=classes)]


def when_left(value, otherwise):
    return Text([value if left else otherwise for left in LEFT])


@pytest.mark.parametrize(
    "column",
    [
        Number(LEFT),
        when_left("gone", "here"),
        when_left("2026-01-01", None),
        Number(np.where(LEFT == 1, np.nan, RANDOM.random(ROWS))),
        Number(np.where(LEFT == 1, 5.0, -5.0) + RANDOM.normal(0, 1, ROWS)),
        Text([str(-left + noise) for left, noise in zip(LEFT, RANDOM.normal(0, 0.1, ROWS), strict=True)]),
    ],
    ids=["copy", "words of it", "a date only of the one class", "missing only there", "cut", "text cut"],
)
def test_a_column_that_tells_the_class_by_itself_is_named(column):
    assert flagged(column, LEFT, classes=True) == ["suspect"]


@pytest.mark.parametrize(
    "column",
    [
        Number(PRICE),
        Number(np.log(PRICE)),
        Number(PRICE * 1.1 + 3),
        Text([f"{price:.2f}" for price in PRICE]),
    ],
    ids=["copy", "logarithm", "with tax", "as text"],
)
def test_a_column_that_tells_the_number_by_itself_is_named(column):
    assert flagged(column, PRICE, classes=False) == ["suspect"]


@pytest.mark.parametrize(
    "column", [Number(PRICE * np.exp(RANDOM.normal(0, 0.3, ROWS))), Number(np.arange(ROWS, dtype=float))]
)
def test_a_good_predictor_and_a_number_of_the_row_are_not(column):
    assert flagged(column, PRICE, classes=False) == []


def test_good_predictors_of_a_class_are_not():
    assert flagged(Number(AGE + RANDOM.normal(0, 2, ROWS)), LEFT, classes=True) == []


def test_each_of_three_classes_must_be_told():
    kinds = np.arange(ROWS) % 3.0
    assert flagged(Number(kinds), kinds, classes=True) == ["suspect"]
    assert flagged(Number((kinds == 1).astype(float)), kinds, classes=True) == []


def test_where_many_columns_tell_it_the_task_is_easy_and_none_is_named():
    table = Table({f"x{n}": Number(LEFT * (n + 1)) for n in range(3)} | {"age": Number(AGE)})
    assert telltales(table, LEFT, classes=True) == ()


def test_few_rows_and_a_rare_class_say_nothing():
    few = Table({"a": Number(LEFT[:50]), "b": Number(AGE[:50])})
    assert telltales(few, LEFT[:50], classes=True) == ()
    rare = np.zeros(ROWS)
    rare[:5] = 1
    assert flagged(Number(rare), rare, classes=True) == []


def test_rows_without_a_target_are_left_out():
    holes = np.where(np.arange(ROWS) % 7 == 0, np.nan, LEFT)
    assert flagged(Number(LEFT), holes, classes=True) == ["suspect"]

"""Rows at the edges of a training's rows, and what is told where two models differ there."""

import numpy as np

from causeway.assess.edges import edge_rows
from causeway.assess.parity import at_edges, compare, differences
from causeway.core.answers import Answers
from causeway.core.table import Number, Table, Text

MATRIX = Table(
    {
        "age": Number(np.array([20.0, 30.0, 30.0, 60.0]), "integer"),
        "share": Number(np.array([0.5, np.nan, 0.25, -2.0])),
        "known": Number(np.array([0.0, 1.0, 1.0, 1.0]), "boolean"),
        "plan": Text(["free", None, "paid", "free"]),
    }
)


def test_each_column_goes_to_its_edges_while_the_others_stay_usual():
    made = edge_rows(MATRIX)

    age, plan = made.columns["age"].values, made.columns["plan"].values
    assert age[:4].tolist() == [20, 60, 0, -60]
    assert set(age[4:]) == {30}
    assert set(plan[:-4]) == {"free"}
    assert plan[-4:-1] == [None, "", "eerf"]
    assert len(plan[-1]) == 10_000
    # nothing stands only where the training had nothing
    assert np.isnan(made.columns["share"].values).sum() == 1
    assert not np.isnan(age).any()
    assert made.columns["known"].values[9:11].tolist() == [0, 1]


def test_a_wide_matrix_is_tried_in_evenly_chosen_columns():
    wide = Table({f"c{i}": Number(np.array([0.0, 1.0])) for i in range(1000)})
    assert len(edge_rows(wide)) <= 60 * 4


def answers(*yes):
    values = np.array(yes)
    labels = Text(["yes" if value > 0.5 else "no" for value in yes])
    return Answers(labels, np.column_stack([1 - values, values]), ("no", "yes"))


def test_differences_are_told_as_largest_as_distribution_and_as_labels():
    proof = compare(answers(*[0.2] * 99, 0.4), answers(*[0.2 + 1e-7] * 99, 0.6), tolerance=1e-5)

    assert (proof.rows_equal, proof.label_flips) == (99, 1)
    assert proof.differences["0.5"] == proof.differences["0.9"] < 2e-7
    assert abs(proof.largest_difference - 0.2) < 1e-12
    assert not proof.proven


def test_one_made_up_row_that_differs_is_enough():
    same = compare(answers(0.1, 0.2), answers(0.1, 0.2), tolerance=1e-5)
    assert same.proven

    found = differences(answers(0.1, 0.9), answers(0.1, 0.8), tolerance=1e-5)

    assert not at_edges(same, found, refused=3).proven
    assert found.worst.tolist() == [1]

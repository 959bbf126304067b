"""Rows are found again by value, whatever became of their labels."""

import numpy as np
from trainings import Training

from causeway.core.trace import TracedTable
from causeway.recover import recover

ROWS = 400
RNG = np.random.default_rng(3)
AGE = RNG.integers(18, 80, ROWS).astype(float)
PAY = np.round(RNG.normal(3000, 500, ROWS), 2)
CITY = RNG.choice(["Pune", "Delhi", "Goa"], ROWS).tolist()
Y = RNG.integers(0, 2, ROWS)
KEPT = np.sort(RNG.choice(ROWS, 250, replace=False))


def training():
    return Training(age=AGE, pay=PAY, city=CITY, won=Y)


def found(made, labels, rows=KEPT, **more):
    made.fit(made.matrix({"age": AGE[rows], "pay": PAY[rows]}, labels=labels, **more), Y[rows])
    return recover(made.loaded(), target="won")


def test_rows_by_their_labels():
    recovery = found(training(), KEPT)
    assert (recovery.alignment, recovery.positions.tolist()) == ("index", KEPT.tolist())
    assert recovery.dropped == ROWS - len(KEPT)


def test_rows_after_a_reset_of_the_index():
    made = training()
    made.reset(KEPT)
    recovery = found(made, np.arange(len(KEPT)))
    assert (recovery.alignment, recovery.positions.tolist()) == ("reset 1", KEPT.tolist())


def test_rows_after_two_resets():
    made = training()
    made.reset(KEPT)
    made.reset(np.arange(0, len(KEPT), 3))
    recovery = found(made, np.arange(len(KEPT[::3])), KEPT[::3])
    assert (recovery.alignment, recovery.positions.tolist()) == ("reset 1 and 2", KEPT[::3].tolist())


def test_bare_arrays_by_content_in_order_and_shuffled():
    recovery = found(training(), None, named=False)
    assert (recovery.alignment, recovery.positions.tolist()) == ("content", KEPT.tolist())
    shuffled = RNG.permutation(KEPT)
    recovery = found(training(), None, shuffled, named=False)
    assert recovery.alignment == "content"
    np.testing.assert_array_equal(AGE[recovery.positions], recovery.matrix.columns["age"].values)


def test_an_array_of_all_rows_by_position():
    made = training()
    made.fit(made.matrix({"x0": AGE / 3 + 1, "x1": PAY / 7}, named=False), Y)
    recovery = recover(made.loaded(), target="won")
    assert (recovery.alignment, recovery.unexplained) == ("position", ())


def test_the_head_and_the_tail_of_a_frame_sliced_by_hand():
    made = training()
    made.matrix({"age": AGE, "pay": PAY}, labels=np.arange(ROWS))
    made.fit(made.matrix({"x0": AGE[:300], "x1": PAY[:300]}, named=False), Y[:300])
    made.fits.append(
        made.fits[-1].__class__(
            "predict", 1, "Model", "sklearn", made.matrix({"x0": AGE[300:], "x1": PAY[300:]}, named=False)
        )
    )
    recovery = recover(made.loaded(), target="won")
    assert (recovery.alignment, len(recovery.positions), recovery.fitted.sum()) == ("index", ROWS, 300)
    assert recovery.columns == ("age", "pay")


def test_a_table_with_labels_of_its_own():
    made = training()
    labels = RNG.permutation(ROWS) + 10_000
    table = made.read[0]
    made.read[0] = TracedTable(table.id, table.how, table.path, table.rows, (), made.rows(labels))
    recovery = found(made, labels[KEPT])
    assert (recovery.alignment, recovery.positions.tolist()) == ("index", KEPT.tolist())


def test_dropped_rows_are_counted_at_the_statement_that_dropped_them():
    made = training()
    gone = np.setdiff1d(np.arange(ROWS), KEPT)
    made.drop("train.py:3", gone[:100])
    made.drop("train.py:5", gone)
    recovery = found(made, KEPT)
    assert [(d.where, d.rows) for d in recovery.drops] == [("train.py:3", 100), ("train.py:5", 50)]


def test_a_row_that_comes_twice_with_other_values_is_a_conflict():
    made = training()
    whole = made.matrix({"age": AGE, "pay": PAY}, labels=np.arange(ROWS))
    part = made.part(whole, np.arange(10))
    changed = made.matrix({"age": AGE[:10] + 1, "pay": PAY[:10]})
    made.links.append(made.links[-1].__class__("same", part, changed, how="transform"))
    made.fit(part, Y[:10])
    made.fits.append(made.fits[-1].__class__("predict", 1, "Model", "sklearn", changed))
    assert recover(made.loaded(), target="won").conflicts == 10

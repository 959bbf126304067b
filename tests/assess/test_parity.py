import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causeway.assess.parity import compare
from causeway.core.answers import Answers
from causeway.core.table import Number, Text


def binary(probabilities, labels=None, classes=("0", "1")):
    positive = np.array(probabilities, np.float64)
    both = np.column_stack([1 - positive, positive])
    return Answers(Text(labels or [classes[int(p > 0.5)] for p in positive]), both, classes)


def values(*numbers):
    return Answers(Number(np.array(numbers, np.float64)), None, ())


def test_answers_within_the_tolerance_are_equal():
    parity = compare(binary([0.1, 0.9]), binary([0.1 + 1e-7, 0.9]), tolerance=1e-5)

    assert (parity.rows, parity.rows_equal, parity.label_flips) == (2, 2, 0)
    assert parity.largest_difference == pytest.approx(1e-7)


def test_a_difference_beyond_the_tolerance_is_counted():
    assert compare(binary([0.1, 0.9]), binary([0.1, 0.899]), tolerance=1e-5).rows_equal == 1


def test_a_label_that_flips_is_never_equal_however_close_the_probability():
    parity = compare(binary([0.5], ["0"]), binary([0.5], ["1"]), tolerance=1e-5)

    assert (parity.rows_equal, parity.label_flips) == (0, 1)


def test_classes_in_another_order_are_the_same_answer():
    reference = binary([0.2, 0.8], classes=("no", "yes"))
    ours = Answers(reference.labels, reference.probabilities[:, ::-1], ("yes", "no"))

    assert compare(reference, ours, tolerance=1e-5).rows_equal == 2


def test_labels_as_numbers_and_as_text_are_the_same():
    reference = Answers(Number(np.array([0.0, 1.0])), None, ("0", "1"))

    assert compare(reference, Answers(Text(["0", "1"]), None, ("0", "1")), tolerance=0.0).rows_equal == 2


def test_values_are_compared_relative_to_their_usual_size():
    parity = compare(values(50, 100, 200), values(50, 100.0005, 200.01), tolerance=1e-5)

    assert parity.tolerance == pytest.approx(1e-3)
    assert parity.rows_equal == 2
    assert parity.largest_difference == pytest.approx(0.01)


def test_no_answer_is_not_an_equal_answer():
    assert compare(values(1, 2), values(1, np.nan), tolerance=1e-5).rows_equal == 1
    assert compare(values(np.nan), values(np.nan), tolerance=1e-5).rows_equal == 0


def test_another_number_of_classes_is_equal_nowhere():
    three = Answers(Text(["0", "1"]), np.full((2, 3), 1 / 3), ("0", "1", "2"))

    assert compare(binary([0.1, 0.9]), three, tolerance=1.0).rows_equal == 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_a_model_agrees_with_itself(probabilities):
    parity = compare(binary(probabilities), binary(probabilities), tolerance=0.0)

    assert parity.rows_equal == parity.rows == len(probabilities)

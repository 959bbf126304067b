import numpy as np

from causeway.assess.copies import copies_of, extra
from causeway.assess.target_leak import telltales
from causeway.core.table import Number, Table, Text

RANDOM = np.random.default_rng(3)
ROWS = 400


def measured(rows=ROWS):
    """Rows that differ, with a hole in some."""
    income = RANDOM.normal(size=rows)
    income[::9] = np.nan
    plan = [None if n % 7 == 0 else f"p{n % 3}" for n in range(rows)]
    return Table({"age": Number(RANDOM.random(rows)), "income": Number(income), "plan": Text(plan)})


def test_copies_share_a_number_and_the_others_have_their_own():
    twice = np.concatenate([np.arange(ROWS), np.arange(100)])
    groups = copies_of(measured().take(twice))
    assert extra(groups) == 100
    assert np.array_equal(groups[:100], groups[ROWS:])


def test_few_copies_and_none_are_left_alone():
    assert copies_of(measured()) is None
    assert copies_of(measured().take(np.concatenate([np.arange(ROWS), np.arange(3)]))) is None


def test_equal_answers_to_a_few_questions_are_no_copies():
    answers = {f"q{n}": Number(RANDOM.integers(0, 3, ROWS).astype(float)) for n in range(4)}
    assert copies_of(Table(answers)) is None


def test_a_number_of_its_own_in_every_row_tells_nothing_because_the_row_is_there_five_times():
    once = {"id": Number(RANDOM.random(ROWS)), "age": Number(RANDOM.integers(18, 60, ROWS) * 1.0)}
    table = Table(once).take(np.repeat(np.arange(ROWS), 5))
    target = np.repeat(RANDOM.integers(0, 2, ROWS), 5).astype(float)
    assert telltales(table, target, classes=True)
    assert telltales(table, target, classes=True, copies=copies_of(table)) == ()

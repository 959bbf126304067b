"""A value comes with its outcome or by itself, in any order: the last one counts, and is counted."""

from datetime import timedelta
from itertools import pairwise
from itertools import product as every

import pytest
from simulated import NOW, customers, predicted, product

from causeway.actions.compact import compact
from causeway.actions.label import Columns, label
from causeway.actions.measure.received import Sent, receive
from causeway.actions.measure.rows import Names, asked_of, values_of
from causeway.actions.workspace import open_workspace
from causeway.assess.value.plan import Plan
from causeway.core.clock import FixedClock

WORDS = ("label 0", "label 1", "label", "post 0", "post 1")
STEPS = 3
PLAN = Plan(unit="customer_id")
BY_ID = Columns(kpi="kpi")


@pytest.fixture
def at(folder):
    """The workspace so many minutes later."""
    product(folder).ledger.close()
    opened = []

    def later(minutes):
        work = open_workspace(folder, clock=FixedClock(NOW + timedelta(minutes=minutes)), actor="a1")
        opened.append(work)
        return work

    yield later
    for work in opened:
        work.ledger.close()


def made(work, number):
    names, when, held = customers(number)
    return predicted(work, names, when, held)


def labelled(work, folder, rows):
    """Of each row the prediction, what happened, and the measure if it is told."""
    if not rows:
        return 0
    file = folder / "outcomes.csv"
    file.write_text("\n".join(["id,outcome,kpi", *(",".join(row) for row in rows)]) + "\n")
    return label(work, "churn", file, columns=BY_ID).corrected


def posted(work, rows):
    sent = [Sent("kpi", float(value), prediction=id_) for id_, value in rows]
    return receive(work, "churn", sent, channel="post").corrected if rows else 0


def words_of(work, ids):
    """What counts of each prediction; a value that counted twice would be there twice."""
    names = Names()
    asked = asked_of(work, "churn", PLAN, names, since=None)
    values = values_of(work, "churn", asked, names, measure="kpi")
    units = {f"p-{name}": at for name, at in names._codes.items()}
    return {id_: sorted(map(float, values.value[values.unit == units[id_]])) for id_ in ids}


@pytest.mark.parametrize("compacts", [False, True])
def test_whichever_way_the_last_word_came_it_counts_once_and_corrections_are_counted(at, folder, compacts):
    stories = list(every(WORDS, repeat=STEPS))
    ids = made(at(0), len(stories))
    corrected = 0
    for step in range(STEPS):
        said = [(id_, *story[step].partition(" ")[::2]) for id_, story in zip(ids, stories, strict=True)]
        # what happened is always the same: only the measure is corrected
        by_file = [(id_, "x", value) for id_, way, value in said if way == "label"]
        corrected += labelled(at(10 * step), folder, by_file)
        corrected += posted(at(10 * step + 5), [(id_, value) for id_, way, value in said if way == "post"])
        if compacts:
            compact(at(60 * 24 * 2 + step), "churn")
    expected, changes = {}, 0
    for id_, story in zip(ids, stories, strict=True):
        told = [float(word[-1]) for word in story if word[-1].isdigit()]
        expected[id_] = told[-1:]
        changes += sum(a != b for a, b in pairwise(told))
    assert words_of(at(100), ids) == expected
    assert corrected == changes


def test_what_was_told_by_its_key_gives_way_to_the_whole_and_comes_back_when_sent_again(at, folder):
    first, *_ = ids = made(at(0), 3)

    def orders(minute, *values):
        sent = [Sent("kpi", value, prediction=first, key=f"order-{value}") for value in values]
        return receive(at(minute), "churn", sent, channel="post")

    assert orders(1, 5.0, 7.0).corrected == 0
    assert words_of(at(2), ids)[first] == [5.0, 7.0]
    assert labelled(at(3), folder, [(first, "x", "12")]) == 1
    assert words_of(at(4), ids)[first] == [12.0]
    again = orders(5, 5.0)
    assert (again.taken, again.corrected) == (1, 1)
    assert words_of(at(6), ids)[first] == [5.0]
    assert orders(7, 5.0).status == "already_received"


def test_rows_from_before_the_moment_was_noted_are_as_old_as_their_segment(at, folder):
    from simulated import labelled as sealed  # noqa: PLC0415 - the other one writes files

    first, *_ = ids = made(at(0), 3)
    sealed(at(0), [first], [1.0])
    assert posted(at(5), [(first, 0.0)]) == 1
    assert words_of(at(6), ids)[first] == [0.0]
    assert labelled(at(7), folder, [(first, "x", "")]) == 0
    assert words_of(at(8), ids)[first] == [0.0]


def test_rows_put_together_anew_are_no_newer_than_they_were(at, folder):
    from simulated import labelled as sealed  # noqa: PLC0415 - the other one writes files

    first, second, *_ = ids = made(at(0), 3)
    sealed(at(0), [first], [1.0])
    sealed(at(0), [second], [1.0])
    assert posted(at(5), [(first, 0.0)]) == 1
    compact(at(60 * 24 * 2), "churn")
    assert words_of(at(60 * 24 * 2 + 1), ids)[first] == [0.0]


def test_who_is_overtaken_judges_again_and_is_the_last_word_whatever_clocks_say(at, folder, monkeypatch):
    first, *_ = ids = made(at(0), 3)
    slow, fast = at(1), at(2)
    append, calls = slow.ledger.append, []

    def overtaken(*args, **more):
        if not calls:
            calls.append(posted(fast, [(first, 0.0)]))
        return append(*args, **more)

    monkeypatch.setattr(slow.ledger, "append", overtaken)
    assert labelled(slow, folder, [(first, "x", "1")]) == 1
    assert calls == [0]
    assert words_of(at(3), ids)[first] == [1.0]
    assert posted(slow, [(first, 0.0)]) == 1
    assert words_of(at(3), ids)[first] == [0.0]

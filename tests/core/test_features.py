"""What a caller hears about values that the rules do not define."""

import numpy as np
import pytest

from causeway.core.errors import UsageError
from causeway.core.features import (
    Compiled,
    Constant,
    Derived,
    Features,
    Map,
    Numeric,
    Pair,
    Step,
    Words,
    apply,
)
from causeway.core.release import Field
from causeway.core.table import Number, Table, Text

PLACES = ("Hebbal", "Kothanur", "Whitefield")
FIELDS = (
    Field("place", "text", categories=PLACES),
    Field("area", "text", minimum=300, maximum=9000),
    Field("rooms", "integer"),
)


def one_hot(*, catch_all=False, drop_first=False):
    rules = [Map("place", "one-hot", {name: 1.0}, rest=0.0) for name in ("Hebbal", "Kothanur")]
    columns = ["Hebbal", "Kothanur"]
    if catch_all:
        rules.append(Map("place", "group-indicator", {"Whitefield": 1.0, "Yelahanka": 1.0}, rest=0.0))
        columns.append("other")
    if drop_first:
        rules, columns = rules[1:], columns[1:]
    rules += [Numeric("area", "range_mean"), Numeric("rooms", fn="log1p")]
    return Features((*columns, "area", "rooms"), tuple(rules), {"place": (*PLACES, "Yelahanka")})


GOOD = {"place": "Hebbal", "area": "1000 - 1200", "rooms": 2}


def test_a_raw_row_becomes_the_models_row():
    prepared = Compiled(one_hot(), FIELDS).matrix([GOOD])
    assert prepared.problems == []
    np.testing.assert_array_equal(prepared.values, [[1.0, 0.0, 1100.0, np.log1p(2.0)]])


@pytest.mark.parametrize(
    ("change", "field", "kind", "hint"),
    [
        ({"place": None}, "place", "missing", "send text"),
        ({"place": "Hebball"}, "place", "unseen", "known: Hebbal, Kothanur, Whitefield, Yelahanka"),
        ({"area": None}, "area", "missing", "send a number, or a range such as 1000 - 1200"),
        ({"place": 3}, "place", "type", "send text"),
        ({"area": "34.46Sq. Meter"}, "area", "unparsable", "send a number, or a range such as 1000 - 1200"),
        ({"rooms": "2"}, "rooms", "type", "send a whole number"),
        ({"rooms": 2.5}, "rooms", "type", "send a whole number"),
        ({"rooms": True}, "rooms", "type", "send a whole number"),
        ({"rooms": -1}, "rooms", "unparsable", "outside what the model's input allows"),
        ({"rooms": 10**400}, "rooms", "unparsable", "send a number"),
    ],
)
def test_what_is_undefined_is_said_and_never_a_silent_zero(change, field, kind, hint):
    prepared = Compiled(one_hot(), FIELDS).matrix([GOOD, GOOD | change])
    (problem,) = prepared.problems
    assert (problem.row, problem.field, problem.kind, problem.hint) == (1, field, kind, hint)
    assert problem.refused
    assert np.isnan(prepared.values[1]).all()
    assert not np.isnan(prepared.values[0]).any()


def test_a_field_that_was_not_sent_is_missing():
    (problem,) = Compiled(one_hot(), FIELDS).matrix([{"place": "Hebbal", "area": "900"}]).problems
    assert (problem.field, problem.kind) == ("rooms", "missing")


def test_a_number_may_be_sent_for_text_that_is_only_read_as_a_number():
    assert Compiled(one_hot(), FIELDS).matrix([GOOD | {"area": 1100}]).values[0, 2] == 1100.0


def test_values_outside_what_was_proven_are_flagged_and_answered():
    prepared = Compiled(one_hot(), FIELDS).matrix([GOOD | {"area": "20000"}])
    (problem,) = prepared.problems
    assert (problem.kind, problem.refused, problem.hint) == ("range", False, "proven from 300 to 9000")
    assert prepared.values[0, 2] == 20000.0


@pytest.mark.parametrize(
    ("sent", "read"),
    [("$1,234.50", 1234.5), ("-$3", -3.0), ("1,23,456", 123456.0), ("7 $", 7.0), (".5", 0.5), ("12,5", None),
     ("5%", None), ("\u20ac5", None), ("1 234", None), ("5$6", None), ("$$5", None), ("-$-5", None)],
)  # fmt: skip
def test_an_amount_is_read_with_the_signs_that_were_proven(sent, read):
    rule = Numeric("area", base="amount", format="$")
    (fee,) = Compiled(Features(("fee",), (rule,)), (Field("area", "text"),)).matrix([{"area": sent}]).values
    assert (None if np.isnan(fee[0]) else fee[0]) == read


def test_a_number_between_two_bins_is_answered_with_a_flag():
    rule = Step("rooms", cuts=(25.0,), intervals=((24.0, 26.5),), values=(0.0, 1.0))
    compiled = Compiled(Features(("band",), (rule,)), (Field("rooms", "number"),))
    rows = [{"rooms": number} for number in (24.0, 25.5, 26.5)]
    for made in (compiled.matrix(rows), compiled.matrix(rows * 20)):
        assert made.values[:3].tolist() == [[0.0], [1.0], [1.0]]
        assert [(p.kind, p.refused) for p in made.problems if p.row < 3] == [("range", False)]
        assert [p.row % 3 for p in made.problems] == [1] * (len(made.values) // 3)


def test_a_near_miss_is_named_among_many_categories():
    places = tuple(f"Sector {n}" for n in range(40))
    features = Features(
        ("c",), (Map("place", "frequency", {p: float(n) for n, p in enumerate(places)}),), {"place": places}
    )
    (problem,) = Compiled(features, FIELDS).matrix([{"place": "Sektor 7"}]).problems
    assert "did you mean Sector 7" in problem.hint
    assert "40 known" in problem.hint


def test_flag_answers_an_unseen_category_with_no_category_set_only_if_that_means_none():
    whole = Features(
        ("A", "B"), tuple(Map("place", "one-hot", {k: 1.0}, rest=0.0) for k in "AB"), {"place": ("A", "B")}
    )
    prepared = Compiled(whole, FIELDS, unseen="flag").matrix([{"place": "C"}])
    assert [p.refused for p in prepared.problems] == [False]
    np.testing.assert_array_equal(prepared.values, [[0.0, 0.0]])
    dropped_first = Compiled(one_hot(drop_first=True), FIELDS, unseen="flag").matrix([GOOD | {"place": "Z"}])
    assert [p.refused for p in dropped_first.problems] == [True]


def test_flag_answers_an_unseen_category_with_the_catch_all_group():
    features = one_hot(catch_all=True, drop_first=True)
    prepared = Compiled(features, FIELDS, unseen="flag").matrix([GOOD | {"place": "Nowhere"}])
    assert [p.refused for p in prepared.problems] == [False]
    np.testing.assert_array_equal(prepared.values[0, :2], [0.0, 1.0])


def test_flag_never_invents_a_code_for_an_unseen_category():
    coded = Features(("c",), (Map("place", "label-encoder", {"A": 0.0, "B": 1.0}),), {"place": ("A", "B")})
    (problem,) = Compiled(coded, FIELDS, unseen="flag").matrix([{"place": "C"}]).problems
    assert problem.refused


def test_flag_answers_a_missing_category_but_not_a_missing_number():
    compiled = Compiled(one_hot(catch_all=True), FIELDS, missing="flag", unseen="flag")
    prepared = compiled.matrix([GOOD | {"place": None}, GOOD | {"rooms": None}])
    assert [(p.field, p.refused) for p in prepared.problems] == [("place", False), ("rooms", True)]


def test_a_proven_fill_is_no_problem():
    features = Features(("age",), (Numeric("age", missing=29.7),))
    prepared = Compiled(features, [Field("age", "number", required=False)]).matrix([{}, {"age": 3}])
    assert prepared.problems == []
    assert prepared.values.tolist() == [[29.7], [3.0]]


def test_columns_are_taken_as_rows_are():
    features = Features(("n",), (Numeric("n", a=2.0),))
    prepared = Compiled(features, [Field("n", "integer")]).matrix_of_columns({"n": np.arange(100)})
    np.testing.assert_array_equal(prepared.values[:, 0], 2.0 * np.arange(100))
    with pytest.raises(UsageError, match="unequal"):
        Compiled(features, [Field("n", "integer")]).matrix_of_columns({"n": [1], "m": []})


def test_derived_columns_follow_those_they_are_made_of_in_any_order():
    features = Features(
        ("late", "x", "y"),
        (Derived((1, 2), "ratio"), Numeric("n"), Pair(("n", "m"), "sum")),
    )
    fields = [Field("n", "number"), Field("m", "number")]
    assert Compiled(features, fields).matrix([{"n": 2, "m": 2}]).values.tolist() == [[0.5, 2.0, 4.0]]
    (problem,) = Compiled(features, fields).matrix([{"n": 2, "m": -2}]).problems
    assert problem.hint == "late is undefined for these values of n, m"


def test_rules_must_read_inputs_and_must_not_eat_their_tails():
    with pytest.raises(UsageError, match="no inputs: n"):
        Compiled(Features(("c",), (Numeric("n"),)), [])
    circle = Features(("a", "b"), (Derived((1, 1), "sum"), Derived((0, 0), "sum")))
    with pytest.raises(UsageError, match="made of itself"):
        Compiled(circle, [])


def test_a_matrix_holds_no_text_and_tables_must_have_the_columns():
    with pytest.raises(UsageError, match="text has no place"):
        apply(Features(("w",), (Words("w"),)), Table({"w": Text(["a"])}))
    with pytest.raises(UsageError, match="no column 'w'"):
        apply(Features(("w",), (Numeric("w"),)), Table({"v": Number(np.ones(1))}))
    made = apply(Features(("k",), (Constant(3.0),)), Table({"v": Number(np.ones(2))}))
    assert made.values.tolist() == [[3.0], [3.0]]


def test_pipelines_get_text_and_unseen_words_only_with_a_flag():
    features = Features(("w",), (Words("place"),), {"place": PLACES})
    refused = Compiled(features, FIELDS).columns([{"place": "Mars"}])
    flagged = Compiled(features, FIELDS, unseen="flag").columns([{"place": "Mars"}])
    assert [p.refused for p in refused.problems] == [True]
    assert [p.refused for p in flagged.problems] == [False]
    assert flagged.columns["w"].tolist() == ["Mars"]


def test_free_text_with_a_character_that_was_never_proven_is_refused():
    compiled = Compiled(Features(("w",), (Words("place", alphabet=" adelort"),)), FIELDS)
    assert compiled.columns([{"place": "ordeal to lead"}]).problems == []
    (problem,) = compiled.columns([{"place": "d\u00e9rail"}]).problems
    assert (problem.kind, problem.field, problem.refused) == ("unproven", "place", True)
    assert "'\u00e9'" in problem.hint

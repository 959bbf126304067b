"""Rows of a type of their own are the dicts that they stand for, to everybody who reads them."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.core.features import Compiled, Features, Map, Numeric
from causeway.core.release import Field
from causeway.core.typed_rows import RowType, TypedRows, joined

FIELDS = (
    Field("a b", "number", minimum=-10, maximum=10),
    Field("whole", "integer"),
    Field("class", "text"),
    Field("on", "boolean"),
    Field("left", "number", required=False),
)
NUMBERS = (Field("a", "number", minimum=-9, maximum=9), Field("b", "integer"))


def features_of(*rules, names):
    return Features(columns=names, rules=rules)


SHAPES = {
    "in order": features_of(Numeric("a"), Numeric("b"), names=("a", "b")),
    "the other way round": features_of(Numeric("b"), Numeric("a"), names=("b", "a")),
    "scaled": features_of(Numeric("a", a=0.5, b=1.0), Numeric("b", a=1e300), names=("a", "b")),
    "one of them": features_of(Numeric("b"), names=("b",)),
}
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, -9.0, 9.5])
rows_of_numbers = st.lists(
    st.fixed_dictionaries({"a": numbers, "b": st.none() | st.integers(-(2**63), 2**63 - 1)}),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=40, deadline=None)
@given(rows=rows_of_numbers)
def test_the_features_make_the_same_of_both(shape, rows):
    compiled, kind = Compiled(SHAPES[shape], NUMBERS), RowType(NUMBERS)
    typed = TypedRows(kind, [kind.made((row["a"], row["b"])) for row in rows])
    one, other = compiled.matrix(rows), compiled.matrix(typed)
    assert np.array_equal(one.values, other.values, equal_nan=True)
    assert one.problems == other.problems


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "a b": st.none() | st.floats(allow_nan=False, allow_infinity=False),
                "whole": st.none() | st.integers(-(2**63), 2**63 - 1),
                "class": st.none() | st.text(),
                "on": st.none() | st.booleans(),
            },
            optional={"left": st.none() | st.floats(allow_nan=False, allow_infinity=False)},
        )
    )
)
def test_they_are_read_and_written_as_dicts_are(rows):
    kind = RowType(FIELDS)
    sent = msgspec.json.decode(msgspec.json.encode(rows), type=list[kind.of])
    typed = TypedRows(kind, sent)
    whole = [{field.name: row.get(field.name) for field in FIELDS} for row in rows]
    assert (len(typed), [*typed], typed[:1]) == (len(rows), whole, whole[:1])
    assert msgspec.msgpack.encode(sent) == msgspec.msgpack.encode(whole)
    assert [*joined([typed, typed])] == [*joined([typed, whole])] == whole + whole


@pytest.mark.parametrize(
    "rows",
    [
        b'[{"a":1}]',
        b'[{"a":1,"b":true}]',
        b'[{"a":"1","b":1}]',
        b'[{"a":1,"b":1,"c":1}]',
        b'[{"a":1e999,"b":1}]',
    ],
)
def test_what_is_of_another_type_is_no_such_row(rows):
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(rows, type=list[RowType(NUMBERS).of])


def test_a_name_that_no_type_can_have_is_told():
    with pytest.raises(ValueError, match="field"):
        RowType((Field('a"b', "number"),))


def test_features_of_words_see_typed_rows_too():
    fields = (Field("class", "text"), Field("a", "number"))
    compiled = Compiled(
        Features(
            ("a", "gold"),
            (Numeric("a"), Map("class", "one-hot", {"gold": 1.0}, rest=0.0)),
            {"class": ("gold", "x")},
        ),
        fields,
    )
    kind = RowType(fields)
    rows = [{"class": "gold", "a": 1.0}, {"class": "silver", "a": 2.0}] * 30
    typed = TypedRows(kind, [kind.made(row.values()) for row in rows])
    assert compiled.matrix(typed).problems == compiled.matrix(rows).problems
    assert np.array_equal(compiled.matrix(typed).values, compiled.matrix(rows).values, equal_nan=True)


REALS = tuple(Field(f"x{n}", "number") for n in range(17))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), width=st.sampled_from([1, 2, 15, 16, 17]), count=st.sampled_from([1, 2, 15, 16, 40]))
def test_numbers_are_the_same_whether_rows_are_alone_together_or_packed(data, width, count):
    kind, names = RowType(REALS[:width]), tuple(field.name for field in REALS[:width])
    # whole numbers where numbers are meant, and nothing, are not what packed numbers are
    value = st.floats(allow_nan=False) | st.sampled_from([-0.0, 5e-324, 7, None])
    few = st.lists(st.tuples(*[st.floats(allow_nan=False)] * width), min_size=count, max_size=count)
    rows = data.draw(few)
    rows[data.draw(st.integers(0, count - 1))] = data.draw(st.tuples(*[value] * width))
    typed = TypedRows(kind, [kind.made(row) for row in rows])
    kept = None if any(None in row for row in rows) else np.array(rows, np.float64)
    assert msgspec.msgpack.decode(typed.packed()) == [list(row) for row in rows]
    for each, times in ((typed, 1), (joined([typed, typed, typed]), 3)):
        found = each.numbers(names)
        assert (found is None) == (kept is None)
        assert kept is None or found.tobytes() == np.concatenate([kept] * times).tobytes()

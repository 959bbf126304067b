"""What a function of the proof of concept is given, and what of its answer is taken."""

import numpy as np
import pytest

from causeway.adapters import registry
from causeway.core.errors import Refused
from causeway.core.release import Field
from causeway.core.table import Number, Table, Text

FIELDS = (
    Field("name", "text", required=False),
    Field("day", "text"),
    Field("count", "integer"),
    Field("share", "number", required=False),
    Field("known", "boolean"),
    Field("maybe", "boolean", required=False),
    Field("unused", "number"),
)
TABLE = Table(
    {
        "name": Text(["Ann", None, "Zoe", "Bob"]),
        "day": Text(["2024-01-31", "2024-02-01", "2023-12-24", "2024-02-29"]),
        "count": Number(np.array([1.0, 2.0, 3.0, 4.0]), "integer"),
        "share": Number(np.array([0.5, np.nan, 0.25, 1.0])),
        "known": Number(np.array([1.0, 0.0, 1.0, 0.0]), "boolean"),
        "maybe": Number(np.array([1.0, np.nan, 0.0, 1.0]), "boolean"),
        "unused": Number(np.array([9.0, 9.0, 9.0, 9.0])),
    }
)
TEXTS = {
    "prep/__init__.py": "",
    "prep/made.py": """
import numpy as np
import pandas as pd
from .dates import weekday

def typed(table):
    kinds = {"count": "int64", "share": "float64", "known": "bool", "maybe": "object"}
    assert {name: str(table[name].dtype) for name in kinds} == kinds
    assert all(value is True or value is False or value != value for value in table["maybe"])
    return pd.DataFrame({
        "weekday": weekday(table["day"]),
        "letters": table["name"].str.len(),
        "sure": table["known"] & table["maybe"].fillna(False).astype(bool),
    })

def array(table):
    return np.column_stack([table["count"] * 2, table["share"]])

first = []

def remembers(table):
    first.append(table["count"].iloc[0])
    return pd.DataFrame({"weekday": table["count"] - first[0]})

def words(table):
    return table[["day"]]
""",
    "prep/dates.py": """
import pandas as pd

def weekday(days):
    return pd.to_datetime(days).dt.weekday
""",
}  # fmt: skip


def applied(ours, tmp_path, function, columns):
    return registry.apply_function(
        ours, function, TEXTS, tmp_path, fields=FIELDS, table=TABLE, columns=columns,
        example={"name": "Ann", "day": "2024-01-31", "count": 1, "share": 1, "known": True, "maybe": True,
                 "unused": 1.0},
    )  # fmt: skip


def test_a_frame_has_the_types_of_the_source_and_its_answer_goes_by_name(ours, tmp_path):
    made = applied(ours, tmp_path, "prep.made:typed", ("letters", "weekday", "sure"))
    held = {name: column.values.tolist() for name, column in made.table.columns.items()}
    assert held["weekday"] == [2, 3, 6, 3]
    assert held["sure"] == [1, 0, 0, 0]
    np.testing.assert_array_equal(held["letters"], [3, np.nan, 3, 3])
    assert (made.dependent, made.example) == ((), True)
    # `count` and `share` are looked at, `unused` is not
    assert made.reads == ("name", "day", "count", "share", "known", "maybe")


def test_an_array_goes_by_place_where_the_model_knew_no_names(ours, tmp_path):
    made = applied(ours, tmp_path, "prep.made:array", ("x0", "x1"))
    assert made.table.columns["x0"].values.tolist() == [2, 4, 6, 8]
    assert made.reads == ("count", "share")


@pytest.mark.parametrize(
    ("function", "columns", "said"),
    [
        ("prep.made:array", ("x0",), "it returned 2 columns, the model takes 1"),
        ("prep.made:typed", ("age",), r"it returned no column age \(it returned weekday, letters, sure\)"),
        ("prep.made:words", ("day",), "its column day is no number: '"),
    ],
)
def test_an_answer_that_is_no_matrix_of_the_model_is_refused(ours, tmp_path, function, columns, said):
    with pytest.raises(Refused, match=f"{function} failed: {said}"):
        applied(ours, tmp_path, function, columns)


def test_what_is_kept_from_the_first_call_is_found(ours, tmp_path):
    made = applied(ours, tmp_path, "prep.made:remembers", ("weekday",))
    wanted = TABLE.columns["count"].values - 1
    assert made.dependent or not np.array_equal(made.table.columns["weekday"].values, wanted)

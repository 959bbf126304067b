"""The kinds of the columns that a scoring records."""

import pytest

from causeway.actions.score.filling import Filled
from causeway.core.release import Field

FAR = 2**53 + 1


@pytest.mark.parametrize(
    ("values", "kind", "recorded"),
    [
        ([7, 7.5], "number", [7, 7.5]),
        ([7, None], "number", [7, None]),
        ([FAR, 7.5], "text", [str(FAR), "7.5"]),
        ([FAR, -FAR], "integer", [FAR, -FAR]),
        ([2**63, 1], "text", [str(2**63), "1"]),
    ],
)
def test_no_number_loses_digits(values, kind, recorded):
    filled = Filled(len(values), first=0)
    for position, value in enumerate(values):
        filled.put_row(position, {"customer": value}, {}, ())
    made = filled.records(
        (), [Field("customer", "number")], arm="a", at_us=0, request="r", consumer="c", latency_us=0
    )
    assert (made["in_customer"].kind, list(made["in_customer"].values)) == (kind, recorded)

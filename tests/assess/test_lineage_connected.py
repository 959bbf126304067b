"""An answer can be followed back to its source, or it cannot."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs

from causeway.assess.lineage import is_connected
from causeway.core.lineage import Derived, Source, Story, completed, started
from causeway.core.lineage_facets import LineageColumn

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
STORY = Story(
    product="churn",
    run="01990000-0000-7000-8000-000000000000",
    sources=(Source("customers.csv", (LineageColumn("age"),)),),
    features=(
        Derived("age", "double", "customers.csv", ("age",), "pass"),
        Derived("one", "double", "customers.csv", (), "constant"),
    ),
    outputs=(LineageColumn("probability", "double"),),
)


def events(story: Story) -> bytes:
    return msgspec.json.encode([started(story, at=AT), completed(story, at=AT)])


def test_a_run_that_names_its_columns_is_connected():
    assert is_connected(events(STORY))


@pytest.mark.parametrize(
    "gap",
    [
        {"sources": ()},
        {"features": ()},
        {"features": (Derived("age", "double", "another.csv", ("age",), "pass"),)},
        {"features": (Derived("one", "double", "customers.csv", (), "constant"),)},
        {"outputs": (), "features": ()},
    ],
)
def test_a_gap_anywhere_is_seen(gap: dict[str, object]):
    assert not is_connected(events(structs.replace(STORY, **gap)))

"""Outcomes by entity and time: taken once, corrected, late and unknown ones counted; nothing silent."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from simulated import NOW, START, customers, predicted, product

from causeway.actions.measure.received import NoOutcome, Sent, receive
from causeway.actions.measure.sent import Columns, outcomes_in, outcomes_of
from causeway.actions.personal import hashing, made_key
from causeway.actions.segments import VALUES, segment_files
from causeway.adapters import registry
from causeway.core.errors import UsageError
from causeway.core.events import SegmentSealed
from causeway.core.routes import Route, RouteFile
from causeway.core.value import ValuesReceived

MORE = '[[guardrails]]\nname = "complaints"\nmargin = 0.01\nbetter = "less"\n'
AT = NOW - timedelta(days=1)


@pytest.fixture
def work(folder):
    work = product(folder, more=MORE)
    names, at, held = customers(40)
    predicted(work, names, at, held)
    yield work
    work.ledger.close()


def sent(*values, at=AT):
    return [Sent("kpi", value, unit=unit, at=at) for unit, value in values]


def counts(done):
    return done.status, done.taken, done.duplicates, done.corrected, done.late, done.unknown, done.unmatched


def test_a_value_is_taken_once_and_corrected_by_who_says_otherwise(work):
    first = receive(work, "churn", sent(("C00001", 1), ("C00002", 0), ("C00002", 0)), channel="post")
    assert counts(first) == ("received", 2, 1, 0, 0, 0, 0)
    head = work.ledger.head("churn")
    again = receive(work, "churn", sent(("C00001", 1), ("C00002", 0)), channel="post")
    assert counts(again) == ("already_received", 0, 2, 0, 0, 0, 0)
    assert work.ledger.head("churn") == head
    other = receive(work, "churn", sent(("C00001", 0), ("C00002", 0)), channel="post")
    assert counts(other) == ("received", 1, 1, 1, 0, 0, 0)
    facts = [event.fact for event in work.ledger.read("churn")][-2:]
    assert isinstance(facts[0], SegmentSealed)
    assert facts[1] == ValuesReceived(other.segment, 2, 1, 1, 1, names={"kpi": 1}, channel="post")


def test_who_is_late_or_unknown_is_taken_and_counted(work):
    late = receive(work, "churn", sent(("C00001", 1), at=START), channel="file")
    assert counts(late) == ("received", 1, 0, 0, 1, 0, 0)
    unknown = receive(work, "churn", sent(("nobody", 1)), channel="file")
    assert counts(unknown) == ("received", 1, 0, 0, 0, 1, 0)


def test_a_prediction_that_was_never_made_is_told(work):
    values = [Sent("kpi", 1.0, prediction="p-C00003"), Sent("kpi", 1.0, prediction="p-none")]
    done = receive(work, "churn", values, channel="file")
    assert counts(done) == ("received", 1, 0, 0, 1, 0, 1)
    assert done.unmatched_ids == ("p-none",)
    only = receive(work, "churn", values[1:], channel="file")
    assert only.status == "nothing_joined"


def test_two_orders_of_one_moment_are_two_where_they_are_named(work):
    orders = [Sent("kpi", 5.0, unit="C00001", at=AT, key=f"order-{i}") for i in range(2)]
    assert receive(work, "churn", orders, channel="post").taken == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no outcome"),
        (b"[]", "nothing was sent"),
        (b'{"entity": "a", "kpi": 1}', "no time"),
        (b'{"at": "2026-05-01", "kpi": 1}', "neither an entity nor a prediction"),
        (b'{"entity": "a", "at": "yesterday", "kpi": 1}', "no time"),
        (b'{"entity": "a", "at": "2036-05-01", "kpi": 1}', "has not come yet"),
        (b'{"entity": "a", "at": "2026-05-01", "weight": 1}', "no measure 'weight'"),
        (b'{"entity": "a", "at": "2026-05-01"}', "tells nothing"),
        (b'{"entity": "a", "at": "2026-05-01", "kpi": "many"}', "is no kpi"),
        (b'{"entity": "a", "at": "2026-05-01", "decision": "shrug"}', "is no decision"),
        (b'{"entity": {}, "at": "2026-05-01", "kpi": 1}', "names nobody"),
        (b"{", "no outcome"),
    ],
)
def test_what_is_no_outcome_is_refused_whole(work, body, said):
    with pytest.raises(NoOutcome, match=said) as refused:
        receive(work, "churn", outcomes_in(body), channel="post")
    assert refused.value.hint


def test_a_body_is_an_object_a_list_lines_or_a_field():
    one = b'{"entity": 17.0, "at": "2026-05-01", "kpi": true, "minutes": 4.5, "decision": "override"}'
    values = outcomes_in(one)
    assert [(each.name, each.value) for each in values] == [("kpi", 1.0), ("minutes", 4.5), ("decision", 1.0)]
    assert {each.unit for each in values} == {"17"}
    assert values[0].at == datetime(2026, 5, 1, tzinfo=UTC)
    for body in (b"[" + one + b"]", b'{"outcomes": [' + one + b"]}", one + b"\n" + one):
        assert outcomes_in(body)[:3] == values


def test_a_table_by_entity_and_time(work, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(
        "customer,when,gone,complaints,decision\nC00001,2026-06-01,yes,,accept\nC00002,2026-06-02,no,1,\n"
    )
    columns = Columns(entity="customer", at="when", kpi="gone", guardrails=("complaints",))
    done = receive(work, "churn", outcomes_of(file, columns), channel="file")
    assert done.names == {"complaints": 1, "decision": 1, "kpi": 2}
    with pytest.raises(UsageError, match="has no column 'client'"):
        outcomes_of(file, Columns(entity="client", at="when"))
    with pytest.raises(UsageError, match="none of the columns"):
        outcomes_of(file, Columns(entity="customer", at="when", kpi="x", decision="y"))


def test_two_numbers_of_one_moment_are_refused_until_they_are_named(work):
    with pytest.raises(NoOutcome, match="two values of kpi of one entity at 2026-06-29") as refused:
        receive(work, "churn", sent(("C00001", 5), ("C00001", 7)), channel="file")
    assert "key" in refused.value.hint


def test_whoever_is_recorded_as_a_hash_is_told_of_as_the_same_hash(work):
    made_key(work, "churn")
    route = Route("churn", (), (), entity="customer_id", personal={"customer_id": "hash"})
    work.routes.write_bytes(msgspec.json.encode(RouteFile(1, (route,))))
    hashed = hashing(work, "churn").hashed("Ada")
    predicted(work, [hashed], np.array([int(START.timestamp() * 1e6)]), [False], tag="q")
    done = receive(work, "churn", sent(("Ada", 1)), channel="post")
    assert (done.taken, done.unknown) == (1, 0)
    stored = registry.segment_files().read(segment_files(work, "churn", VALUES)).columns["unit"].values
    assert list(stored) == [hashed]

"""Whoever is erased is erased from what was told of them too; small segments of it become one."""

from datetime import timedelta

from simulated import NOW, customers, predicted, product

from causeway.actions.compact import compact
from causeway.actions.erase import erase
from causeway.actions.measure.received import Sent, receive
from causeway.actions.segments import VALUES, segment_files
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.core.clock import FixedClock


def test_an_entity_is_erased_with_its_values(folder):
    work = product(folder)
    names, at, held = customers(10)
    predicted(work, names, at, held)
    when = NOW - timedelta(days=3)
    sent = [Sent("kpi", 1.0, unit=name, at=when) for name in names[:3]]
    sent.append(Sent("kpi", 1.0, prediction="p-C00001", key="by-id"))
    receive(work, "churn", sent, channel="file")
    done = erase(work, "churn", "C00001", column="customer_id")
    assert (done.status, done.rows, done.outcomes) == ("erased", 1, 2)
    left = registry.segment_files().read(segment_files(work, "churn", VALUES)).columns["unit"].values
    assert sorted(left) == ["C00000", "C00002"]


def test_small_segments_of_values_become_one_and_the_last_word_counts(folder):
    work = product(folder)
    for value in (1.0, 0.0, 1.0):
        sent = [Sent("kpi", value, unit="C00001", at=NOW - timedelta(days=3))]
        receive(work, "churn", sent, channel="post")
    work = open_workspace(folder, clock=FixedClock(NOW + timedelta(days=2)), actor="a1")
    assert compact(work, "churn").into == 1
    table = registry.segment_files().read(segment_files(work, "churn", VALUES)).columns
    assert list(table["value"].values) == [1.0, 0.0, 1.0]
    again = receive(work, "churn", sent, channel="post")
    assert again.status == "already_received"
    work.ledger.close()

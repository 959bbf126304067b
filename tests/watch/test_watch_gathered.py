"""A product whose gateway, outcomes and scorings say how it goes, gathered and judged."""

import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import traffic

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.label import Columns, label
from causeway.actions.watch.turn import due
from causeway.actions.watch.watch import watch
from causeway.core.events import BaselineMeasured, ScoreFinished
from causeway.core.ids import digest_of
from causeway.core.minutes import Minute
from causeway.core.watching import ACT, OK, WARN

QUERY = "select avg(margin) from sales"
MORE = f"""
[kpi]
name = "margin"
family = "margin"
unit = "EUR"
baseline = 10.0
target = 12.0
query = "{QUERY}"

[evaluation]
outcome_days = 0.5

[serving]
availability = 0.99
latency_ms = 5.0

[[monitors]]
name = "margin kept"
watches = "kpi"
threshold = 10.0
"""


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


def minutes(folder, hour, *, codes, last=60, pid=7, reasons=None):
    """What a process of the gateway wrote in so many minutes before this hour."""
    records = folder / ".causeway" / "records" / "churn"
    records.mkdir(parents=True, exist_ok=True)
    end = round((shipyard.NOON + timedelta(hours=hour)).timestamp() * 1e9)
    lines = [
        Minute(end - ago * 60_000_000_000, end - (ago - 1) * 60_000_000_000, codes, reasons or {})
        for ago in range(last, 0, -1)
    ]
    with (records / f"day-{pid}.minutes").open("ab") as file:
        file.write(b"".join(msgspec.json.encode(each) + b"\n" for each in lines) + b'[1,"torn')


def look(folder, hour):
    work = traffic.later(folder, hour)
    try:
        return {(each.watches, each.about): each for each in watch(work, "churn").sights}
    finally:
        work.ledger.close()


def is_due(folder, hour):
    work = traffic.later(folder, hour)
    try:
        return due(work, product_state(work, "churn"))
    finally:
        work.ledger.close()


def test_failures_of_the_gateway_burn_what_may_fail(tmp_path):
    folder = tmp_path / "churn"
    release = traffic.live(folder, more=MORE)
    traffic.hours(folder, release, hours=range(3), rows=220)
    minutes(folder, 3, codes={"200": 10}, last=180)
    fine = look(folder, 3)
    assert (fine["slo", "availability"].verdict, fine["slo", "latency"].verdict) == (OK, OK)
    assert fine["slo", "availability"].rows == 1800
    assert fine["slo", "latency"].rows == 660
    assert not is_due(folder, 3.1)
    assert (fine["throughput", ""].value, fine["uptime", ""].value) == (600, 1.0)
    # another process of the same gateway, in the same minutes
    minutes(folder, 3, codes={"503": 6, "422": 9}, reasons={"invalid_input": 9}, pid=8)
    broken = look(folder, 3)
    assert broken["slo", "availability"].verdict == ACT
    said = "37.50% of 960 requests failed (1.00% allowed, 37.5 times that) in the last hour"
    assert broken["slo", "availability"].why.startswith(said)
    assert broken["contract", "refused"].verdict == WARN
    assert broken["throughput", ""].rows == 1800 + 15 * 60
    # what failed left no row that would be news
    assert not is_due(folder, 3.1)
    minutes(folder, 3.1, codes={"503": 6}, last=1, pid=9)
    assert is_due(folder, 3.1)


def test_slow_answers_burn_it_too(tmp_path):
    folder = tmp_path / "churn"
    release = traffic.live(folder, more=MORE.replace("latency_ms = 5.0", "latency_ms = 1.0"))
    traffic.hours(folder, release, hours=range(4), rows=220)
    found = look(folder, 4)["slo", "latency"]
    assert (found.verdict, found.rows) == (ACT, 880)
    assert found.value == pytest.approx(100 * 15 / 16, abs=2)


def brought(folder, release, *, hours, margin):
    traffic.hours(folder, release, hours=hours, rows=100)
    rows = [f"champion-{hour}-{row},Yes,{margin + row % 5}" for hour in hours for row in range(100)]
    file = folder / f"margin-{hours[0]}.csv"
    file.write_text("\n".join(["id,outcome,margin", *rows]))
    work = traffic.later(folder, hours[-1] + 1)
    label(work, "churn", file, columns=Columns(kpi="margin"))
    work.ledger.close()


def test_what_answers_brought_and_the_query_said(tmp_path):
    folder = tmp_path / "churn"
    release = traffic.live(folder, more=MORE)
    brought(folder, release, hours=range(6), margin=9)
    fine = look(folder, 40)["kpi", ""]
    assert (fine.verdict, fine.monitor, fine.rows) == (OK, "margin kept", 600)
    assert fine.value == pytest.approx(11.0)
    brought(folder, release, hours=range(40, 46), margin=2)
    work = traffic.later(folder, 47)
    facts = [BaselineMeasured(digest_of(QUERY.encode()), value, {}) for value in (9.5, 9.0)]
    facts.append(ScoreFinished("s", 1000, 700, 300))
    work.ledger.append("churn", facts, actor="a1", at=work.clock.now())
    work.ledger.close()
    worse = look(folder, 80)
    assert worse["kpi", ""].verdict == ACT
    assert worse["kpi", ""].value == pytest.approx(7.5)
    assert worse["kpi", "query"].verdict == WARN
    assert worse["contract", "set apart"].verdict == WARN

"""A product whose effect is known: customers drawn by the gateway's own lots, and what came of them."""

from datetime import UTC, datetime, timedelta

import numpy as np

import shipyard
from causeway.actions.segments import OUTCOMES, PREDICTIONS, NewSegment, put_segment, segment_path
from causeway.actions.workspace import load_product
from causeway.adapters import registry
from causeway.core.assignment import Lots
from causeway.core.events import ProductDeclared, SegmentSealed, TrafficRouted
from causeway.core.ids import digest_of
from causeway.core.records import SegmentColumn

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = START + timedelta(days=120)
PLAN = """
[kpi]
name = "subscribers who cancel"
family = "conversion"
unit = "subscriber kept"
unit_value = 180.0
currency = "EUR"
baseline = 0.30
target = 0.25
design = "randomised"
[value]
horizon_days = 30.0
units = 4000
{value}
[serving]
entity = "customer_id"
salt = "spring"
holdout_percent = {holdout}
{more}
"""


def product(folder, *, value="", more="", holdout=20, at=NOW, plan=PLAN, live=True):
    """The workspace of a product that was promised and live before anybody was asked about."""
    shipyard.poc(folder, more=plan.format(value=value, more=more, holdout=holdout))
    work = shipyard.workspace(folder, at=at)
    _, digest = load_product(work, folder)
    before = START - timedelta(days=7)
    work.ledger.append("churn", [ProductDeclared(digest, "pilot")], actor="a1", at=before)
    if live:
        routed = TrafficRouted({"sha256:0": 100}, "shipped", "pilot")
        work.ledger.append("churn", [routed], actor="a1", at=before + timedelta(days=1))
    return work


def customers(number, *, seed=7, days=70, holdout=20, salt="spring"):
    """Names, when each is first asked about, and whether they are held out."""
    rng = np.random.default_rng(seed)
    names = [f"C{i:05d}" for i in range(number)]
    lots = Lots("churn", (100,), salt, holdout)
    held = np.array([lots.held_out(name) for name in names])
    at = int(START.timestamp() * 1e6) + (rng.uniform(0, days, number) * 86_400e6).astype(np.int64)
    return names, at, held


def predicted(work, names, at, held, *, covariate=None, tag="p"):
    """A sealed segment of these predictions; their ids."""
    ids = [f"{tag}-{name}" for name in names]
    arms = ["holdout" if each else "champion" for each in held]
    columns = {
        "id": SegmentColumn("text", ids),
        "request": SegmentColumn("text", ids),
        "at": SegmentColumn("time", [int(each) for each in at]),
        "release": SegmentColumn("text", ["sha256:0"] * len(ids)),
        "arm": SegmentColumn("text", arms),
        "consumer": SegmentColumn("text", ["crm"] * len(ids)),
        "in_customer_id": SegmentColumn("text", list(names)),
    }
    if covariate is not None:
        columns["in_tenure"] = SegmentColumn("number", [float(each) for each in covariate])
    _sealed(work, PREDICTIONS, columns, at)
    return ids


def labelled(work, ids, values, *, at=NOW):
    """A sealed segment of what the measure was for each prediction."""
    told = [int(at.timestamp() * 1e6)] * len(ids)
    columns = {
        "id": SegmentColumn("text", list(ids)),
        "outcome": SegmentColumn("text", ["x"] * len(ids)),
        "outcome_number": SegmentColumn("number", [None] * len(ids)),
        "outcome_at": SegmentColumn("time", told),
        "kpi": SegmentColumn("number", [float(each) for each in values]),
    }
    _sealed(work, OUTCOMES, columns, told)


def _sealed(work, stream, columns, at):
    content = registry.segment_files().encode(columns)
    digest = digest_of(content)
    fact = SegmentSealed(
        segment=digest,
        stream=stream,
        path=segment_path("churn", stream, day="2026-03-02", digest=digest),
        rows=len(at),
        first_at=datetime.fromtimestamp(int(min(at)) / 1e6, UTC),
        last_at=datetime.fromtimestamp(int(max(at)) / 1e6, UTC),
    )
    # without its profile, which takes longest and nobody here looks at
    put_segment(work, NewSegment(fact, content))
    work.ledger.append("churn", [fact], actor="a1", at=START)

"""Held-out rows weighted to look like the traffic of a day."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest

import shipyard
from causeway.actions import outcome_shift
from causeway.actions.outcome_shift import weighing
from causeway.actions.seal import seal
from causeway.actions.stages.kept import pack
from causeway.actions.stages.kept_answers import KeptAnswers
from causeway.assess.quality_weighing import WeighedDay, Weighing, weighing_of
from causeway.core.records import Record, frame
from causeway.core.release import Field
from causeway.core.table import Number, Table
from causeway.stats.binned_metrics import Measured
from causeway.stats.estimated_weights import Weighted
from causeway.stats.quality import METRICS
from causeway.stats.quality_form import QualityWindow

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
RELEASE = "sha256:0"


def world(rows, seed, *, spread=1.0):
    generator = np.random.default_rng(seed)
    x = spread * generator.normal(size=rows)
    chance = 1 / (1 + np.exp(-1.5 * x))
    return x, chance, (generator.random(rows) < chance).astype(float)


@pytest.fixture
def work(folder, monkeypatch):
    work = shipyard.workspace(folder)
    x, chance, truth = world(4000, 1)
    raw = Table({"x": Number(x), "name": Number(x)})
    answers = Table(
        {
            "at": Number(np.arange(4000.0), "integer"),
            "truth": Number(truth),
            "answer": Number((chance > 0.5) * 1.0),
            "chance": Number(chance),
        }
    )
    kept = KeptAnswers(("no", "yes"), 1, rows=pack(raw), answers=pack(answers))
    monkeypatch.setattr(outcome_shift, "held_answers", lambda *_: kept)
    inputs = (Field("x", "number"), Field("gone", "number"), Field("word", "text"))
    signature = msgspec.structs.replace(shipyard.RELEASE.signature, inputs=inputs)
    described = msgspec.structs.replace(shipyard.RELEASE, signature=signature)
    bundle = type("Bundle", (), {"release": described})()
    monkeypatch.setattr(outcome_shift, "describe", lambda *_: bundle)
    log = work.state / "records" / "churn" / "a.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    new, _, _ = world(1500, 2, spread=0.4)
    rows = [
        Record(
            f"p{i}",
            int((NOON + timedelta(seconds=i)).timestamp() * 1e9),
            "churn",
            RELEASE,
            arm,
            "t",
            {"x": float(v)},
            {},
            9,
        )
        for i, (v, arm) in enumerate(zip(new, ["champion"] * 1400 + ["shadow"] * 100, strict=True))
    ]
    log.write_bytes(b"".join(map(frame, rows)))
    seal(work, "churn")
    yield work
    work.ledger.close()


def test_held_out_rows_like_those_of_the_day_tell_its_quality(work):
    since = int(NOON.timestamp()) * 1_000_000
    window = QualityWindow(since, since + 3_600_000_000, RELEASE, "champion", answered=1400)
    seen = weighing(work, "churn", RELEASE, [window], known_until_us=0)
    _, chance, truth = world(100_000, 3, spread=0.4)
    real = METRICS["roc_auc"].of(truth, chance)
    assert seen.metric == "roc_auc"
    assert seen.days[0].weighted.value == pytest.approx(real, abs=0.025)
    assert seen.measured > real + 0.1
    (sight,) = weighing_of(seen)
    assert (sight.verdict, sight.method) == ("warn", "importance weighting")
    assert "nothing came yet" in sight.why


def day(value, *, came=None, rows=1000, effective=900.0):
    weighted = Weighted("roc_auc", value, value - 0.02, value + 0.02, effective)
    seen = None if came is None else Measured("roc_auc", came, came - 0.02, came + 0.02, 500, "")
    return WeighedDay(0, 1, rows, weighted, seen)


@pytest.mark.parametrize(
    ("days", "verdict"),
    [
        ((day(0.8, came=0.79), day(0.8)), "ok"),
        ((day(0.8, came=0.79), day(0.7)), "warn"),
        ((day(0.8, came=0.65), day(0.8)), "silent"),
        ((day(0.8, effective=20.0),), "silent"),
        ((day(0.8, rows=20),), "not-enough-data"),
    ],
)
def test_it_is_silent_where_it_does_not_hold(days, verdict):
    (sight,) = weighing_of(Weighing("roc_auc", higher_is_better=True, measured=0.8, days=days))
    assert sight.verdict == verdict
    assert weighing_of(Weighing("roc_auc", higher_is_better=True, measured=0.8, days=())) == ()

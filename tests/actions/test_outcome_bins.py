"""Windows of predictions beside outcomes: late, corrected and doubled outcomes right, nothing read twice."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import shipyard
from causeway.actions import outcome_bins
from causeway.actions.label import label
from causeway.actions.outcome_bins import quality_windows
from causeway.actions.outcome_reference import Reference
from causeway.actions.seal import seal
from causeway.assess.quality_rows import Asked, Parts
from causeway.core.manifest import SlicePart
from causeway.core.records import Record, frame
from causeway.core.release import Output, Signature
from causeway.stats.binned_metrics import confusion_of, metric_of
from causeway.stats.quality_window import by_slice, merged_windows

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
BINARY = (
    Output("label", "label", ("yes", "no"), "yes"),
    Output("probability", "probability", ("yes", "no"), "yes"),
)


def predict(
    work, rows, *, outputs, inputs=None, arm="champion", at=NOON, name="a", flags=(), consumer="team"
):
    log = work.state / "records" / "churn" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    made = [
        Record(
            id_,
            int((at + timedelta(minutes=minute)).timestamp() * 1e9),
            "churn",
            "sha256:0",
            arm,
            consumer,
            dict(inputs or {}) | {"tenure": float(place)},
            outputs(place),
            9,
            flags,
        )
        for place, (id_, minute) in enumerate(rows)
    ]
    log.write_bytes(b"".join(map(frame, made)))
    seal(work, "churn")


@pytest.fixture
def work(folder, monkeypatch):
    work = shipyard.workspace(folder)
    asked(monkeypatch, BINARY, "binary")
    yield work
    work.ledger.close()


def asked(monkeypatch, outputs, task, **more):
    reference = Reference(Asked(Signature((), outputs), task, **more))
    monkeypatch.setattr(outcome_bins._Reader, "_references", {"sha256:0": reference})
    parts = Parts((SlicePart("new", "tenure", maximum=1.0),), ("sex",))
    monkeypatch.setattr(outcome_bins._Reader, "_parts", parts)


def told(work, tmp_path, *lines, name="o"):
    file = tmp_path / f"{name}.csv"
    file.write_text("id,outcome,at\n" + "\n".join(lines) + "\n")
    return label(work, "churn", file)


def whole(work, **more):
    return merged_windows(by_slice(quality_windows(work, "churn", **more)).get("", []))


def chances(place):
    return {"label": "yes" if place % 2 else "no", "probability": 0.9 if place % 2 else 0.2}


def test_outcomes_count_for_the_hour_of_the_prediction_and_the_last_one_counts(work, tmp_path):
    predict(work, [("p0", 0), ("p1", 1), ("p2", 70), ("p3", 71)], outputs=chances)
    told(work, tmp_path, "p0,no,2026-05-05T12:00:00Z", "p1,no,2026-05-05T12:00:00Z", name="first")
    told(work, tmp_path, "p1,yes,2026-05-20T12:00:00Z", "p2,no,2026-06-01T12:00:00Z", name="later")
    first, second = by_slice(quality_windows(work, "churn"))[""]
    assert (first.answered, first.labelled, second.answered, second.labelled) == (2, 2, 2, 1)
    assert first.since_us == int(NOON.timestamp()) * 1_000_000
    seen = confusion_of(first.labels)
    assert (seen.true_positive, seen.true_negative) == (1, 1)
    assert first.labels.classes == ("no", "yes")
    # the delay is that of the first news of it
    assert first.delays.counts.sum() == 2
    assert first.delays.places.max() == first.delays.places.min()
    assert metric_of(first, "brier").value == pytest.approx((0.2**2 + 0.1**2) / 2)
    assert second.scores.rows == 2
    assert second.scores.known == 1


def test_segments_are_read_once_until_their_outcomes_change(work, tmp_path, monkeypatch):
    predict(work, [("p0", 0), ("p1", 1)], outputs=chances, name="a")
    predict(work, [("q0", 0), ("q1", 1)], outputs=chances, name="b", at=NOON + timedelta(days=1))
    told(work, tmp_path, "p0,no,", "q1,yes,")
    wanted = quality_windows(work, "churn")
    made = []
    slow = outcome_bins.windows_of
    monkeypatch.setattr(outcome_bins, "windows_of", lambda *a, **k: made.append(1) or slow(*a, **k))
    again = quality_windows(work, "churn")
    assert not made
    assert [(w.since_us, w.slice, w.labelled) for w in again] == [
        (w.since_us, w.slice, w.labelled) for w in wanted
    ]
    told(work, tmp_path, "p1,no,", name="more")
    assert whole(work).labelled == 3
    assert made == [1]
    day = quality_windows(work, "churn", since=NOON + timedelta(hours=3), hours=24)
    assert [window.labelled for window in by_slice(day)[""]] == [1]


def test_only_the_models_own_answers_to_those_who_were_to_get_them_count(work, tmp_path):
    predict(work, [("p0", 0)], outputs=chances, name="a")
    predict(work, [("p1", 0)], outputs=chances, name="b", arm="shadow")
    predict(work, [("p2", 0)], outputs=lambda _: {"label": None}, name="c", arm="holdout")
    predict(work, [("p3", 0)], outputs=chances, name="d", flags=("fallback:answer",))
    predict(work, [("p4", 0)], outputs=chances, name="e", consumer="rehearsal")
    told(work, tmp_path, *(f"p{i},yes," for i in range(5)))
    assert (whole(work).answered, whole(work).labelled) == (1, 1)


def test_slices_and_groups_are_windows_of_their_own(work, tmp_path):
    rows = [(f"p{i}", 0) for i in range(6)]
    predict(work, rows, outputs=chances, inputs={"sex": "f"}, name="a")
    predict(work, [("q0", 0)], outputs=chances, inputs={"sex": "m"}, name="b")
    told(work, tmp_path, *(f"p{i},yes," for i in range(6)), "q0,no,")
    found = {
        name: merged_windows(windows) for name, windows in by_slice(quality_windows(work, "churn")).items()
    }
    assert {name: window.labelled for name, window in found.items()} == {
        "": 7,
        "new": 3,
        "sex=f": 6,
        "sex=m": 1,
    }


def test_numbers_and_many_classes_are_joined_too(work, tmp_path, monkeypatch):
    asked(monkeypatch, (Output("value", "value"),), "regression", median_error=1.0)
    predict(work, [("p0", 0), ("p1", 1)], outputs=lambda place: {"value": 10.0 + place})
    told(work, tmp_path, "p0,12.5,", "p1,11,")
    window = whole(work)
    assert metric_of(window, "mae").value == pytest.approx(1.25)
    assert window.loss.mean == pytest.approx(0.5)
    asked(
        monkeypatch,
        (Output("label", "label", ("a", "b", "c")), Output("p", "probability", ("a", "b", "c"))),
        "multiclass",
    )
    rows = [("r0", 0), ("r1", 1), ("r2", 2)]
    predict(work, rows, outputs=lambda i: {"label": "abc"[i], "p_a": 0.8, "p_b": 0.1, "p_c": 0.1}, name="m")
    told(work, tmp_path, "r0,a,", "r1,c,", name="m")
    window = whole(work)
    assert window.labels.counts[:3, :3].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert metric_of(window, "brier").value == pytest.approx((0.2**2 + 0.8**2) / 2)


def test_what_was_kept_of_a_segment_that_is_gone_goes_too(work, tmp_path):
    predict(work, [("p0", 0)], outputs=chances)
    told(work, tmp_path, "p0,yes,")
    quality_windows(work, "churn")
    folder = work.state / "quality" / "churn"
    (folder / "0123456789ab-0123456789ab.windows").write_bytes(b"")
    quality_windows(work, "churn")
    assert len(list(folder.glob("*.windows"))) == 1
    kept = next(folder.glob("*.windows"))
    kept.write_bytes(b"spoilt")
    assert whole(work).labelled == 1


def test_a_report_over_any_window_is_a_sum(work, tmp_path):
    generator = np.random.default_rng(1)
    rows = [(f"p{i}", i % 300) for i in range(900)]
    truth = generator.random(900) < 0.3
    predict(work, rows, outputs=lambda _: {"label": "no", "probability": float(generator.random())})
    told(work, tmp_path, *(f"p{i},{'yes' if truth[i] else 'no'}," for i in range(900)))
    hourly = by_slice(quality_windows(work, "churn"))[""]
    daily = by_slice(quality_windows(work, "churn", hours=24))[""]
    assert (len(hourly), len(daily)) == (5, 1)
    assert metric_of(merged_windows(hourly), "roc_auc") == metric_of(daily[0], "roc_auc")

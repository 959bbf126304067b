"""Where the business acts on what it is told, what comes is its doing: quality is that of the holdout."""

import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

sys.path.insert(0, str(Path(__file__).parent))

import traffic

import shipyard
from causeway.actions.decide import product_state
from causeway.actions.label import label
from causeway.actions.outcome_bins import quality_windows
from causeway.actions.seal import seal
from causeway.actions.ship import ship
from causeway.actions.watch.watch import watch
from causeway.core.assignment import HOLDOUT
from causeway.core.records import Record, frame
from causeway.core.watching import ACT, OK, WARN
from causeway.stats.binned_metrics import metric_of
from causeway.stats.quality_window import merged_windows

WEIGHT = 0.03
NOTHING = {"label": None, "probability": None}
HOLDS_OUT = "[serving]\nholdout_percent = 20\n[evaluation]\noutcome_days = 0.5\n"
EVALUATION = structs.replace(
    shipyard.RELEASE.evaluation, metric="roc_auc", value=0.95, low=0.94, high=0.96, baseline=0.5, rows=5000
)


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


def live(folder, *, more=HOLDS_OUT):
    shipyard.poc(folder, more=more)
    made = shipyard.answering(folder, weight=WEIGHT, evaluation=EVALUATION)
    ship(shipyard.workspace(folder), folder, agree=lambda _: True)
    return made


def asked(folder, tmp_path, release, *, held_out, rows=4_000, days=12, worse=False, recorded=True):
    """Who stays long leaves; of those told that somebody will, four in five are kept."""
    random = np.random.default_rng(5)
    start = int(shipyard.NOON.timestamp() * 1e9)
    records, lines = [], ["id,outcome"]
    for i in range(rows):
        tenure, apart = int(random.integers(0, 72)), random.random() < held_out
        chance = float(1 / (1 + np.exp(-2 * WEIGHT * tenure)))
        leaves = random.random() < (0.3 if worse else 1 / (1 + np.exp(-(tenure - 36) / 6)))
        if not apart and tenure > 36:
            leaves = leaves and random.random() < 0.2
        said = {"label": "Yes", "probability": chance} if recorded or not apart else NOTHING
        records.append(
            Record(
                f"p{i}",
                start + int(i / rows * days * 86_400e9),
                "churn",
                release,
                HOLDOUT if apart else "champion",
                "web",
                {"tenure": tenure, "Contract": "One year"},
                said,
                9,
                ("withheld",) if apart else (),
            )
        )
        lines.append(f"p{i},{'Yes' if leaves else 'No'}")
    work = shipyard.workspace(folder)
    log = work.state / "records" / "churn" / "1.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"".join(map(frame, records)))
    seal(work, "churn")
    outcomes = tmp_path / "outcomes.csv"
    outcomes.write_text("\n".join(lines) + "\n")
    label(shipyard.workspace(folder, at=shipyard.NOON + timedelta(days=days)), "churn", outcomes)
    work.ledger.close()


def windows(folder):
    work = shipyard.workspace(folder)
    try:
        found = quality_windows(work, "churn")
    finally:
        work.ledger.close()
    return {arm: [each for each in found if each.arm == arm] for arm in (HOLDOUT, "champion")}


def seen(folder, *, days=13):
    work = traffic.later(folder, 24 * days)
    try:
        sights = [each for each in watch(work, "churn").sights if each.watches == "quality"]
        assert product_state(work, "churn").routings
    finally:
        work.ledger.close()
    return next(each for each in sights if not each.about or "roc" in each.about.lower())


def test_a_product_that_prevents_what_it_foretells_is_not_told_to_train_anew(tmp_path):
    folder = tmp_path / "poc"
    asked(folder, tmp_path, live(folder), held_out=0.3)

    by_arm = windows(folder)
    auc = {arm: metric_of(merged_windows(found), "roc_auc").value for arm, found in by_arm.items()}
    assert auc[HOLDOUT] > 0.93
    assert auc["champion"] < 0.8
    sight = seen(folder)
    assert sight.verdict == OK
    assert sight.value == pytest.approx(auc[HOLDOUT], abs=0.05)


def test_where_the_holdout_shows_it_too_something_is_done(tmp_path):
    folder = tmp_path / "poc"
    asked(folder, tmp_path, live(folder), held_out=0.3, worse=True)

    sight = seen(folder)
    assert sight.verdict == ACT
    assert "whom no answer reached" in sight.why


def test_before_the_holdout_is_known_a_fall_is_told_and_nothing_acts_by_itself(tmp_path):
    folder = tmp_path / "poc"
    asked(folder, tmp_path, live(folder), held_out=0.02)

    sight = seen(folder)
    assert sight.verdict == WARN
    assert "may be the product's own doing" in sight.why


def test_without_a_holdout_a_fall_is_a_fall(tmp_path):
    folder = tmp_path / "poc"
    asked(folder, tmp_path, live(folder, more="[evaluation]\noutcome_days = 0.5\n"), held_out=0.0)

    assert seen(folder).verdict == ACT


def test_where_nobody_asked_the_model_about_the_holdout_nothing_is_known_of_it(tmp_path):
    folder = tmp_path / "poc"
    asked(folder, tmp_path, live(folder), held_out=0.3, rows=300, recorded=False)

    assert not windows(folder)[HOLDOUT]


def test_when_the_holdout_ends_everybody_is_looked_at_again(tmp_path):
    folder = tmp_path / "poc"
    asked(folder, tmp_path, live(folder), held_out=0.3)
    shipyard.poc(folder, more="[evaluation]\noutcome_days = 0.5\n")
    work = shipyard.workspace(folder, at=shipyard.NOON + timedelta(days=12, hours=1))
    ship(work, folder, agree=lambda _: True)
    work.ledger.close()

    assert seen(folder).verdict == ACT

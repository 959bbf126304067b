"""The tour's chapter on drift: what is planted in its weeks, and what it writes into the manifest."""

import csv

import numpy as np
from sklearn.metrics import roc_auc_score

from causeway.actions.tour_drift import SERVING, STEPS, promise_care
from causeway.core.manifest_text import read_manifest
from causeway.example import later, simulator


def test_what_is_planted_is_so():
    table, left = later.later_rows()
    day = np.arange(len(left)) // later.ROWS_A_DAY
    chance = simulator.churn_probability(table)
    before, after = day < later.TURNED_FROM, day >= later.TURNED_FROM
    turned = later.turned({name: values[after] for name, values in table.items()})
    assert roc_auc_score(left[before], chance[before]) > 0.74
    # what was learnt before is no better than chance, and there is something to learn
    assert roc_auc_score(left[after], chance[after]) < 0.52
    assert roc_auc_score(left[after], turned) > 0.68
    moved = (day >= later.REGIONS_FROM) & before
    assert np.mean(table["region"][moved] == "North") < 0.2
    assert abs(left[moved].mean() - left[day < later.REGIONS_FROM].mean()) < 0.05


def test_the_weeks_are_a_table_in_the_order_of_time():
    rows = list(csv.DictReader(later.later_csv(2, rows_a_day=30).splitlines()))
    assert len(rows) == 60
    times = [row["asked_at"] for row in rows]
    assert times == sorted(times)
    assert {row["churned"] for row in rows} == {"Yes", "No"}


def test_the_manifest_promises_care_once_and_stays_one(tmp_path):
    file = tmp_path / "causeway.toml"
    file.write_text(f'[product]\nname = "churn"\n\n{SERVING}requests_per_minute = 60000\n\n[canary]\n{STEPS}')
    promise_care(tmp_path)
    said = file.read_bytes()
    manifest = read_manifest(said, where=str(file))
    assert (manifest.serving.personal, manifest.canary.steps) == ("keep", "50")
    assert [(each.on, each.do) for each in manifest.triggers] == [("decay", "retrain")]
    promise_care(tmp_path)
    assert file.read_bytes() == said

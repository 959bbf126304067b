import csv
import json
from importlib.resources import files

import numpy as np
import pytest

from causeway.example import simulator

POC = files("causeway.example") / "poc"
ROWS, SEED = 4000, 20260301


def test_the_bundled_export_is_what_the_simulator_makes():
    made = simulator.as_csv(simulator.export(ROWS, SEED))
    assert (POC / "subscribers_export.csv").read_text() == made


def test_who_leaves_follows_the_documented_chance():
    generator = np.random.default_rng(5)
    table = simulator.customers(200_000, generator)
    chance = simulator.churn_probability(table)
    left = simulator.outcomes(table, generator)
    for low, high in [(0.0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.7)]:
        here = (chance >= low) & (chance < high)
        error = (left[here].mean() - chance[here].mean()) / np.sqrt(chance[here].mean() / here.sum())
        assert abs(error) < 4


@pytest.mark.parametrize("column", ["region", "gender"])
def test_columns_without_effect_have_none(column):
    table = simulator.customers(1000, np.random.default_rng(1))
    changed = {**table, column: np.roll(table[column], 1)}
    assert np.array_equal(simulator.churn_probability(table), simulator.churn_probability(changed))


def test_the_export_has_the_gaps_it_documents():
    rows = list(csv.DictReader((POC / "subscribers_export.csv").read_text().splitlines()))
    assert len(rows) == ROWS
    assert {row["total_charges"].strip() == "" for row in rows if row["tenure_months"] == "0"} == {True}
    assert all((row["cancellation_reason"] != "") == (row["churned"] == "Yes") for row in rows)


def test_the_notebook_reads_the_bundled_export():
    notebook = json.loads((POC / "who_cancels.ipynb").read_text())
    source = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert 'read_csv("subscribers_export.csv")' in source

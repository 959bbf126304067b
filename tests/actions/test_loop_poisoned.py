"""Rows that judge are not learnt, whatever their times look like; poisoned rows replace nothing."""

import numpy as np
import pytest
from looping import CONTRACT, LOOP, light, product, traffic

import shipyard
from causeway.actions.loop.rows import Labelled
from causeway.actions.loop.table import compose, read_source
from causeway.actions.retrain import retrain
from causeway.assess.loop import compared, gate, inverted
from causeway.assess.windows import Window
from causeway.core.errors import Refused
from causeway.core.manifest import DataPart, LoopPart
from causeway.core.table import Number, Table

DAY_US = 86_400_000_000
MAY = 1777593600_000_000
PART = DataPart("rows", path="rows.csv", target="Churn", time_column="at")


def composed(folder, times, *, more=""):
    """How many of the source's rows are learnt from as of 1 May 2026."""
    lines = [f"{i},One year,Yes,{at}{more}" for i, at in enumerate(times)]
    (folder / "rows.csv").write_text("\n".join(["tenure,Contract,Churn,at", *lines]) + "\n")
    source = read_source(folder, PART, shipyard.RELEASE, LoopPart())
    inputs = Table({"tenure": Number(np.array([52.0]), "integer")})
    rows = Labelled(["a"], np.array([MAY - DAY_US]), inputs, ["Yes"], np.ones(1), "")
    return compose(source, rows, Window("all"), part=PART, until=MAY, into=folder / "table.csv").of_source


@pytest.mark.parametrize(
    "times",
    [
        ("2026-03-01 10:00:00", "2026-06-01 10:00:00"),
        ("2026/03/01", "2026/06/01"),
        ("13.03.2026", "13.06.2026"),
        ("1772353800", "1780300000"),
        ("1772353800000", "1780300000000"),
        ("2026-03-01", "some day in June"),
        ("2026-03-01", "2026/06/13"),
    ],
)
def test_rows_of_the_source_that_are_newer_than_what_judges_are_not_learnt(tmp_path, times):
    assert composed(tmp_path, times) == 1


def test_a_source_whose_times_nobody_understands_or_whose_rows_are_torn_is_refused(tmp_path):
    with pytest.raises(Refused, match="times in at"):
        composed(tmp_path, ("soon", "later"))
    with pytest.raises(Refused, match="2 of 2 rows have another number of fields"):
        composed(tmp_path, ("2026-03-01", "2026-03-02"), more=",x")


def test_newest_rows_that_break_the_contract_are_not_hidden_by_all_the_older_ones(folder, tmp_path):
    product(folder, more='contract = "c.yaml"\n' + LOOP)
    (folder / "c.yaml").write_text(CONTRACT)
    traffic(folder, tmp_path, rows=400, days=10)
    traffic(folder, tmp_path, rows=4, days=1, first=10, tenure=9000, seed=4)
    done = retrain(folder, ports=light(0.02))
    assert (done.status, "maximum of tenure" in done.because) == ("refused", True), done


def test_two_rows_of_a_class_are_too_few_to_judge():
    random, passed = np.random.default_rng(0), 0
    for _ in range(20):
        truth = np.arange(200) < 3
        base = random.normal(size=200) + 0.8 * truth
        old, new = (base + random.normal(size=200) * 0.7 for _ in range(2))
        passed += gate(compared("live", "roc_auc", truth * 1.0, new=new, old=old)).passes
    assert passed == 0


def test_swapped_outcomes_are_told_where_labels_are_all_that_is_answered():
    random = np.random.default_rng(1)
    truth = (random.random(200) < 0.4) * 1.0
    good = np.where(random.random(200) < 0.9, truth, 1 - truth)
    assert "may be swapped" in inverted("accuracy", 1 - truth, good)
    assert not inverted("accuracy", truth, good)
    assert not inverted("accuracy", random.integers(0, 3, 200) * 1.0, random.integers(0, 3, 200) * 1.0)
    assert not inverted("accuracy", truth, np.zeros(200))

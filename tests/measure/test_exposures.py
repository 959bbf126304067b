"""Exposures of other tools: imported once, measured as a holdout is, their split checked."""

import json
from datetime import timedelta

import numpy as np
import pytest
from click.testing import CliRunner
from simulated import NOW, PLAN, START, product

from causeway.actions.measure.benefit import benefit
from causeway.actions.measure.exposures import Experiment, import_exposures
from causeway.actions.measure.received import Sent, receive
from causeway.cli.main import main
from causeway.core.errors import UsageError

TEST = Experiment("autumn", "0", 0.5)


def log(folder, number=1200, *, share=0.5):
    rng = np.random.default_rng(11)
    rows, sent = ["user_id,timestamp,experiment_id,variation_id", "X,2026-03-05,other,1"], []
    for i in range(number):
        treated = rng.random() < share
        at = START + timedelta(days=float(rng.uniform(0, 60)))
        rows.append(f"U{i},{at.isoformat()},autumn,{int(treated)}")
        value = float(rng.random() < (0.2 if treated else 0.4))
        sent.append(Sent("kpi", value, unit=f"U{i}", at=at + timedelta(days=2)))
    file = folder / "exposures.csv"
    file.write_text("\n".join(rows) + "\n")
    return file, sent


def test_exposures_of_growthbook_stand_for_a_holdout(folder):
    work = product(folder, plan=PLAN.replace("holdout_percent = {holdout}", ""))
    file, sent = log(folder)
    done = import_exposures(work, "churn", file, TEST)
    assert (done.status, done.rows, done.taken, done.others) == ("imported", 1200, 1200, 1)
    again = import_exposures(work, "churn", file, TEST)
    assert (again.status, again.duplicates) == ("already_imported", 1200)
    receive(work, "churn", sent, channel="file")
    found = benefit(work, "churn")
    assert found.effect.low < -0.2 < found.effect.high < 0
    assert found.grade == "A", found.lapses


def test_a_split_that_is_off_is_told_of_imported_arms_too(folder):
    work = product(folder)
    file, sent = log(folder, share=0.7)
    import_exposures(work, "churn", file, TEST)
    receive(work, "churn", sent[:100], channel="file")
    assert benefit(work, "churn").grade == "D"


def test_unleash_writes_nested_lines(folder):
    work = product(folder)
    work.ledger.close()
    rows = [
        {
            "eventType": "getVariant",
            "timestamp": (NOW - timedelta(days=40, minutes=i)).isoformat(),
            "context": {"userId": f"U{i}"},
            "featureName": "autumn",
            "variant": {"name": "on", "enabled": True} if i % 2 else "off",
        }
        for i in range(6)
    ]
    file = folder / "impressions.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n")
    words = ["measure", "import-exposures", str(file), "--experiment", "autumn", "--control", "off"]
    words += ["--control-share", "0.5", "--tool", "unleash", "--folder", str(folder)]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (done.exit_code, done.stdout) == (0, "churn: 6 exposures taken (3 off, 3 on)\n")


@pytest.mark.parametrize(
    ("text", "experiment", "said"),
    [
        (
            "user_id,timestamp,experiment_id,variation_id\nU1,2026-03-05,autumn,1\n",
            TEST,
            "no 0 and something",
        ),
        ("user_id,timestamp,experiment_id\nU1,2026-03-05,autumn\n", TEST, "no column 'variation_id'"),
        ("user_id,timestamp,experiment_id,variation_id\n,2026-03-05,autumn,1\n", TEST, "row 1 lacks"),
        ("user_id,timestamp,experiment_id,variation_id\nU1,soon,autumn,1\n", TEST, "is no time"),
        ("", Experiment("autumn", "0", 0.0), "between 0 and 1"),
        ("", Experiment("autumn", "0", 0.5, "excel"), "no tool 'excel'"),
    ],
)
def test_a_log_that_does_not_say_it_is_refused(folder, text, experiment, said):
    work = product(folder)
    file = folder / "log.csv"
    file.write_text(text)
    with pytest.raises(UsageError, match=said):
        import_exposures(work, "churn", file, experiment)

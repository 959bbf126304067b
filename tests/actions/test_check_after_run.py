"""`causeway check` after a run: it knows what the ledger and the release prove, and still writes nothing."""

import json
import shutil
import sqlite3
import subprocess
import sys

import pytest

import folders
import shipyard
from causeway.actions.check import check
from causeway.core.ids import digest_of
from causeway.ledger import open_ledger

PROMISE = '[product]\nname = "churn"\n\n[[data]]\nname = "people"\npath = "people.csv"\n'


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))


@pytest.fixture
def poc(tmp_path):
    folder = folders.churn(tmp_path / "poc", **{"causeway.toml": PROMISE})
    data = digest_of((folder / "people.csv").read_bytes())
    shipyard.release(folder, inputs={"environment": "sha256:e", "code": "sha256:c", "data": data})
    return folder


def seen(folder):
    """Every file with its bytes, and every folder with the time of its last change."""
    return {
        path: path.read_bytes() if path.is_file() else path.stat().st_mtime_ns for path in folder.rglob("*")
    }


def grades(folder, stage="pilot"):
    return {each.id: (each.grade, each.how.value) for each in check(folder, stage=stage).readiness.checks}


def test_what_the_release_proves_is_verified(poc):
    found = grades(poc)

    assert {id_: found[id_] for id_ in ("MOD-3", "DEP-2", "MOD-9", "DAT-5", "DAT-6")} == dict.fromkeys(
        ("MOD-3", "DEP-2", "MOD-9", "DAT-5", "DAT-6"), (1.0, "verified")
    )


def test_data_that_changed_since_is_not_there_any_more(poc):
    with (poc / "people.csv").open("a") as stream:
        stream.write("999,1,basic,no\n")

    assert grades(poc)["DAT-5"] == (0.0, "verified")


def test_a_bundle_with_a_changed_byte_is_not_signed(poc):
    model = next((poc / ".causeway" / "releases").glob("*/model.onnx"))
    model.chmod(0o644)
    model.write_bytes(b"other")

    assert grades(poc)["MOD-9"] == (0.0, "verified")


def test_a_ledger_that_was_changed_is_found(poc):
    def judged():
        return next(each for each in check(poc, stage="pilot").readiness.checks if each.id == "GOV-6")

    assert "are in order and unchanged; without an anchor a cut tail cannot be seen" in judged().why

    with sqlite3.connect(poc / ".causeway" / "ledger.db") as base:
        base.execute("update events set text = replace(text, 'sandbox', 'sendbox')")
    base.close()

    assert "the ledger was changed" in judged().why


def test_a_bundle_that_is_gone_proves_nothing(poc):
    shutil.rmtree(poc / ".causeway" / "releases")

    assert grades(poc)["MOD-3"] == (0.0, "none")


def test_writes_nothing_into_a_workspace_that_is_there(poc):
    before = seen(poc)

    check(poc)

    assert seen(poc) == before


def test_writes_nothing_beside_a_ledger_that_is_open_elsewhere(poc):
    ledger = open_ledger(poc / ".causeway" / "ledger.db")
    ledger.actor_for("somebody")
    before = seen(poc)
    assert {path.name for path in before} >= {"ledger.db-wal", "ledger.db-shm"}

    # in a process of its own: within one, SQLite shares the index with whoever writes
    told = subprocess.run(
        [sys.executable, "-m", "causeway", "check", str(poc), "--json"], capture_output=True, check=False
    )

    assert {c["id"]: c["grade"] for c in json.loads(told.stdout)["readiness"]["checks"]}["MOD-3"] == 1.0
    assert seen(poc) == before
    ledger.close()


@pytest.mark.parametrize("index", [True, False], ids=["with its index", "without"])
def test_reads_the_log_of_a_process_that_was_killed_and_leaves_it(poc, tmp_path, index):
    # what lies on the disk while a ledger is open is what a killed process leaves
    ledger = open_ledger(poc / ".causeway" / "ledger.db")
    ledger.actor_for("somebody")
    left = tmp_path / "left"
    shutil.copytree(poc, left)
    ledger.close()
    if not index:
        (left / ".causeway" / "ledger.db-shm").unlink()
    before = seen(left)

    assert grades(left)["MOD-3"] == (1.0, "verified")

    assert seen(left) == before

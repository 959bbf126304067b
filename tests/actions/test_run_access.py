"""A governed source goes through every real stage; a poisoned one goes no further than its contract."""

import sqlite3

import pytest
from test_run_real import MANIFEST, ThisInterpreter, write_poc

from causeway.actions.access import grant
from causeway.actions.lineage import events_told
from causeway.actions.lineage_walk import Lineage
from causeway.actions.run import run
from causeway.actions.workspace import open_workspace
from causeway.core.errors import Refused
from causeway.core.events import RunFinished, StageFinished
from causeway.core.lineage_schema import faults_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SOURCE = """path = "customers.csv"
from = "sqlite:///../crm.db"
table = "customers"
owner = "dana"
purpose = "retention calls"
contract = "customers.odcs.yaml"
"""
CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: customers
version: 1.0.0
status: active
schema:
- name: customers
  properties:
  - {name: email, logicalType: string, required: true, classification: personal}
  - {name: months, logicalType: integer, required: true, logicalTypeOptions: {minimum: 0, maximum: 120}}
  - {name: spend, logicalType: number}
  - {name: plan, logicalType: string, enum: [{value: basic}, {value: family}, {value: pro}]}
  - {name: left, logicalType: string, required: true}
  quality:
  - {metric: rowCount, mustBeBetween: [250, 350]}
"""


@pytest.fixture
def poc(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("CAUSEWAY_ACTOR", "dana")
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    folder = write_poc(tmp_path / "poc")
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("CREATE TABLE customers (email, months INTEGER, spend REAL, plan, left)")
        lines = (folder / "customers.csv").read_text().splitlines()[1:]
        rows = [(f"p{number}@example.org", *line.split(",")) for number, line in enumerate(lines)]
        connection.executemany("INSERT INTO customers VALUES (?, ?, nullif(?, ''), ?, ?)", rows)
    connection.close()
    (folder / "customers.csv").unlink()
    (folder / "customers.odcs.yaml").write_text(CONTRACT)
    (folder / "causeway.toml").write_text(MANIFEST.replace('path = "customers.csv"\n', SOURCE))
    return folder


def test_a_source_that_was_granted_becomes_a_release_and_its_people_are_nowhere(poc, tmp_path):
    work = open_workspace(poc)
    grant(work, poc, "customers")
    report = run(work, poc, workshop=ThisInterpreter(tmp_path / "environment"))
    assert report.status == "made"
    assert report.parity.rows == report.parity.rows_equal == 300
    assert [stage.stage for stage in report.stages][:3] == ["data", "contract", "environment"]
    assert "1 column masked" in report.stages[0].fact
    files = [path for path in (poc / ".causeway").rglob("*") if path.is_file()]
    assert not [path for path in files if b"@example.org" in path.read_bytes()]
    assert not (poc / "customers.csv").exists()
    check_the_way_back(work, report.release, table=f"sqlite://{tmp_path / 'crm.db'}/customers")


def check_the_way_back(work, release, *, table):
    """The release leads to the table that its owner granted, every event as OpenLineage wants it."""
    events = list(events_told(work))
    assert [fault for event in events for fault in faults_of(event)] == []
    told = [(event["job"]["name"], event["eventType"]) for event in events]
    assert sorted(told) == [
        (job, kind) for job in ("leavers.read.customers", "leavers.run") for kind in ("COMPLETE", "START")
    ]
    node = Lineage(work).walk(release, column="months").way
    while node.children:
        node = node.children[0]
    assert (node.name, node.namespace, node.told) == ("months", table, "pass")
    made = next(event for event in events if event["job"]["name"].endswith("customers") and event["outputs"])
    email = made["outputs"][0]["facets"]["columnLineage"]["fields"].get("email", {"inputFields": []})
    assert all(step["transformations"][0]["masking"] for step in email["inputFields"])


@pytest.mark.parametrize(
    ("poison", "words"),
    [
        ("UPDATE customers SET months = 999 WHERE rowid = 17", "maximum of months"),
        ("UPDATE customers SET months = -1 WHERE rowid % 50 = 0", "minimum of months"),
        ("UPDATE customers SET plan = 'free' WHERE rowid = 3", "enum of plan"),
        ("UPDATE customers SET left = NULL WHERE rowid = 4", "required of left"),
        ("UPDATE customers SET months = 'many' WHERE rowid = 5", "type of months"),
        ("INSERT INTO customers SELECT * FROM customers", "rowCount"),
        ("ALTER TABLE customers DROP COLUMN spend", "present of spend"),
    ],
)
def test_a_poisoned_table_is_refused_at_its_contract_with_the_rule_named(poc, tmp_path, poison, words):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute(poison)
    connection.close()
    work = open_workspace(poc)
    grant(work, poc, "customers")
    with pytest.raises(Refused) as caught:
        run(work, poc, workshop=ThisInterpreter(tmp_path / "environment"))
    assert caught.value.message.startswith("customers breaks its contract: ")
    assert words in caught.value.message
    assert caught.value.where.endswith("customers.odcs.yaml")
    facts = [event.fact for event in work.ledger.read("leavers")]
    # no code saw a row of it
    assert [fact.stage for fact in facts if isinstance(fact, StageFinished)] == ["data"]
    assert facts[-1].reason == caught.value.message
    assert isinstance(facts[-1], RunFinished)
    assert "999" not in caught.value.message

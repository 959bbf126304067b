"""Every run tells one START and exactly one end, whatever becomes of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from durable import pipeline_that

import shipyard
from causeway.actions import lineage
from causeway.actions.lineage_walk import Lineage
from causeway.actions.lineage_work import places_of, scored_source, telling_score
from causeway.actions.run import run
from causeway.actions.workspace import open_workspace
from causeway.core.errors import Refused
from causeway.core.events import RunFinished
from causeway.core.lineage_schema import faults_of
from causeway.core.manifest import DataPart

DURABLE = Path(__file__).with_name("durable.py")
PATIENCE_SECONDS = 30
PARENT = "airflow/nightly.train/01990000-0000-7000-8000-000000000001"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    monkeypatch.delenv(lineage.PARENT_VARIABLE, raising=False)
    poc = tmp_path / "poc"
    poc.mkdir()
    (poc / "causeway.toml").write_text(
        '[product]\nname = "churn"\nowner = "ana@example.com"\n\n[[data]]\nname = "crm"\npath = "crm.csv"\n'
    )
    (poc / "train.py").write_text("print(1)\n")
    return poc


@pytest.fixture
def marks(tmp_path):
    return tmp_path / "marks"


def told(folder):
    """For each run, the kinds of events it told."""
    found = {}
    for path in sorted((folder / ".causeway" / "lineage").iterdir()):
        events = json.loads(path.read_text())
        for event in events if isinstance(events, list) else [events]:
            assert faults_of(event) == ()
            found.setdefault(event["run"]["runId"], []).append(event["eventType"])
    return list(found.values())


def ends(folder):
    events = open_workspace(folder).ledger.read("churn")
    return [event.fact.status for event in events if isinstance(event.fact, RunFinished)]


def kill_in(stage, folder, marks):
    victim = subprocess.Popen(
        [sys.executable, str(DURABLE), str(folder), str(marks), stage],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(DURABLE.parent)},
    )
    until = time.monotonic() + PATIENCE_SECONDS
    while not marks.with_suffix(".hanging").exists():
        assert victim.poll() is None, victim.stderr.read().decode()
        assert time.monotonic() < until
        time.sleep(0.02)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    marks.with_suffix(".hanging").unlink()


def test_a_run_that_makes_a_release_tells_start_and_complete_as_the_bundle_does(folder, marks):
    report = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert told(folder) == [["START", "COMPLETE"]]
    here = json.loads((folder / ".causeway" / "lineage" / f"{report.run}.json").read_text())
    assert here == json.loads((Path(report.bundle) / "lineage.json").read_text())
    assert here[0]["inputs"][0]["facets"]["dataSource"]["name"] == "crm"
    assert here[0]["job"]["facets"]["ownership"]["owners"] == [{"name": "ana@example.com", "type": "OWNER"}]


def test_a_run_that_fails_tells_why(folder, marks):
    with pytest.raises(Refused):
        run(open_workspace(folder), folder, pipeline=pipeline_that(marks, fail_in="train"))
    run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert sorted(told(folder)) == [["START", "COMPLETE"], ["START", "FAIL"]]


def test_a_release_taken_up_whole_is_told_of_the_run_that_took_it_up(folder, marks):
    first = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))
    again = run(open_workspace(folder), folder, pipeline=pipeline_that(marks), again=first.release[:14])

    assert again.again.same
    assert told(folder) == [["START", "COMPLETE"], ["START", "COMPLETE"]]


@pytest.mark.integration
def test_a_killed_run_is_closed_by_the_next_one_from_other_inputs(folder, marks):
    kill_in("train", folder, marks)
    assert told(folder) == [["START"]]

    (folder / "train.py").write_text("print(2)\n")
    run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert sorted(told(folder)) == [["START", "ABORT"], ["START", "COMPLETE"]]
    assert ends(folder) == ["aborted", "made"]
    # the old inputs are a new run now: the old one has ended
    (folder / "train.py").write_text("print(1)\n")
    run(open_workspace(folder), folder, pipeline=pipeline_that(marks))
    assert sorted(told(folder)) == [["START", "ABORT"], ["START", "COMPLETE"], ["START", "COMPLETE"]]


@pytest.mark.integration
def test_a_killed_run_that_is_taken_up_ends_once(folder, marks):
    kill_in("train", folder, marks)
    run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert told(folder) == [["START", "COMPLETE"]]


def test_an_end_that_the_ledger_knows_and_nobody_told_is_told_by_the_next_run(folder, marks):
    report = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))
    place = folder / ".causeway" / "lineage"
    events = json.loads((place / f"{report.run}.json").read_text())
    (place / f"{report.run}.json").unlink()
    (place / f"{report.run}.open.json").write_text(json.dumps(events[0]))

    (folder / "train.py").write_text("print(2)\n")
    run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    assert told(folder) == [["START", "COMPLETE"], ["START", "COMPLETE"]]
    assert json.loads((place / f"{report.run}.json").read_text()) == events


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (PARENT, True),
        ("a/b/c/01990000-0000-7000-8000-000000000001", True),
        ("", False),
        ("airflow/nightly", False),
        ("airflow/nightly/not-a-run", False),
        ("//01990000-0000-7000-8000-000000000001", False),
    ],
)
def test_the_run_of_a_scheduler_is_the_parent(said, known):
    assert bool(lineage.parent_of({lineage.PARENT_VARIABLE: said})) is known


def test_the_commit_is_told_without_the_secret_in_its_address(folder, marks, monkeypatch):
    for words in (
        ("init", "-q", "-b", "trunk"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"),
        ("remote", "add", "origin", "https://me:secret@git.example.com/churn.git"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    monkeypatch.setenv(lineage.PARENT_VARIABLE, PARENT)
    report = run(open_workspace(folder), folder, pipeline=pipeline_that(marks))

    start = json.loads((folder / ".causeway" / "lineage" / f"{report.run}.json").read_text())[0]
    code = start["job"]["facets"]["sourceCodeLocation"]
    assert (code["type"], code["branch"], code["repoUrl"]) == (
        "git", "trunk", "https://git.example.com/churn.git",
    )  # fmt: skip
    assert start["run"]["facets"]["parent"]["job"] == {"namespace": "airflow", "name": "nightly.train"}
    assert faults_of(start) == ()


@pytest.mark.parametrize(
    ("part", "places"),
    [
        (
            DataPart("crm", "crm.csv", origin="postgresql://me:pw@db:5432/crm", table="customers"),
            [("postgres://db:5432", "crm.public.customers")],
        ),
        (
            DataPart(
                "crm",
                "crm.csv",
                origin="postgresql+psycopg://db/crm",
                query='select * from sales.orders o join "customers" c using (id)',
            ),
            [("postgres://db", "crm.sales.orders"), ("postgres://db", "crm.public.customers")],
        ),
        (
            DataPart("crm", "crm.csv", origin="sqlite:////data/crm.db", table="customers"),
            [("sqlite:///data/crm.db", "customers")],
        ),
        (
            DataPart("crm", "crm.csv", origin="s3://key@bucket/crm/all.csv"),
            [("s3://bucket", "crm/all.csv")],
        ),
        (DataPart("crm", "crm.csv", origin="file:///data/a%20b.csv"), [("file", "/data/a b.csv")]),
        (DataPart("crm", "crm.csv", owner="ana"), [("file", "/poc/crm.csv")]),
    ],
)
def test_sources_are_named_as_other_tools_name_them(part, places):
    assert places_of(part, Path("/poc")) == places


def test_a_scoring_is_told_once_however_often_it_is_taken_up(folder):
    work = open_workspace(folder)
    source = scored_source(None, "rows.csv", folder=folder, digest="sha256:2")
    rows = {"source": source, "target": "sqlite:///out.db#answers", "releases": ["sha256:1", "sha256:2"]}
    with pytest.raises(Refused), telling_score(work, shipyard.RELEASE, "score-1", **rows):
        raise Refused("no")
    assert told(folder) == [["START", "FAIL"]]

    with pytest.raises(KeyboardInterrupt), telling_score(work, shipyard.RELEASE, "score-1", **rows):
        raise KeyboardInterrupt
    with telling_score(work, shipyard.RELEASE, "score-1", **rows):
        pass
    assert sorted(told(folder)) == [["START", "COMPLETE"], ["START", "FAIL"]]


def test_what_was_scored_leads_back_to_the_rows_and_to_the_release(folder):
    made = shipyard.release(folder)
    work = open_workspace(folder)
    source = scored_source(None, "/data/rows.csv", folder=folder, digest="sha256:2")
    rows = {"source": source, "target": "/data/answers.csv", "releases": [made]}
    with telling_score(work, shipyard.RELEASE, "score-1", **rows):
        pass

    way = Lineage(work).walk("/data/answers.csv").way
    assert [node.name for node in way.children] == ["churn.score"]
    assert [node.name for node in way.children[0].children] == ["churn.model", "/data/rows.csv"]
    column = Lineage(work).walk("/data/answers.csv", column="label").way
    assert [node.name for node in column.children] == ["tenure", "Contract"]

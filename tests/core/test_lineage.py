import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from causeway.core.lineage import (
    Derived,
    Source,
    Story,
    Target,
    Work,
    completed,
    ended,
    failed,
    of_run,
    started,
    work_event,
)
from causeway.core.lineage_facets import Assertion, Code, ColumnMetrics, LineageColumn, Parent, Step
from causeway.core.lineage_metrics import metrics_of
from causeway.core.lineage_schema import facet_faults, facets_in, faults_of
from causeway.core.table import Number, Table, Text

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
RUN = "01990000-0000-7000-8000-000000000000"
PARENT = Parent("airflow", "nightly.train", "01990000-0000-7000-8000-000000000001")
STORY = Story(
    product="churn",
    run=RUN,
    sources=(
        Source(
            "my customers.csv",
            (LineageColumn("age", "double"), LineageColumn("plan", "string")),
            rows=999,
            digest="sha256:" + "1" * 64,
            assertions=(
                Assertion("required", success=True, column="age", actual="0 rows", severity="error"),
            ),
            metrics={"age": ColumnMetrics(990, 9, 60, 18.0, 99.0), "plan": ColumnMetrics(999, 0, 3)},
            owner="crm@example.com",
            title="customers",
        ),
    ),
    features=(
        Derived("age", "double", "my customers.csv", ("age",), "pass"),
        Derived("plan", "double", "my customers.csv", ("plan",), "label-encoder"),
    ),
    outputs=(LineageColumn("probability", "double"),),
    release="sha256:" + "2" * 64,
    owners={"OWNER": "ana@example.com", "SPONSOR": "cfo@example.com"},
    parent=PARENT,
    code=Code("a" * 40, "main", "https://git.example.com/churn.git", "poc"),
    model={"task": "binary", "estimator": "LogisticRegression"},
)
READ = Work(
    job="churn.read.customers",
    run=RUN,
    kind="READ",
    product="churn",
    sources=(Source("crm.public.customers", (), namespace="postgres://db:5432", owner="crm@example.com"),),
    targets=(
        Target(
            "file:churn",
            "customers.csv",
            (LineageColumn("age", "double"),),
            {"age": (Step("postgres://db:5432", "crm.public.customers", "age", "band", masked=True),)},
            digest="sha256:" + "1" * 64,
        ),
    ),
    parent=PARENT,
    query="select age from customers",
)
EVENTS = {
    "START": started(STORY, at=AT),
    "COMPLETE": completed(STORY, at=AT),
    "FAIL": failed(STORY, at=AT, reason="x"),
    "ABORT": ended(started(STORY, at=AT), "ABORT", at=AT, reason="killed"),
    "another run": of_run(completed(STORY, at=AT), PARENT.run, at=AT),
    "bare": completed(Story("churn", RUN), at=AT),
    "read": work_event(READ, "COMPLETE", at=AT),
}


def test_a_run_is_told_from_its_source_columns_to_its_answers():
    event = EVENTS["COMPLETE"]
    matrix, answers, model = event["outputs"]

    lineage = matrix["facets"]["columnLineage"]["fields"]
    assert [field["field"] for field in lineage["plan"]["inputFields"]] == ["plan"]
    assert lineage["plan"]["inputFields"][0]["name"] == event["inputs"][0]["name"]
    assert lineage["plan"]["inputFields"][0]["namespace"] == event["inputs"][0]["namespace"]
    made_of = answers["facets"]["columnLineage"]["fields"]["probability"]["inputFields"]
    assert [field["field"] for field in made_of] == ["age", "plan"]
    assert event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"] == [
        {"assertion": "required", "success": True, "column": "age", "actual": "0 rows", "severity": "error"}
    ]
    assert model["facets"]["causeway_release"]["estimator"] == "LogisticRegression"


def test_a_run_carries_every_facet_that_there_is_something_to_say_for():
    assert {name for name, _ in facets_in(EVENTS["COMPLETE"])} == {
        "schema", "columnLineage", "dataSource", "version", "dataQualityMetrics", "dataQualityAssertions",
        "ownership", "jobType", "parent", "processing_engine", "sourceCodeLocation", "causeway_release",
    }  # fmt: skip


def test_a_failed_run_says_why_and_loses_nothing_else():
    facets = EVENTS["FAIL"]["run"]["facets"]

    assert EVENTS["FAIL"]["eventType"] == "FAIL"
    assert facets["errorMessage"]["message"] == "x"
    assert facets["parent"]["job"] == {"namespace": "airflow", "name": "nightly.train"}


def test_a_run_of_which_only_the_start_is_known_can_be_closed():
    assert EVENTS["ABORT"]["eventType"] == "ABORT"
    assert EVENTS["ABORT"]["run"]["facets"]["errorMessage"]["message"] == "killed"


@pytest.mark.parametrize("name", EVENTS)
def test_events_and_their_facets_keep_the_published_schemas(name):
    assert faults_of(EVENTS[name]) == ()


def test_an_event_that_is_not_as_published_is_seen():
    wrong_facet = completed(STORY, at=AT)
    wrong_facet["inputs"][0]["facets"]["schema"]["fields"] = "age"

    assert "runId" in faults_of(started(STORY, at=AT) | {"run": {}})[0]
    assert any(fault.startswith("schema: ") for fault in faults_of(wrong_facet))


def test_columns_are_counted_as_they_are():
    table = Table({
        "age": Number(np.array([1.0, np.nan, 4.0, 4.0, np.inf])),
        "plan": Text(["a", None, "a", "b", ""]),
        "empty": Number(np.array([np.nan] * 5)),
    })  # fmt: skip

    assert metrics_of(table) == {
        "age": ColumnMetrics(4, 1, 3, 1.0, 4.0),
        "plan": ColumnMetrics(4, 1, 3),
        "empty": ColumnMetrics(0, 5, 0),
    }


def examples():
    folder = os.environ.get("CAUSEWAY_OPENLINEAGE", "")
    return sorted(Path(folder, "tests").rglob("*.json")) if folder and Path(folder).is_dir() else []


@pytest.mark.skipif(not examples(), reason="set CAUSEWAY_OPENLINEAGE to the spec folder of OpenLineage 2-0-2")
def test_the_published_examples_are_valid():
    for path in examples():
        content = json.loads(path.read_text())
        whole = path.name == "example_full_event.json"
        assert (faults_of(content) if whole else facet_faults(path.parent.name, content)) == (), path

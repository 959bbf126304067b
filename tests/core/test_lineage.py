import json
import os
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from causeway.core.lineage import (
    Assertion,
    Derived,
    LineageColumn,
    Source,
    Story,
    completed,
    failed,
    started,
)

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
STORY = Story(
    product="churn",
    run="01990000-0000-7000-8000-000000000000",
    sources=(
        Source(
            "customers.csv",
            (LineageColumn("age", "double"), LineageColumn("plan", "string")),
            rows=999,
            digest="sha256:" + "1" * 64,
            assertions=(Assertion("required", success=True, column="age"),),
        ),
    ),
    features=(
        Derived("age", "double", "customers.csv", ("age",), "pass"),
        Derived("plan", "double", "customers.csv", ("plan",), "label-encoder"),
    ),
    outputs=(LineageColumn("probability", "double"),),
    release="sha256:" + "2" * 64,
)


def test_a_run_is_told_from_its_source_columns_to_its_answers():
    event = completed(STORY, at=AT)
    matrix, answers = event["outputs"]

    lineage = matrix["facets"]["columnLineage"]["fields"]
    assert [field["field"] for field in lineage["plan"]["inputFields"]] == ["plan"]
    assert lineage["plan"]["inputFields"][0]["name"] == event["inputs"][0]["name"]
    assert lineage["plan"]["inputFields"][0]["namespace"] == event["inputs"][0]["namespace"]
    assert [
        f["field"] for f in answers["facets"]["columnLineage"]["fields"]["probability"]["inputFields"]
    ] == [
        "age",
        "plan",
    ]
    assert event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"] == [
        {"assertion": "required", "success": True, "column": "age"}
    ]


def test_a_failed_run_says_why():
    event = failed(STORY, at=AT, reason="no parity")

    assert event["eventType"] == "FAIL"
    assert event["run"]["facets"]["errorMessage"]["message"] == "no parity"


def specification():
    folder = os.environ.get("CAUSEWAY_OPENLINEAGE")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set CAUSEWAY_OPENLINEAGE to the spec folder of OpenLineage 2-0-2")
    return Path(folder)


def validator(folder, schema, pointer):
    resources = {}
    for path in [folder / "OpenLineage.json", *sorted((folder / "facets").glob("*.json"))]:
        content = json.loads(path.read_text())
        resources[content["$id"]] = content
    registry = jsonschema_rs.Registry(list(resources.items()))
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"{schema}{pointer}"}, registry=registry, validate_formats=True
    )


@pytest.mark.parametrize(
    "event", [started(STORY, at=AT), completed(STORY, at=AT), failed(STORY, at=AT, reason="x")]
)
def test_events_keep_the_published_schema(event):
    folder = specification()

    validator(folder, "https://openlineage.io/spec/2-0-2/OpenLineage.json", "#/$defs/RunEvent").validate(
        event
    )


@pytest.mark.parametrize("event", [completed(STORY, at=AT), failed(STORY, at=AT, reason="x")])
def test_facets_keep_their_published_schemas(event):
    folder = specification()

    for name, facet in facets_of(event):
        schema = json.loads((folder / "facets" / facet["_schemaURL"].rsplit("/", 1)[-1]).read_text())
        assert facet["_schemaURL"] == schema["$id"]
        pointer = "#/$defs/" + facet["_schemaURL"].rsplit("/", 1)[-1].removesuffix(".json")
        validator(folder, schema["$id"], pointer).validate(facet)
        assert name


def facets_of(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict) and "_schemaURL" in inner:
                yield name, inner
            yield from facets_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from facets_of(inner)

"""What was made from what, as OpenLineage 2-0-2 run events in plain JSON."""

from datetime import datetime

from msgspec import Struct

from causeway import __version__

PRODUCER = f"urn:causeway:{__version__}"
_SPEC = "https://openlineage.io/spec"
_RUN_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"

type_names = {"number": "double", "integer": "bigint", "boolean": "boolean", "text": "string"}


class LineageColumn(Struct, frozen=True):
    """A column and, in words of OpenLineage, its type."""

    name: str
    type: str = ""


class Assertion(Struct, frozen=True, omit_defaults=True):
    """A rule of the contract and whether the data kept it."""

    rule: str
    success: bool
    column: str = ""
    description: str = ""


class Source(Struct, frozen=True, omit_defaults=True):
    """A table that the training read; `name` is its path inside the proof of concept."""

    name: str
    columns: tuple[LineageColumn, ...]
    rows: int = 0
    digest: str = ""
    assertions: tuple[Assertion, ...] = ()


class Derived(Struct, frozen=True, omit_defaults=True):
    """A column that was made from columns of a source by a rule."""

    name: str
    type: str
    source: str
    fields: tuple[str, ...]
    rule: str = ""


class Story(Struct, frozen=True, omit_defaults=True):
    """One run, from its sources over the model's columns to the release's answers."""

    product: str
    run: str
    sources: tuple[Source, ...] = ()
    features: tuple[Derived, ...] = ()
    outputs: tuple[LineageColumn, ...] = ()
    release: str = ""


def started(story: Story, *, at: datetime) -> dict[str, object]:
    """The START event."""
    return _event(story, "START", at=at)


def completed(story: Story, *, at: datetime) -> dict[str, object]:
    """The COMPLETE event, with what came out."""
    return _event(story, "COMPLETE", at=at) | {"outputs": _outputs(story)}


def failed(story: Story, *, at: datetime, reason: str) -> dict[str, object]:
    """The FAIL event, with the reason."""
    event = _event(story, "FAIL", at=at)
    message = _facet("1-0-1", "ErrorMessageRunFacet", message=reason, programmingLanguage="python")
    return event | {"run": {"runId": story.run, "facets": {"errorMessage": message}}}


def _event(story: Story, kind: str, *, at: datetime) -> dict[str, object]:
    job = _facet("2-0-4", "JobTypeJobFacet", processingType="BATCH", integration="CAUSEWAY", jobType="MODEL")
    return {
        "eventTime": at.isoformat(),
        "eventType": kind,
        "producer": PRODUCER,
        "schemaURL": _RUN_EVENT,
        "run": {"runId": story.run},
        "job": {"namespace": "causeway", "name": f"{story.product}.run", "facets": {"jobType": job}},
        "inputs": [_input(story, source) for source in story.sources],
    }


def _input(story: Story, source: Source) -> dict[str, object]:
    facets: dict[str, object] = {"schema": _schema(source.columns)}
    if source.digest:
        facets["version"] = _facet("1-0-1", "DatasetVersionDatasetFacet", datasetVersion=source.digest)
    checked: dict[str, object] = {}
    if source.assertions:
        checked["dataQualityAssertions"] = _facet(
            "1-1-0",
            "DataQualityAssertionsDatasetFacet",
            assertions=[_assertion(assertion) for assertion in source.assertions],
        )
    return {
        "namespace": _files_of(story),
        "name": source.name,
        "facets": facets,
        "inputFacets": checked,
    }


def _assertion(assertion: Assertion) -> dict[str, object]:
    said: dict[str, object] = {"assertion": assertion.rule, "success": assertion.success}
    if assertion.column:
        said["column"] = assertion.column
    if assertion.description:
        said["description"] = assertion.description
    return said


def _outputs(story: Story) -> list[dict[str, object]]:
    matrix: dict[str, object] = {
        "namespace": "causeway",
        "name": f"{story.product}.features",
        "facets": {
            "schema": _schema(tuple(LineageColumn(column.name, column.type) for column in story.features)),
            "columnLineage": _lineage(
                {column.name: _from_source(story, column) for column in story.features}
            ),
        },
    }
    everything = [_field("causeway", f"{story.product}.features", column.name) for column in story.features]
    answers: dict[str, object] = {
        "namespace": "causeway",
        "name": f"{story.product}.predictions",
        "facets": {
            "schema": _schema(story.outputs),
            "columnLineage": _lineage({column.name: everything for column in story.outputs}),
            "version": _facet("1-0-1", "DatasetVersionDatasetFacet", datasetVersion=story.release),
        },
    }
    return [matrix, answers] if story.features else [answers]


def _from_source(story: Story, column: Derived) -> list[dict[str, object]]:
    return [_field(_files_of(story), column.source, name, rule=column.rule) for name in column.fields]


def _field(namespace: str, dataset: str, name: str, *, rule: str = "model") -> dict[str, object]:
    same = rule == "pass"
    how = {"type": "DIRECT", "subtype": "IDENTITY" if same else "TRANSFORMATION", "description": rule}
    return {"namespace": namespace, "name": dataset, "field": name, "transformations": [how]}


def _schema(columns: tuple[LineageColumn, ...]) -> dict[str, object]:
    fields = [{"name": column.name, "type": column.type or "string"} for column in columns]
    return _facet("1-2-0", "SchemaDatasetFacet", fields=fields)


def _lineage(columns: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    fields = {name: {"inputFields": inputs} for name, inputs in columns.items()}
    return _facet("1-2-0", "ColumnLineageDatasetFacet", fields=fields)


def _facet(version: str, name: str, **fields: object) -> dict[str, object]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/facets/{version}/{name}.json", **fields}


def _files_of(story: Story) -> str:
    return f"file:{story.product}"

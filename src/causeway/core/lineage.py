"""What was made from what, as OpenLineage 2-0-2 run events in plain JSON."""

from datetime import datetime
from typing import cast

from msgspec import Struct

from causeway.core import lineage_facets as facets
from causeway.core.lineage_facets import (
    PRODUCER,
    SPEC,
    Assertion,
    Code,
    ColumnMetrics,
    Json,
    LineageColumn,
    Parent,
    Step,
    uri_of,
)

OURS = "causeway"
"""The namespace of our jobs, of models and of what they answer."""
_RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"

type_names = {"number": "double", "integer": "bigint", "boolean": "boolean", "text": "string"}


class Source(Struct, frozen=True, omit_defaults=True):
    """A table that was read; `name` is its path in the product's folder where no namespace is given."""

    name: str
    columns: tuple[LineageColumn, ...]
    rows: int = 0
    digest: str = ""
    assertions: tuple[Assertion, ...] = ()
    metrics: dict[str, ColumnMetrics] = {}
    owner: str = ""
    title: str = ""
    """What the manifest calls it."""
    namespace: str = ""


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
    owners: dict[str, str] = {}
    """Kind of ownership to name."""
    parent: Parent | None = None
    code: Code | None = None
    model: dict[str, str] = {}
    """What the model is, in a few words each."""


class Target(Struct, frozen=True, omit_defaults=True):
    """A table that was written, and the columns that each of its columns is made of."""

    namespace: str
    name: str
    columns: tuple[LineageColumn, ...] = ()
    steps: dict[str, tuple[Step, ...]] = {}
    digest: str = ""
    rows: int = 0


class Work(Struct, frozen=True, omit_defaults=True):
    """A run that makes no release: reading a source, or scoring a table."""

    job: str
    run: str
    kind: str
    """`READ` or `SCORE`."""
    product: str
    sources: tuple[Source, ...] = ()
    targets: tuple[Target, ...] = ()
    owners: dict[str, str] = {}
    parent: Parent | None = None
    query: str = ""


def started(story: Story, *, at: datetime) -> Json:
    """The START event."""
    return _event(story, "START", at=at)


def completed(story: Story, *, at: datetime) -> Json:
    """The COMPLETE event, with what came out."""
    return _event(story, "COMPLETE", at=at) | {"outputs": _outputs(story)}


def failed(story: Story, *, at: datetime, reason: str) -> Json:
    """The FAIL event, with the reason."""
    return with_reason(_event(story, "FAIL", at=at), reason)


def work_event(work: Work, kind: str, *, at: datetime) -> Json:
    """An event of a run that makes no release; `kind` is `START`, `COMPLETE`, `FAIL` or `ABORT`."""
    about: Json = {"jobType": facets.job_type(work.kind)}
    if work.owners:
        about["ownership"] = facets.job_owners(work.owners)
    if work.query:
        about["sql"] = facets.query(work.query)
    event = _run_event(kind, at=at, run=work.run, job=work.job, about=about, parent=work.parent)
    event["inputs"] = [_input(work.product, source) for source in work.sources]
    event["outputs"] = [_target(target) for target in work.targets]
    return event


def with_reason(event: Json, reason: str) -> Json:
    """The event with the reason why the run ended so."""
    run = _part(event, "run")
    said: Json = {**_part(run, "facets"), "errorMessage": facets.error(reason)}
    return {**event, "run": {**run, "facets": said}}


def ended(start: Json, kind: str, *, at: datetime, reason: str) -> Json:
    """The terminal event of a run of which only the START is known."""
    event = {**start, "eventType": kind, "eventTime": at.isoformat()}
    return with_reason(event, reason) if reason else event


def of_run(event: Json, run: str, *, at: datetime) -> Json:
    """The same told of another run, which took up what an earlier one had made."""
    return {**event, "run": {**_part(event, "run"), "runId": run}, "eventTime": at.isoformat()}


def job_of(product: str) -> str:
    """What the runs of this product are called."""
    return f"{product}.run"


def files_of(product: str) -> str:
    """The namespace of the files in this product's folder."""
    return f"file:{product}"


def answers_of(product: str) -> str:
    """The dataset of what this product's releases answer."""
    return f"{product}.predictions"


def model_of(product: str) -> str:
    """The dataset that stands for this product's releases."""
    return f"{product}.model"


def features_of(product: str) -> str:
    """The dataset of the columns that this product's model gets."""
    return f"{product}.features"


def _part(event: Json, name: str) -> Json:
    return cast("Json", event.get(name) or {})


def _run_event(kind: str, *, at: datetime, run: str, job: str, about: Json, parent: Parent | None) -> Json:
    said: Json = {"processing_engine": facets.engine()}
    if parent:
        said["parent"] = facets.parent(parent)
    return {
        "eventTime": at.isoformat(),
        "eventType": kind,
        "producer": PRODUCER,
        "schemaURL": _RUN_EVENT,
        "run": {"runId": run, "facets": said},
        "job": {"namespace": OURS, "name": job, "facets": about},
    }


def _event(story: Story, kind: str, *, at: datetime) -> Json:
    about: Json = {"jobType": facets.job_type("MODEL")}
    if story.owners:
        about["ownership"] = facets.job_owners(story.owners)
    if story.code:
        about["sourceCodeLocation"] = facets.code_location(story.code)
    job = job_of(story.product)
    event = _run_event(kind, at=at, run=story.run, job=job, about=about, parent=story.parent)
    return event | {"inputs": [_input(story.product, source) for source in story.sources]}


def _input(product: str, source: Source) -> Json:
    namespace = source.namespace or files_of(product)
    about: Json = {
        "dataSource": facets.data_source(source.title or source.name, uri_of(namespace, source.name))
    }
    if source.columns:
        about["schema"] = facets.schema(source.columns)
    if source.digest:
        about["version"] = facets.version(source.digest)
    if source.owner:
        about["ownership"] = facets.dataset_owner(source.owner)
    checked: Json = {}
    if source.metrics or source.rows:
        checked["dataQualityMetrics"] = facets.metrics(source.rows, source.metrics)
    if source.assertions:
        checked["dataQualityAssertions"] = facets.assertions(source.assertions)
    return {"namespace": namespace, "name": source.name, "facets": about, "inputFacets": checked}


def _outputs(story: Story) -> list[Json]:
    model: Json = {
        "namespace": OURS,
        "name": model_of(story.product),
        "facets": {
            "version": facets.version(story.release),
            "causeway_release": facets.release(release=story.release, **story.model),
        },
    }
    matrix = Target(
        OURS,
        features_of(story.product),
        tuple(LineageColumn(column.name, column.type) for column in story.features),
        {column.name: _from_source(story, column) for column in story.features},
    )
    everything = tuple(
        Step(OURS, features_of(story.product), column.name, "model") for column in story.features
    )
    answers = Target(
        OURS,
        answers_of(story.product),
        story.outputs,
        {column.name: everything for column in story.outputs},
        story.release,
    )
    made = [_target(matrix), _target(answers)] if story.features else [_target(answers)]
    return [*made, model]


def _target(target: Target) -> Json:
    about: Json = {}
    if target.columns:
        about["schema"] = facets.schema(target.columns)
    if target.steps:
        about["columnLineage"] = facets.column_lineage(target.steps)
    if target.digest:
        about["version"] = facets.version(target.digest)
    return {"namespace": target.namespace, "name": target.name, "facets": about}


def _from_source(story: Story, column: Derived) -> tuple[Step, ...]:
    rule = column.rule or "model"
    return tuple(Step(files_of(story.product), column.source, name, rule) for name in column.fields)

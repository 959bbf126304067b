"""The facets of OpenLineage 2-0-2 that Causeway writes, as plain JSON, each under its published name."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from causeway import __version__

SPEC = "https://openlineage.io/spec"
PRODUCER = f"urn:causeway:{__version__}"
RELEASE_FACET = "urn:causeway:facets:1-0-0:ReleaseDatasetFacet"
LANGUAGE = "python"

Json = dict[str, object]


class LineageColumn(Struct, frozen=True):
    """A column and, in words of OpenLineage, its type."""

    name: str
    type: str = ""


class ColumnMetrics(Struct, frozen=True, omit_defaults=True):
    """What was counted in one column; `low` and `high` only where it holds numbers."""

    count: int
    nulls: int
    distinct: int
    low: float | None = None
    high: float | None = None


class Assertion(Struct, frozen=True, omit_defaults=True):
    """A rule of the contract and whether the data kept it."""

    rule: str
    success: bool
    column: str = ""
    description: str = ""
    actual: str = ""
    severity: str = ""


class Parent(Struct, frozen=True):
    """The run that started this one."""

    namespace: str
    job: str
    run: str


class Code(Struct, frozen=True, omit_defaults=True):
    """Where the code lies that ran: a commit of a git repository."""

    commit: str
    branch: str = ""
    repository: str = ""
    """Its address, without anything that opens a door; empty where it has none."""
    path: str = ""


class Step(Struct, frozen=True):
    """A column that another is made of, and how."""

    namespace: str
    dataset: str
    field: str
    rule: str = "pass"
    masked: bool = False


def schema(columns: Sequence[LineageColumn]) -> Json:
    """The columns of a dataset."""
    fields = [{"name": column.name, "type": column.type or "string"} for column in columns]
    return _facet("1-2-0", "SchemaDatasetFacet", fields=fields)


def version(digest: str) -> Json:
    """Which bytes a dataset had."""
    return _facet("1-0-1", "DatasetVersionDatasetFacet", datasetVersion=digest)


def data_source(name: str, uri: str) -> Json:
    """Where a dataset lies."""
    return _facet("1-0-1", "DatasourceDatasetFacet", name=name, uri=uri)


def column_lineage(fields: Mapping[str, Sequence[Step]]) -> Json:
    """Each column, and the columns that it is made of."""
    made = {name: {"inputFields": [_input_field(step) for step in steps]} for name, steps in fields.items()}
    return _facet("1-2-0", "ColumnLineageDatasetFacet", fields=made)


def metrics(rows: int, columns: Mapping[str, ColumnMetrics]) -> Json:
    """What was counted in the rows that were read."""
    counted = {name: _counted(each) for name, each in columns.items()}
    return _facet("1-0-3", "DataQualityMetricsInputDatasetFacet", rowCount=rows, columnMetrics=counted)


def assertions(held: Sequence[Assertion]) -> Json:
    """What was held against the data."""
    return _facet("1-1-0", "DataQualityAssertionsDatasetFacet", assertions=[_held(each) for each in held])


def dataset_owner(name: str) -> Json:
    """Who may give the dataset away."""
    return _facet("1-0-1", "OwnershipDatasetFacet", owners=[{"name": name, "type": "OWNER"}])


def job_owners(owners: Mapping[str, str]) -> Json:
    """Who answers for the job: kind of ownership to name."""
    said = [{"name": name, "type": kind} for kind, name in owners.items()]
    return _facet("1-0-1", "OwnershipJobFacet", owners=said)


def job_type(kind: str) -> Json:
    """What kind of job it is: `MODEL`, `READ` or `SCORE`."""
    return _facet("2-0-4", "JobTypeJobFacet", processingType="BATCH", integration="CAUSEWAY", jobType=kind)


def query(text: str) -> Json:
    """The SQL that a job asked."""
    return _facet("1-1-0", "SQLJobFacet", query=text)


def code_location(code: Code) -> Json:
    """The commit that ran."""
    said = {"version": code.commit, "branch": code.branch, "repoUrl": code.repository, "path": code.path}
    return _facet(
        "1-1-0",
        "SourceCodeLocationJobFacet",
        type="git",
        url=f"urn:git:{code.commit}",
        **{name: value for name, value in said.items() if value},
    )


def parent(of: Parent) -> Json:
    """The run that started this one."""
    return _facet(
        "1-2-0", "ParentRunFacet", run={"runId": of.run}, job={"namespace": of.namespace, "name": of.job}
    )


def engine() -> Json:
    """What ran the job."""
    return _facet(
        "1-1-1",
        "ProcessingEngineRunFacet",
        version=__version__,
        name="Causeway",
        openlineageAdapterVersion=__version__,
    )


def error(message: str) -> Json:
    """Why a run ended without what it was to make."""
    return _facet("1-0-1", "ErrorMessageRunFacet", message=message, programmingLanguage=LANGUAGE)


def release(**said: object) -> Json:
    """What a model is, in a facet of our own: OpenLineage has none for models."""
    return {"_producer": PRODUCER, "_schemaURL": RELEASE_FACET, **said}


def uri_of(namespace: str, name: str) -> str:
    """The address of a dataset, with everything escaped that no address may hold."""
    between = "/" if ":" in namespace else ":"
    return f"{_escaped(namespace)}{between}{_escaped(name)}"


def _escaped(text: str) -> str:
    keep = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/@"
    return "".join(chr(byte) if byte in keep else f"%{byte:02X}" for byte in text.encode())


def _input_field(step: Step) -> Json:
    how: Json = {
        "type": "DIRECT",
        "subtype": "IDENTITY" if step.rule == "pass" else "TRANSFORMATION",
        "description": step.rule,
    }
    if step.masked:
        how["masking"] = True
    return {
        "namespace": step.namespace,
        "name": step.dataset,
        "field": step.field,
        "transformations": [how],
    }


def _counted(seen: ColumnMetrics) -> Json:
    said: Json = {"count": seen.count, "nullCount": seen.nulls, "distinctCount": seen.distinct}
    if seen.low is not None and seen.high is not None:
        said |= {"min": seen.low, "max": seen.high}
    return said


def _held(assertion: Assertion) -> Json:
    said: Json = {"assertion": assertion.rule, "success": assertion.success}
    more = {
        "column": assertion.column,
        "description": assertion.description,
        "actual": assertion.actual,
        "severity": assertion.severity,
    }
    return said | {name: value for name, value in more.items() if value}


def _facet(version_: str, kind: str, /, **fields: object) -> Json:
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{version_}/{kind}.json", **fields}

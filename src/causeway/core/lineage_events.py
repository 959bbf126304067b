"""OpenLineage events as other tools send them: read leniently, every byte of them kept elsewhere."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar, cast

import msgspec
from msgspec import Struct

from causeway.core.errors import UsageError

MAX_NAME = 2000
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?)?(?:\[.*\])?", re.IGNORECASE
)
_HINT = "send a run, job or dataset event of OpenLineage as JSON, or a list of them"

Key = tuple[str, str]
"""Namespace and name of a dataset or a job."""


class NoEvent(UsageError):
    """What was sent is no event of OpenLineage."""

    code = "no_lineage_event"
    status = 400


class StepSeen(Struct, frozen=True):
    """A column that another is made of."""

    dataset: Key
    column: str
    rule: str = ""


class DatasetSeen(Struct, frozen=True):
    """A dataset as one event tells of it."""

    key: Key
    columns: tuple[str, ...] = ()
    steps: dict[str, tuple[StepSeen, ...]] = {}
    version: str = ""
    rows: int | None = None
    aliases: tuple[Key, ...] = ()


class EventSeen(Struct, frozen=True):
    """What an event says; `form` is `run`, `job` or `dataset`."""

    form: str
    at: datetime
    job: Key = ("", "")
    run: str = ""
    state: str = ""
    inputs: tuple[DatasetSeen, ...] = ()
    outputs: tuple[DatasetSeen, ...] = ()
    parent: str = ""
    """The run that started this one."""
    scheduler: str = ""
    """The job of that run."""
    commit: str = ""
    reason: str = ""

    @property
    def datasets(self) -> tuple[DatasetSeen, ...]:
        """Everything it speaks of."""
        return (*self.inputs, *self.outputs)


def read_event(content: bytes) -> EventSeen:
    """What these bytes say; raises NoEvent when it is nothing that anybody could mean as an event."""
    try:
        event = msgspec.json.decode(content, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NoEvent(f"this is no JSON object: {error}", hint=_HINT) from error
    return event_of(event)


def event_of(event: Mapping[str, object]) -> EventSeen:
    """What this event says."""
    at = _moment(event.get("eventTime"))
    if "dataset" in event and "job" not in event:
        return EventSeen("dataset", at, outputs=(_dataset(event["dataset"], "dataset"),))
    job = _key(event.get("job"), "job")
    inputs, outputs = _datasets(event, "inputs"), _datasets(event, "outputs")
    about = _lenient(_part(event, "job", "facets"), _JobFacets)
    commit = about.source_code_location.version[:12]
    if "run" not in event:
        return EventSeen("job", at, job, inputs=inputs, outputs=outputs, commit=commit)
    run = _name(_object(event["run"], "run").get("runId"), "run.runId")
    said = _lenient(_part(event, "run", "facets"), _RunFacets)
    state = event.get("eventType")
    return EventSeen(
        form="run",
        at=at,
        job=job,
        run=run,
        state=state.upper()[:16] if isinstance(state, str) else "",
        inputs=inputs,
        outputs=outputs,
        parent=said.parent.run.run_id,
        scheduler="/".join(filter(None, (said.parent.job.namespace, said.parent.job.name))),
        commit=commit,
        reason=said.error_message.message,
    )


class _Field(Struct, frozen=True):
    name: str = ""


class _Schema(Struct, frozen=True):
    fields: tuple[_Field, ...] = ()


class _InputField(Struct, frozen=True):
    namespace: str
    name: str
    field: str
    transformations: tuple[dict[str, object], ...] = ()


class _Origin(Struct, frozen=True, rename="camel"):
    input_fields: tuple[_InputField, ...] = ()


class _ColumnLineage(Struct, frozen=True):
    fields: dict[str, _Origin] = {}


class _Version(Struct, frozen=True, rename="camel"):
    dataset_version: str = ""


class _Identifier(Struct, frozen=True):
    namespace: str
    name: str


class _Symlinks(Struct, frozen=True):
    identifiers: tuple[_Identifier, ...] = ()


class _Metrics(Struct, frozen=True, rename="camel"):
    row_count: int | None = None


class _Run(Struct, frozen=True, rename="camel"):
    run_id: str = ""


class _Job(Struct, frozen=True):
    namespace: str = ""
    name: str = ""


class _Parent(Struct, frozen=True):
    run: _Run = _Run()
    job: _Job = _Job()


class _Error(Struct, frozen=True):
    message: str = ""


class _Code(Struct, frozen=True):
    version: str = ""


class _RunFacets(Struct, frozen=True, rename="camel"):
    parent: _Parent = _Parent()
    error_message: _Error = _Error()


class _JobFacets(Struct, frozen=True, rename="camel"):
    source_code_location: _Code = _Code()


Facet = TypeVar("Facet", bound=Struct)


def _lenient(value: object, wanted: type[Facet]) -> Facet:
    """The facet, or an empty one: a facet that is not as published says nothing, and stops nothing."""
    try:
        return msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError:
        return wanted()


def _datasets(event: Mapping[str, object], side: str) -> tuple[DatasetSeen, ...]:
    listed = event.get(side) or list[object]()
    if not isinstance(listed, list):
        raise NoEvent(f"`{side}` is no list", hint=_HINT)
    items = cast("list[object]", listed)
    return tuple(_dataset(each, f"{side}[{at}]") for at, each in enumerate(items))


def _dataset(value: object, where: str) -> DatasetSeen:
    told = _object(value, where)
    about = _as_mapping(told.get("facets"))
    checked = _as_mapping(told.get("inputFacets"))
    lineage = _lenient(about.get("columnLineage"), _ColumnLineage)
    names = [field.name for field in _lenient(about.get("schema"), _Schema).fields if field.name]
    return DatasetSeen(
        key=_key(told, where),
        columns=tuple(names) or tuple(lineage.fields),
        steps={name: tuple(map(_step, origin.input_fields)) for name, origin in lineage.fields.items()},
        version=_lenient(about.get("version"), _Version).dataset_version,
        rows=_lenient(
            checked.get("dataQualityMetrics") or about.get("dataQualityMetrics"), _Metrics
        ).row_count,
        aliases=tuple(
            (each.namespace, each.name) for each in _lenient(about.get("symlinks"), _Symlinks).identifiers
        ),
    )


def _step(field: _InputField) -> StepSeen:
    how = field.transformations[0] if field.transformations else {}
    said = how.get("description") or how.get("subtype") or how.get("type") or ""
    return StepSeen((field.namespace, field.name), field.field, str(said))


def _moment(value: object) -> datetime:
    """The time, to the microsecond; one without a zone is taken for UTC."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise NoEvent(f"`eventTime` is {'missing' if value is None else 'no time'}", hint=_HINT)
    day, clock, fraction, zone = found.groups()
    text = f"{day}T{clock}{(fraction or '')[:7]}{(zone or 'Z').upper()}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise NoEvent("`eventTime` is no time", hint=_HINT) from None


def _key(value: object, where: str) -> Key:
    told = _object(value, where)
    return _name(told.get("namespace"), f"{where}.namespace"), _name(told.get("name"), f"{where}.name")


def _name(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_NAME:
        raise NoEvent(f"`{where}` is {'missing' if value is None else 'no name'}", hint=_HINT)
    return value


def _object(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise NoEvent(f"`{where}` is {'missing' if value is None else 'no object'}", hint=_HINT)
    return cast("dict[str, object]", value)


def _part(event: Mapping[str, object], *names: str) -> object:
    value: object = event
    for name in names:
        value = _as_mapping(value).get(name)
    return value


def _as_mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}

"""Whether every answer of a release can be followed back to columns of its sources."""

import msgspec
from msgspec import Struct


class _Field(Struct, frozen=True):
    namespace: str
    name: str
    field: str


class _Origin(Struct, frozen=True, rename="camel"):
    input_fields: tuple[_Field, ...] = ()


class _ColumnLineage(Struct, frozen=True):
    fields: dict[str, _Origin] = {}


class _Facets(Struct, frozen=True, rename="camel"):
    column_lineage: _ColumnLineage = _ColumnLineage()


class _Dataset(Struct, frozen=True):
    namespace: str
    name: str
    facets: _Facets = _Facets()


class _Event(Struct, frozen=True):
    inputs: tuple[_Dataset, ...] = ()
    outputs: tuple[_Dataset, ...] = ()


def is_connected(run_events: bytes) -> bool:
    """Whether each answer leads back to a source, by the columns that OpenLineage events (a JSON list) name.

    An answer is a column from which no other is made.
    """
    events = msgspec.json.decode(run_events, type=tuple[_Event, ...])
    sources = {(part.namespace, part.name) for event in events for part in event.inputs}
    origins = {
        (part.namespace, part.name, column): origin.input_fields
        for event in events
        for part in event.outputs
        for column, origin in part.facets.column_lineage.fields.items()
    }
    used = {(step.namespace, step.name, step.field) for steps in origins.values() for step in steps}
    answers = origins.keys() - used
    return bool(answers) and all(_leads_back(column, origins, sources, set()) for column in answers)


def names_of_sources(run_events: bytes) -> list[str]:
    """The names of the data that these OpenLineage events (a JSON list) say was read."""
    events = msgspec.json.decode(run_events, type=tuple[_Event, ...])
    return list(dict.fromkeys(part.name for event in events for part in event.inputs))


Column = tuple[str, str, str]


def _leads_back(
    column: Column,
    origins: dict[Column, tuple[_Field, ...]],
    sources: set[tuple[str, str]],
    passed: set[Column],
) -> bool:
    if column[:2] in sources:
        return True
    if column in passed:
        return False
    steps = [(step.namespace, step.name, step.field) for step in origins.get(column, ())]
    return any(_leads_back(step, origins, sources, passed | {column}) for step in steps)

"""A data contract: the part of the Open Data Contract Standard 3.2.0 that Causeway acts on.

Keys that are not modelled here are kept in each struct's `rest`, so that what is read can be written
again whole. Addresses inside a contract are never opened.
"""

from msgspec import UNSET, Struct, UnsetType, field, structs

API_VERSION = "v3.2.0"

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?", "<na>", "#n/a"})
"""Texts that stand for no value, whatever their case and the blanks around them."""

WARNINGS = frozenset({"info", "information", "notice", "low", "minor", "warn", "warning"})
"""Severities of rules that are told and stop nothing; any other word, or none, is an error."""

Scalar = str | int | float | bool
Rest = dict[str, object]


class Options(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Limits on the values of a column; those of dates are ISO texts."""

    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    exclusive_minimum: int | float | str | None = None
    exclusive_maximum: int | float | str | None = None
    multiple_of: int | float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool | None = None
    dimensions: int | None = None
    rest: Rest = {}


class Allowed(Struct, frozen=True, omit_defaults=True):
    """One value of a closed set."""

    value: Scalar | None
    rest: Rest = {}


class Quality(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A rule: a metric of the standard's library or the answer of a query, compared with a number; or
    something for people.

    Exactly one of the `must_` fields is set on a rule of the library and on a query.
    """

    type: str | None = None
    metric: str | None = None
    query: str | None = None
    arguments: dict[str, object] | None = None
    must_be: object | UnsetType = UNSET
    must_not_be: object | UnsetType = UNSET
    must_be_greater_than: int | float | None = None
    must_be_greater_or_equal_to: int | float | None = None
    must_be_less_than: int | float | None = None
    must_be_less_or_equal_to: int | float | None = None
    must_be_between: tuple[int | float, int | float] | None = None
    must_not_be_between: tuple[int | float, int | float] | None = None
    unit: str | None = None
    name: str | None = None
    description: str | None = None
    severity: str | None = None
    dimension: str | None = None
    rest: Rest = {}

    @property
    def is_library(self) -> bool:
        """Whether the standard itself says how to compute it."""
        return self.metric is not None and self.type in {None, "library"}


class Relationship(Struct, frozen=True, omit_defaults=True):
    """Values that stand among those of other columns; no `source` is the property that holds this."""

    to: str | tuple[str, ...]
    source: str | tuple[str, ...] | None = field(default=None, name="from")
    type: str | None = None
    rest: Rest = {}


class Sla(Struct, frozen=True, omit_defaults=True):
    """A service level: freshness, retention and the like; `element` names table and column."""

    property: str
    value: Scalar | None
    unit: str | None = None
    element: str | None = None
    rest: Rest = {}


class Property(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One column."""

    name: str
    physical_name: str | None = None
    logical_type: str | None = None
    physical_type: str | None = None
    logical_type_options: Options | None = None
    description: str | None = None
    required: bool | None = None
    unique: bool | None = None
    primary_key: bool | None = None
    primary_key_position: int | None = None
    classification: str | None = None
    semantic_type: str | None = None
    properties: "tuple[Property, ...] | None" = None
    relationships: tuple[Relationship, ...] | None = None
    enum: tuple[Allowed, ...] | None = None
    quality: tuple[Quality, ...] | None = None
    rest: Rest = {}

    @property
    def column(self) -> str:
        """What the column is called in the data."""
        return self.physical_name or self.name

    @property
    def is_stored(self) -> bool:
        """Whether it stands in the data; a measure is computed from it."""
        return self.semantic_type != "measure"


class SchemaObject(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One table or file."""

    name: str
    physical_name: str | None = None
    physical_type: str | None = None
    description: str | None = None
    properties: tuple[Property, ...] | None = None
    relationships: tuple[Relationship, ...] | None = None
    quality: tuple[Quality, ...] | None = None
    rest: Rest = {}

    @property
    def columns(self) -> tuple[Property, ...]:
        """The columns, none if the contract names none."""
        return self.properties or ()

    @property
    def primary_key(self) -> tuple[Property, ...]:
        """The columns that together name a row, in their order."""
        keys = (column for column in self.columns if column.primary_key)
        return tuple(sorted(keys, key=lambda column: column.primary_key_position or 0))


class Contract(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The whole document."""

    id: str
    version: str
    kind: str = "DataContract"
    api_version: str = API_VERSION
    name: str | None = None
    status: str | None = None
    schema: tuple[SchemaObject, ...] | None = None
    sla_properties: tuple[Sla, ...] | None = None
    rest: Rest = {}

    @property
    def objects(self) -> tuple[SchemaObject, ...]:
        """The tables and files, none if the contract names none."""
        return self.schema or ()

    def object_named(self, name: str) -> SchemaObject | None:
        """The table or file of this name, or the only one."""
        if len(self.objects) == 1:
            return self.objects[0]
        return next((each for each in self.objects if name in {each.name, each.physical_name}), None)


class Violation(Struct, frozen=True, omit_defaults=True):
    """A rule that the data breaks: how many rows, the first of them (counted from 1), values seen.

    `column` is empty for a rule about the whole table; `measured` is what a metric or a query came to.
    """

    rule: str
    column: str
    rows: int
    expected: str = ""
    examples: tuple[str, ...] = ()
    first_rows: tuple[int, ...] = ()
    measured: float | None = None
    severity: str = ""
    """As the contract has it; empty where it says nothing."""

    @property
    def is_warning(self) -> bool:
        """Whether the contract itself calls it no error."""
        return self.severity.lower() in WARNINGS


class ContractReport(Struct, frozen=True, omit_defaults=True):
    """What checking data against a contract found.

    `unchecked` names the rules that were not looked at, and why, so that silence never passes for
    agreement; columns that the contract does not name break nothing and are listed as `extra_columns`.
    `set_apart` counts the rows that break a rule about rows, warnings aside; all others are good.
    """

    object: str
    rows: int
    rules: int
    violations: tuple[Violation, ...] = ()
    extra_columns: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    set_apart: int = 0
    read_as: str = ""
    """The encoding of a text file that is not UTF-8."""

    @property
    def passed(self) -> bool:
        """Whether the data keeps every rule that was checked."""
        return not self.violations

    @property
    def holds(self) -> bool:
        """Whether the data keeps every rule that is no mere warning."""
        return all(violation.is_warning for violation in self.violations)

    @property
    def good(self) -> int:
        """How many rows break no rule about rows."""
        return self.rows - self.set_apart


NESTED: dict[type[Struct], dict[str, type[Struct]]] = {
    Contract: {"schema": SchemaObject, "slaProperties": Sla},
    SchemaObject: {"properties": Property, "relationships": Relationship, "quality": Quality},
    Property: {
        "logicalTypeOptions": Options,
        "properties": Property,
        "relationships": Relationship,
        "enum": Allowed,
        "quality": Quality,
    },
}
"""Which keys of a struct hold structs of ours, alone or in a list."""


def key_names(kind: type[Struct]) -> set[str]:
    """The standard's keys that this struct models."""
    return {field.encode_name for field in structs.fields(kind)} - {"rest"}


def whole_keys(kind: type[Struct]) -> set[str]:
    """Those of them whose value is an integer."""
    return {field.encode_name for field in structs.fields(kind) if field.type == int | None}

"""How each column of a source is masked: by its classification, its kind, and what it is to the model."""

import csv
import pkgutil
from collections.abc import Collection, Mapping

from msgspec import Struct, structs

from causeway.core.access import NoAccess
from causeway.core.contract import Contract, Options, Property, Quality, SchemaObject
from causeway.core.errors import UsageError

KEEP, DROP, NULL, PSEUDONYM, PARTIAL, BAND, MONTH, YEAR = (
    "keep", "drop", "null", "pseudonym", "partial", "band", "month", "year",
)  # fmt: skip
METHODS = frozenset({KEEP, DROP, NULL, PSEUDONYM, PARTIAL, BAND, MONTH, YEAR})
KINDS = ("text", "number", "date", "other")
STRICTEST = "secret"
"""What a word that the table does not know is taken for."""

ALIASES = {
    **dict.fromkeys(("open", "unrestricted"), "public"),
    "business": "internal",
    "private": "confidential",
    **dict.fromkeys(("pii", "pi", "personal data"), "personal"),
    **dict.fromkeys(("sensitive", "highly confidential", "strictly confidential"), "restricted"),
}
LOGICAL_KINDS = {
    "string": "text",
    **dict.fromkeys(("integer", "number"), "number"),
    **dict.fromkeys(("date", "timestamp"), "date"),
    **dict.fromkeys(("boolean", "time", "object", "array", "map", "vector"), "other"),
}

Rules = Mapping[str, Mapping[str, str]]


class Roles(Struct, frozen=True):
    """What columns are to the model."""

    target: str = ""
    identifiers: tuple[str, ...] = ()
    time: str = ""


def read_rules(text: str, *, where: str) -> Rules:
    """The table classification -> kind -> method."""
    rows = list(csv.DictReader(text.splitlines()))
    rules = {
        (row.get("classification") or "").strip().lower(): {
            kind: (row.get(kind) or "").strip() for kind in KINDS
        }
        for row in rows
    }
    strange = sorted({method for row in rules.values() for method in row.values()} - METHODS)
    if strange or not {"", STRICTEST} <= rules.keys():
        what = (
            f"it names {strange[0]!r}"
            if strange
            else f"it has no row for {STRICTEST} or for no classification"
        )
        raise UsageError(
            f"the table of masks cannot be used: {what}",
            where=where,
            hint=f"columns: classification, {', '.join(KINDS)}; methods: {', '.join(sorted(METHODS))}",
        )
    return rules


def bundled_rules() -> Rules:
    """The table that Causeway brings."""
    content = pkgutil.get_data("causeway.core", "reference/masking.csv") or b""
    return read_rules(content.decode(), where="the table that Causeway brings")


def kinds_of(kinds: Mapping[str, str], contract: Contract | None, name: str) -> dict[str, str]:
    """The kind of each column: what the contract says, else what the source shows."""
    described = contract.object_named(name) if contract else None
    said = {
        column.column: LOGICAL_KINDS[column.logical_type]
        for column in (described.columns if described else ())
        if column.logical_type in LOGICAL_KINDS
    }
    return {column: said.get(column, kind) for column, kind in kinds.items()}


def masks(
    kinds: Mapping[str, str],
    classified: Mapping[str, str],
    rules: Rules,
    *,
    unmasked: Collection[str],
    roles: Roles,
) -> dict[str, str]:
    """The method for every column that is not read as it is."""
    found = {
        column: _method(column, rules[row_of(classified.get(column, ""), rules)][kind], roles)
        for column, kind in kinds.items()
        if column not in unmasked
    }
    return {column: method for column, method in found.items() if method != KEEP}


def row_of(classification: str, rules: Rules) -> str:
    """The row of the table that speaks of this classification; the strictest for an unknown word."""
    word = ALIASES.get(classification, classification)
    return word if word in rules else STRICTEST


def unmasked_classes(
    classified: Mapping[str, str], rules: Rules, *, unmask: Collection[str]
) -> tuple[str, ...]:
    """The classifications of the columns that a grant lets be seen as they are."""
    return tuple(sorted({row_of(classified.get(column, ""), rules) for column in unmask} - {""}))


def check_target(
    source: str, found: Mapping[str, str], roles: Roles, *, classification: str, where: str
) -> None:
    """Refuses to learn from a target that would come masked: nobody would learn what was promised."""
    if roles.target in found:
        raise NoAccess(
            f"the target {roles.target} of {source} is {classification}; masked, it cannot be learnt",
            where=where,
            hint=f"its owner can let it be seen: causeway access grant {source} --unmask {roles.target}",
        )


def _method(column: str, method: str, roles: Roles) -> str:
    if method == KEEP:
        return KEEP
    if column in roles.identifiers:
        # whatever it is, rows of one person stay rows of one person, here and in other sources
        return PSEUDONYM
    if column == roles.time and method in {YEAR, MONTH}:
        # order in time is what the column is for
        return MONTH
    return method


def as_masked(contract: Contract, name: str, found: Mapping[str, str]) -> Contract:
    """What of the contract still speaks of the data after masking."""
    described = contract.object_named(name)
    if described is None or not found:
        return contract
    columns = tuple(
        left for column in described.columns if (left := _left(column, found.get(column.column, KEEP)))
    )
    names = {column.column for column in columns}
    changed = structs.replace(described, properties=columns, quality=_about(described, names - found.keys()))
    return structs.replace(
        contract, schema=tuple(changed if each is described else each for each in contract.objects)
    )


def _left(column: Property, method: str) -> Property | None:
    """The column's promise after masking; None where the column is gone."""
    if method == KEEP:
        return column
    if method == DROP:
        return None
    kind = {YEAR: "integer", MONTH: "date", BAND: "number", NULL: None}.get(method, "string")
    emptied = method == NULL
    return structs.replace(
        column,
        logical_type=kind,
        physical_type=None,
        logical_type_options=Options() if column.logical_type_options else None,
        required=None if emptied else column.required,
        unique=column.unique if method == PSEUDONYM else None,
        primary_key=column.primary_key if method == PSEUDONYM else None,
        enum=None,
        quality=None,
    )


def _about(described: SchemaObject, names: Collection[str]) -> tuple[Quality, ...] | None:
    """The table's own rules, as far as they speak of columns that are as they were."""
    kept = [
        rule
        for rule in described.quality or ()
        if all(each in names for each in _named(rule.arguments or {}))
    ]
    return tuple(kept) or None


def _named(arguments: Mapping[str, object]) -> tuple[str, ...]:
    named = arguments.get("properties")
    return tuple(str(each) for each in named) if isinstance(named, list | tuple) else ()  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

"""Relationships: values that must stand among those of another table, kept as 8-byte hashes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from causeway.adapters.contracts.duplicates import Hashes, Key, among
from causeway.adapters.contracts.rules import Rule, Rules
from causeway.adapters.contracts.sources import open_source
from causeway.adapters.contracts.values import Cell, with_readings
from causeway.core.contract import Contract, Property, Relationship, SchemaObject

Resolve = Callable[[SchemaObject], Path | None]
"""Where the file of another table of the contract is, None where nobody said."""

_NUMBERS = {"integer", "number"}


@dataclass(frozen=True)
class Target:
    """The columns of another table that hold the known values."""

    table: SchemaObject
    columns: tuple[Property, ...]


def add_references(contract: Contract, described: SchemaObject, rules: Rules, *, resolve: Resolve) -> None:
    """Adds a rule for each relationship of the table, or the reason why it is not looked at."""
    for names, relationship in _relationships(described):
        wanted = _listed(relationship.to)
        about = f"{', '.join(names)} refers to {', '.join(wanted)}"
        cells = [rules.cells[name] for name in names if name in rules.cells]
        target = _target(contract, wanted)
        path = resolve(target.table) if target else None
        if len(cells) < len(names) or not all(cell.is_plain for cell in cells):
            rules.notes.append(f"{about}: a column is not there, or is no plain one")
        elif target is None or len(target.columns) != len(cells):
            rules.notes.append(f"{about}: this contract does not describe that")
        elif path is None:
            rules.notes.append(f"{about}: no file of {target.table.name} was given")
        else:
            rules.all.append(_reference(cells, target, _columns(described, names), path=path))


def _relationships(described: SchemaObject) -> list[tuple[tuple[str, ...], Relationship]]:
    own = [((column.name,), each) for column in described.columns for each in column.relationships or ()]
    whole = [
        (tuple(name.rsplit(".", 1)[-1].rsplit("/", 1)[-1] for name in _listed(each.source)), each)
        for each in described.relationships or ()
    ]
    return [*own, *((_names_of(described, names), each) for names, each in whole)]


def _names_of(described: SchemaObject, parts: Sequence[str]) -> tuple[str, ...]:
    """Names of columns for what may be names or ids."""
    ids = {column.rest.get("id"): column.name for column in described.columns}
    names = {column.name for column in described.columns}
    return tuple(part if part in names else ids.get(part, part) for part in parts)


def _listed(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value or ()


def _target(contract: Contract, wanted: Sequence[str]) -> Target | None:
    """The columns of `table.column` or `schema/id/properties/id`; other files are never opened."""
    found: list[tuple[SchemaObject, Property]] = []
    for reference in wanted:
        if ".yaml#" in reference or ".yml#" in reference:
            return None
        parts = reference.strip("/").split("/")
        table, column = (parts[1], parts[-1]) if len(parts) > 2 else reference.rsplit(".", 1)
        found += [
            (described, each)
            for described in contract.objects
            if table in {described.name, described.physical_name, described.rest.get("id")}
            for each in described.columns
            if column in {each.name, each.rest.get("id")}
        ]
    if len(found) != len(wanted) or len({table.name for table, _ in found}) != 1:
        return None
    return Target(found[0][0], tuple(column for _, column in found))


def _columns(described: SchemaObject, names: Sequence[str]) -> list[Property]:
    return [next(column for column in described.columns if column.name == name) for name in names]


def _reference(cells: Sequence[Cell], target: Target, columns: Sequence[Property], *, path: Path) -> Rule:
    numeric = [
        ours.logical_type in _NUMBERS and theirs.logical_type in _NUMBERS
        for ours, theirs in zip(columns, target.columns, strict=True)
    ]
    known = _known(target, path, numeric)
    present = Key(tuple(cells)).present
    stands = _hashed(cells, numeric).map_batches(among(known), return_dtype=pl.Boolean, is_elementwise=True)
    names = ", ".join(cell.name for cell in cells)
    expected = f"a value of {target.table.name}: {', '.join(column.column for column in target.columns)}"
    shown = pl.concat_str([cell.raw for cell in cells], separator=", ", ignore_nulls=True)
    return Rule("reference", names, expected, shown, present & ~stands)


def _known(target: Target, path: Path, numeric: Sequence[bool]) -> Hashes:
    with open_source(path, target.table) as source:
        types: Mapping[str, pl.DataType] = dict(source.frame.collect_schema())
        cells = [
            Cell(types[column.column], column.column, source.textual)
            for column in target.columns
            if column.column in types
        ]
        if len(cells) < len(target.columns):
            return np.zeros(0, np.uint64)
        frame = with_readings(source.frame, cells)
        key = Key(tuple(cells))
        hashes = frame.select(_hashed(cells, numeric).filter(key.present).implode()).collect(
            engine="streaming"
        )
    return np.unique(hashes.item().to_numpy())


def _hashed(cells: Sequence[Cell], numeric: Sequence[bool]) -> pl.Expr:
    """Hashes that are the same for the same value, whatever the two files store it as."""
    parts = [
        cell.number.cast(pl.Float64) + 0.0 if number else cell.text
        for cell, number in zip(cells, numeric, strict=True)
    ]
    return pl.struct(part.alias(str(place)) for place, part in enumerate(parts)).hash()

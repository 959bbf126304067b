"""Has the proof of concept's own function make the model's columns, and proves that it makes the same."""

from collections.abc import Mapping

import msgspec
import numpy as np
from msgspec import structs

from causeway.actions.stages.environment import EnvironmentMade
from causeway.actions.stages.example import Value, nobodys_row
from causeway.actions.stages.kept import pack, unpack
from causeway.actions.stages.recover import FEATURES, KeptRows, Recovered, kept_rows
from causeway.actions.stages.site import Site
from causeway.core.answers import Featured
from causeway.core.bundle import FUNCTION
from causeway.core.errors import Refused
from causeway.core.ids import canonical_json
from causeway.core.release import Field
from causeway.core.table import Column, Number, Table, Text
from causeway.core.toml_lines import lines_of
from causeway.recover.fitting import DOUBLE_TOLERANCE, SINGLE_TOLERANCE, alike

MADE = "made.msgpack"
TRIED = "tried.json"
SHOWN = 5
KINDS = {"float": "number", "integer": "integer", "boolean": "boolean"}


def by_function(
    site: Site, environment: EnvironmentMade, recovered: Recovered, *, texts: Mapping[str, str], source: Table
) -> Recovered:
    """The way from raw rows by the function; refused unless it makes what reached fit, row by row."""
    function = site.manifest.model.features
    rows = kept_rows(site, recovered)
    where = features_at(site)
    _check_numbers(function, rows.matrix, where=where)
    raw = source.take(rows.positions).without(recovered.target.column, site.data.target)
    fields = tuple(_field(name, column) for name, column in raw.columns.items())
    example = nobodys_row(fields, raw)
    made = site.workshop.apply_function(
        environment.environment,
        function,
        texts,
        site.scratch / "features",
        fields=fields,
        table=raw,
        columns=recovered.columns,
        example=example,
    )
    _check_independent(function, made, where=where)
    _check_equal(recovered, made, rows, function=function, where=where)
    put = site.work.artifacts.put
    files = {FUNCTION + path: put(text.encode()) for path, text in texts.items()}
    files |= {name: digest for name, digest in recovered.files.items() if name != FEATURES}
    files[MADE] = put(pack(made.table))
    if made.example:
        files[TRIED] = put(canonical_json({name: example[name] for name in made.reads}))
    return structs.replace(
        recovered,
        fact=f"{function} makes all {len(recovered.columns)} columns, proven on {len(rows.positions):,} rows",
        files=files,
        function=function,
        fields=tuple(field for field in fields if field.name in made.reads),
        columns_equal=len(recovered.columns),
        missing=tuple(name for name, column in made.table.columns.items() if _has_gaps(column)),
    )


def made_by_function(site: Site, recovered: Recovered) -> Table:
    """What the function made of the kept rows."""
    return unpack(site.work.artifacts.get(recovered.files[MADE]))


def example_of(site: Site, recovered: Recovered) -> dict[str, Value] | None:
    """A row that stands for nobody and that the function takes."""
    if TRIED not in recovered.files:
        return None
    return msgspec.json.decode(site.work.artifacts.get(recovered.files[TRIED]))


def features_at(site: Site) -> str:
    """Where in the manifest the function is named, or would be."""
    lines = lines_of(site.work.artifacts.get(site.manifest_digest).decode("utf-8-sig"))
    if line := lines.get(("model", "features")):
        return f"causeway.toml:{line}"
    section = lines.get(("model",))
    return f"below causeway.toml:{section}" if section else "causeway.toml"


def _check_numbers(function: str, matrix: Table, *, where: str) -> None:
    texts = [name for name, column in matrix.columns.items() if isinstance(column, Text)]
    if texts:
        raise Refused(
            f"the model takes text in {', '.join(texts[:SHOWN])}, and {function} can make numbers only",
            where=where,
            hint="encode the texts before the model, so that a function can make all of its columns",
        )


def _check_equal(recovered: Recovered, made: Featured, rows: KeptRows, *, function: str, where: str) -> None:
    tolerance = SINGLE_TOLERANCE if recovered.float32 else DOUBLE_TOLERANCE
    differ: dict[str, str] = {}
    for name, wanted in rows.matrix.columns.items():
        ours = made.table.columns[name]
        if not (isinstance(ours, Number) and isinstance(wanted, Number)):
            continue
        apart = np.flatnonzero(~alike(ours.values, wanted.values, tolerance))
        if len(apart):
            first = int(apart[0])
            differ[name] = (
                f"{name} differs in {len(apart):,} of {len(wanted):,} rows; in row "
                f"{int(rows.positions[first]) + 1} of {recovered.source_path} it is "
                f"{float(ours.values[first])!r}, the model was given {float(wanted.values[first])!r}"
            )
    if differ:
        raise Refused(
            f"{function} does not make the columns that the training made: {_listed(differ)}",
            where=where,
            hint="do in it what the training does; a statistic of the training data goes in as a number",
        )


def _check_independent(function: str, made: Featured, *, where: str) -> None:
    if made.dependent:
        raise Refused(
            f"{function} makes other values of the same row when other rows are beside it: "
            f"{', '.join(made.dependent[:SHOWN])}",
            where=where,
            hint="a row must stand for itself: write statistics of the data (means, ranks, categories) into "
            "the function as numbers",
        )


def _listed(differ: Mapping[str, str]) -> str:
    more = len(differ) - 1
    first = next(iter(differ.values()))
    return f"{first}; and so do {more} more: {', '.join(list(differ)[1 : SHOWN + 1])}" if more else first


def _field(name: str, column: Column) -> Field:
    required = not _has_gaps(column)
    if isinstance(column, Text):
        return Field(name, "text", required)
    finite = column.values[np.isfinite(column.values)]
    if column.kind == "boolean" or not len(finite):
        return Field(name, KINDS[column.kind], required)
    return Field(name, KINDS[column.kind], required, minimum=float(finite.min()), maximum=float(finite.max()))


def _has_gaps(column: Column) -> bool:
    if isinstance(column, Text):
        return None in column.values
    return bool(np.isnan(column.values).any())

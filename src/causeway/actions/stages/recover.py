"""Recovers the preprocessing that lies outside the model, proven on every row that was kept."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import Struct, structs

from causeway.actions.stages.kept import pack, unpack
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.core.errors import UsageError
from causeway.core.features import (
    ColumnMade,
    Constant,
    Features,
    Map,
    Numeric,
    Rule,
    Step,
    Words,
    columns_made,
    write_features,
)
from causeway.core.features_words import NO_RULE
from causeway.core.release import Field
from causeway.core.table import Column, Number, Table, Text
from causeway.core.trace import MadeAt
from causeway.recover import Dropped, Leak, LoadedTrace, Recovery, Target, prove, recover, signature_of

FEATURES = "features.json"
MATRIX = "matrix.msgpack"
ROWS = "rows.msgpack"


class Recovered(Made, frozen=True, kw_only=True):
    """The shipped model's way from raw rows: what is proven, and what is not."""

    source: str
    """Id of the traced table that the rows come from."""
    source_path: str
    rows_in_source: int
    rows_kept: int
    synthetic: int
    columns: tuple[str, ...]
    columns_equal: int
    unexplained: tuple[str, ...]
    form: str
    fields: tuple[Field, ...]
    target: Target
    model: int
    estimator: str
    sampler: int | None
    leaks: tuple[Leak, ...]
    drops: tuple[Dropped, ...]
    made_at: dict[str, MadeAt] = {}
    """Where the training made the unexplained columns, as far as it was seen."""
    made: tuple[ColumnMade, ...] = ()
    """How each column of the model is made."""
    float32: bool = False
    function: str = ""
    """`module:function` that makes the columns instead of rules."""
    missing: tuple[str, ...] = ()
    """The columns that the function may leave without a number."""

    @property
    def encoded_input(self) -> bool:
        """Whether callers would have to send the model's own columns."""
        return bool(self.unexplained) and not self.function

    @property
    def task(self) -> str:
        """`binary`, `multiclass` or `regression`."""
        if not self.target.classes:
            return "regression"
        return "binary" if len(self.target.classes) == 2 else "multiclass"


class KeptRows(Struct, frozen=True):
    """The rows that reached the model: where they are in the source, what it got, and the target."""

    positions: np.ndarray[tuple[int], np.dtype[np.int64]]
    fitted: np.ndarray[tuple[int], np.dtype[np.bool_]]
    matrix: Table
    y: Column | None


def recover_features(site: Site, loaded: LoadedTrace) -> Recovered:
    """The rules of the shipped model's columns, and the rows on which they were proven."""
    recovery = recover(loaded, target=site.data.target or None)
    table = loaded.tables[recovery.source]
    features = recovery.features
    equal = _columns_equal(features, recovery, table) if features else 0
    put = site.work.artifacts.put
    files = {MATRIX: put(pack(recovery.matrix)), ROWS: put(pack(_rows(recovery)))}
    if features:
        features = structs.replace(features, made_at=_places(loaded, recovery))
        files[FEATURES] = put(write_features(features))
    return Recovered(
        fact=_fact(recovery),
        files=files,
        source=recovery.source,
        source_path=recovery.source_path,
        rows_in_source=recovery.rows_in_source,
        rows_kept=len(recovery.positions),
        synthetic=recovery.synthetic,
        columns=recovery.columns,
        columns_equal=equal,
        unexplained=recovery.unexplained,
        form=recovery.form,
        fields=signature_of(recovery, table) if features else encoded_fields(recovery.matrix),
        target=recovery.target,
        model=recovery.model,
        estimator=recovery.estimator,
        sampler=recovery.sampler,
        leaks=recovery.leaks,
        drops=recovery.drops,
        made_at=_made_at(loaded, recovery),
        made=columns_made(features) if features else _partly_made(loaded, recovery),
        float32=recovery.float32,
    )


def _seen_at(loaded: LoadedTrace, recovery: Recovery) -> dict[str, MadeAt]:
    """Where each column was made; of an array's, the line that hands it to the model."""
    seen = {made.column: made for made in loaded.trace.made}
    fits = [
        fit for fit in loaded.trace.fits if fit.object == recovery.model and fit.call == "fit" and fit.where
    ]
    handed = {
        name: MadeAt(name, fits[-1].where, f"it goes to the fit of {fits[-1].estimator}")
        for name in recovery.columns
        if fits
    }
    return handed | seen


def _made_at(loaded: LoadedTrace, recovery: Recovery) -> dict[str, MadeAt]:
    seen = _seen_at(loaded, recovery)
    return {name: seen[name] for name in recovery.unexplained if name in seen}


def _places(loaded: LoadedTrace, recovery: Recovery) -> tuple[str, ...]:
    seen = _seen_at(loaded, recovery)
    return tuple(seen[name].where if name in seen else "" for name in recovery.columns)


def _partly_made(loaded: LoadedTrace, recovery: Recovery) -> tuple[ColumnMade, ...]:
    """How the columns are made that have a rule, and where those come to be that have none."""
    places = _places(loaded, recovery)
    open_ = Constant(0.0)
    rules = tuple(rule or open_ for rule in recovery.rules)
    known = columns_made(Features(recovery.columns, rules, made_at=places))
    return tuple(
        each if rule else ColumnMade(each.column, NO_RULE, made_at=each.made_at)
        for each, rule in zip(known, recovery.rules, strict=True)
    )


def kept_rows(site: Site, recovered: Recovered) -> KeptRows:
    """The rows that reached the model, out of the store."""
    rows = unpack(site.work.artifacts.get(recovered.files[ROWS])).columns
    positions, fitted = rows["positions"], rows["fitted"]
    if not (isinstance(positions, Number) and isinstance(fitted, Number)):
        raise UsageError("the kept rows are not what this version writes", hint="run again")
    return KeptRows(
        positions=positions.values.astype(np.int64),
        fitted=fitted.values.astype(np.bool_),
        matrix=unpack(site.work.artifacts.get(recovered.files[MATRIX])),
        y=rows.get("y"),
    )


def encoded_fields(matrix: Table) -> tuple[Field, ...]:
    """The model's own columns as what a caller would have to send."""
    return tuple(_encoded_field(name, column) for name, column in matrix.columns.items())


def _encoded_field(name: str, column: Column) -> Field:
    if isinstance(column, Text):
        return Field(name, "text")
    finite = column.values[np.isfinite(column.values)]
    if not len(finite):
        return Field(name, "number")
    return Field(name, "number", minimum=float(finite.min()), maximum=float(finite.max()))


def _rows(recovery: Recovery) -> Table:
    columns: dict[str, Column] = {
        "positions": Number(recovery.positions.astype(np.float64), "integer"),
        "fitted": Number(recovery.fitted.astype(np.float64), "boolean"),
    }
    if recovery.y is not None:
        columns["y"] = recovery.y
    return Table(columns)


def _columns_equal(features: Features, recovery: Recovery, table: Table) -> int:
    proofs = prove(features, table.take(recovery.positions), recovery.matrix)
    return sum(proof.equal == proof.rows for proof in proofs)


def _fact(recovery: Recovery) -> str:
    known = len(recovery.columns) - len(recovery.unexplained)
    text = (
        f"{known} of {len(recovery.columns)} columns proven on {len(recovery.positions):,} of "
        f"{recovery.rows_in_source:,} rows"
    )
    if recovery.unexplained:
        numbered = recovery.row_numbers
        names = ", ".join(
            f"{name} (a row number)" if name in numbered else name for name in recovery.unexplained[:3]
        )
        text += f"; not {names}" + (" and others" if len(recovery.unexplained) > 3 else "")
    kinds = _kinds(recovery.rules)
    text = f"{text} ({kinds})" if kinds else text
    return f"{text}; {', '.join(recovery.steps)} part of the model" if recovery.steps else text


KINDS_SHOWN = 4
KIND_OF = {
    "one-hot": "dummies",
    "group-indicator": "dummies",
    "label-encoder": "codes",
    "factorize": "codes",
    "code-map": "codes",
    "frequency": "frequencies",
    "join": "looked up in another table",
}


def _kinds(rules: Sequence[Rule | None]) -> str:
    """How many columns were made in which way, the commonest first."""
    counted = Counter(kind for rule in rules if rule and (kind := _kind(rule)))
    return ", ".join(f"{number} {kind}" for kind, number in counted.most_common(KINDS_SHOWN))


def _kind(rule: Rule) -> str:  # noqa: PLR0911 - one answer a kind of rule
    match rule:
        case Numeric(base="number", fn="id", a=1.0, b=0.0, low=None, high=None):
            return "as they are" if rule.missing is None else "filled"
        case Numeric():
            return "dates" if rule.base.startswith("date.") else "scaled or computed"
        case Map():
            return KIND_OF.get(rule.what, "codes")
        case Step():
            return "bins"
        case Words():
            return "texts"
        case Constant():
            return ""
        case _:
            return "of several columns"

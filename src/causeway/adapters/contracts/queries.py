"""Rules of type `sql`: one SELECT over the contract's own data, by Polars' SQL; nothing else is run."""

import re
from collections.abc import Iterator, Mapping

import polars as pl

from causeway.adapters.contracts.values import Cell, moment_of
from causeway.core.contract import Contract, Quality, SchemaObject, Violation
from causeway.core.contract_quality import expected_of, holds

MAX_CHARACTERS = 10_000
FUNCTIONS = {
    "abs", "avg", "cast", "ceil", "ceiling", "char_length", "character_length", "coalesce", "concat",
    "concat_ws", "corr", "count", "covar", "date", "date_part", "day", "div", "ends_with", "exp",
    "extract", "first", "floor", "greatest", "if", "ifnull", "initcap", "last", "least", "left",
    "length", "ln", "log", "log10", "log2", "lower", "ltrim", "max", "median", "min", "mod", "month",
    "nullif", "octet_length", "power", "quantile_cont", "quantile_disc", "regexp_like", "replace",
    "reverse", "right", "round", "row_number", "rtrim", "sign", "sqrt", "starts_with", "stddev",
    "strpos", "strptime", "substr", "sum", "timestamp", "trim", "try_cast", "upper", "variance", "year",
}  # fmt: skip
"""Functions that read nothing but the values handed to them."""

_WORDS_BEFORE_BRACKETS = {
    "select", "from", "where", "and", "or", "not", "in", "on", "as", "by", "then", "else", "when",
    "case", "over", "using", "join", "having", "between", "values", "with", "all", "any", "exists",
    "distinct", "union", "except", "intersect", "limit", "partition",
}  # fmt: skip
FORBIDDEN = {
    "alter", "analyze", "attach", "begin", "call", "commit", "copy", "create", "cross", "delete",
    "describe", "detach", "drop", "execute", "explain", "export", "grant", "import", "insert",
    "install", "into", "load", "merge", "pragma", "recursive", "replace_into", "revoke", "rollback",
    "set", "show", "truncate", "update", "use", "vacuum",
}  # fmt: skip
_TOKEN = re.compile(
    r"""(?P<comment>--|/\*)|(?P<text>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*"|`[^`]*`)"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<sign>\S)""",
    re.DOTALL,
)
_PLACE = re.compile(r"\$?\{\s*(table|object|column|property|model|field)\s*\}")


def forbidden(query: str) -> str:
    """Why this query is not run; empty where it is one SELECT with harmless functions."""
    if len(query) > MAX_CHARACTERS:
        return "it is too long"
    tokens = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(query)]
    while tokens and tokens[-1][1] == ";":
        tokens.pop()
    if any(kind == "comment" for kind, _ in tokens):
        return "it has a comment"
    if any(text == ";" for _, text in tokens):
        return "it is more than one statement"
    words = [text.lower() if kind == "word" else "" for kind, text in tokens]
    if not words or words[0] not in {"select", "with"}:
        return "it is no SELECT"
    if word := next((word for word in words if word in FORBIDDEN), ""):
        return f"{word.upper()} is not allowed"
    return next(_odd(tokens), "")


def _odd(tokens: list[tuple[str, str]]) -> Iterator[str]:
    """What stands where only a known function or a table may stand."""
    for (kind, text), (_, following) in zip(tokens, [*tokens[1:], ("", "")], strict=True):
        plain = text.lower() if kind == "word" else text.strip('"`').lower() if kind == "name" else ""
        if (
            following == "("
            and plain
            and plain not in FUNCTIONS | (_WORDS_BEFORE_BRACKETS if kind == "word" else set())
        ):
            yield f"the function {plain} is not among those that may be used"
        if kind == "word" and plain in {"from", "join"} and following.startswith("'"):
            yield "it names a file"


def answers(
    contract: Contract, described: SchemaObject, frame: pl.LazyFrame, cells: Mapping[str, Cell]
) -> Iterator[Violation | str | None]:
    """For each query a violation, None where it holds, or a text: why it is not looked at."""
    for column, quality in _queries(described):
        name = quality.name or quality.description or "query"
        query = _filled(quality.query or "", described, column)
        if why := forbidden(query):
            yield f"{name}: the query is not run, for {why}"
            continue
        try:
            value = _value(query, contract, described, typed(described, frame, cells))
        except (pl.exceptions.PolarsError, ValueError) as error:
            yield f"{name}: the query cannot be run here: {str(error).splitlines()[0][:120]}"
            continue
        yield _judged(quality, name, column, value)


def _queries(described: SchemaObject) -> Iterator[tuple[str, Quality]]:
    yield from (("", quality) for quality in described.quality or () if quality.type == "sql")
    for column in described.columns:
        yield from ((column.column, quality) for quality in column.quality or () if quality.type == "sql")


def _filled(query: str, described: SchemaObject, column: str) -> str:
    """The query with names where the standard has places for them."""
    return _PLACE.sub(lambda match: _named(match.group(1), described, column), query)


def _named(place: str, described: SchemaObject, column: str) -> str:
    name = described.name if place in {"table", "object", "model"} else column
    return '"' + name.replace('"', '""') + '"'


def typed(described: SchemaObject, frame: pl.LazyFrame, cells: Mapping[str, Cell]) -> pl.LazyFrame:
    """The columns under their names in the contract, text read as the type that the contract gives it."""
    return frame.select(
        _typed(
            column.logical_type,
            cell,
            column.logical_type_options.format if column.logical_type_options else None,
        ).alias(column.name)
        for column in described.columns
        if (cell := cells.get(column.name)) is not None
    )


def _typed(logical: str | None, cell: Cell, form: str | None) -> pl.Expr:
    if cell.type != pl.String:
        return cell.value
    match logical:
        case "integer":
            return cell.number.cast(pl.Int64, strict=False)
        case "number":
            return cell.number
        case "boolean":
            return cell.text.str.to_lowercase().replace_strict(
                {"true": True, "false": False, "1": True, "0": False}, default=None, return_dtype=pl.Boolean
            )
        case "date" | "timestamp" | "time" as kind:
            moment = moment_of(cell, kind, form)
            return cell.value if moment is None else moment
        case _:
            return cell.value


def _value(query: str, contract: Contract, described: SchemaObject, frame: pl.LazyFrame) -> object:
    names = {described.name, described.physical_name or described.name}
    others = {each.name for each in contract.objects} - names
    with pl.SQLContext(dict.fromkeys(names, frame), register_globals=False) as context:
        if asked := sorted(others & set(re.findall(r"\w+", query))):
            raise ValueError(f"it asks for {asked[0]}, and only {described.name} is here")
        result = context.execute(query).collect(engine="streaming")
    if result.width != 1 or result.height != 1:
        raise ValueError(
            f"it answers with {result.height} rows of {result.width} columns, not with one value"
        )
    return result.item()


def _judged(quality: Quality, name: str, column: str, value: object) -> Violation | str | None:
    if not isinstance(value, int | float):
        return f"{name}: the query answers {str(value)[:40]!r}, which is no number"
    if holds(quality, float(value)):
        return None
    return Violation(
        rule="sql",
        column=column,
        rows=0,
        expected=f"{name}: {expected_of(quality).removeprefix('None ')}",
        measured=float(value),
        severity=quality.severity or "",
    )

"""How a column's values are read: what counts as missing, as a number, as a value of the promised type."""

from dataclasses import dataclass

import polars as pl

from causeway.core.contract import MISSING, Property

DATES = ("%Y-%m-%d",)
TIMESTAMPS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d")
TIMES = ("%H:%M:%S%.f", "%H:%M")
# letters of Java's DateTimeFormatter, as the standard writes formats, longest first
JAVA_LETTERS = (
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
)


@dataclass(frozen=True)
class Cell:
    """One column, read in the ways that rules need; every expression is null where there is no value."""

    type: pl.DataType
    raw: pl.Expr
    """As text, exactly as it stands."""
    value: pl.Expr
    text: pl.Expr
    number: pl.Expr

    @property
    def shown(self) -> pl.Expr:
        """The value for a person to recognise."""
        return self.raw


@dataclass(frozen=True)
class TypeCheck:
    """Where values are not of the promised type; or why that is not looked at."""

    expected: str = ""
    wrong: pl.Expr | None = None
    unchecked: str = ""


def cell_of(name: str, kind: pl.DataType) -> Cell:
    """The column of this name and type."""
    column = pl.col(name)
    if kind == pl.String:
        stripped = column.str.strip_chars()
        value = pl.when(~stripped.str.to_lowercase().is_in(list(MISSING))).then(stripped)
        return Cell(kind, column, value, value, value.cast(pl.Float64, strict=False))
    value = column.fill_nan(None) if kind.is_float() else column
    text = value.cast(pl.String, strict=False) if not kind.is_nested() else pl.lit(None, pl.String)
    number = value.cast(pl.Float64, strict=False) if kind.is_numeric() or kind == pl.Boolean else _none()
    return Cell(kind, text, value, text, number)


def typed(column: Property, cell: Cell) -> TypeCheck:
    """The check of this column's logical type."""
    match column.logical_type:
        case None:
            return TypeCheck()
        case "number" | "integer" as wanted:
            return _number(cell, whole=wanted == "integer")
        case "boolean":
            return _boolean(cell)
        case "string":
            return (
                TypeCheck("text", cell.value.is_not_null())
                if cell.type.is_numeric()
                else TypeCheck("text", _never())
            )
        case "date" | "timestamp" | "time" as wanted:
            return _moment(column, cell, wanted)
        case other:
            return TypeCheck(unchecked=f"values of type {other} are not looked into")


def matches(cell: Cell, pattern: str) -> pl.Expr | None:
    """True where the text has this regular expression in it, None where the pattern is not understood."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError:
        return None
    return cell.text.str.contains(pattern)


def _number(cell: Cell, *, whole: bool) -> TypeCheck:
    wrong = cell.value.is_not_null() & cell.number.is_null()
    if whole:
        wrong = wrong | (cell.number != cell.number.floor())
    return TypeCheck("a whole number" if whole else "a number", wrong)


def _boolean(cell: Cell) -> TypeCheck:
    known = cell.text.str.to_lowercase().is_in(["true", "false"]) | cell.number.is_in([0.0, 1.0])
    return TypeCheck("true or false", cell.value.is_not_null() & ~known.fill_null(value=False))


def _moment(column: Property, cell: Cell, wanted: str) -> TypeCheck:
    if cell.type != pl.String:
        fits = cell.type.is_temporal()
        return TypeCheck(f"a {wanted}", _never() if fits else cell.value.is_not_null())
    options = column.logical_type_options
    formats = {"date": DATES, "timestamp": TIMESTAMPS, "time": TIMES}[wanted]
    if options and options.format:
        formats = (_from_java(options.format),)
        if not formats[0]:
            return TypeCheck(unchecked=f"the format {options.format} is not known here")
    kind = {"date": pl.Date, "timestamp": pl.Datetime, "time": pl.Time}[wanted]
    read = pl.any_horizontal(
        cell.text.str.strptime(kind, form, strict=False).is_not_null() for form in formats
    )
    return TypeCheck(f"a {wanted} such as {formats[0]}", cell.value.is_not_null() & ~read)


def _from_java(pattern: str) -> str:
    """The same format in the letters of strftime; empty where a letter is left that has none here."""
    rest, form = pattern, pattern
    for java, ours in JAVA_LETTERS:
        rest, form = rest.replace(java, ""), form.replace(java, ours)
    return "" if any(letter.isalpha() for letter in rest) else form


def _never() -> pl.Expr:
    return pl.lit(value=False)


def _none() -> pl.Expr:
    return pl.lit(None, pl.Float64)

"""How a column's values are read: what counts as missing, as a number, as a value of the promised type."""

from collections.abc import Iterable
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

# ends of the names of the columns that we add; no header line can hold a null character
VALUE = "\0value"
NUMBER = "\0number"


@dataclass(frozen=True)
class Cell:
    """One column, read in the ways that rules need; every expression is null where there is no value.

    The expressions name columns that `with_readings` adds, so that each is computed once for all rules.
    """

    type: pl.DataType
    name: str

    @property
    def raw(self) -> pl.Expr:
        """As text, exactly as it stands."""
        return pl.col(self.name).cast(pl.String, strict=False) if self._plain else _no_text()

    @property
    def value(self) -> pl.Expr:
        """Without what stands for no value."""
        return pl.col(f"{self.name}{VALUE}")

    @property
    def text(self) -> pl.Expr:
        """The value as text."""
        return self.value.cast(pl.String, strict=False) if self._plain else _no_text()

    @property
    def number(self) -> pl.Expr:
        """The value as a number; null too where it is none."""
        return pl.col(f"{self.name}{NUMBER}")

    @property
    def _plain(self) -> bool:
        return not self.type.is_nested()


def with_readings(frame: pl.LazyFrame, cells: Iterable[Cell]) -> pl.LazyFrame:
    """The frame with each cell's value and number beside it; what no rule reads is never computed."""
    cells = list(cells)
    return frame.with_columns(_value(cell).alias(f"{cell.name}{VALUE}") for cell in cells).with_columns(
        _number_of(cell).alias(f"{cell.name}{NUMBER}") for cell in cells
    )


def _value(cell: Cell) -> pl.Expr:
    column = pl.col(cell.name)
    if cell.type == pl.String:
        stripped = column.str.strip_chars()
        return pl.when(~stripped.str.to_lowercase().is_in(list(MISSING))).then(stripped)
    return column.fill_nan(None) if cell.type.is_float() else column


def _number_of(cell: Cell) -> pl.Expr:
    readable = cell.type == pl.String or cell.type.is_numeric() or cell.type == pl.Boolean
    return cell.value.cast(pl.Float64, strict=False) if readable else pl.lit(None, pl.Float64)


@dataclass(frozen=True)
class TypeCheck:
    """Where values are not of the promised type; or why that is not looked at."""

    expected: str = ""
    wrong: pl.Expr | None = None
    unchecked: str = ""


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


def _no_text() -> pl.Expr:
    return pl.lit(None, pl.String)

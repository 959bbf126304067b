"""How a column's values are read: what counts as missing, as a number, as a moment, as text."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import polars as pl

from causeway.core.contract import MISSING

DATES = ("%Y-%m-%d",)
TIMESTAMPS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d")
TIMES = ("%H:%M:%S%.f", "%H:%M")
FORMATS = {"date": DATES, "timestamp": TIMESTAMPS, "time": TIMES}
MOMENTS: dict[str, type[pl.DataType]] = {"date": pl.Date, "timestamp": pl.Datetime, "time": pl.Time}
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

# every way to write them, so that no lower-case copy of a column has to be made
_MISSING_AS_WRITTEN = sorted(
    {"".join(letters) for word in MISSING for letters in itertools.product(*({c, c.upper()} for c in word))}
)


@dataclass(frozen=True)
class Cell:
    """One column, read in the ways that rules need; every expression is null where there is no value.

    In a text file (`textual`) blanks around a value do not count, and the words for nothing are
    nothing; in a file that knows its types a null is nothing, and so is a float that is no number.
    The expressions name columns that `with_readings` adds, so that each is computed once for all rules.
    """

    type: pl.DataType
    name: str
    textual: bool = True

    @property
    def raw(self) -> pl.Expr:
        """As text, exactly as it stands."""
        return pl.col(self.name).cast(pl.String, strict=False) if self.is_plain else _no_text()

    @property
    def value(self) -> pl.Expr:
        """Without what stands for no value."""
        return pl.col(f"{self.name}{VALUE}")

    @property
    def text(self) -> pl.Expr:
        """The value as text."""
        if self.type == pl.String:
            return self.value
        return self.value.cast(pl.String, strict=False) if self.is_plain else _no_text()

    @property
    def number(self) -> pl.Expr:
        """The value as a number; null too where it is none."""
        return self.value if self.is_number else pl.col(f"{self.name}{NUMBER}")

    @property
    def is_plain(self) -> bool:
        """Whether it is one value, and no list or record of them."""
        return not self.type.is_nested() and self.type != pl.Object

    @property
    def is_number(self) -> bool:
        """Whether the column is stored as numbers."""
        return self.type.is_numeric() and not self.type.is_decimal()


def with_readings(frame: pl.LazyFrame, cells: Iterable[Cell]) -> pl.LazyFrame:
    """The frame with each cell's value and number beside it; what no rule reads is never computed."""
    cells = list(cells)
    return frame.with_columns(_value(cell).alias(f"{cell.name}{VALUE}") for cell in cells).with_columns(
        _number_of(cell).alias(f"{cell.name}{NUMBER}") for cell in cells
    )


def _value(cell: Cell) -> pl.Expr:
    column = pl.col(cell.name)
    if cell.type == pl.String and cell.textual:
        stripped = column.str.strip_chars()
        return pl.when(~stripped.is_in(_MISSING_AS_WRITTEN)).then(stripped)
    return column.fill_nan(None) if cell.type.is_float() else column


def _number_of(cell: Cell) -> pl.Expr:
    readable = cell.type == pl.String or cell.type.is_numeric() or cell.type == pl.Boolean
    if not readable:
        return pl.lit(None, pl.Float64)
    return cell.value.cast(pl.Float64, strict=False).fill_nan(None)


def moment_of(cell: Cell, kind: str, form: str | None) -> pl.Expr | None:
    """The value as a date, timestamp (UTC) or time; None where the format is not understood."""
    if cell.type == pl.String:
        formats = FORMATS[kind] if form is None else (from_java(form),)
        if not all(formats):
            return None
        return pl.coalesce(_parsed(cell.text, kind, each) for each in formats)
    if isinstance(cell.type, pl.Datetime) and cell.type.time_zone:
        return cell.value.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return cell.value if cell.type.is_temporal() else None


def _parsed(text: pl.Expr, kind: str, form: str) -> pl.Expr:
    read = text.str.strptime(MOMENTS[kind], form, strict=False)
    if form.endswith("z"):
        return read.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return read


def limit_of(text: str, kind: str, form: str | None) -> date | datetime | time | None:
    """A limit as the contract writes it, as a moment; None where it is none."""
    if form is not None and (written := from_java(form)):
        try:
            read = datetime.strptime(text, written)  # noqa: DTZ007 - compared with moments that have no zone
        except ValueError:
            pass
        else:
            return {"date": read.date(), "time": read.time()}.get(kind, read)
    try:
        match kind:
            case "date":
                return datetime.fromisoformat(text).date()
            case "time":
                return time.fromisoformat(text).replace(tzinfo=None)
            case _:
                read = datetime.fromisoformat(text)
                return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except ValueError:
        return None


def matches(cell: Cell, pattern: str) -> pl.Expr | None:
    """True where the text has this regular expression in it, None where the pattern is not understood."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.ComputeError:
        return None
    return cell.text.str.contains(pattern)


def from_java(pattern: str) -> str:
    """The same format in the letters of strftime; empty where a letter is left that has none here."""
    rest, form = pattern.replace("'T'", "T"), pattern.replace("'T'", "T")
    for java, ours in JAVA_LETTERS:
        rest, form = rest.replace(java, ""), form.replace(java, ours)
    return "" if any(letter.isalpha() for letter in rest.replace("T", "", 1)) else form


def _no_text() -> pl.Expr:
    return pl.lit(None, pl.String)

"""Where values are not of the type, the format or the size that the contract promises."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from causeway.adapters.contracts.values import MOMENTS, Cell, limit_of, moment_of
from causeway.core.contract import Options, Property

NEARLY_WHOLE = 1e-9
_LIMITS = (
    ("minimum", "minimum", pl.Expr.lt),
    ("maximum", "maximum", pl.Expr.gt),
    ("exclusiveMinimum", "exclusive_minimum", pl.Expr.le),
    ("exclusiveMaximum", "exclusive_maximum", pl.Expr.ge),
)
_BYTE = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
TEXT_FORMATS = {
    "email": r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
    "uuid": r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$",
    "hostname": rf"^({_LABEL}\.)*{_LABEL}\.?$",
    "ipv4": rf"^({_BYTE}\.){{3}}{_BYTE}$",
    "ipv6": r"^[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*((\d{1,3}\.){3}\d{1,3})?$",
}
"""Regular expressions of the formats that a text can be held to."""

_SHOWN = {"date": "2024-01-31", "timestamp": "2024-01-31T10:30:00Z", "time": "10:30:00"}
_SIZES = {f"{sign}{bits}": (sign == "i", bits) for sign in "iu" for bits in (8, 16, 32, 64, 128)}
_PROSE = {"f32", "f64", "password", "byte", "binary"}


@dataclass(frozen=True)
class Wrong:
    """Where values break one demand; `where` is None where the column's stored type lets none do so."""

    rule: str
    expected: str
    where: pl.Expr | None


@dataclass(frozen=True)
class Unread:
    """A demand that is not looked at, and why."""

    why: str


def wrongs(column: Property, cell: Cell) -> Iterator[Wrong | Unread]:
    """Everything that type and limits of this column ask of its values."""
    options = column.logical_type_options or Options()
    yield from _type(column, cell, options)
    yield from _limits(column, cell, options)
    yield from _lengths(cell, options)
    if options.format and column.logical_type in {"string", "integer", "number"}:
        yield from _format(options.format, cell)


def _type(column: Property, cell: Cell, options: Options) -> Iterator[Wrong | Unread]:
    match column.logical_type:
        case None:
            return
        case "number" | "integer" as wanted:
            yield _number(cell, whole=wanted == "integer")
        case "boolean":
            yield _boolean(cell)
        case "string":
            foreign = cell.type.is_numeric() or not cell.is_plain
            yield Wrong("type", "text", cell.value.is_not_null() if foreign else None)
        case "date" | "timestamp" | "time" as wanted:
            yield _moment(cell, wanted, options.format)
        case nested:
            yield _nested(cell, nested)


def _number(cell: Cell, *, whole: bool) -> Wrong:
    expected = "a whole number" if whole else "a number"
    if cell.type.is_integer() or (cell.is_number and not whole):
        return Wrong("type", expected, None)
    wrong = cell.value.is_not_null() & cell.number.is_null()
    if whole:
        wrong = wrong | (cell.number != cell.number.floor()) | cell.number.is_infinite()
    return Wrong("type", expected, wrong)


def _boolean(cell: Cell) -> Wrong:
    if cell.type == pl.Boolean:
        return Wrong("type", "true or false", None)
    if not cell.is_plain:
        return Wrong("type", "true or false", cell.value.is_not_null())
    known = cell.text.str.to_lowercase().is_in(["true", "false"]) | cell.number.is_in([0.0, 1.0])
    return Wrong("type", "true or false", cell.value.is_not_null() & ~known.fill_null(value=False))


def _moment(cell: Cell, wanted: str, form: str | None) -> Wrong | Unread:
    if cell.type != pl.String:
        fits = isinstance(cell.type, MOMENTS[wanted])
        return Wrong("type", f"a {wanted}", None if fits else cell.value.is_not_null())
    moment = moment_of(cell, wanted, form)
    if moment is None:
        return Unread(f"the format {form} is not known here")
    shown = f"written {form}" if form else f"such as {_SHOWN[wanted]}"
    return Wrong("type", f"a {wanted} {shown}", cell.value.is_not_null() & moment.is_null())


def _nested(cell: Cell, wanted: str) -> Wrong | Unread:
    if cell.type == pl.String and cell.textual:
        return Unread(f"values of type {wanted} are not looked into where they stand as text")
    item = cell.type.inner if isinstance(cell.type, pl.List | pl.Array) else None
    record = isinstance(cell.type, pl.Struct)
    fits = {
        "array": item is not None,
        "vector": item is not None and item.is_numeric(),
        "object": record,
        "map": record or isinstance(item, pl.Struct),
    }[wanted]
    return Wrong(
        "type", f"{'an' if wanted[0] in 'ao' else 'a'} {wanted}", None if fits else cell.value.is_not_null()
    )


def _limits(column: Property, cell: Cell, options: Options) -> Iterator[Wrong | Unread]:
    kind = column.logical_type or ""
    for name, key, breaks in _LIMITS:
        limit: float | str | None = getattr(options, key)
        if limit is None:
            continue
        if not isinstance(limit, str):
            yield Wrong(name, f"{name} {limit}", breaks(cell.number, pl.lit(limit)))
            continue
        yield _text_limit(name, limit, breaks, cell, kind=kind, form=options.format)


def _text_limit(
    name: str,
    limit: str,
    breaks: Callable[[pl.Expr, pl.Expr], pl.Expr],
    cell: Cell,
    *,
    kind: str,
    form: str | None,
) -> Wrong | Unread:
    expected = f"{name} {limit}"
    if kind not in MOMENTS and cell.type == pl.String:
        # nobody said what it is: ISO dates sort as texts do
        return Wrong(name, expected, breaks(cell.text, pl.lit(limit)))
    kind = kind if kind in MOMENTS else "timestamp"
    bound, value = limit_of(limit, kind, form), moment_of(cell, kind, form)
    if bound is None or value is None:
        return Unread(f"{expected} is not compared: it is no {kind}, or of a format not known here")
    return Wrong(name, expected, breaks(value, pl.lit(bound)))


def _lengths(cell: Cell, options: Options) -> Iterator[Wrong | Unread]:
    length = cell.text.str.len_chars()
    if options.min_length is not None:
        yield Wrong("minLength", f"minLength {options.min_length}", length < options.min_length)
    if options.max_length is not None:
        yield Wrong("maxLength", f"maxLength {options.max_length}", length > options.max_length)
    if options.multiple_of:
        times = cell.number / options.multiple_of
        uneven = (times - times.round()).abs() > NEARLY_WHOLE
        yield Wrong("multipleOf", f"multipleOf {options.multiple_of}", uneven)
    yield from _items(cell, options)


def _items(cell: Cell, options: Options) -> Iterator[Wrong | Unread]:
    asked = (options.min_items, options.max_items, options.dimensions, options.unique_items)
    if not any(each is not None for each in asked):
        return
    if not isinstance(cell.type, pl.List | pl.Array):
        yield Unread("its items are not counted, for the column holds no lists")
        return
    values = cell.value if isinstance(cell.type, pl.List) else cell.value.arr.to_list()
    count = values.list.len()
    if options.min_items is not None:
        yield Wrong("minItems", f"minItems {options.min_items}", count < options.min_items)
    if options.max_items is not None:
        yield Wrong("maxItems", f"maxItems {options.max_items}", count > options.max_items)
    if options.dimensions is not None:
        yield Wrong("dimensions", f"{options.dimensions} dimensions", count != options.dimensions)
    if options.unique_items:
        yield Wrong("uniqueItems", "each item once", values.list.n_unique() < count)


def _format(form: str, cell: Cell) -> Iterator[Wrong | Unread]:
    if form in TEXT_FORMATS:
        yield Wrong("format", f"text like an {form}", ~cell.text.str.contains(TEXT_FORMATS[form]))
    elif form in _SIZES:
        signed, bits = _SIZES[form]
        least, most = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1)) if signed else (0.0, 2.0**bits)
        number = cell.number.cast(pl.Float64)
        yield Wrong("format", f"a number that fits {form}", (number < least) | (number >= most))
    elif form not in _PROSE:
        yield Unread(f"the format {form} is not known here")

"""What a mask makes of a column."""

import hmac
from collections.abc import Callable

import polars as pl

PSEUDONYM_CHARACTERS = 20
SHOWN_CHARACTERS = 2
HIDDEN = "***"
# a year between 1600 and 2199 that stands by itself
YEAR = r"(?:^|\D)((?:1[6-9]|2[01])\d\d)(?:\D|$)"
MONTHS = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d")


def masked(name: str, method: str, dtype: pl.DataType, *, key: bytes) -> pl.Expr:
    """The column under this mask."""
    return _METHODS[method](pl.col(name), dtype, key).alias(name)


def _nothing(_: pl.Expr, dtype: pl.DataType, __: bytes) -> pl.Expr:
    return pl.lit(None, dtype=dtype)


def _pseudonym(column: pl.Expr, _: pl.DataType, key: bytes) -> pl.Expr:
    """The same name for the same value, whatever its type and source; whose, only the key tells."""

    def renamed(values: pl.Series) -> pl.Series:
        known = values.unique()
        names = [None if value is None else pseudonym(value, key) for value in known.to_list()]
        return values.replace_strict(known, pl.Series(names, dtype=pl.String), return_dtype=pl.String)

    return column.map_batches(renamed, return_dtype=pl.String, is_elementwise=True)


def pseudonym(value: object, key: bytes) -> str:
    """What stands for this value; 7, 7.0 and "7" are one."""
    whole = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if whole and isinstance(value, float) else str(value)
    return hmac.digest(key, text.strip().encode(), "sha256").hex()[:PSEUDONYM_CHARACTERS]


def _partial(column: pl.Expr, _: pl.DataType, __: bytes) -> pl.Expr:
    text = column.cast(pl.String)
    shown = pl.when(text.str.len_chars() > 2 * SHOWN_CHARACTERS).then(text.str.head(SHOWN_CHARACTERS))
    return pl.when(text.is_not_null()).then(pl.concat_str(shown.otherwise(pl.lit("")), pl.lit(HIDDEN)))


def _band(column: pl.Expr, dtype: pl.DataType, _: bytes) -> pl.Expr:
    """The first digit that counts: 37 is 40, and 54,321 is 50,000."""
    rounded = column.cast(pl.Float64, strict=False).round_sig_figs(1)
    return rounded.cast(dtype) if dtype.is_integer() else rounded


def _year(column: pl.Expr, dtype: pl.DataType, _: bytes) -> pl.Expr:
    if dtype.is_temporal():
        return column.dt.year().cast(pl.Int64)
    return column.cast(pl.String).str.extract(YEAR, 1).cast(pl.Int64, strict=False)


def _month(column: pl.Expr, dtype: pl.DataType, _: bytes) -> pl.Expr:
    if dtype.is_temporal():
        return column.dt.truncate("1mo")
    text = column.cast(pl.String)
    read = pl.coalesce(
        (text + "-01").str.to_date(MONTHS[0], strict=False, exact=True),
        *(text.str.head(len("2026-01-31")).str.to_date(form, strict=False) for form in MONTHS),
    )
    return read.dt.truncate("1mo").cast(pl.String)


_METHODS: dict[str, Callable[[pl.Expr, pl.DataType, bytes], pl.Expr]] = {
    "null": _nothing,
    "pseudonym": _pseudonym,
    "partial": _partial,
    "band": _band,
    "year": _year,
    "month": _month,
}

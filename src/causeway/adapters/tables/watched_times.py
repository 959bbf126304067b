"""Times as people write them in tables: stored, as texts in many forms, or counted since 1970."""

import polars as pl

_EPOCHS = ((1e17, 1e-3), (1e14, 1.0), (1e11, 1e3), (1e8, 1e6))
"""From which number on a time counts in ns, us, ms, s; and how many us one of it is."""
_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d")


def as_time(name: str, dtype: pl.DataType, looked: pl.DataFrame) -> pl.Expr:
    """Microseconds since 1970 in UTC, where nothing else is said."""
    column = pl.col(name)
    if dtype.is_temporal():
        moment = column.cast(pl.Datetime("us")) if dtype == pl.Date else column.dt.cast_time_unit("us")
        return moment.to_physical().cast(pl.Float64).alias(name)
    if dtype != pl.String:
        return _as_epoch(column.cast(pl.Float64, strict=False)).alias(name)
    ways = _ways(column.str.strip_chars())
    # only those that any of the first rows is written in are tried on all
    used = [way for way in ways if looked.select(way.count()).item()]
    return pl.coalesce(used or ways[:1]).alias(name)


def _ways(text: pl.Expr) -> list[pl.Expr]:
    """The ways in which a time may be written, each as microseconds since 1970."""
    zoned = text.str.replace(r"[zZ]$", "+00:00")
    ways = [
        zoned.str.to_datetime(f"{each}%#z", strict=False, time_unit="us", time_zone="UTC")
        for each in _FORMATS[:2]
    ]
    ways += [text.str.to_datetime(each, strict=False, time_unit="us") for each in _FORMATS]
    ways += [text.str.to_date(each, strict=False).cast(pl.Datetime("us")) for each in _DAYS]
    month = pl.when(text.str.contains(r"^\d{4}-\d{2}$")).then(text + "-01")
    ways.append(month.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")))
    numbers = _as_epoch(text.cast(pl.Float64, strict=False))
    return [*(way.to_physical().cast(pl.Float64) for way in ways), numbers]


def _as_epoch(number: pl.Expr) -> pl.Expr:
    made = pl.when(number >= _EPOCHS[0][0]).then(number * _EPOCHS[0][1])
    for least, us in _EPOCHS[1:]:
        made = made.when(number >= least).then(number * us)
    return made.otherwise(None)

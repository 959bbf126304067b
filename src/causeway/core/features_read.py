"""How one raw value is read: as a number, as a category, as a part of a date.

Both interpreters of the rules go through these functions, so they cannot disagree.
"""

import math
import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from causeway.core.table import Numbers

NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*", re.ASCII)
_PLAIN = r"[-+]?\d+(?:\.\d+)?"
_PLAIN_NUMBER = re.compile(_PLAIN, re.ASCII)
_RANGE = re.compile(rf"\s*({_PLAIN})\s*(?:-\s*({_PLAIN})\s*)?", re.ASCII)
_THOUSANDS = r"(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d+)"
"""Digits in one piece, or parted by commas in threes, or as in India."""
_AMOUNT = rf"(?:{_THOUSANDS}\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
AMOUNT_SIGNS = "$%\u20ac\u00a3\u20b9"
_UNDEFINED = math.nan
LARGEST_EXPONENT = 709.0

TEXT_BASES = ("number", "range_mean", "first_number", "amount", "length")
COUNT_BASES = (
    "count.words",
    "count.different_words",
    "count.capitals",
    "count.digits",
    "count.marks",
    "mean.word_length",
)
DATE_PARTS = (
    "year",
    "month",
    "day",
    "dayofweek",
    "hour",
    "quarter",
    "dayofyear",
    "week",
    "minute",
    "days",
    "seconds",
    "days_in_month_left",
)
_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")

Base = Callable[[str], float]


def number_of(text: str) -> float:
    """The number that the whole text is, else NaN."""
    return float(text) if NUMBER.fullmatch(text) else _UNDEFINED


def range_mean_of(text: str) -> float:
    """The number, or the middle of a range `a - b`."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return _UNDEFINED
    low, high = found.groups()
    return float(low) if high is None else (float(low) + float(high)) / 2


def first_number_of(text: str) -> float:
    """The first number in the text: 3 of `3 BHK`."""
    found = _PLAIN_NUMBER.search(text)
    return float(found[0]) if found else _UNDEFINED


def _amounts_with(signs: str) -> Base:
    """Reads a number in digits or thousands, with one of the signs on either side: 1234.5 of `$1,234.50`."""
    sign = f"[{re.escape(signs)}]?" if signs else ""
    written = re.compile(rf"\s*([-+]?)\s*{sign}\s*([-+]?)({_AMOUNT})\s*{sign}\s*", re.ASCII)

    def read(text: str) -> float:
        found = written.fullmatch(text)
        if found is None or (found[1] and found[2]):
            return _UNDEFINED
        return float(f"{found[1]}{found[2]}{found[3].replace(',', '')}")

    return read


def length_of(text: str) -> float:
    """How many characters."""
    return float(len(text))


_TEXT_READERS: dict[str, Base] = {
    "number": number_of,
    "range_mean": range_mean_of,
    "first_number": first_number_of,
    "length": length_of,
    "count.words": lambda text: float(len(text.split())),
    "count.different_words": lambda text: float(len(set(text.split()))),
    "count.capitals": lambda text: float(sum(map(str.isupper, text))),
    "count.digits": lambda text: float(sum(map(str.isdigit, text))),
    "count.marks": lambda text: float(sum(character in _MARKS for character in text)),
    "mean.word_length": lambda text: _mean_length(text.split()),
}


def _mean_length(words: list[str]) -> float:
    return sum(map(len, words)) / len(words) if words else _UNDEFINED


_DATE_READERS: dict[str, Callable[[datetime], int]] = {
    "year": lambda at: at.year,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "dayofweek": lambda at: at.weekday(),
    "hour": lambda at: at.hour,
    "quarter": lambda at: (at.month + 2) // 3,
    "dayofyear": lambda at: at.timetuple().tm_yday,
    "week": lambda at: at.isocalendar()[1],
    "minute": lambda at: at.minute,
    "days": lambda at: at.toordinal(),
    "seconds": lambda at: int(at.replace(tzinfo=UTC).timestamp()),
    "days_in_month_left": lambda at: monthrange(at.year, at.month)[1] - at.day,
}


def reader_of(base: str, layout: str = "") -> Base:
    """The function that reads text by this base; not finite where it cannot."""
    if base == "amount":
        return _amounts_with(layout)
    if base == "count.text":
        return lambda text: float(text.count(layout))
    if base == "count.lower_text":
        return lambda text: float(text.lower().count(layout))
    if not base.startswith("date."):
        return _TEXT_READERS[base]
    part = _DATE_READERS[base.removeprefix("date.")]

    def read(text: str) -> float:
        try:
            return float(part(datetime.strptime(text, layout)))  # noqa: DTZ007 - parts of the date as written
        except ValueError:
            return _UNDEFINED

    return read


def is_number(base: str) -> bool:
    """Whether what this base reads is itself a number that may be sent as one."""
    return base != "length" and not base.startswith(("count.", "mean."))


def key_of(number: float) -> str:
    """The category that a number is: `3` of 3.0, `2.5` of 2.5."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def shape_of(text: str) -> str:
    """The text with each number written as `#`."""
    return _PLAIN_NUMBER.sub("#", text)


def _log(value: float) -> float:
    return float(np.log(value)) if value > 0 else _UNDEFINED


def _log1p(value: float) -> float:
    return float(np.log1p(value)) if value > -1 else _UNDEFINED


def _sqrt(value: float) -> float:
    return math.sqrt(value) if value >= 0 else _UNDEFINED


def _reciprocal(value: float) -> float:
    return 1 / value if value else _UNDEFINED


def _exp(value: float) -> float:
    return float(np.exp(value)) if value < LARGEST_EXPONENT else _UNDEFINED


def _cbrt(value: float) -> float:
    return float(np.cbrt(value))


def _ratio(left: float, right: float) -> float:
    return left / right if right else _UNDEFINED


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "id": lambda value: value,
    "log": _log,
    "log1p": _log1p,
    "sqrt": _sqrt,
    "square": lambda value: value * value,
    "cube": lambda value: value * value * value,
    "cbrt": _cbrt,
    "reciprocal": _reciprocal,
    "exp": _exp,
    "round": lambda value: float(np.rint(value)),
    "floor": lambda value: float(np.floor(value)),
}
OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "ratio": _ratio,
    "product": lambda left, right: left * right,
    "sum": lambda left, right: left + right,
    "difference": lambda left, right: left - right,
}
UFUNCS: dict[str, Callable[[Numbers], Numbers]] = {
    "id": np.positive,
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
    "square": np.square,
    "cube": lambda values: values * values * values,
    "cbrt": np.cbrt,
    "reciprocal": np.reciprocal,
    "exp": lambda values: np.exp(np.where(values < LARGEST_EXPONENT, values, np.nan)),
    "round": np.rint,
    "floor": np.floor,
}
BINARY_UFUNCS: dict[str, np.ufunc] = {
    "ratio": np.divide,
    "product": np.multiply,
    "sum": np.add,
    "difference": np.subtract,
}

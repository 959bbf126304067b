"""What is in a column: kind, nulls, distinct values, extremes, categories."""

import re
from collections import Counter

import numpy as np
from msgspec import structs

from causeway.core.dates import moments_of
from causeway.core.poc import ColumnProfile
from causeway.intake.private.personal import personal

MAX_CATEGORIES = 30
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T]\d{1,2}:\d{2}.*)?$"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ T]\d{1,2}:\d{2}.*)?$"
    r"|\d{1,2}[- ][A-Za-z]{3}[- ]\d{2,4}$|[A-Za-z]{3,9} \d{1,2},? \d{4}$"
)
_BOOLEANS = ({"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"})


def profile(name: str, values: list[str]) -> ColumnProfile:
    """The column's profile over these values, as they stand in the file."""
    filled = [value.strip() for value in values if value.strip().lower() not in MISSING]
    counts = Counter(filled)
    numbers = numbers_of(filled)
    kind = kind_of(filled, counts, numbers)
    few = counts if 0 < len(counts) <= MAX_CATEGORIES else Counter()
    bounds = numbers[np.isfinite(numbers)] if numbers is not None and kind in {"integer", "float"} else None
    column = ColumnProfile(
        name,
        kind,
        nulls=len(values) - len(filled),
        distinct=len(counts),
        minimum=float(bounds.min()) if bounds is not None and len(bounds) else None,
        maximum=float(bounds.max()) if bounds is not None and len(bounds) else None,
        categories=dict(few.most_common()),
        in_time=kind == "date" and len(filled) == len(values) and moments_of(list(counts)) is not None,
        unique=len(filled) > 1 and len(counts) == len(values),
        mean_length=round(sum(map(len, filled[:2000])) / max(len(filled[:2000]), 1), 1),
    )
    who = personal(name, column, values)
    if who is None:
        return column
    return structs.replace(column, personal=who.sort, personal_as=who.form, personal_values=who.count)


def numbers_of(filled: list[str]) -> np.ndarray | None:
    """The values as numbers, when at least 98 in 100 are; what is not a number is NaN."""
    if not filled:
        return None
    try:
        return np.array([float(value) for value in filled])
    except ValueError:
        pass
    numbers = np.full(len(filled), np.nan)
    odd, bearable = 0, len(filled) // 50
    for position, value in enumerate(filled):
        try:
            numbers[position] = float(value)
        except ValueError:
            odd += 1
            if odd > bearable:
                return None
    return numbers


def kind_of(filled: list[str], counts: Counter[str], numbers: np.ndarray | None) -> str:
    """`empty`, `boolean`, `integer`, `float`, `date` or `text`."""
    if not filled:
        return "empty"
    lowered = {value.lower() for value in counts} if len(counts) <= 2 else set()
    if lowered and any(lowered <= pair for pair in _BOOLEANS):
        return "boolean"
    if numbers is not None:
        finite = numbers[np.isfinite(numbers)]
        whole = not any("." in value or "e" in value.lower() for value in filled[:2000])
        return "integer" if whole and np.all(finite == np.floor(finite)) else "float"
    probe = filled[:200]
    return "date" if sum(bool(_DATE.match(value)) for value in probe) * 20 >= len(probe) * 19 else "text"

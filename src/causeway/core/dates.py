"""When something was: texts as moments that can be put in order."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np

from causeway.core.features_read import number_of
from causeway.core.table import Numbers

DATE_LAYOUTS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%m/%d/%y",
    "%d/%m/%y",
)
MORE_LAYOUTS = (
    "%Y-%m",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%b %d %Y",
    "%B %d, %Y",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%Y.%m.%d",
)
EIGHT_DIGITS = 8


def moments_of(texts: Sequence[str | None]) -> Numbers | None:
    """A number for each text that grows with time; None where one is no date, or days may be months.

    Texts that are all numbers (a year, an epoch) are those numbers, unless they are days before months.
    """
    known = {text.strip() for text in texts if text}
    if not known or not all(texts):
        return None
    read = _numbers(known) or _iso(known) or _dates(known)
    return np.array([read[(text or "").strip()] for text in texts]) if read else None


def moments_of_numbers(values: Numbers) -> Numbers | None:
    """The numbers themselves, where they grow with time; None where one is none, or 31012026 is a day."""
    if not np.isfinite(values).all() or _days_first({f"{value:08.0f}" for value in values.tolist()}):
        return None
    return values


def _numbers(known: set[str]) -> dict[str, float] | None:
    numbers = {text: number_of(text) for text in known}
    return numbers if np.isfinite(list(numbers.values())).all() and not _days_first(known) else None


def _days_first(known: Iterable[str]) -> bool:
    """Whether these are all dates in eight digits whose order is not that of time: the year stands last."""
    if not all(len(text) == EIGHT_DIGITS and text.isdecimal() for text in known):
        return False
    return not _in_layout(known, "%Y%m%d") and any(_in_layout(known, each) for each in ("%d%m%Y", "%m%d%Y"))


def _iso(known: Iterable[str]) -> dict[str, float] | None:
    try:
        return {text: _seconds(datetime.fromisoformat(text)) for text in known}
    except ValueError:
        return None


def _dates(known: set[str]) -> dict[str, float] | None:
    """In the one layout that all have; two layouts that disagree cannot be told apart."""
    fits = [read for layout in (*DATE_LAYOUTS, *MORE_LAYOUTS) if (read := _in_layout(known, layout))]
    return fits[0] if fits and all(read == fits[0] for read in fits) else None


def _in_layout(known: Iterable[str], layout: str) -> dict[str, float] | None:
    try:
        return {text: _seconds(datetime.strptime(text, layout)) for text in known}  # noqa: DTZ007 - as written
    except ValueError:
        return None


def _seconds(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

"""Candidates that look for something in a text: how often it stands there, or whether it does."""

import re
from collections.abc import Iterator, Sequence

import numpy as np

from causeway.core.table import Numbers, Text
from causeway.recover.fitting import single
from causeway.recover.loaded import listed
from causeway.recover.numbers import Candidate, numeric_candidates, step_candidates
from causeway.recover.pool import Pool, Series

MOST_COUNTED = 50
MOST_WORDS = 60
QUOTED = re.compile(r"'([^'\n]{1,30})'|\"([^\"\n]{1,30})\"")
WORD = re.compile(r"[^\W_]+")


def literals_in(sources: Sequence[str]) -> tuple[str, ...]:
    """The texts that lines of code have in quotes."""
    found = (one or other for source in sources for one, other in QUOTED.findall(source))
    return tuple(dict.fromkeys(found))


def content_candidates(
    pool: Pool, wanted: Numbers, *, literals: Sequence[str], tolerance: float
) -> Iterator[Candidate]:
    """Counts of a text in a raw column: one that the code names, else a word that the counted rows share."""
    whole = np.isfinite(wanted).all() and np.array_equal(wanted, np.round(wanted))
    if not whole or wanted.min() < 0 or wanted.max() > MOST_COUNTED or single(wanted) is not None:
        return
    for name in pool.sheet.table.columns:
        raw = pool.sheet.column(name)
        if isinstance(raw, Text):
            texts = [raw.values[at] for at in listed(pool.positions)]
            yield from _in_column(pool, name, texts, wanted, literals=literals, tolerance=tolerance)


def _in_column(
    pool: Pool,
    name: str,
    texts: list[str | None],
    wanted: Numbers,
    *,
    literals: Sequence[str],
    tolerance: float,
) -> Iterator[Candidate]:
    there = [text for text, value in zip(texts, wanted, strict=True) if value and text]
    if not there:
        return
    missing = pool.sheet.missing(name)[pool.positions]
    for base, lowered in (("count.text", False), ("count.lower_text", True)):
        shown = [text.lower() if lowered else text for text in there]
        for wording in _shared(shown, literals, lowered=lowered):
            values = pool.sheet.base(name, base, wording)[pool.positions]
            if not np.array_equal(values[~missing] > 0, wanted[~missing] > 0):
                continue
            series = Series(name, base, wording, values, missing)
            one = Pool(pool.sheet, pool.positions, (series,), ())
            yield from numeric_candidates(one, wanted, tolerance=tolerance)
            yield from step_candidates(one, wanted)


def _shared(texts: list[str], literals: Sequence[str], *, lowered: bool) -> list[str]:
    """What every one of these texts has: of the code's own words, and of the shortest text's."""
    words = WORD.findall(min(texts, key=len))[:MOST_WORDS]
    tried = dict.fromkeys([*(one.lower() if lowered else one for one in literals), *words])
    return [one for one in tried if one and all(one in text for text in texts)]

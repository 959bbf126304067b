"""Made-up columns: 15 of numbers in many shapes, 5 of texts, one of 1,000 kinds; and windows of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from causeway.assess.drift import DriftRules, DriftSeen, Moment, drift_of
from causeway.stats.profile import number_profile, text_profile
from causeway.stats.profile_form import ColumnProfile
from causeway.stats.profile_many import merged_columns

Columns = Mapping[str, ColumnProfile]
Random = np.random.Generator

# each makes so many numbers, higher by so many of its standard deviations
NUMBERS: tuple[Callable[[Random, int, float], NDArray[np.float64]], ...] = (
    lambda rng, rows, by: rng.normal(50, 10, rows) + 10 * by,
    lambda rng, rows, by: rng.lognormal(0, 1, rows) + 2.16 * by,
    lambda rng, rows, by: rng.exponential(5, rows) + 5 * by,
    lambda rng, rows, by: rng.random(rows) + 0.2887 * by,
    lambda rng, rows, by: rng.standard_t(4, rows) + 1.414 * by,
    lambda rng, rows, by: rng.gamma(2, 3, rows) + 4.243 * by,
    lambda rng, rows, by: rng.poisson(30, rows) + np.rint(5.48 * by),
    lambda rng, rows, by: np.minimum(rng.poisson(3 + 1.73 * by, rows), 9).astype(float),
    lambda rng, rows, by: np.where(rng.random(rows) < 0.02, np.nan, rng.normal(0, 1, rows) + by),
)
KINDS = (3, 8, 25, 100, 1000)
START = datetime(2026, 1, 5, tzinfo=UTC)
TEXTS = {kinds: tuple(f"k{i}" for i in range(kinds)) for kinds in KINDS}


def texts(rng: Random, kinds: int, rows: int, *, swapped: float = 0.0) -> NDArray[np.int64]:
    """So many places of texts, the first of them most frequent, of which a share has become the last."""
    weights = 1 / (np.arange(kinds) + 3.0) if kinds != 100 else np.ones(kinds)
    codes = rng.choice(kinds, rows, p=weights / weights.sum())
    return np.where((codes == 0) & (rng.random(rows) < swapped), kinds - 1, codes)


def columns(
    rng: Random,
    rows: int,
    *,
    times: int = 1,
    shifted: Collection[str] = (),
    by: float = 0.0,
    everywhere: float = 0.0,
    swapped: float = 0.0,
) -> Columns:
    """Profiles of 20 columns, or of so many times 20; all numbers are higher by `everywhere`."""
    made: dict[str, ColumnProfile] = {}
    for copy in range(times):
        for place in range(15):
            name = f"in_n{copy}_{place}"
            more = everywhere + (by if name in shifted else 0.0)
            made[name] = number_profile(NUMBERS[place % len(NUMBERS)](rng, rows, more))
        for kinds in KINDS:
            much = swapped if kinds == 8 and not copy else 0.0
            made[f"in_t{copy}_{kinds}"] = text_profile(texts(rng, kinds, rows, swapped=much), TEXTS[kinds])
    return made


def reference(rng: Random, rows: int, *, times: int = 1, everywhere: float = 0.0) -> Columns:
    """The same of many rows, made in parts as segments are."""
    size = min(rows, 10_000)
    return together([columns(rng, size, times=times, everywhere=everywhere) for _ in range(rows // size)])


def together(parts: Sequence[Columns]) -> Columns:
    """All rows of these."""
    return {name: merged_columns([part[name] for part in parts]) for name in parts[0]}


def judged(
    windows: Sequence[Columns],
    references: Columns | Sequence[Columns],
    *,
    rows: int,
    reference_rows: int,
    rules: DriftRules | None = None,
) -> tuple[DriftSeen, ...]:
    """What is seen in windows of one hour each, beside the one reference or one for each."""
    many = [references] * len(windows) if isinstance(references, Mapping) else references
    moments = [
        Moment(
            START + timedelta(hours=i), START + timedelta(hours=i + 1), rows, window, before, reference_rows
        )
        for i, (window, before) in enumerate(zip(windows, many, strict=True))
    ]
    return drift_of(moments, rules=rules or DriftRules(), importance={})

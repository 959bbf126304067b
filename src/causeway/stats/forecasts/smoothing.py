"""Exponential smoothing of many daily series at once, each under many settings: level, damped trend, week."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

WEEK = 7
FIRST = 4 * WEEK
"""So many days at most, and no error of them, say where a series begins."""
CLIPPED = 2.5
"""A day further off than so many times the usual does not move the level by more (Gelper et al., 2010)."""
USUAL_KEEPS = 0.96
STREAK, STREAK_KEEPS = 0.75, 0.6
"""The third day in a row beyond it on one side is a step, ..."""
STEP = 0.5
"""... and the level goes at least half of the way."""

Array = NDArray[np.float64]


class Settings(Struct, frozen=True):
    """One setting a place: how fast level, trend and week follow, and how long a trend lasts."""

    level: Array
    trend: Array
    week: Array
    damped: Array

    def __len__(self) -> int:
        """How many settings there are."""
        return len(self.level)


class States(Struct, frozen=True):
    """What was known at each origin: (series, origins, settings); `week` from the next day on."""

    level: Array
    trend: Array
    week: Array


GRID = [
    (level, trend, week, damped)
    for level in (0.05, 0.12, 0.25, 0.5)
    for trend, damped in ((0.0, 0.0), (0.08, 0.98))
    for week in (0.03, 0.12)
]


def settings() -> Settings:
    """The settings that every series is smoothed under."""
    level, share, week, damped = (np.array(each) for each in zip(*GRID, strict=True))
    return Settings(level, level * share, week * (1 - level), damped)


def smooth(values: Array, *, origins: NDArray[np.int64], by: Settings) -> States:
    """The states before each origin, of series a row; an origin is how many days are known."""
    level, trend, week = _begun(values, by)
    usual = np.maximum(_usual(values)[:, None], 1e-12) * np.ones(len(by))
    beyond = np.zeros_like(level)
    kept: list[tuple[Array, Array, Array]] = []
    wanted = set(origins.tolist())
    for day in range(values.shape[1] + 1):
        if day in wanted:
            turned = (day + np.arange(WEEK)) % WEEK
            kept.append((level, trend, week[turned].copy()))
        if day == values.shape[1]:
            break
        place = day % WEEK
        coming = level + by.damped * trend
        error = values[:, day, None] - coming - week[place]
        bound = CLIPPED * usual
        clipped = np.minimum(np.maximum(error, -bound), bound)
        beyond = STREAK_KEEPS * beyond + (1 - STREAK_KEEPS) * np.sign(error - clipped)
        stepped = np.abs(beyond) > STREAK
        level = coming + np.where(stepped, np.maximum(by.level, STEP) * error, by.level * clipped)
        error = clipped
        trend = by.damped * trend + by.trend * error
        week[place] += by.week * error
        usual = USUAL_KEEPS * usual + (1 - USUAL_KEEPS) * 1.25 * np.abs(error)
    level, trend = (np.stack([each[part] for each in kept], axis=1) for part in (0, 1))
    return States(level, trend, np.stack([each[2] for each in kept], axis=1))


def ahead(states: States, *, horizon: int, by: Settings) -> Array:
    """The forecasts of so many days after each origin: (settings, series, origins, days)."""
    steps = np.cumsum(by.damped[:, None] ** np.arange(1, horizon + 1), axis=1)
    week = states.week[np.arange(horizon) % WEEK]
    found = states.level[..., None] + states.trend[..., None] * steps
    return np.moveaxis(found, 2, 0) + np.transpose(week, (3, 2, 1, 0))


def _begun(values: Array, by: Settings) -> tuple[Array, Array, Array]:
    """Level before the first day, trend and week, from the first days."""
    first = values[:, :FIRST]
    days = np.arange(first.shape[1], dtype=np.float64)
    half = first.shape[1] // (2 * WEEK) * WEEK
    early, late = (np.median(part, axis=1) for part in (first[:, :half], first[:, half : 2 * half]))
    slope = (late - early) / half
    off = first - early[:, None] - slope[:, None] * (days - (half - 1) / 2)
    week = np.stack([np.median(off[:, day::WEEK], axis=1) for day in range(WEEK)])
    level = early - slope * (half - 1) / 2 + week.mean(axis=0)
    trend = slope[:, None] * (by.damped > 0)
    count = len(by)
    return (
        np.repeat(level[:, None], count, axis=1),
        trend,
        np.repeat((week - week.mean(axis=0))[..., None], count, axis=2),
    )


def _usual(values: Array) -> Array:
    first = values[:, :FIRST]
    change = np.abs(first[:, WEEK:] - first[:, :-WEEK])
    return np.maximum(1.05 * np.median(change, axis=1), 1e-3 * np.abs(first).mean(axis=1))

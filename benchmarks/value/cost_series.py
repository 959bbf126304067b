"""Daily cost series as clouds bill them, made up from a seed: what is in them is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

WEEK = 7
YEAR = 365.25
BEGAN = date(2024, 1, 1)

Array = NDArray[np.float64]


def cost_series(count: int, days: int, *, seed: int) -> Array:
    """So many series by day, from the first of January 2024 on: one a row.

    Each has a level, a trend, a week, and scatter that holds on for days; some have steps (a new node),
    spikes (a job run twice), a fee on the first of the month, a season of the year, or a quiet weekend.
    """
    rng = np.random.default_rng(seed)
    return np.stack([_one(rng, days) for _ in range(count)])


def _one(rng: np.random.Generator, days: int) -> Array:
    time = np.arange(days)
    level = rng.lognormal(4, 1)
    trend = np.exp(rng.normal(0.1, 0.25) * time / YEAR)
    season = 1 + _some(rng, 0.3) * rng.uniform(0.05, 0.2) * np.sin(2 * np.pi * (time / YEAR + rng.random()))
    week = rng.normal(1, 0.03, WEEK)
    week[5:] *= 1 - rng.choice([0.0, 0.15, 0.4, 0.7], p=[0.25, 0.35, 0.25, 0.15])
    means = level * trend * season * week[time % WEEK] * _steps(rng, days)
    noise = _held(rng, days, sigma=rng.uniform(0.02, 0.12), held=rng.uniform(0, 0.7))
    spikes = 1 + (rng.random(days) < rng.choice([0, 0.01, 0.02])) * rng.uniform(0.5, 3, days)
    fees = np.zeros(days)
    if rng.random() < 0.2:
        starts = [day for day in range(days) if (BEGAN + timedelta(day)).day == 1]
        fees[starts] = level * rng.uniform(0.3, 3)
    return means * np.exp(noise) * spikes + fees


def _some(rng: np.random.Generator, share: float) -> float:
    return float(rng.random() < share)


def _steps(rng: np.random.Generator, days: int) -> Array:
    """What nodes that come and go make of the level."""
    at = rng.random(days) < rng.choice([0, 1.0, 3.0]) / YEAR
    return np.exp(np.cumsum(at * rng.normal(0.05, 0.25, days)))


def _held(rng: np.random.Generator, days: int, *, sigma: float, held: float) -> Array:
    shocks = rng.standard_t(5, days) * sigma * np.sqrt(0.6 * (1 - held**2))
    found = np.empty(days)
    last = 0.0
    for day, shock in enumerate(shocks):
        last = held * last + shock
        found[day] = last
    return found

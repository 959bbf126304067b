"""What many daily series will be: points from simple forecasts weighed, intervals from what they missed."""

from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from causeway.stats.forecasts.bounds import ENOUGH, ENOUGH_ALONE, growth, scale, spread, standing_alone
from causeway.stats.forecasts.candidates import COUNT, candidates
from causeway.stats.forecasts.known import WEEK, begins, filled, rows
from causeway.stats.forecasts.leaning import upright
from causeway.stats.forecasts.month_days import charged, coming, days_of_month
from causeway.stats.forecasts.weighing import combined

LEVEL = 0.8
ORIGINS = 36
APART_DAYS = 10
"""Earlier forecasts lie so far apart at most: thirty-six of them span a year, and every weekday."""
LEARNT = 4 * WEEK
"""Nothing is forecast from fewer days, in looking back."""
LEAST = 2 * WEEK
WARM = 3
"""The first origins weigh the candidates alike, so what they missed says little."""
AT_ONCE = 64
WANDERS, LEAST_WANDERS = 0.5, 0.1
"""With which power of time days part."""
GUESSED = 0.25
"""Of fewer than two weeks, a day may be a quarter off, and with time more."""

Array = NDArray[np.float64]
Places = NDArray[np.int64]


class Earlier(Struct, frozen=True):
    """What would have been forecast at earlier days, and what came: (series, origins, days).

    `rows` are the series it is about. Days are those of the horizon that could be looked back on.
    """

    rows: Places
    origins: Places
    forecast: Array
    actual: Array

    @property
    def alone(self) -> float:
        """How many earlier forecasts these are, were they not to overlap."""
        return standing_alone(self.origins, days=self.actual.shape[2])

    @property
    def is_enough(self) -> bool:
        """Whether they tell by themselves how far a forecast is off."""
        return len(self.origins) >= ENOUGH and self.alone >= ENOUGH_ALONE


class Forecast(Struct, frozen=True):
    """The days to come, a row a series: `low` to `high` covers `level` of them."""

    point: Array
    low: Array
    high: Array
    level: float
    known: Places
    """How many days of each series there were."""
    rests_on: Places
    """From how many earlier forecasts each interval is; none where the series is too short."""
    weights: Array
    """How much each candidate counts; nought each where nothing was tried."""
    earlier: tuple[Earlier, ...]
    """Of the series of each length."""

    def how(self, row: int = 0) -> str:
        """In words, what the interval of one series rests on."""
        days, origins = int(self.known[row]), int(self.rests_on[row])
        if days < LEAST:
            return f"a guess: {days} days are known, and nothing was tried on them"
        if not origins:
            return f"from the scatter of {days} days, tried on none of them"
        enough = any(row in each.rows and each.is_enough for each in self.earlier)
        few = "" if enough else "; too few to stand alone, so no narrower than the scatter of its days"
        return (
            f"{self.level:.0%} interval, as far off as {origins} earlier forecasts were, of {days} days{few}"
        )


def forecast(
    series: Array,
    horizon: int,
    *,
    level: float = LEVEL,
    apart: int = APART_DAYS,
    began: date | None = None,
) -> Forecast:
    """The next so many days of each series (a row each, the last day last; nan is a day not known).

    Series may begin on different days: leave nan before. None is below nought that never was. With the day
    of the first column, `began`, what is charged on the same day of each month is expected there.
    """
    values = rows(series)
    if not values.size or horizon < 1 or not 0 < level < 1:
        raise ValueError("a forecast needs days that are known, days ahead, and a level between 0 and 1")
    starts = begins(values)
    parts = [
        _alike(chosen, values[chosen, start:], horizon, level=level, apart=apart, began=on)
        for start in map(int, np.unique(starts))
        for on in [began + timedelta(start) if began else None]
        for chosen in _chunks(np.flatnonzero(starts == start))
    ]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _chunks(chosen: Places) -> list[Places]:
    return [chosen[at : at + AT_ONCE] for at in range(0, len(chosen), AT_ONCE)]


def _alike(
    chosen: Places, values: Array, horizon: int, *, level: float, apart: int, began: date | None
) -> Forecast:
    """The forecast of series that are all known from the first column on."""
    days = values.shape[1]
    if days < LEAST:
        return _guess(chosen, values, horizon, level=level)
    values = filled(values)
    seen = min(horizon, max((days - LEARNT) // 2, 1))
    origins = _origins(days, seen, apart)
    point, weights = _points(values, origins, horizon=horizon, seen=seen, began=began)
    actual = _actual(values, origins, seen)[:, :-1]
    warm = min(WARM, max(len(origins) - 1 - ENOUGH, 0))
    tried = Earlier(chosen, origins[warm:-1], point[:, warm:-1, :seen], actual[:, warm:])
    if tried.is_enough:
        point[:, warm:] = upright(point[:, warm:], tried.actual, values=values, alone=tried.alone)
    point = np.where(values.min(axis=1)[:, None, None] >= 0, np.maximum(point, 0.0), point)
    earlier = structs.replace(tried, forecast=point[:, warm:-1, :seen])
    low, high = _bounds(values, point[:, -1], earlier, level=level)
    return Forecast(
        point=point[:, -1],
        low=np.where(values.min(axis=1, keepdims=True) >= 0, np.maximum(low, 0.0), low),
        high=high,
        level=level,
        known=np.full(len(values), days),
        rests_on=np.full(len(values), len(earlier.origins)),
        weights=weights,
        earlier=(earlier,),
    )


def _points(
    values: Array, origins: Places, *, horizon: int, seen: int, began: date | None
) -> tuple[Array, Array]:
    """The weighed forecasts of every origin, and the weights of the last."""
    day = None if began is None else days_of_month(began, values.shape[1] + horizon)
    charges = np.zeros_like(values) if day is None else charged(values, day)
    plain = values - charges
    every = candidates(plain, origins=origins, horizon=horizon)
    point, weights = combined(every, _actual(plain, origins, seen), origins=origins)
    if day is not None:
        point += coming(charges, day, origins=origins, horizon=horizon)
    return point, weights


def _origins(days: int, seen: int, apart: int) -> Places:
    """Days to look back from, and last the day that it is now."""
    room = days - seen - LEARNT
    if room < 0:
        return np.array([days])
    step = max(1, min(apart, room // ORIGINS))
    back = np.arange(min(ORIGINS, room // step + 1))[::-1] * step
    return np.append(days - seen - back, days)


def _actual(values: Array, origins: Places, seen: int) -> Array:
    """What came after each origin; nan after the last."""
    found = np.full((len(values), len(origins), seen), np.nan)
    found[:, :-1] = values[:, origins[:-1, None] + np.arange(seen)]
    return found


def _bounds(values: Array, point: Array, earlier: Earlier, *, level: float) -> tuple[Array, Array]:
    days, size = point.shape[1], scale(point)
    low, high = _scattered(values, days, level=level)
    if not len(earlier.origins):
        return point + low, point + high
    scores = (earlier.actual - earlier.forecast) / scale(earlier.forecast)
    grown = growth(scores, days=days)
    least, most = spread(scores / grown[:, None, : scores.shape[2]], level=level)
    measured_low, measured_high = (bound[:, None] * grown * size for bound in (least, most))
    if not earlier.is_enough:
        measured_low, measured_high = np.minimum(low, measured_low), np.maximum(high, measured_high)
    return point + measured_low, point + measured_high


def _scattered(values: Array, days: int, *, level: float) -> tuple[Array, Array]:
    """How far days lie from those of the week before, further with time as those of four weeks ago do."""
    changes = np.abs(values[:, WEEK:] - values[:, :-WEEK])
    sigma = np.maximum(1.05 * np.median(changes, axis=1), 0.5 * changes.mean(axis=1))
    half = _normal(level) * sigma[:, None] * (1 + np.arange(days) / WEEK) ** _spreads(values)[:, None]
    return -half, half


def _spreads(values: Array) -> Array:
    """The power of time with which days part: a half for a random walk, hardly any around one level."""
    far = LEARNT
    if values.shape[1] < 2 * far:
        return np.full(len(values), WANDERS)
    near_by, far_off = (
        np.abs(values[:, lag:] - values[:, :-lag]).mean(axis=1) + 1e-12 for lag in (WEEK, far)
    )
    return np.clip(np.log(far_off / near_by) / np.log(far / WEEK), LEAST_WANDERS, WANDERS)


def _guess(chosen: Places, values: Array, horizon: int, *, level: float) -> Forecast:
    """The middle of the few days there are, and an interval wide enough to say so."""
    count, days = len(values), int(values.shape[1])
    point = np.full((count, horizon), np.nan)
    half = np.full((count, horizon), np.nan)
    if days:
        values = filled(values)
        point[:] = np.median(values[:, -WEEK:], axis=1)[:, None]
        sigma = np.maximum(values.std(axis=1), GUESSED * np.abs(point[:, 0]))
        half = 2 * _normal(level) * sigma[:, None] * np.sqrt(1 + np.arange(horizon) / WEEK)
    low = point - half
    none = np.zeros((count, 0, 1))
    return Forecast(
        point=point,
        low=np.maximum(low, 0.0) if days and (values >= 0).all() else low,
        high=point + half,
        level=level,
        known=np.full(count, days),
        rests_on=np.zeros(count, np.int64),
        weights=np.zeros((count, COUNT)),
        earlier=(Earlier(chosen, np.zeros(0, np.int64), none, none),),
    )


def _normal(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def _joined(parts: list[Forecast]) -> Forecast:
    """One forecast of all series, in their order."""
    order = np.argsort(np.concatenate([each.rows for part in parts for each in part.earlier]))

    def whole(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in parts])[order]

    return Forecast(
        point=whole("point"),
        low=whole("low"),
        high=whole("high"),
        level=parts[0].level,
        known=np.asarray(whole("known"), np.int64),
        rests_on=np.asarray(whole("rests_on"), np.int64),
        weights=whole("weights"),
        earlier=tuple(each for part in parts for each in part.earlier),
    )

"""What answering costs a month: measured seconds and bytes at the prices of a rate card."""

import math
from collections.abc import Iterator

from msgspec import Struct

from causeway.assess.rates import RateCard
from causeway.core.figure import Figure

HOURS_A_MONTH = 730.0
KEPT_MONTHS = 12
"""Storage is counted for the records of a year."""
# above this share of its processors a server answers late
BUSY_SHARE = 0.6
# the busiest hour over the average one
PEAKS = (3.0, 5.0, 10.0)
GB = 1e9
SECONDS_AN_HOUR = 3600.0
RETRAINING = "retraining"


class Measured(Struct, frozen=True):
    """Seconds from request to answer, and bytes of the record, of one prediction; the gateway kept them."""

    predictions: int
    median: float
    mean: float
    p95: float
    record_bytes: float
    source: str


class Trained(Struct, frozen=True):
    """Seconds that a run took, all its stages added up, and bytes of the release that it made."""

    seconds: float
    release_bytes: int


class Line(Struct, frozen=True):
    """One part of the cost, and what it rests on."""

    what: str
    cost: Figure


class RunningCost(Struct, frozen=True, omit_defaults=True):
    """The cost a month of infrastructure, and what is not in it; nobody measured where `measured` is None."""

    total: Figure
    lines: tuple[Line, ...]
    predictions: int | None
    prices: str
    not_counted: tuple[str, ...]
    measured: Measured | None = None
    per_thousand: Figure | None = None


NOT_COUNTED = ("people", "network", "licences", RETRAINING, "calls to hosted models")


def running_cost(
    rates: RateCard,
    *,
    predictions: int | None,
    measured: Measured | None,
    currency: str = "",
    trained: Trained | None = None,
    trainings: float | None = None,
) -> RunningCost:
    """The cost at this volume; without volume or measurement, that of the least one can run: one server.

    `trainings` is how many a month are scheduled; what they take is as the last one took.
    """
    rate = rates.to(currency)
    unit = currency if rate is not None and currency else rates.currency
    lines = (
        *_lines(rates, predictions, measured, unit=unit, rate=rate or 1.0),
        *_training(rates, trained, trainings, unit=unit, rate=rate or 1.0),
    )
    total = Figure(
        _sum(line.cost.value for line in lines),
        unit,
        "month",
        _sum(line.cost.low or 0.0 for line in lines),
        _sum(line.cost.high or 0.0 for line in lines),
        "from the cheapest case to the dearest: each line's low and high ends added up",
    )
    prices = f"prices of {rates.version}: {rates.source}"
    if unit != rates.currency:
        prices += f"; {rates.exchanged}"
    return RunningCost(
        total=total,
        lines=lines,
        predictions=predictions,
        prices=prices,
        not_counted=tuple(_not_counted(measured, trained, trainings)),
        measured=measured,
        per_thousand=_per_thousand(total, predictions),
    )


def _lines(
    rates: RateCard, predictions: int | None, measured: Measured | None, *, unit: str, rate: float
) -> Iterator[Line]:
    server = rates.server
    needed = _servers(predictions, measured, vcpus=server.vcpus)
    prices = (server.hour_low, server.hour_likely, server.hour_high)
    low, likely, high = (
        count * HOURS_A_MONTH * price * rate for count, price in zip(needed, prices, strict=True)
    )
    how = _how_many(needed, predictions, measured, vcpus=server.vcpus)
    yield Line("servers", Figure(round(likely, 2), unit, "month", round(low, 2), round(high, 2), how))
    if predictions and measured:
        gigabytes = predictions * measured.record_bytes * KEPT_MONTHS / GB
        cost = round(gigabytes * rates.storage.gb_month * rate, 2)
        how = f"{gigabytes:,.2f} GB: records of {KEPT_MONTHS} months, {measured.record_bytes:,.0f} bytes each"
        yield Line("storage", Figure(cost, unit, "month", cost, cost, how))


def _training(
    rates: RateCard, trained: Trained | None, trainings: float | None, *, unit: str, rate: float
) -> Iterator[Line]:
    """Training anew as often as it is scheduled, and keeping the releases of a year."""
    if trained is None:
        return
    if trainings:
        server = rates.server
        hours = trainings * trained.seconds / SECONDS_AN_HOUR
        low, likely, high = (
            round(hours * price * rate, 4)
            for price in (server.hour_low, server.hour_likely, server.hour_high)
        )
        how = (
            f"{trainings:.3g} trainings a month as scheduled, {trained.seconds:,.0f} s each as the last one, "
            f"on a server of {server.vcpus} vCPUs"
        )
        yield Line(RETRAINING, Figure(likely, unit, "month", low, high, how))
    kept = 1 + (trainings or 0.0) * KEPT_MONTHS
    cost = round(trained.release_bytes * kept / GB * rates.storage.gb_month * rate, 4)
    how = f"{kept:,.0f} releases of {trained.release_bytes:,} bytes kept, those of {KEPT_MONTHS} months"
    yield Line("releases", Figure(cost, unit, "month", cost, cost, how))


def _not_counted(
    measured: Measured | None, trained: Trained | None, trainings: float | None
) -> Iterator[str]:
    for name in NOT_COUNTED:
        if name != RETRAINING or trainings is None:
            yield name
        elif trained is None:
            yield f"{RETRAINING}, scheduled and not measured yet"
    if measured is None:
        yield "records of predictions, not measured yet"


def _servers(predictions: int | None, measured: Measured | None, *, vcpus: int) -> tuple[int, int, int]:
    """How many servers the busiest hour needs, as the fast, the usual and the slow case have it."""
    if not predictions or not measured:
        return (1, 1, 1)
    average = predictions / (HOURS_A_MONTH * 3600)
    seconds = (measured.median, measured.mean, measured.p95)
    low, likely, high = (
        max(1, math.ceil(average * peak * each / (vcpus * BUSY_SHARE)))
        for peak, each in zip(PEAKS, sorted(seconds), strict=True)
    )
    return low, likely, high


def _how_many(
    needed: tuple[int, int, int], predictions: int | None, measured: Measured | None, *, vcpus: int
) -> str:
    hours = f"{HOURS_A_MONTH:g} hours a month"
    if not predictions or not measured:
        return f"the least one can run: 1 server of {vcpus} vCPUs for {hours}; seconds a prediction not known"
    count = f"{needed[0]}" if needed[0] == needed[2] else f"{needed[0]} to {needed[2]}"
    return (
        f"{count} server{'s' * (needed[2] != 1)} of {vcpus} vCPUs for {hours}; "
        f"{measured.median * 1000:.3g} to {measured.p95 * 1000:.3g} ms a prediction measured, "
        f"a busiest hour of {PEAKS[0]:g} to {PEAKS[-1]:g} times the average "
        f"and processors busy to {BUSY_SHARE:.0%} assumed"
    )


def _per_thousand(total: Figure, predictions: int | None) -> Figure | None:
    if not predictions:
        return None
    low, value, high = (
        round(part * 1000 / predictions, 4) for part in (total.low or 0.0, total.value, total.high or 0.0)
    )
    return Figure(value, total.unit, "1,000 predictions", low, high, "the cost a month over its predictions")


def _sum(parts: Iterator[float]) -> float:
    return round(sum(parts), 2)

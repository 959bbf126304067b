"""What a gateway can take, read from what it answered at rising rates, and what its peak needs."""

import math
from collections.abc import Iterator, Sequence

from msgspec import Struct

from causeway.assess.rates import RateCard
from causeway.assess.running_cost import BUSY_SHARE, HOURS_A_MONTH
from causeway.core.figure import Figure
from causeway.core.proofs import LoadStep

KEPT_UP = 0.97
"""Share of what was due that must be answered within the step; less is a queue that grows."""
FEWEST = 200
"""Requests of a step from which one in a hundred says something."""
GENERATOR, MACHINE = "generator", "machine"


class Target(Struct, frozen=True):
    """What callers were promised: 99 of 100 answers within so many ms, and this share answered at all."""

    latency_ms: float
    availability: float

    def held(self, step: LoadStep) -> bool:
        """Whether it was kept in this step."""
        answered = step.requests - step.errors >= self.availability * step.requests
        return answered and step.p99_ms <= self.latency_ms and step.answered >= KEPT_UP * step.rate


class Knee(Struct, frozen=True):
    """Between which rates the promise breaks; `above` is 0 where nothing broke it.

    `limit` says what else than the gateway it was that broke it first.
    """

    at: float
    above: float
    limit: str = ""


class Need(Struct, frozen=True):
    """What the peak takes: processes (at least, likely, at most), processors, and what they cost a month."""

    workers: tuple[int, int, int]
    processors: Figure
    servers: tuple[int, int, int]
    cost: Figure


def knee_of(steps: Sequence[LoadStep], target: Target) -> Knee:
    """The highest rate below every rate that broke the promise, and the lowest that did."""
    broken = [step for step in steps if not target.held(step)]
    above = min(broken, key=lambda step: step.rate, default=None)
    below = [step.rate for step in steps if above is None or step.rate < above.rate]
    return Knee(max(below, default=0.0), above.rate if above else 0.0, above.limit if above else "")


def holds(steps: Sequence[LoadStep], target: Target, *, peak: float) -> bool:
    """Whether the promise was kept at the peak or above it, and at no rate below it broken."""
    knee = knee_of(steps, target)
    return knee.at >= peak


def cpu_of(steps: Sequence[LoadStep], target: Target) -> tuple[float, float, float]:
    """Processor seconds for 1,000 requests in the steps that held: least, middle, most."""
    seen = sorted(step.cpu_seconds for step in steps if step.cpu_seconds and target.held(step))
    seen = seen or sorted(step.cpu_seconds for step in steps if step.cpu_seconds)
    return (seen[0], seen[len(seen) // 2], seen[-1]) if seen else (0.0, 0.0, 0.0)


def need_of(
    steps: Sequence[LoadStep],
    target: Target,
    *,
    peak: float,
    workers: int,
    rates: RateCard,
    currency: str = "",
) -> Need | None:
    """What the peak takes; None where not even the lowest rate held."""
    knee, cpu = knee_of(steps, target), cpu_of(steps, target)
    if not knee.at:
        return None
    low = max(1, math.ceil(peak * workers / max(knee.above, knee.at)))
    likely = max(1, math.ceil(peak * workers / knee.at))
    # nobody plans to run where it just holds
    high = max(likely, math.ceil(peak * workers / (knee.at * BUSY_SHARE)))
    processors = Figure(
        round(peak * cpu[1] / 1000, 3),
        "processors",
        low=round(peak * cpu[0] / 1000, 3),
        high=round(peak * cpu[2] / 1000, 3),
        how="processor seconds of the gateway in the steps that held, times the peak",
    )
    vcpus = rates.server.vcpus
    servers = tuple(
        max(1, math.ceil(max(count, share / BUSY_SHARE) / vcpus))
        for count, share in zip(
            (low, likely, high),
            (processors.low or 0.0, processors.value, processors.high or 0.0),
            strict=True,
        )
    )
    counted = (servers[0], servers[1], servers[2])
    return Need((low, likely, high), processors, counted, _cost(counted, rates, currency))


def _cost(servers: tuple[int, int, int], rates: RateCard, currency: str) -> Figure:
    factor = rates.to(currency)
    server = rates.server
    prices = (server.hour_low, server.hour_likely, server.hour_high)
    low, likely, high = (
        round(count * HOURS_A_MONTH * price * (factor or 1.0), 2)
        for count, price in zip(servers, prices, strict=True)
    )
    count = f"{servers[0]}" if servers[0] == servers[2] else f"{servers[0]} to {servers[2]}"
    how = (
        f"{count} server{'s' * (servers[2] != 1)} of {server.vcpus} vCPUs for {HOURS_A_MONTH:g} hours, "
        f"prices of {rates.version}, a process to a processor, processors busy to {BUSY_SHARE:.0%}"
    )
    return Figure(likely, currency if factor and currency else rates.currency, "month", low, high, how)


def doubts(steps: Sequence[LoadStep]) -> Iterator[str]:
    """What keeps these steps from saying what they seem to say, in words."""
    few = [step for step in steps if step.requests < FEWEST]
    if few:
        yield f"{len(few)} of {len(steps)} steps had fewer than {FEWEST} requests: their p99 is a guess"
    if any(step.limit == GENERATOR for step in steps):
        yield "who asked could not keep up at the highest rates: the knee may lie higher"
    if any(step.limit == MACHINE for step in steps):
        yield "other processes needed the machine's processors: the knee may lie higher"

"""Whoever is told of finished requests, from when a process answers until it ends."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from causeway.gateway.log import say
from causeway.gateway.metering.measures import LINES, SPANS, Measures
from causeway.gateway.telling import access
from causeway.gateway.telling.batches import Batches
from causeway.gateway.telling.collector import Collector
from causeway.gateway.telling.sights import Sight, Witness

ACCESS_MOST, ACCESS_BATCH, ACCESS_SECONDS = 8192, 512, 0.25
PATIENCE_SECONDS = 1.0
"""For each of them, when the process ends."""


@contextmanager
def telling(collector: Collector | None, *, lines: bool, measures: Measures) -> Generator[Witness | None]:
    """The witness of finished requests within; None where nobody is told of them.

    It starts threads, so it is for a process that forks no more.
    """
    loop = asyncio.get_running_loop()
    told: list[Batches[Sight]] = []
    sampled: list[Callable[[Sight], object]] = []
    if collector:
        # what only this needs is not loaded without it
        from causeway.gateway.telling.spans import Exporter  # noqa: PLC0415

        address = collector.address
        exporter = Exporter(collector, lambda trouble: _hear(loop, address, trouble))
        spans: Batches[Sight] = Batches(
            exporter.send,
            lambda why, count: _drop(loop, measures, SPANS, why, count),
            most=collector.most,
            batch=collector.batch,
            every_seconds=collector.every_seconds,
        )
        told.append(spans)

        def sample(sight: Sight) -> None:
            if collector.samples(sight):
                spans.put(sight)

        sampled.append(sample)
    if lines:
        written: Batches[Sight] = Batches(
            access.write,
            lambda why, count: _drop(loop, measures, LINES, why, count),
            most=ACCESS_MOST,
            batch=ACCESS_BATCH,
            every_seconds=ACCESS_SECONDS,
        )
        told.append(written)
        sampled.append(written.put)
    try:
        yield Witness(sampled) if sampled else None
    finally:
        for each in told:
            each.close(PATIENCE_SECONDS)


def _drop(loop: asyncio.AbstractEventLoop, measures: Measures, what: str, why: str, count: int) -> None:
    # counters are the loop's own, whichever thread drops
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(lambda: measures.untold.add(what, why, amount=count))


def _hear(loop: asyncio.AbstractEventLoop, address: str, trouble: str) -> None:
    told = ("spans_failing", f"{address} takes no spans: {trouble}; they are dropped", "warning")
    if not trouble:
        told = ("spans_recovered", f"{address} takes spans again", "info")
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(lambda: say(told[0], told[1], level=told[2]))

"""Finds how much a product can take, and what its declared peak needs; the measurement is a fact."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from causeway.actions.call_target import LiveProduct, live_product, target_of
from causeway.actions.forecasting import rates_of
from causeway.actions.load_gateway import memory_bytes, twin
from causeway.actions.load_rows import rows_of
from causeway.actions.load_steps import Bench, answered_rows, generator, searched
from causeway.actions.routes import promise
from causeway.assess.capacity import Need, Target, cpu_of, doubts, holds, knee_of, need_of
from causeway.assess.rates import RateCard
from causeway.core.errors import UsageError
from causeway.core.figure import Figure
from causeway.core.ids import counted
from causeway.core.manifest import Manifest
from causeway.core.proofs import LoadMeasured, LoadStep

SECONDS = 20.0
LEAST_SECONDS = 5.0
MOST_SECONDS = 600.0
MOST_PEAK = 1e6
LATENCY_MS, AVAILABILITY = 100.0, 0.99
"""What is taken for granted where the manifest promises nothing."""
HOLDS, BREAKS, NOT_REACHED = "holds", "does_not_hold", "not_reached"


class Measured(Struct, frozen=True):
    """What was measured, and what follows; `not_reached` where something else than the gateway ended it."""

    product: str
    status: str
    fact: LoadMeasured
    left_out: int
    """Rows on record that are not answered as they stand."""
    processors: Figure | None
    """How many processors the peak keeps busy."""
    cost: Figure | None
    """A month of servers for the peak."""
    doubts: tuple[str, ...]
    seconds: float


class _Seen(Struct, frozen=True):
    steps: tuple[LoadStep, ...]
    memory: int
    rows: int
    left_out: int
    source: str
    records: str


def load(
    wanted: str,
    folder: Path,
    *,
    peak: float,
    seconds: float = SECONDS,
    say: Callable[[str], None] = lambda _: None,
) -> Measured:
    """The rates at which a gateway with what is live keeps the promise, and what this peak takes of it."""
    if not 0 < peak <= MOST_PEAK:
        raise UsageError(f"a peak of {peak:g} requests a second is none", hint="name one: --peak 100")
    if not LEAST_SECONDS <= seconds <= MOST_SECONDS:
        raise UsageError(
            f"{seconds:g} seconds are not enough, or too many",
            hint=f"between {LEAST_SECONDS:g} and {MOST_SECONDS:g}",
        )
    began = time.monotonic()
    live = live_product(target_of(wanted, folder))
    manifest = promise(live.target.work, live.state)
    target, assumed = promised(manifest)
    workers = manifest.serving.workers
    seen = _seen(live, target, workers, peak=peak, seconds=seconds, say=say)
    rates = rates_of(live.target.folder, manifest)
    currency = manifest.budget.currency or manifest.kpi.currency
    need = need_of(seen.steps, target, peak=peak, workers=workers, rates=rates, currency=currency)
    fact = _fact(live, seen, target, peak=peak, workers=workers, assumed=assumed, need=need, rates=rates)
    work = live.target.work
    work.ledger.append(live.target.product, [fact], actor=work.actor, at=work.clock.now())
    return Measured(
        product=live.target.product,
        status=HOLDS if fact.holds else NOT_REACHED if fact.limit else BREAKS,
        fact=fact,
        left_out=seen.left_out,
        processors=need.processors if need else None,
        cost=need.cost if need else None,
        doubts=tuple(doubts(seen.steps)),
        seconds=round(time.monotonic() - began, 1),
    )


def promised(manifest: Manifest) -> tuple[Target, tuple[str, ...]]:
    """What callers were promised, and what of it nobody did."""
    serving = manifest.serving
    given = {"latency_ms": serving.latency_ms, "availability": serving.availability}
    target = Target(
        LATENCY_MS if serving.latency_ms is None else serving.latency_ms,
        AVAILABILITY if serving.availability is None else serving.availability,
    )
    return target, tuple(name for name, value in given.items() if value is None)


def _seen(
    live: LiveProduct,
    target: Target,
    workers: int,
    *,
    peak: float,
    seconds: float,
    say: Callable[[str], None],
) -> _Seen:
    work, product = live.target.work, live.target.product
    recorded = rows_of(work, product, live.bundle)
    with twin(work, live.state, workers=workers) as running:
        with generator(running, product, recorded.rows) as ask:
            rows = answered_rows(ask, recorded.rows)
        say(f"{counted(len(rows), 'row')} ({recorded.source}), {counted(workers, 'worker')} ...")
        with generator(running, product, rows) as ask:
            bench = Bench(running, ask, target, workers)
            steps = searched(bench, peak=peak, seconds=seconds, say=lambda step: say(told(step)))
        memory = memory_bytes(running.pid)
    return _Seen(
        steps=tuple(sorted(steps, key=lambda step: step.rate)),
        memory=memory,
        rows=len(rows),
        left_out=len(recorded.rows) - len(rows),
        source=recorded.source,
        records=running.records,
    )


def told(step: LoadStep) -> str:
    """A step as a line."""
    return (
        f"{step.rate:>10,.1f} /s  p50 {step.p50_ms:>8.2f} ms  p99 {step.p99_ms:>8.2f} ms  "
        f"{step.errors:,} of {step.requests:,} failed"
    )


def _fact(
    live: LiveProduct,
    seen: _Seen,
    target: Target,
    *,
    peak: float,
    workers: int,
    assumed: tuple[str, ...],
    need: Need | None,
    rates: RateCard,
) -> LoadMeasured:
    knee = knee_of(seen.steps, target)
    return LoadMeasured(
        shares=dict(live.state.shares),
        peak=peak,
        latency_ms=target.latency_ms,
        availability=target.availability,
        steps=seen.steps,
        knee=knee.at,
        knee_above=knee.above,
        holds=holds(seen.steps, target, peak=peak),
        assumed=assumed,
        workers=workers,
        needed=need.workers if need else (0, 0, 0),
        cpu_seconds=cpu_of(seen.steps, target)[1],
        memory_bytes=seen.memory,
        processors=os.cpu_count() or 0,
        limit=knee.limit,
        rows=seen.rows,
        source=seen.source,
        records=seen.records,
        cost=need.cost.value if need else 0.0,
        cost_low=(need.cost.low or 0.0) if need else 0.0,
        cost_high=(need.cost.high or 0.0) if need else 0.0,
        currency=need.cost.unit if need else "",
        rates=rates.version if need else "",
    )

"""The search for the knee: who asks, what is asked for next, and what each step came to."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from causeway.actions.load_gateway import WITH_US, Twin, spent
from causeway.actions.load_rows import Row
from causeway.assess.capacity import GENERATOR, MACHINE, Target
from causeway.core.errors import OutsideError, Refused
from causeway.core.proofs import LoadStep

WARM_SECONDS = 1.0
WARM_CONNECTIONS = 16
SHARES = (0.25, 0.5, 0.7, 0.85, 1.0)
"""Of what the gateway answers to so many who ask again as soon as they are answered."""
REACH = 1.3
"""A peak above so many times that is not tried: it cannot hold."""
LEAST_SECONDS = 1.0
HALVES = 3
"""How often a rate is halved where not even the first held."""
BUSY, FULL = 0.85, 0.95
LATE_SHARE, LEAST_LATE_MS = 0.25, 5.0
STOP_SECONDS = 5.0

Ask = Callable[..., dict[str, Any]]


class Bench(Struct, frozen=True):
    """Whom to ask, how, and what was promised."""

    twin: Twin
    ask: Ask
    target: Target
    workers: int


@contextmanager
def generator(twin: Twin, product: str, rows: Sequence[Row]) -> Generator[Ask]:
    """Asks the process that sends requests, which ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own generator
        [sys.executable, "-c", WITH_US, "-m", "causeway.actions.load_generator"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    stdin, stdout = process.stdin, process.stdout

    def ask(**said: object) -> dict[str, Any]:
        if stdin is None or stdout is None:
            raise OutsideError("the process that asks has no pipes", hint="repeat it")
        try:
            stdin.write(json.dumps(said) + "\n")
            stdin.flush()
            told: dict[str, Any] = msgspec.json.decode(stdout.readline())
        except (OSError, msgspec.DecodeError) as error:
            raise OutsideError("the process that asks ended", hint="repeat it") from error
        return told

    try:
        ask(
            port=twin.port,
            path=f"/products/{product}/invocations",
            token=twin.token,
            bodies=[msgspec.json.encode({"dataframe_records": [row]}).decode() for row in rows],
        )
        yield ask
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        for pipe in (stdin, stdout):
            if pipe is not None:
                pipe.close()


def answered_rows(ask: Ask, rows: Sequence[Row]) -> list[Row]:
    """Those of the rows that are answered as they stand; what is personal is recorded otherwise."""
    good = ask(seconds=0, each=True)["answered"]
    if not good:
        raise Refused(
            "not one of the rows is answered", hint="see why: causeway call, with the release's example"
        )
    return [rows[place] for place in good]


def searched(bench: Bench, *, peak: float, seconds: float, say: Callable[[LoadStep], None]) -> list[LoadStep]:
    """Rising rates until the promise breaks, and one more between the last that held and that."""
    warm = bench.ask(seconds=WARM_SECONDS, connections=WARM_CONNECTIONS)
    most = max(1.0, warm["good"] / WARM_SECONDS)
    rates = planned(most, peak)
    each = max(LEAST_SECONDS, (seconds - WARM_SECONDS) / (len(rates) + 1))
    steps: list[LoadStep] = []

    def holds(rate: float) -> bool:
        made = step(bench, rate, each)
        if made.limit:
            # what else the machine did may be over
            made = step(bench, rate, each)
        steps.append(made)
        say(made)
        return bench.target.held(made)

    broken = next((rate for rate in rates if not holds(rate)), 0.0)
    held = max((s.rate for s in steps if bench.target.held(s)), default=0.0)
    if held:
        holds(round((held + broken) / 2 if broken else held * REACH, 1))
    else:
        # the first of these that holds is the last that is tried
        next((half for half in range(1, HALVES + 1) if holds(round(broken / 2**half, 2))), None)
    return steps


def planned(most: float, peak: float) -> list[float]:
    """The rates to try, rising: shares of what seems possible, and the peak if it is in reach."""
    rates = {round(most * share, 1) for share in SHARES}
    if peak <= most * REACH:
        rates.add(round(peak, 1))
    return sorted(rate for rate in rates if rate > 0)


def step(bench: Bench, rate: float, seconds: float) -> LoadStep:
    """What came of asking at this rate."""
    before, began = spent(bench.twin.pid), time.perf_counter()
    told = bench.ask(rate=rate, seconds=seconds)
    after, took = spent(bench.twin.pid), time.perf_counter() - began
    cpu = after.cpu_seconds - before.cpu_seconds
    made = LoadStep(
        rate=rate,
        answered=round(told["good"] / max(told["seconds"], 1e-9), 1),
        requests=told["requests"],
        errors=told["errors"],
        p50_ms=round(told["p50_ms"], 3),
        p99_ms=round(told["p99_ms"], 3),
        cpu_seconds=round(cpu * 1000 / max(1, told["requests"]), 4),
        late_ms=round(told["late_ms"], 3),
    )
    if bench.target.held(made):
        return made
    machine = (after.machine_seconds - before.machine_seconds) / took
    limit = limit_of(bench, late_ms=made.late_ms, asker=told["cpu"], gateway=cpu / took, machine=machine)
    return msgspec.structs.replace(made, limit=limit)


def limit_of(bench: Bench, *, late_ms: float, asker: float, gateway: float, machine: float) -> str:
    """What else than the gateway was at its end, all in processors; empty where it was the gateway itself."""
    if gateway >= BUSY * bench.workers:
        return ""
    if asker >= BUSY or late_ms > max(LEAST_LATE_MS, LATE_SHARE * bench.target.latency_ms):
        return GENERATOR
    return MACHINE if machine >= FULL * (os.cpu_count() or 1) else ""

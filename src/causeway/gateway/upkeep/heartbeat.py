"""How busy this process is, told to the others a few times a second."""

import asyncio
import time

from msgspec import structs

from causeway.gateway.app import App
from causeway.gateway.processes.seat import Seat

SAMPLE_SECONDS = 0.05
SAMPLES = 4


async def report(app: App, seat: Seat) -> None:
    """Says how this process is, until it is cancelled."""
    loop = asyncio.get_running_loop()
    cpu, lag_ms = 0.0, 0.0
    while True:
        app.measures.hear(app.recorder)
        seat.say(structs.replace(app.state, cpu=cpu, lag_ms=lag_ms))
        began, spent, late = loop.time(), time.process_time(), 0.0
        for _ in range(SAMPLES):
            due = loop.time() + SAMPLE_SECONDS
            await asyncio.sleep(SAMPLE_SECONDS)
            late += max(0.0, loop.time() - due)
        cpu = (time.process_time() - spent) / (loop.time() - began)
        lag_ms = late / SAMPLES * 1000

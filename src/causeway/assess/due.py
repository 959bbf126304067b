"""What is due for a product now: records to seal, waivers that ended, runs that fell silent."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from causeway.views.product import ProductState

SILENT_AFTER = timedelta(hours=1)
SEAL = "seal"
WAIVER_ENDED = "waiver_ended"
RUN_SILENT = "run_silent"


class Waiting(Struct, frozen=True):
    """What lies in a product's record logs, not sealed yet, and since when."""

    bytes: int = 0
    since: datetime | None = None


class Due(Struct, frozen=True):
    """One thing that is due: `seal` is done by `tick`, the others only a person can settle."""

    what: str
    words: str


def due(
    state: ProductState, now: datetime, *, waiting: Waiting, seal_after: timedelta = timedelta()
) -> tuple[Due, ...]:
    """Everything that is due; records wait at least `seal_after` before they are sealed."""
    return (
        *_seal(now, waiting, seal_after),
        *_ended_waivers(state, now),
        *_silent_runs(state, now),
    )


def _seal(now: datetime, waiting: Waiting, seal_after: timedelta) -> Iterator[Due]:
    if waiting.bytes and waiting.since and now - waiting.since >= seal_after:
        yield Due(SEAL, f"{waiting.bytes:,} bytes of records wait to be sealed")


def _ended_waivers(state: ProductState, now: datetime) -> Iterator[Due]:
    for waiver in state.waivers:
        covers_traffic = not waiver.release or waiver.release in state.shares
        if waiver.until and waiver.until <= now and covers_traffic and not _renewed(state, waiver.code, now):
            yield Due(WAIVER_ENDED, f"the waiver of {waiver.code} ended on {waiver.until:%Y-%m-%d}")


def _renewed(state: ProductState, code: str, now: datetime) -> bool:
    live = max(state.shares, key=lambda release: state.shares[release], default="")
    return any(waiver.code == code for waiver in state.waivers_for(live, at=now))


def _silent_runs(state: ProductState, now: datetime) -> Iterator[Due]:
    run = next(reversed(state.runs.values()), None)
    if run and run.status == "open" and now - run.heard_at >= SILENT_AFTER:
        yield Due(
            RUN_SILENT,
            f"run {run.run} was last heard of at {run.heard_at:%Y-%m-%d %H:%M}; "
            "`causeway run` takes it up where it stopped",
        )

"""Does everything that is due, once; any scheduler may call it, as often as it likes."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from causeway.actions.decide import product_state
from causeway.actions.lease import held
from causeway.actions.routes import sync_routes
from causeway.actions.seal import seal
from causeway.actions.workspace import Workspace
from causeway.assess.due import RUN_SILENT, SEAL, Due, Waiting, due

LOG_SUFFIXES = (".open", ".log")


class Done(Struct, frozen=True):
    """What became of one thing that was due."""

    product: str
    what: str
    words: str


class Ticked(Struct, frozen=True):
    """What was done, and what a person should know: `done` or `nothing_due`."""

    status: str
    done: tuple[Done, ...]
    noted: tuple[Done, ...]


def tick(work: Workspace) -> Ticked:
    """Every product's records sealed, its routes as the ledger says, and what else is due named."""
    sync_routes(work)
    found = tuple(whats_due(work))
    done = tuple(_seal(work, product) for product, each in found if each.what == SEAL)
    noted = tuple(Done(product, each.what, each.words) for product, each in found if each.what != SEAL)
    return Ticked("done" if done else "nothing_due", done, noted)


def whats_due(work: Workspace, *, seal_after: timedelta = timedelta()) -> Iterable[tuple[str, Due]]:
    """Product by product, what is due now."""
    for product in work.ledger.products():
        state = product_state(work, product)
        found = due(state, work.clock.now(), waiting=_waiting(work, product), seal_after=seal_after)
        for each in found:
            if each.what != RUN_SILENT or not held(work, f"run:{product}"):
                yield product, each


def _seal(work: Workspace, product: str) -> Done:
    sealed = seal(work, product)
    predictions = "prediction" if sealed.rows == 1 else "predictions"
    return Done(product, SEAL, f"{sealed.rows:,} {predictions} sealed")


def _waiting(work: Workspace, product: str) -> Waiting:
    """What lies in the record logs; a log that is closed under our eyes counts next time."""
    sizes: list[int] = []
    since: list[float] = []
    for log in _logs(work.state / "records" / product):
        with suppress(FileNotFoundError):
            status = log.stat()
            if status.st_size:
                sizes.append(status.st_size)
                since.append(_born(log, status.st_mtime))
    return Waiting(sum(sizes), datetime.fromtimestamp(min(since), UTC) if since else None)


def _logs(folder: Path) -> list[Path]:
    return [log for log in folder.glob("*") if log.suffix in LOG_SUFFIXES]


def _born(log: Path, changed: float) -> float:
    """When the log was opened, which its name says."""
    try:
        return datetime.strptime(log.name.split("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return changed

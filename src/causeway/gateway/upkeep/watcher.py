"""Follows the route file: looks at it twice a second, loads what changed, and swaps it in whole."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from causeway.core.errors import CausewayError
from causeway.core.ids import digest_of
from causeway.core.routes import read_routes
from causeway.gateway.app import App
from causeway.gateway.log import is_json, print_defect, say
from causeway.gateway.models.bundles import Start
from causeway.gateway.models.worker import Worker
from causeway.gateway.processes.seat import Seat
from causeway.gateway.routes.limits import limited
from causeway.gateway.routes.revoking import route_bytes, without_revoked
from causeway.gateway.routes.routing import Routing, next_routing
from causeway.gateway.shadows.shadowing import Shadowing
from causeway.gateway.upkeep.failures import Failures
from causeway.gateway.upkeep.minutes import Minutes

POLL_SECONDS = 0.5
RETRY_SECONDS = 5.0
"""After which what could not be loaded is tried again: a disk was full, a file came late."""

Stamp = tuple[int, int, int]


class Watcher:
    """Keeps an application's routing as the file says."""

    def __init__(self, app: App, file: Path) -> None:
        self._app = app
        self._file = file
        self._seen: Stamp | None = None
        self._missed = False
        self._loaded_at = 0.0
        self._started: set[Worker] = set()
        self._failures = Failures(app.recorder.folder)
        self._minutes = Minutes(app.recorder.folder, app.measures)
        self._shadowing = Shadowing(file, app.recorder, app.measures)
        self._troubles: Mapping[str, str] = {}

    async def look(self) -> None:
        """Loads the file if it is not the one that was seen last, or could not be followed then."""
        stamp = _stamp(self._file)
        if stamp is None:
            self._miss()
            return
        self._missed = False
        if stamp == self._seen and not self._due():
            return
        self._seen = stamp
        self._revoke()
        before = self._app.routing
        loop = asyncio.get_running_loop()

        def start(worker: Worker) -> None:
            # loading runs in a thread, and processes belong to the loop
            self._started.add(worker)
            asyncio.run_coroutine_threadsafe(worker.start(), loop).result()

        allowances = self._app.seat.allowances
        usage = self._app.usage

        def loaded() -> Routing:
            routing = _allowed(load(self._file, before, start), self._app.seat)
            return limited(routing, before, usage=usage, allowances=allowances)

        revoking = loop.create_task(self._revoke_meanwhile())
        try:
            await self._app.reroute(loaded)
        finally:
            revoking.cancel()
        self._revoke()
        self._app.routing = self._shadowing.follow(self._app.routing)
        self._loaded_at = time.monotonic()
        _tell(self._app.routing, before, first=self._app.seat.number == 0)
        for worker in self._started - self._app.routing.workers:
            worker.retire()
        self._started = {worker for worker in self._started if not worker.ended}

    def _miss(self) -> None:
        """Says that the file is gone, where it was there and stays away for more than one look."""
        if self._missed and self._seen is not None:
            self._seen, before = None, self._app.routing
            self._app.routing = structs.replace(before, problem=f"{self._file.name} is gone")
            _tell(self._app.routing, before)
        self._missed = True

    def _revoke(self) -> None:
        self._app.routing = without_revoked(self._app.routing, self._file)

    async def _revoke_meanwhile(self) -> None:
        """Follows what is taken from the keys while bundles are loaded, which may take long."""
        seen = self._seen
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if seen != (seen := _stamp(self._file)):
                self._revoke()

    def _due(self) -> bool:
        return self._app.routing.troubled and time.monotonic() - self._loaded_at >= RETRY_SECONDS

    async def follow(self, every: float = POLL_SECONDS) -> None:
        """Looks until it is cancelled."""
        while True:
            await asyncio.sleep(every)
            try:
                self._failures.write(self._app.routing, self._app.measures.take_refused())
                self._minutes.write(self._app.routing)
                self._look_at_records()
                await self.look()
            except Exception as error:  # noqa: BLE001 - the shell: nothing may end the following, nor hide that it failed
                print_defect(error)

    def _look_at_records(self) -> None:
        before, self._troubles = self._troubles, self._app.recorder.troubles
        if before or self._troubles:
            _tell_records(self._troubles, before)

    async def close(self) -> None:
        """Keeps what was counted last, and ends every process that was started for a release."""
        self._minutes.write(self._app.routing, at_once=True)
        await self._shadowing.close()
        for worker in tuple(self._started):
            await worker.close()


def load(file: Path, before: Routing, start: Start | None = None) -> Routing:
    """What this file asks for now; where it cannot be followed, what was before, and why."""
    try:
        content = route_bytes(file)
        routing = next_routing(read_routes(content, where=file.name), before, start=start)
        return structs.replace(routing, digest=digest_of(content))
    except CausewayError as error:
        return structs.replace(before, problem=f"{file.name}: {error.message}")
    except OSError as error:
        return structs.replace(before, problem=f"{file.name} cannot be read: {error.strerror}")


def _allowed(routing: Routing, seat: Seat) -> Routing:
    """The same with allowances that hold over all processes, where there are several."""
    if not seat.shared:
        return routing
    live = {
        product: structs.replace(each, allowance=seat.allowances(product, each.allowance.per_minute))
        if each.allowance
        else each
        for product, each in routing.live.items()
    }
    return structs.replace(routing, live=live)


def _stamp(file: Path) -> Stamp | None:
    try:
        status = file.stat()
    except OSError:
        # not there yet, or gone: the next look will tell
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _tell(now: Routing, before: Routing, *, first: bool = False) -> None:
    if now.problem and now.problem != before.problem:
        text = f"{now.problem}; what answered before goes on"
        say("routes_refused", text, level="error", why=now.problem)
    elif first and now.digest != before.digest and not now.problem and (before.digest or is_json()):
        # the first words are that it is ready, which whoever starts it may wait for
        say("routes_followed", f"follows version {now.version} of the routes", version=now.version)
    for live in now.live.values():
        earlier = before.live.get(live.product)
        if live.problem and (earlier is None or live.problem != earlier.problem):
            rest = "what answered before goes on" if live.variants else "nothing answers"
            text = f"{live.product}: {live.problem}; {rest}"
            say("release_refused", text, level="error", product=live.product, why=live.problem)
        elif earlier and earlier.problem and not live.problem:
            say("release_followed", f"{live.product}: its route is followed again", product=live.product)


def _tell_records(now: Mapping[str, str], before: Mapping[str, str]) -> None:
    for product, why in now.items():
        if product not in before:
            text = f"{product}: records are not kept as they should be: {why}"
            say("records_failing", text, level="error", product=product, why=why)
    for product in before:
        if product not in now:
            say("records_recovered", f"{product}: records are kept again", product=product)

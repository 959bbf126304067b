"""What this process answered, by product and minute, kept for whoever watches the service."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from causeway.core.minutes import MINUTES_SUFFIX, Minute
from causeway.gateway.metering.measures import Measures
from causeway.gateway.routes.routing import Routing
from causeway.gateway.upkeep.failures import PRIVATE
from causeway.gateway.upkeep.spending import Spending

EVERY_NS = 60_000_000_000

NOBODYS, UNREAD = "", "503"

Counts = dict[str, dict[str, int]]


class Minutes:
    """Appends a line for each product that answers to a file of this process and day, once a minute."""

    def __init__(self, folder: Path, measures: Measures) -> None:
        self._folder, self._measures = folder, measures
        self._since_ns = time.time_ns()
        self._codes, self._reasons = self._counted()
        self._spending = Spending(measures)

    def write(self, routing: Routing, *, at_once: bool = False) -> None:
        """Keeps what was counted since the last line, once a minute is over or `at_once`."""
        now_ns = time.time_ns()
        if now_ns - self._since_ns < EVERY_NS and not at_once:
            return
        codes, reasons = self._counted()
        asked, refused = _since(codes, self._codes), _since(reasons, self._reasons)
        products = [live.product for live in routing.live.values() if live.variants]
        if len(products) == 1:
            # only then it is known whose the requests were that nobody read
            unread = asked.get(NOBODYS, {}).get(UNREAD, 0)
            mine = asked.setdefault(products[0], {})
            mine |= {UNREAD: mine.get(UNREAD, 0) + unread} if unread else {}
        spent = self._spending.since_last(products, routing.workers)
        for product in products:
            minute = Minute(
                self._since_ns,
                now_ns,
                asked.get(product, {}),
                refused.get(product, {}),
                round(spent[product] * 1e6),
            )
            self._append(product, minute)
        self._codes, self._reasons, self._since_ns = codes, reasons, now_ns

    def _counted(self) -> tuple[Counts, Counts]:
        return self._measures.requests.own(by=2), self._measures.refusals.own(by=2)

    def _append(self, product: str, minute: Minute) -> None:
        day = datetime.fromtimestamp(minute.since_ns / 1e9, UTC)
        path = self._folder / product / f"{day:%Y-%m-%d}-{os.getpid()}{MINUTES_SUFFIX}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with os.fdopen(os.open(path, flags, PRIVATE), "ab") as file:
                file.write(msgspec.json.encode(minute) + b"\n")
        except OSError:
            # a disk that takes no records either: health says so, and the counters go on
            return


def _since(now: Counts, before: Counts) -> Counts:
    """What was counted since then, where it is anything."""
    found: Counts = {}
    for product, counts in now.items():
        earlier = before.get(product, {})
        grown = {key: count - earlier.get(key, 0) for key, count in counts.items()}
        found[product] = {key: count for key, count in grown.items() if count > 0}
    return found

"""How often each key may ask: so much a minute, and a quota for each month that outlives the gateway."""

import asyncio
import calendar
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import structs

from causeway.core.routes import Key, Used
from causeway.gateway.door.allowance import Allowance
from causeway.gateway.log import say
from causeway.gateway.processes.tallies import OVERFLOW, Tallies
from causeway.gateway.processes.windows import Allowances
from causeway.gateway.refusals import QuotaSpent, TooMany
from causeway.gateway.routes.routing import Limit, Live, Routing

LOOK_SECONDS = 1.0
"""How often the requests that other processes counted are added up."""
WRITE_SECONDS = 2.0
"""Requests of the last so many seconds are forgotten where the whole gateway, or its machine, dies."""
NAME, RESTORED = "quota", "quota-restored"


def month_of(now: float) -> tuple[str, float]:
    """The month of this time in UTC, and when it ends."""
    year, month = time.gmtime(now)[:2]
    following = (year + month // 12, month % 12 + 1)
    return f"{year:04}-{month:02}", float(calendar.timegm((*following, 1, 0, 0, 0)))


class Usage:
    """How many requests each key with a quota has made, over all processes of this gateway."""

    def __init__(self, tallies: Tallies, file: Path) -> None:
        self.tallies = tallies
        self._file = file
        self._written: Used | None = None
        self._written_at = 0.0
        self._others: dict[tuple[str, ...], float] = {}

    def restore(self) -> None:
        """Goes on from what was written; once for all processes, and not again when one is replaced."""
        restored = self.tallies.cell(RESTORED)
        if self.tallies.numbers[restored]:
            return
        self.tallies.numbers[restored] = 1
        used = self._read()
        if used is None or used.month != month_of(time.time())[0]:
            return
        for product, keys in used.requests.items():
            for key, count in keys.items():
                self.tallies.numbers[self.tallies.cell(NAME, used.month, product, key)] += count

    def others(self, *key: str) -> float:
        """What other processes counted of this, as of the last look."""
        return self._others.get(key, 0.0)

    def look(self) -> None:
        """Adds up what other processes counted."""
        self._others = self.tallies.of_others(NAME)

    def of(self, month: str) -> Used:
        """What was counted in this month."""
        requests: dict[str, dict[str, int]] = {}
        for (when, product, key), count in sorted(self.tallies.sums(NAME).items()):
            if when == month:
                requests.setdefault(product, {})[key] = int(count)
        return Used(month, requests)

    def write(self) -> None:
        """Writes what was counted, where that is not what was written last."""
        used = self.of(month_of(time.time())[0])
        if used == self._written or not (used.requests or self._written):
            return
        part = self._file.with_name(f".{self._file.name}.{os.getpid()}.part")
        part.write_bytes(msgspec.json.encode(used))
        part.replace(self._file)
        self._written = used

    async def follow(self, *, writes: bool) -> None:
        """Keeps the sums of all processes, and writes them, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()
            if writes and time.monotonic() - self._written_at >= WRITE_SECONDS:
                self._written_at = time.monotonic()
                self.keep()

    def keep(self) -> None:
        """Writes; a disk that refuses stops nobody from being answered."""
        try:
            self.write()
        except OSError as error:
            text = f"{self._file.name} cannot be written: {error.strerror}; quotas are counted in memory only"
            say("usage_failing", text, level="error")

    def _read(self) -> Used | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Used)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            say(
                "usage_unread", f"{self._file.name} cannot be read: {error}; quotas begin at 0", level="error"
            )
            return None


class KeyLimit:
    """What one key may still do of one product."""

    def __init__(self, product: str, key: Key, *, usage: Usage, allowances: Allowances) -> None:
        self.key = key
        self._usage = usage
        self._name = (product, key.id)
        self._minute: Allowance | None = None
        if key.requests_per_minute is not None:
            self._minute = allowances(f"{product}/{key.id}", key.requests_per_minute)
        self._most = math.inf if key.requests_per_month is None else key.requests_per_month
        self._ends, self._month, self._cell = 0.0, "", OVERFLOW
        self._beyond = 0
        """What was counted where the shared memory has no room for another number."""

    def take(self, now: float) -> None:
        """Counts one request of this minute, or refuses it and says when to come back."""
        if self._most is not math.inf and self.used >= self._most:
            raise QuotaSpent(
                f"this key may make {self._most:,} requests a month, and has made them",
                retry_after=max(1, math.ceil(self._ends - time.time())),
                hint="the next month begins at 0 (UTC); or ask the product's owner for a larger quota",
            )
        if self._minute is None:
            return
        try:
            self._minute.take(now)
        except TooMany as refused:
            raise TooMany(
                f"this key may make {self._minute.per_minute:,} requests a minute",
                retry_after=refused.retry_after,
                hint="send fewer at once; or ask the product's owner for more",
            ) from None

    def count(self) -> None:
        """Counts one request of this month."""
        if self._most is not math.inf:
            self._follow_the_month()
            if self._cell == OVERFLOW:
                self._beyond += 1
            else:
                self._usage.tallies.numbers[self._cell] += 1

    @property
    def used(self) -> float:
        """How many requests of this month were counted."""
        self._follow_the_month()
        own = self._beyond if self._cell == OVERFLOW else self._usage.tallies.numbers[self._cell]
        return own + self._usage.others(self._month, *self._name)

    def _follow_the_month(self) -> None:
        now = time.time()
        if now >= self._ends:
            (self._month, self._ends), self._beyond = month_of(now), 0
            self._cell = self._usage.tallies.cell(NAME, self._month, *self._name)


def limited(routing: Routing, before: Routing, *, usage: Usage, allowances: Allowances) -> Routing:
    """The same with the limits of its keys; those that stay as they were go on where they were."""
    if not any(_has_limits(key) for live in routing.live.values() for key in live.route.keys):
        return routing
    live = {
        product: structs.replace(each, limits=_limits(each, before.live.get(product), usage, allowances))
        for product, each in routing.live.items()
    }
    return structs.replace(routing, live=live)


def _limits(
    live: Live, before: Live | None, usage: Usage, allowances: Allowances
) -> Mapping[str, Limit] | None:
    known = (before.limits if before else None) or {}
    limits = {
        key.id: known[key.id]
        if key.id in known and known[key.id].key == key
        else KeyLimit(live.product, key, usage=usage, allowances=allowances)
        for key in live.route.keys
        if _has_limits(key)
    }
    return limits or None


def _has_limits(key: Key) -> bool:
    return key.requests_per_minute is not None or key.requests_per_month is not None

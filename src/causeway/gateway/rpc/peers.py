"""Whose call was just refused because too much is asked waits with its next, as a connection of HTTP does.

The next call is not refused but held, unread, until its connection's rest is over: that costs nothing, and a
caller who waits asks for nothing else. How many it may have open at once its connection says.
"""

import asyncio
import time

from causeway.gateway.door.resting import Resting

CALL_SECONDS = 400e-6
"""What it costs to refuse a call."""
LONGEST_SECONDS = 1.5
"""Its library gives up what was not begun within 2."""
MAX_PEERS = 1024


class Peers:
    """The connections that rest, each until when."""

    def __init__(self, resting: Resting) -> None:
        self._resting = resting
        self._until: dict[str, float] = {}

    def refused(self, peer: str) -> None:
        """Has this one rest, where refusing takes more than its share."""
        self._resting.spent(CALL_SECONDS)
        until = self._resting.ends_at
        if until is None:
            return
        now = time.monotonic()
        if len(self._until) >= MAX_PEERS:
            self._until = {each: at for each, at in self._until.items() if at > now}
        self._until[peer] = min(until, now + LONGEST_SECONDS)

    async def rested(self, peer: str) -> None:
        """Returns when this one rests no more."""
        until = self._until.get(peer)
        if until is None:
            return
        left = until - time.monotonic()
        if left > 0.0:
            await asyncio.sleep(left)
        if self._until.get(peer) == until:
            del self._until[peer]

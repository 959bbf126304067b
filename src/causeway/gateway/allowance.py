"""How many requests a product may still take this minute."""

import math
from collections import deque

from causeway.gateway.refusals import TooMany

WINDOW_SECONDS = 60.0


class Allowance:
    """At most `per_minute` requests in any sixty seconds, counted exactly."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._taken: deque[float] = deque()

    def take(self, now: float) -> None:
        """Counts one request, or refuses it and says when to come back."""
        taken = self._taken
        while taken and taken[0] <= now - WINDOW_SECONDS:
            taken.popleft()
        if len(taken) < self.per_minute:
            taken.append(now)
            return
        wait = taken[0] + WINDOW_SECONDS - now if taken else WINDOW_SECONDS
        raise TooMany(
            f"more than {self.per_minute} requests a minute",
            retry_after=max(1, math.ceil(wait)),
            hint="this product's traffic is capped; come back later, or ask its owner to raise the cap",
        )

"""How many requests a product may still take this minute."""

import math
from collections import deque

from causeway.gateway.refusals import TooMany

WINDOW_SECONDS = 60.0


class Allowance:
    """At most `per_minute` requests in any sixty seconds, counted exactly."""

    seconds = WINDOW_SECONDS

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._taken: deque[float] = deque()

    def take(self, now: float) -> None:
        """Counts one request, or refuses it and says when to come back."""
        taken = self._taken
        while taken and taken[0] <= now - self.seconds:
            taken.popleft()
        if len(taken) < self.per_minute:
            taken.append(now)
            return
        raise self.refusal(taken[0] if taken else now, now)

    def refusal(self, oldest: float, now: float) -> TooMany:
        """Why there is no more room, and when there will be some: once the oldest request is so long ago."""
        return TooMany(
            f"more than {self.per_minute} requests a minute",
            retry_after=max(1, math.ceil(oldest + self.seconds - now)),
            hint="this product's traffic is capped; come back later, or ask its owner to raise the cap",
        )

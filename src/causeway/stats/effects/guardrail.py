"""Whether something that must not get worse got no worse than it may."""

import math

from causeway.stats.effects.effect import Effect

HELD, BREACHED, UNKNOWN = "held", "breached", "unknown"


def non_inferior(effect: Effect, *, margin: float, higher_is_better: bool) -> str:
    """`held` where the interval is within the margin, `breached` where it is beyond, else `unknown`.

    `margin` is how much worse it may get, in the measure's unit. Of the two-sided interval only one end
    decides, so a guardrail is held falsely half as often as its alpha says.
    """
    least, most = (-effect.high, -effect.low) if higher_is_better else (effect.low, effect.high)
    if math.isnan(least) or math.isnan(most):
        return UNKNOWN
    return HELD if most <= margin else BREACHED if least > margin else UNKNOWN

"""By whom quality is judged where a part of all is held out.

Whoever is told may act, and what comes is then the product's doing too: of a model that names who will leave,
the best answers are those that are made wrong. Nothing of that happens to the holdout.
"""

from collections.abc import Sequence

from msgspec import structs

from causeway.core.assignment import HOLDOUT
from causeway.core.watching import ACT, OK, WARN, Sight
from causeway.stats.quality_form import QualityWindow

LEAST_OUTCOMES = 200
"""Of the holdout, before quality is judged by it alone."""
APART = "These are outcomes of the holdout, whom no answer reached."
TOUCHED = (
    "Whoever is told may act, so this may be the product's own doing: it acts on quality once "
    f"{LEAST_OUTCOMES} outcomes of the holdout are known."
)


def untouched(windows: Sequence[QualityWindow]) -> tuple[QualityWindow, ...]:
    """The windows of the holdout, where outcomes enough of it are known; else none."""
    held_out = tuple(each for each in windows if each.arm == HOLDOUT)
    known = sum(each.labelled for each in held_out if not each.slice)
    return held_out if known >= LEAST_OUTCOMES else ()


def as_of_holdout(sight: Sight) -> Sight:
    """The same, which says whose outcomes it is about."""
    return (
        sight
        if sight.verdict == OK
        else structs.replace(sight, why=f"{sight.why.removesuffix('.')}. {APART}")
    )


def as_touched(sight: Sight) -> Sight:
    """The same, on which nothing acts by itself."""
    if sight.verdict != ACT:
        return sight
    return structs.replace(sight, verdict=WARN, why=f"{sight.why.removesuffix('.')}. {TOUCHED}")

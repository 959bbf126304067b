"""Quality before outcomes by importance weighting: held-out rows, weighted to look like those of a day.

It needs no score: only inputs that are numbers. Where few rows decide, or where outcomes contradict it, it is
silent, as every estimate is.
"""

import math
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from causeway.assess.label_watch import at
from causeway.assess.quality_estimates import ESTIMATE
from causeway.assess.quality_promise import RELATIVE, QualityRules
from causeway.core.metrics import spoken
from causeway.core.watching import NOT_ENOUGH_DATA, OK, SILENT, WARN, Sight
from causeway.stats.binned_metrics import Measured
from causeway.stats.estimated_weights import LEAST_EFFECTIVE, Weighted
from causeway.stats.proportion import Z

METHOD = "importance weighting"
BEYOND_CHANCE = 3.29
"""So many standard errors between estimate and outcomes are a contradiction."""


class WeighedDay(Struct, frozen=True):
    """One day's rows: what the held-out rows say of them, and what came of them where that is known."""

    since_us: int
    until_us: int
    rows: int
    weighted: Weighted
    came: Measured | None = None


class Weighing(Struct, frozen=True):
    """The last days, oldest first, and the metric over the held-out rows as they are."""

    metric: str
    higher_is_better: bool
    measured: float
    days: tuple[WeighedDay, ...]


def weighing_of(seen: Weighing, *, rules: QualityRules | None = None) -> tuple[Sight, ...]:
    """What is estimated of the last day, beside how far it was off on the days before."""
    rules = rules or QualityRules()
    if not seen.days:
        return ()
    day = seen.days[-1]
    sign = 1 if seen.higher_is_better else -1
    threshold = seen.measured - sign * rules.tolerance * (seen.measured if seen.metric in RELATIVE else 1.0)
    about = Sight(
        monitor=ESTIMATE,
        watches=ESTIMATE,
        about=f"{seen.metric}, weighted",
        verdict=NOT_ENOUGH_DATA,
        since=at(day.since_us),
        until=at(day.until_us),
        why=f"The day has {day.rows:,} rows, which are too few to weigh by.",
        threshold=threshold,
        reference=seen.measured,
        unit=seen.metric,
        rows=day.rows,
        method=METHOD,
        breach=True,
    )
    if day.rows < rules.least_rows:
        return (about,)
    if day.weighted.effective < LEAST_EFFECTIVE:
        why = (
            f"Only {day.weighted.effective:.0f} held-out rows are like those of the day; "
            f"{LEAST_EFFECTIVE} are needed."
        )
        return (replace(about, verdict=SILENT, why=why),)
    past = [(each.weighted, each.came) for each in seen.days if each.came is not None]
    if past and _contradicted(*past[-1], tolerance=abs(seen.measured - threshold)):
        estimate, came = past[-1]
        why = f"Outcomes say {came.value:.3f} where the estimate said {estimate.value:.3f}: "
        why += "the relation itself has changed."
        return (replace(about, verdict=SILENT, why=why),)
    return (_said(about, day, past, seen, threshold=threshold),)


def _said(
    about: Sight,
    day: WeighedDay,
    past: Sequence[tuple[Weighted, Measured]],
    seen: Weighing,
    *,
    threshold: float,
) -> Sight:
    sign = 1 if seen.higher_is_better else -1
    found = day.weighted
    fell = sign * ((found.high if sign > 0 else found.low) - threshold) < 0
    proof = "nothing came yet to prove it by"
    if past:
        error = sum(abs(estimate.value - came.value) for estimate, came in past) / len(past)
        constant = sum(abs(seen.measured - came.value) for _, came in past) / len(past)
        proof = f"on {len(past)} past days it was {error:.3f} off, assuming no change {constant:.3f}"
    name = spoken(seen.metric)
    return replace(
        about,
        verdict=WARN if fell else OK,
        value=found.value,
        low=found.low,
        high=found.high,
        why=f"{name[0].upper()}{name[1:]} of held-out rows like those of the day is {found.value:.3f} "
        f"({found.low:.3f} to {found.high:.3f}), {seen.measured:.3f} of all of them; {proof}.",
    )


def _contradicted(estimate: Weighted, came: Measured, *, tolerance: float) -> bool:
    spread = math.hypot((estimate.high - estimate.low) / (2 * Z), (came.high - came.low) / (2 * Z))
    apart = abs(estimate.value - came.value)
    return apart > BEYOND_CHANCE * spread and apart > tolerance / 2

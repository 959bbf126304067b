"""What outcomes say of the live release, and what is estimated before they come."""

from msgspec import structs

from causeway.assess.holdout import as_of_holdout, as_touched
from causeway.assess.quality_promise import QualityPromise, promise_of
from causeway.assess.quality_watch import quality_of, spells_of
from causeway.assess.quality_weighing import weighing_of
from causeway.assess.watch_facts import Facts
from causeway.core.watching import Sight


def quality(facts: Facts) -> tuple[Sight, ...]:
    """Outcomes, quality by window and slice, calibration, groups, estimates; under the manifest's names."""
    described = facts.going.described
    if described is None or not facts.quality:
        return ()
    promise = _promised(facts, promise_of(described, facts.manifest.evaluation))
    sights = quality_of(
        facts.quality,
        promise=promise,
        now_us=round(facts.now.timestamp() * 1e6),
        reference=facts.quality_reference,
        before=spells_of(facts.quality_before, promise),
    )
    if facts.weighing is not None:
        sights += weighing_of(facts.weighing)
    if facts.is_of_holdout:
        sights = tuple(map(as_of_holdout, sights))
    elif facts.manifest.serving.holdout_percent:
        sights = tuple(map(as_touched, sights))
    return tuple(
        structs.replace(
            each,
            monitor=facts.monitor(each.watches, about=each.about).name,
            why=each.why.removesuffix("."),
            since=min(each.since, facts.now),
            until=min(each.until, facts.now),
        )
        for each in sights
    )


def _promised(facts: Facts, promise: QualityPromise) -> QualityPromise:
    """With the floor and the ceiling that monitors of the manifest name."""
    floor, ceiling = facts.monitor("quality").threshold, facts.monitor("calibration").threshold
    if floor is not None:
        promise = structs.replace(promise, floor=floor)
    return promise if ceiling is None else structs.replace(promise, calibration_ceiling=ceiling)

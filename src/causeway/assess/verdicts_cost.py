"""Verdicts on cost: tagged, measured, forecast."""

from causeway.assess.evidence import Facts, within
from causeway.assess.verdict import Verdict, refuted, unknown, verified
from causeway.core.manifest import Manifest

ENOUGH_TAGGED = 0.95
PROBE_DAYS = 30
"""What was measured longer ago says nothing of today."""

_PROVE = "causeway prove"


def tagged(_promise: Manifest | None, facts: Facts) -> Verdict:
    """CST-1: every call is on record under the product that caused it."""
    probe = facts.probed
    if probe is None or not within(probe.at, PROBE_DAYS, at=facts.at):
        return unknown("no gateway with this release was asked lately", "Ask one.", command=_PROVE)
    fact = probe.fact
    seen = f"{fact.tagged} of {fact.answered} answers are on record under product, release and caller"
    if not fact.answered or fact.tagged < ENOUGH_TAGGED * fact.answered:
        return refuted(seen, "Keep records: [serving] records", codes=("NO-PREDICTION-LOG",))
    return verified(f"{seen}; every stage of a run is in the product's own chain with its cost")


def measured(_promise: Manifest | None, facts: Facts) -> Verdict:
    """CST-2: what one prediction takes was measured, and has a price."""
    if facts.forecast is None or facts.forecast.cost.measured is None:
        return unknown("no prediction was measured yet", "Measure some.", command=_PROVE)
    seen, cost = facts.forecast.cost.measured, facts.forecast.cost
    said = f"{seen.mean * 1000:.2g} ms a prediction, from {seen.predictions:,} ({seen.source})"
    if cost.per_thousand is None:
        return unknown(
            f"{said}; nobody says how many there will be",
            "Write how many are expected: [budget] predictions_per_month",
        )
    return verified(f"{said}: {cost.per_thousand}; {cost.prices}")


def forecast(_promise: Manifest | None, facts: Facts) -> Verdict:
    """CST-3: twelve months with their interval, people and tools included."""
    if facts.forecast is None:
        return unknown("there is no manifest", "Draft one.", command="causeway init")
    year = facts.forecast.year
    if year.total is None:
        wanted = ", ".join(year.missing)
        command = "" if any(name.startswith("budget.") for name in year.missing) else _PROVE
        return unknown(f"not known: {wanted}", f"Say or measure it: {year.missing[0]}", command=command)
    parts = ", ".join(line.what for line in year.lines)
    return verified(f"{year.total} ({parts}); not yet held against a month that was billed")

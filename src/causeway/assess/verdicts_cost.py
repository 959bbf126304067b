"""Verdicts on cost: tagged, measured, forecast."""

from decimal import Decimal

from causeway.assess.evidence import Facts, within
from causeway.assess.verdict import Verdict, attested, refuted, unknown, verified
from causeway.core.manifest import Manifest
from causeway.core.metering import NEAR, REACHED

ENOUGH_TAGGED = 0.95
MOST_APART = Decimal("0.1")
"""Of what was billed."""
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
    return verified(f"{year.total} ({parts}); {_foretold(facts)}")


def budget(promise: Manifest | None, facts: Facts) -> Verdict:
    """CST-4: a month's cost is held against its budget, and callers are refused where it is spent."""
    part = promise.budget if promise else None
    if promise is None or part is None or part.run_per_month is None or not part.currency:
        return unknown("no budget of a month is written", "Write it: [budget] run_per_month and currency")
    said = f"{part.run_per_month} {part.currency} a month"
    if part.enforce != "refuse":
        return unknown(
            f"{said}: it is told when they are spent, and nothing stops",
            'Have callers refused then: [budget] enforce = "refuse"',
        )
    stopped = [each for each in facts.budgets if each.verdict == REACHED and each.refuses]
    if stopped:
        return verified(f"{said}; in {stopped[-1].month} it was reached, told, and callers were refused")
    told = [each for each in facts.budgets if each.verdict == NEAR]
    seen = f"near it in {told[-1].month}, which was told; " if told else ""
    by = part.approver or promise.product.owner
    if not by:
        return unknown(f"{said}, refused once spent; nobody stands for it", "Name one: [budget] approver")
    return attested(
        by,
        f"{said}, told near it and refused once it is spent; {seen}never reached yet",
        remedy="Let it be reached once: a copy of the product with a budget of next to nothing.",
    )


def reconciled(_promise: Manifest | None, facts: Facts) -> Verdict:
    """CST-5: what was billed is what was metered."""
    both = facts.reconciled
    if both is None or both.share is None:
        return unknown(
            "no bill of the last 92 days covers what was metered", "Bring one: causeway bill import FILE."
        )
    said = f"billed {both.billed:,.2f}, metered {both.metered:,.2f}: {both.share:+.1%} apart, in 92 days"
    if abs(both.share) >= MOST_APART:
        return unknown(said, "Correct the prices (causeway bill rate), or claim more of the bill: [[costs]]")
    return verified(said)


def _foretold(facts: Facts) -> str:
    """What it was last said to cost from what it cost before; or that nobody said so."""
    if facts.foretold is None or not within(facts.foretold[0], PROBE_DAYS, at=facts.at):
        return "not yet held against a month that was billed"
    at, told = facts.foretold
    return (
        f"from what it cost so far, {told.days} days are {told.low:,.0f} to {told.high:,.0f} "
        f"{told.currency} ({told.level:.0%}), said on {at:%Y-%m-%d}"
    )

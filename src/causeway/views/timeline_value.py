"""What was brought, told in plain words."""

from causeway.core.figure import plain
from causeway.core.ids import counted
from causeway.core.value import (
    WORDING,
    BaselineRecorded,
    ExposuresImported,
    RealisationApproved,
    UnitValueApproved,
    ValueMeasured,
    ValuesReceived,
    Valuing,
)


def valued_words(fact: Valuing) -> str:
    """The sentence."""
    match fact:
        case BaselineRecorded():
            source = f" ({fact.source})" if fact.source else ""
            return f"The baseline of {fact.name} was recorded: {fact.value:g} {fact.unit}{source}."
        case UnitValueApproved():
            worth = f"{fact.value} {fact.currency}"
            return f"{fact.approver} approved that one {fact.unit} is worth {worth} ({fact.source})."
        case RealisationApproved():
            shares = f"{fact.cashable:.0%} is cashable, {fact.redeployed:.0%} does other work"
            return f"{fact.approver} approved what became of capacity: {shares} ({fact.source})."
        case ValuesReceived():
            corrected = f", {fact.corrected:,} of them corrections" if fact.corrected else ""
            return f"{counted(fact.rows, 'value')} came in; {fact.taken:,} were new{corrected}."
        case ExposuresImported():
            return f"{counted(fact.taken, 'exposure')} of {fact.experiment} came in from another tool."
        case ValueMeasured():
            return _measured(fact)


def _measured(fact: ValueMeasured) -> str:
    period = f"{fact.since} to {fact.until}"
    if fact.effect is None or fact.low is None or fact.high is None:
        return f"What it brought from {period} was measured, and nothing can be said yet."
    span = f"{plain(fact.low)} to {plain(fact.high)}"
    said = "is disputed" if fact.disputed else f"grade {fact.grade}: {WORDING.get(fact.grade, 'unproven')}"
    return f"What it brought from {period} was measured: an effect of {span} on {fact.kpi}, {said}."

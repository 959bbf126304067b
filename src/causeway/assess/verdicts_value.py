"""Verdicts on what a product is worth: how it is compared, its claim, its price, who uses its answers."""

from causeway.assess.evidence import Facts, within
from causeway.assess.value.plan import DECLARED
from causeway.assess.verdict import Verdict, attested, unknown, verified
from causeway.assess.verdicts_promise import same_person
from causeway.core.figure import plain
from causeway.core.manifest import Manifest
from causeway.core.value import KPI, WORDING
from causeway.views.benefit import Baseline, Measurement

MEASURED_DAYS = 365
"""What was measured longer ago says nothing of today."""
LEAST_UNTOUCHED = 0.5
"""Share of decided answers that must have been taken as they were."""

_MEASURE = "causeway measure"


def recorded_baseline(facts: Facts) -> Baseline | None:
    """The business measure as a person put it on record, of before launch where there is one."""
    baselines = facts.value.baselines if facts.value else ()
    known = [each for each in baselines if each.measure == KPI and each.fact is not None]
    before = [each for each in known if not each.after_launch]
    return (before or known or [None])[-1]


def design(promise: Manifest | None, facts: Facts) -> Verdict:
    """VAL-3: those with the product were compared with some that had it not."""
    last = _measured(promise, facts)
    if last is None:
        return _unmeasured(promise)
    fact = last.fact
    if fact.design == DECLARED:
        return unknown(
            "the value was declared, and compared with nothing", "Write how it is compared: [kpi] design"
        )
    if fact.grade == "D":
        why = fact.lapses[0] if fact.lapses else "it shows nothing"
        return unknown(f"the comparison by {fact.design} failed: {why}", "Find out why.", command=_MEASURE)
    arms = f"{fact.treated:,} treated and {fact.control:,} control" if fact.control else "a table of periods"
    return verified(f"{fact.design} on {arms}, measured on {last.at:%Y-%m-%d} with grade {fact.grade}")


def claim(promise: Manifest | None, facts: Facts) -> Verdict:
    """VAL-4: the value is stated with the grade of its evidence and its interval."""
    last = _measured(promise, facts)
    if last is None:
        return _unmeasured(promise)
    fact = last.fact
    if fact.effect is None or fact.low is None or fact.high is None:
        return unknown(
            f"what was measured on {last.at:%Y-%m-%d} has no interval",
            "Bring in more outcomes, then measure again.",
            command=_MEASURE,
        )
    booked = f"; booked {fact.booked:,.2f} {fact.currency}" if fact.booked is not None else ""
    return verified(
        f"{fact.kpi}: {plain(fact.low)} to {plain(fact.high)} (95 %) from {fact.since} to {fact.until}, "
        f"grade {fact.grade} ({WORDING.get(fact.grade, 'claimed')}){booked}"
    )


def unit_value(promise: Manifest | None, facts: Facts) -> Verdict:
    """VAL-6: somebody of finance stands for what one unit is worth."""
    known = facts.value.unit_values if facts.value else ()
    name = promise.kpi.name if promise else ""
    mine = [each for each in known if not name or each.fact.kpi == name]
    if not mine:
        return unknown(
            "nobody of finance approved what one unit is worth", "Have it approved: causeway measure value."
        )
    last = mine[-1]
    fact = last.fact
    said = f"one {fact.unit} is worth {fact.value:,} {fact.currency} by {fact.source}, {last.at:%Y-%m-%d}"
    if promise is not None and same_person(fact.approver, promise.product.owner):
        return unknown(f"{said}, approved by whoever answers for the product", "Have finance approve it.")
    if same_person(last.actor, fact.approver):
        return verified(f"{said}, recorded by {fact.approver}")
    return attested(
        fact.approver, said, remedy=f"Let {fact.approver} record it under their own name: causeway measure."
    )


def adoption(promise: Manifest | None, facts: Facts) -> Verdict:
    """VAL-7: users take the answers as they are."""
    last = _measured(promise, facts)
    share = last.fact.automation if last else None
    if last is None or share is None:
        told = facts.value.decisions if facts.value else 0
        if told:
            return unknown(f"{told:,} decisions came in, and none was measured", "Measure.", command=_MEASURE)
        return unknown(
            "nobody told what became of an answer", "Send decisions: causeway label, or POST /outcomes."
        )
    said = f"{share:.0%} of decided answers were taken untouched, measured on {last.at:%Y-%m-%d}"
    if share < LEAST_UNTOUCHED:
        return unknown(f"{said}: fewer than {LEAST_UNTOUCHED:.0%}", "Ask those who change them why.")
    return verified(said)


def _measured(promise: Manifest | None, facts: Facts) -> Measurement | None:
    """The last measurement of the measure that the manifest names."""
    name = promise.kpi.name if promise else ""
    for each in reversed(facts.value.measured if facts.value else ()):
        if (not name or each.fact.kpi == name) and within(each.at, MEASURED_DAYS, at=facts.at):
            return each
    return None


def _unmeasured(promise: Manifest | None) -> Verdict:
    if promise is None or not promise.kpi.design:
        return unknown("no design says how its value is compared", "Write it: [kpi] design, then measure.")
    return unknown(
        f"nothing was measured by {promise.kpi.design} in the last year", "Measure.", command=_MEASURE
    )

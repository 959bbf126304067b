"""What finance stands for, what was recorded before, and what other products claim, from the ledger."""

from weakref import WeakKeyDictionary

from msgspec import Struct

from causeway.actions.workspace import Workspace
from causeway.assess.value.money import NOTHING, Terms
from causeway.assess.value.overlap import Claim
from causeway.assess.value.plan import HOURS, Plan
from causeway.assess.verdicts_promise import same_person
from causeway.core.figure import Figure
from causeway.core.value import GRADES, KPI, ValueMeasured
from causeway.core.worth import Assumption
from causeway.ledger import Ledger
from causeway.views.benefit import OnRecord


def terms_of(plan: Plan, known: OnRecord) -> Terms:
    """The approved unit value of this measure, else the declared one; and what became of capacity."""
    cashable = known.realised[-1].fact.cashable if known.realised else None
    approved = [each.fact for each in known.unit_values if each.fact.kpi == plan.kpi]
    if not approved:
        return Terms(plan.unit_value, cashable=cashable)
    last = approved[-1]
    return Terms(last.value, last.low, last.high, approved=True, cashable=cashable)


def currency_of(plan: Plan, known: OnRecord) -> str:
    """The currency of the unit value that counts."""
    approved = [each.fact for each in known.unit_values if each.fact.kpi == plan.kpi]
    return approved[-1].currency if approved else plan.currency


def assumptions_of(work: Workspace, plan: Plan, known: OnRecord, terms: Terms) -> tuple[Assumption, ...]:
    """Every number in the claim that nobody measured here."""
    found: list[Assumption] = []
    approved = [each for each in known.unit_values if each.fact.kpi == plan.kpi]
    if terms.unit_value is not None:
        unit = f"{currency_of(plan, known)} for one {plan.unit_of_measure or 'unit'}"
        figure = Figure(
            float(terms.unit_value),
            unit,
            low=None if terms.low is None else float(terms.low),
            high=None if terms.high is None else float(terms.high),
        )
        last = approved[-1] if approved else None
        by, source = (last.fact.approver, last.fact.source) if last else ("", "causeway.toml, [kpi]")
        own = last is not None and _is_own(work, last.actor, by)
        found.append(Assumption("unit value", figure, by, source, last.seq if last else 0, own))
    if plan.family == HOURS:
        found += _realisation(work, known)
    for grade in GRADES:
        percent = Figure(plan.haircuts.get(grade, 0), "percent")
        found.append(
            Assumption(f"taken off grade {grade}", percent, source="causeway.toml, [value] haircuts")
        )
    return tuple(found)


def baseline_of(plan: Plan, known: OnRecord, measure: str = KPI) -> Figure | None:
    """What the measure was before launch, on record by then; None where it was not."""
    baseline = known.baseline(measure)
    if baseline is None or baseline.after_launch:
        return None
    fact = baseline.fact
    if fact is None:
        return Figure(baseline.value, plan.kpi or plan.unit_of_measure, how="[kpi] query, by causeway prove")
    # recorded before the manifest named its measure, it is that measure's all the same
    named = fact.name if fact.name not in ("", KPI) else plan.kpi or fact.unit
    return Figure(fact.value, named, low=fact.low, high=fact.high, how=fact.source)


def claims_of(work: Workspace, product: str) -> tuple[Claim, ...]:
    """What every other product last claimed."""
    known = _KNOWN.setdefault(work.ledger, {})
    for other in work.products():
        before = known.get(other, _Last())
        for event in work.ledger.read(other, after=before.seq):
            claim = _claim(other, event.fact) if isinstance(event.fact, ValueMeasured) else before.claim
            before = _Last(event.body.seq, claim)
        known[other] = before
    return tuple(last.claim for other, last in known.items() if last.claim and other != product)


class _Last(Struct, frozen=True):
    """The last claim of a product, as far as its events are read."""

    seq: int = 0
    claim: Claim | None = None


# a page of all products asks for every other's claims: each event is read once while the ledger is open
_KNOWN: WeakKeyDictionary[Ledger, dict[str, _Last]] = WeakKeyDictionary()


def _claim(product: str, fact: ValueMeasured) -> Claim:
    booked = fact.booked if fact.booked is not None else NOTHING
    return Claim(product, fact.kpi, fact.currency, fact.since, fact.until, booked, fact.design)


def facts_of(known: OnRecord) -> tuple[int, ...]:
    """The events that a claim rests on, in their order."""
    found = [each.seq for each in (*known.baselines, *known.unit_values, *known.realised)]
    if known.promised:
        found.append(known.promised[-1].seq)
    return tuple(sorted(found))


def _is_own(work: Workspace, actor: str, approver: str) -> bool:
    """Whether who approved put it on record under their own name, and nobody else typed it."""
    who = work.ledger.resolve(actor)
    return any(same_person(name, approver) for name in (actor, *((who.name, who.email) if who else ())))


def _realisation(work: Workspace, known: OnRecord) -> list[Assumption]:
    if not known.realised:
        return [Assumption("hours that are cash", Figure(0.0, "percent"), source="nobody of finance said")]
    last = known.realised[-1]
    by, source = last.fact.approver, last.fact.source
    own = _is_own(work, last.actor, by)
    shares = {"hours that are cash": last.fact.cashable, "hours that do other work": last.fact.redeployed}
    return [
        Assumption(name, Figure(100 * share, "percent"), by, source, last.seq, own)
        for name, share in shares.items()
    ]

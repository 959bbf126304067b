"""The page put together from what was spent, what it brought, and what was declared."""

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from causeway.assess.worth.amounts import cents, period, refs
from causeway.assess.worth.bridge import bridge
from causeway.assess.worth.missing import missing
from causeway.assess.worth.outlook import of_another_grade
from causeway.assess.worth.parts import (
    Case,
    Changes,
    Cost,
    Evidence,
    Header,
    Month,
    PaybackLine,
    Ranked,
    Signed,
    WorthPage,
)
from causeway.assess.worth.sentence import sentence, tied_out
from causeway.assess.worth.units import unit_economics
from causeway.core.figure import Figure
from causeway.core.ids import digest_of_value
from causeway.core.manifest import Manifest
from causeway.core.worth import Benefit, Spent

NOTHING = Decimal(0)


class Gathered(Struct, frozen=True, omit_defaults=True):
    """Everything that the page is made of, as it was read."""

    product: str
    since: date
    until: date
    manifest: Manifest | None = None
    stage: str = ""
    made: bool = False
    """Whether there is a release."""
    live: bool = False
    benefit: Benefit | None = None
    spent: Spent | None = None
    predictions: int = 0
    case: Case | None = None
    months: tuple[Month, ...] = ()
    line: PaybackLine | None = None
    year_end: Figure | None = None
    peak: Figure | None = None
    running: Figure | None = None
    a_month: Figure | None = None
    forecasts_before: tuple[str, ...] = ()
    ranked: tuple[Ranked, ...] = ()
    signed: Signed | None = None
    ledger: str = ""
    seq: int = 0


def worth_page(gathered: Gathered) -> WorthPage:
    """The page, with nothing on it that was not gathered."""
    benefit, spent = gathered.benefit, gathered.spent
    steps = bridge(benefit, spent)
    currency = steps.currency or _declared_currency(gathered.manifest)
    line = gathered.line or PaybackLine(currency, gathered.months, case=gathered.case)
    head = f"{gathered.product}, {period(gathered.since, gathered.until)}"
    return WorthPage(
        header=_header(gathered, currency),
        sentence=sentence(benefit, spent, steps, line, head=head),
        bridge=steps,
        payback=line,
        units=unit_economics(benefit, spent, predictions=gathered.predictions),
        evidence=_evidence(benefit),
        cost=_cost(gathered, currency),
        assumptions=gathered.ranked or _unranked(benefit),
        missing=missing(
            gathered.manifest,
            benefit,
            spent,
            product=gathered.product,
            case=gathered.case,
            made=gathered.made,
            live=gathered.live,
            signed=gathered.signed,
        ),
        predictions=gathered.predictions,
    )


def fingerprint(page: WorthPage) -> str:
    """The digest of the page's numbers: the same however often it is written, signed or read."""
    return digest_of_value(numbers(page))


def numbers(page: WorthPage) -> WorthPage:
    """The page without what changes by its being written, signed or read."""
    header = structs.replace(page.header, ledger="", seq=0, signed=None)
    return structs.replace(page, header=header, missing=(), changes=Changes())


def _header(gathered: Gathered, currency: str) -> Header:
    part = gathered.manifest.product if gathered.manifest else None
    benefit = gathered.benefit
    return Header(
        product=gathered.product,
        since=gathered.since,
        until=gathered.until,
        currency=currency,
        owner=part.owner if part else "",
        sponsor=part.sponsor if part else "",
        stage=gathered.stage,
        grade=benefit.grade if benefit else "",
        wording=benefit.wording if benefit else "",
        signed=gathered.signed,
        ledger=gathered.ledger,
        seq=gathered.seq,
    )


def _evidence(benefit: Benefit | None) -> Evidence:
    if benefit is None:
        return Evidence("", "", "", "", "")
    return Evidence(
        grade=benefit.grade,
        wording=benefit.wording,
        design=benefit.design,
        kpi=benefit.kpi,
        sentence=benefit.sentence,
        since=benefit.since,
        until=benefit.until,
        arms=benefit.arms,
        exposed=benefit.exposed,
        pending=benefit.pending,
        effect=benefit.effect,
        baseline=benefit.baseline,
        hours=benefit.hours,
        automation=benefit.automation,
        guardrails=benefit.guardrails,
        lapses=benefit.lapses,
        falsifies=benefit.falsifies,
        changes=benefit.changes,
        weeks=benefit.weeks,
        by_part=benefit.by_part,
        observed=benefit.observed,
        ceiling=benefit.ceiling,
        facts=refs(benefit.facts),
    )


def _cost(gathered: Gathered, currency: str) -> Cost:
    spent = gathered.spent
    if spent is None:
        return Cost(currency, NOTHING, budget=_budget(gathered.manifest), a_month=gathered.a_month)
    return Cost(
        currency=spent.currency,
        total=cents(spent.total),
        lines=spent.lines,
        billed=spent.billed,
        metered=spent.metered,
        variance=spent.variance,
        invoiced=spent.invoiced,
        elsewhere=spent.elsewhere,
        apart=spent.apart,
        unallocated=spent.unallocated,
        once=spent.once,
        tied_out=tied_out(spent),
        completeness=spent.completeness,
        not_counted=spent.not_counted,
        year_end=gathered.year_end,
        peak=gathered.peak,
        running=gathered.running,
        budget=_budget(gathered.manifest),
        a_month=gathered.a_month,
        before=gathered.forecasts_before,
        facts=refs(spent.facts, spent.shared),
    )


def _declared_currency(manifest: Manifest | None) -> str:
    return (manifest.kpi.currency or manifest.budget.currency) if manifest else ""


def _budget(manifest: Manifest | None) -> Figure | None:
    budget = manifest.budget if manifest else None
    if budget is None or budget.run_per_month is None:
        return None
    granted = f"granted by {budget.approver}" if budget.approver else "granted by nobody who is named"
    how = f"[budget] run_per_month, {granted}" + (f", until {budget.until}" if budget.until else "")
    return Figure(float(budget.run_per_month), budget.currency, "month", how=how)


def _unranked(benefit: Benefit | None) -> tuple[Ranked, ...]:
    if benefit is None or benefit.money is None:
        return ()
    return tuple(Ranked(each, 0) for each in benefit.assumptions if not of_another_grade(each, benefit.grade))

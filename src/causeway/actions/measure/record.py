"""What persons put on record of the value: a baseline, what one unit is worth, what became of capacity."""

import math
from datetime import date
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from causeway.actions.agree import read_paper
from causeway.actions.bill.rate import MOST, check_amount
from causeway.actions.decide import decide
from causeway.actions.measure.received import names_in
from causeway.actions.prove.baseline import measure as computed
from causeway.actions.workspace import Workspace, load_product
from causeway.core.errors import Refused, UsageError
from causeway.core.events import AnyFact, BaselineMeasured
from causeway.core.manifest import Manifest
from causeway.core.value import (
    AUTOMATION,
    DECISION,
    KPI,
    MINUTES,
    BaselineRecorded,
    RealisationApproved,
    UnitValueApproved,
)
from causeway.intake import read_poc
from causeway.views.benefit import Baseline, fold
from causeway.views.product import ProductState

MOST_TEXT = 500


class Noted(Struct, frozen=True):
    """What was put on record: `recorded`, or `already_recorded`."""

    product: str
    what: str
    """`baseline`, `unit value` or `realisation`."""
    status: str
    words: str
    after_launch: bool = False
    """Whether something was live already: then it is no baseline of before."""
    seq: int = 0


class Span(Struct, frozen=True):
    """The days that a baseline is of, and between what it lies."""

    since: date | None = None
    until: date | None = None
    low: float | None = None
    high: float | None = None
    rows: int = 0


def record_baseline(
    work: Workspace,
    folder: Path,
    value: float | None,
    *,
    measure: str = KPI,
    source: str = "",
    who: str = "",
    span: Span | None = None,
    paper: Path | None = None,
) -> Noted:
    """Puts on record what a measure was before; without a value the manifest's query is asked."""
    manifest, _ = load_product(work, folder)
    span = span or Span()
    _check_measure(measure, manifest)
    _check_span(span, value)
    fact: BaselineRecorded | BaselineMeasured
    if value is None:
        fact = _asked(work, folder, manifest, measure)
    else:
        fact = BaselineRecorded(
            measure=measure,
            name=(manifest.kpi.name or KPI) if measure == KPI else measure,
            value=_finite(value),
            unit=_unit(measure, manifest),
            since=span.since,
            until=span.until,
            source=_text(
                source or (manifest.kpi.source if measure == KPI else ""), "--source", "where it was read"
            ),
            who=_text(who or manifest.product.owner, "--who", "who read it"),
            low=span.low,
            high=span.high,
            rows=span.rows,
            paper=work.artifacts.put(read_paper(paper)) if paper else "",
        )
    known = fold(work.ledger.read(manifest.product.name))
    before = known.baseline(measure)
    words = f"{fact.value:g} {_unit(measure, manifest)}".rstrip()
    if before is not None and _same(before, fact):
        return _noted(
            manifest, "baseline", "already_recorded", words, after=before.after_launch, seq=before.seq
        )
    state = _written(work, manifest.product.name, fact)
    return _noted(manifest, "baseline", "recorded", words, after=known.live_since is not None, seq=state.seq)


def approve_value(
    work: Workspace,
    folder: Path,
    value: Decimal,
    *,
    approver: str,
    source: str,
    low: Decimal | None = None,
    high: Decimal | None = None,
    paper: Path | None = None,
) -> Noted:
    """Puts on record what one unit of the business measure is worth, and who of finance stands for it."""
    manifest, _ = load_product(work, folder)
    kpi = manifest.kpi
    if not kpi.name or not kpi.unit or not kpi.currency:
        raise Refused(
            "nothing says of what one unit is worth that",
            where="causeway.toml",
            hint="write it first: [kpi] name, unit and currency",
        )
    ends = (value if low is None else low, value, value if high is None else high)
    for each in ends:
        check_amount(each, "amount")
    if list(ends) != sorted(ends):
        raise UsageError("the value is no amount between its bounds", hint="as in: 180 --low 160 --high 200")
    fact = UnitValueApproved(
        kpi=kpi.name,
        value=value,
        currency=kpi.currency,
        unit=kpi.unit,
        approver=_person(approver, manifest),
        source=_text(source, "--source", "where that is written"),
        low=low,
        high=high,
        paper=work.artifacts.put(read_paper(paper)) if paper else "",
    )
    known = fold(work.ledger.read(manifest.product.name)).unit_values
    words = f"one {kpi.unit} is worth {value} {kpi.currency}"
    if known and known[-1].fact == fact:
        return _noted(manifest, "unit value", "already_recorded", words, seq=known[-1].seq)
    state = _written(work, manifest.product.name, fact)
    return _noted(manifest, "unit value", "recorded", words, seq=state.seq)


def approve_realisation(
    work: Workspace,
    folder: Path,
    *,
    cashable: float,
    redeployed: float,
    approver: str,
    source: str,
    paper: Path | None = None,
) -> Noted:
    """Puts on record what became of capacity: which share was cut from a budget, which does other work."""
    manifest, _ = load_product(work, folder)
    shares = (cashable, redeployed)
    if not all(0 <= each <= 1 for each in shares) or sum(shares) > 1 + 1e-9:
        raise UsageError(
            "the shares are no parts of one whole",
            hint="as in: --cashable 0.5 --redeployed 0.25; the rest was not",
        )
    fact = RealisationApproved(
        cashable=cashable,
        redeployed=redeployed,
        approver=_person(approver, manifest),
        source=_text(source, "--source", "the budget line, or the evidence of other work"),
        paper=work.artifacts.put(read_paper(paper)) if paper else "",
    )
    known = fold(work.ledger.read(manifest.product.name)).realised
    rest = max(0.0, 1 - sum(shares))
    words = f"{cashable:.0%} cashable, {redeployed:.0%} redeployed, {rest:.0%} not realised"
    if known and known[-1].fact == fact:
        return _noted(manifest, "realisation", "already_recorded", words, seq=known[-1].seq)
    state = _written(work, manifest.product.name, fact)
    return _noted(manifest, "realisation", "recorded", words, seq=state.seq)


def _asked(work: Workspace, folder: Path, manifest: Manifest, measure: str) -> BaselineMeasured:
    if measure != KPI or not manifest.kpi.query:
        raise UsageError(
            "no value, and no query that would compute it",
            where="causeway.toml",
            hint="say it (causeway measure baseline 0.042 --source ...), or write [kpi] query",
        )
    return computed(work, folder, manifest, read_poc(folder))


def _check_measure(measure: str, manifest: Manifest) -> None:
    known = [each for each in (*names_in(manifest), AUTOMATION) if each != DECISION]
    if measure not in known:
        raise UsageError(f"there is no measure {measure!r}", hint=f"one of: {', '.join(known)}")


def _check_span(span: Span, value: float | None) -> None:
    if span.since and span.until and span.since > span.until:
        raise UsageError("the period ends before it begins", hint="--since is the earlier day")
    if not 0 <= span.rows < MOST:
        raise UsageError(
            f"{span.rows} is no number of units", hint="--rows is how many it rests on, 0 or more"
        )
    if value is not None and not (
        (span.low is None or span.low <= value) and (span.high is None or value <= span.high)
    ):
        raise UsageError("the value does not lie between its bounds", hint="--low is below it, --high above")


def _unit(measure: str, manifest: Manifest) -> str:
    if measure == KPI:
        return manifest.kpi.name or manifest.kpi.unit
    if measure in (MINUTES, AUTOMATION):
        return "minutes a case" if measure == MINUTES else "of cases untouched"
    return next((each.unit or each.name for each in manifest.guardrails if each.name == measure), measure)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise UsageError("the baseline is no finite number", hint="as in: causeway measure baseline 0.042")
    return value


def _text(text: str, option: str, words: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise UsageError(f"nothing says {words}", hint=f'say it: {option} "..."')
    if len(plain) > MOST_TEXT:
        raise UsageError(f"{option} is too long", hint=f"at most {MOST_TEXT} characters; --paper takes more")
    return plain


def _person(approver: str, manifest: Manifest) -> str:
    """Who of finance it is: not whoever answers for the product, who would approve their own claim."""
    name = _text(approver, "--approver", "who of finance stands for it")
    if name.casefold() == manifest.product.owner.casefold():
        raise Refused(
            f"{name} answers for {manifest.product.name}, and nobody approves what they claim themselves",
            hint="name a person of finance: --approver",
        )
    return name


def _same(before: Baseline, fact: BaselineRecorded | BaselineMeasured) -> bool:
    if isinstance(fact, BaselineRecorded):
        return before.fact == fact
    return before.fact is None and before.value == fact.value


def _written(work: Workspace, product: str, fact: AnyFact) -> ProductState:
    return decide(work, product, lambda _: [fact])


def _noted(
    manifest: Manifest, what: str, status: str, words: str, *, after: bool = False, seq: int = 0
) -> Noted:
    return Noted(manifest.product.name, what, status, words, after_launch=after, seq=seq)

"""Verdicts on what the manifest promises: ownership, value, data, risk."""

from causeway.assess.cost.funding import CODE as UNFUNDED
from causeway.assess.evidence import RISK, SIGNATURES, SPONSOR, Agreement, Facts, within
from causeway.assess.verdict import Verdict, attested, refuted, unknown, verified
from causeway.core.contract import ContractReport
from causeway.core.manifest import Manifest

OWNER_ACTIVE_DAYS = 90
BASELINE_TOLERANCE = 0.05
"""How far what is written may be from what is computed, relative to it."""
PROMISE_HOLDS_DAYS = 365
"""A statement in a manifest is nobody's word any more when the manifest was declared longer ago."""

_DRAFT = "Draft a manifest, then fill it in."
_DRAFT_COMMAND = "causeway init"


def owner(promise: Manifest | None, facts: Facts) -> Verdict:
    """OWN-1: a named owner who is still there."""
    if promise is None or not promise.product.owner:
        return unknown(
            "nobody is named as owner", 'Write the person who answers for it: [product] owner = "..."'
        )
    name = promise.product.owner
    if facts.owner_seen is None:
        return attested(
            name,
            f"{name} is named as owner, and nobody has checked that they are still there",
            remedy=f"Let {name} do something under their own name, a run for instance.",
        )
    if within(facts.owner_seen, OWNER_ACTIVE_DAYS, at=facts.at):
        return verified(f"{name} was active on {facts.owner_seen:%Y-%m-%d}")
    return refuted(
        f"{name} was last active on {facts.owner_seen:%Y-%m-%d}, over {OWNER_ACTIVE_DAYS} days ago",
        "Name an owner who is still there.",
    )


def sponsor(promise: Manifest | None, facts: Facts) -> Verdict:
    """OWN-2: somebody pays, beyond the proof of concept."""
    if promise is None:
        return unknown("there is no manifest", _DRAFT, command=_DRAFT_COMMAND)
    budget = promise.budget
    missing = [
        name
        for name, value in (
            ("[product] sponsor", promise.product.sponsor),
            ("[budget] run_per_month", budget.run_per_month),
            ("[budget] currency", budget.currency),
            ("[budget] until", budget.until),
        )
        if value in (None, "")
    ]
    if missing:
        return unknown(f"not written: {', '.join(missing)}", f"Agree on it, then write {missing[0]}.")
    if budget.until and facts.at and budget.until < facts.at.date():
        return refuted(f"the budget ended on {budget.until}", "Have the budget renewed: [budget] until")
    told = facts.forecast.funding if facts.forecast else None
    if told is not None and told.is_short:
        return refuted(told.words, "Have more granted: [budget] run_per_month", codes=(UNFUNDED,))
    money = f"{budget.run_per_month} {budget.currency} a month until {budget.until}"
    own = promise.product.owner
    for signed in _signed(SPONSOR, facts):
        # whoever asks for the money cannot be who grants it, unless the manifest says so
        if not same_person(signed.by, own) or same_person(promise.product.sponsor, own):
            return verified(f"{money}, signed by {signed.by} as sponsor")
    return _by_owner(
        promise,
        facts,
        f"{promise.product.sponsor} pays {money}",
        remedy="Have the sponsor sign the manifest: `causeway agree`.",
    )


def success(promise: Manifest | None, facts: Facts) -> Verdict:
    """OWN-3: one definition of success that three roles signed."""
    if promise is None or not promise.product.success:
        return unknown("nobody has written down when it is a success", 'Write it: [product] success = "..."')
    signed = {role: found[-1].by for role in SIGNATURES if (found := _signed(role, facts))}
    said = "success is defined, and not signed by all three"
    if set(SIGNATURES) <= set(signed):
        names = ", ".join(f"{by} ({role})" for role, by in signed.items())
        if len({by.casefold() for by in signed.values()}) > 1:
            return verified(f"signed on the same manifest by {names}")
        said = f"success is defined; one person signed for all: {names}"
    return _by_owner(
        promise,
        facts,
        said,
        remedy=f"Have {', '.join(SIGNATURES)} sign the same manifest: `causeway agree`.",
    )


def kpi(promise: Manifest | None, facts: Facts) -> Verdict:
    """VAL-1: a business measure with unit, baseline, target and source."""
    if promise is None:
        return unknown(
            "no business measure is named", "Draft a manifest, then fill in [kpi].", command=_DRAFT_COMMAND
        )
    part = promise.kpi
    wanted = (
        ("name", part.name),
        ("unit", part.unit),
        ("baseline", part.baseline),
        ("target", part.target),
        ("source", part.source),
    )
    missing = [name for name, value in wanted if value in (None, "")]
    if missing:
        return unknown(f"[kpi] does not say: {', '.join(missing)}", f"Write it: [kpi] {missing[0]} = ...")
    if part.baseline == part.target:
        return refuted(
            f"baseline and target are the same, {part.target:g}", "Write what the measure should become."
        )
    moves = f"{part.name} from {part.baseline:g} to {part.target:g}, from {part.source}"
    seen = facts.baseline_measured
    if seen is not None and abs(seen - (part.baseline or 0.0)) > BASELINE_TOLERANCE * abs(seen):
        return refuted(
            f"the manifest says that it is {part.baseline:g}, its query over the data says {seen:.4g}",
            "Write what is so: [kpi] baseline, or mend its query.",
        )
    if seen is not None:
        return verified(f"{moves}; its baseline was computed as {seen:.4g}")
    return _by_owner(
        promise,
        facts,
        moves,
        remedy="Compute the baseline from historic data: [kpi] query, then `causeway prove`.",
    )


def contract(promise: Manifest | None, facts: Facts) -> Verdict:
    """DAT-1: a contract for every source of data, and data that keeps it."""
    if promise is None or not promise.data:
        return unknown("no source of data is named", _DRAFT, command=_DRAFT_COMMAND)
    without = [part.name for part in promise.data if not part.contract]
    if without:
        return unknown(
            f"without a contract: {', '.join(without)}",
            "Draft one, correct it, and name it: [[data]] contract = ...",
            command=_DRAFT_COMMAND,
        )
    reports = {checked.source: checked.report for checked in facts.sources}
    for part in promise.data:
        report = reports.get(part.name)
        if report is None:
            return unknown(
                f"no data of {part.name} was held against its contract", "Run it.", command="causeway run"
            )
        if not report.passed:
            return refuted(
                f"{part.name} breaks its contract: {_first_broken(report)}",
                f"Mend the data, or the rule in {part.contract}.",
                codes=("CONTRACT-VIOLATED",),
            )
    rows = sum(report.rows for report in reports.values())
    return verified(
        f"{len(promise.data)} of {len(promise.data)} sources keep their contracts on {rows:,} rows"
    )


def risk(promise: Manifest | None, facts: Facts) -> Verdict:
    """GOV-4: a risk tier that somebody stands behind."""
    if promise is None or not promise.product.risk_tier:
        return unknown(
            "no risk tier is written", 'Write it: [product] risk_tier = "minimal", "limited" or "high"'
        )
    tier = promise.product.risk_tier
    for signed in reversed(_signed(RISK, facts)):
        if signed.because and (signed.paper or tier != "high"):
            kept = ", with its assessment on paper" if signed.paper else ""
            return verified(f"risk tier {tier}, assessed by {signed.by}{kept}: {signed.because}")
    return _by_owner(
        promise,
        facts,
        f"risk tier {tier}",
        remedy="Have an impact assessment for the tier signed: `causeway agree`.",
    )


def same_person(one: str, other: str) -> bool:
    """Whether two names are one, however they are written."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _signed(role: str, facts: Facts) -> list[Agreement]:
    """Who signed the manifest that is judged, in this role."""
    return [each for each in facts.agreements if each.role == role and _same(each.manifest, facts)]


def _first_broken(report: ContractReport) -> str:
    first = report.violations[0]
    more = f" and {len(report.violations) - 1} more" if len(report.violations) > 1 else ""
    about = f" of {first.column}" if first.column else ""
    return f"{first.rule}{about} in {first.rows:,} rows{more}"


def _same(manifest: str, facts: Facts) -> bool:
    return manifest != "" and manifest == facts.manifest


def _by_owner(promise: Manifest, facts: Facts, said: str, *, remedy: str) -> Verdict:
    """The owner's word for what the manifest says, while it is fresh."""
    name = promise.product.owner
    if not name:
        return unknown(f"{said}, and no owner stands behind it", "Name one: [product] owner")
    if facts.declared_at and not within(facts.declared_at, PROMISE_HOLDS_DAYS, at=facts.at):
        return unknown(
            f"{said}, as of {facts.declared_at:%Y-%m-%d}: too long ago",
            "Read the manifest again, and run it.",
        )
    return attested(name, said, remedy=remedy)

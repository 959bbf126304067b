"""Verdicts on what the manifest promises: ownership, value, data, risk."""

from causeway.assess.evidence import SIGNATURES, Facts, within
from causeway.assess.verdict import Verdict, attested, refuted, unknown, verified
from causeway.core.contract import ContractReport
from causeway.core.manifest import Manifest

OWNER_ACTIVE_DAYS = 90
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
    money = f"{budget.run_per_month} {budget.currency} a month until {budget.until}"
    if any(part.role == "sponsor" and _same(part.manifest, facts) for part in facts.agreements):
        return verified(f"{money}, signed by the sponsor")
    return _by_owner(
        promise,
        facts,
        f"{promise.product.sponsor} pays {money}",
        remedy="Have the sponsor sign the manifest.",
    )


def success(promise: Manifest | None, facts: Facts) -> Verdict:
    """OWN-3: one definition of success that three roles signed."""
    if promise is None or not promise.product.success:
        return unknown("nobody has written down when it is a success", 'Write it: [product] success = "..."')
    roles = {part.role for part in facts.agreements if _same(part.manifest, facts)}
    if set(SIGNATURES) <= roles:
        return verified(f"signed by {', '.join(SIGNATURES)} on the same manifest")
    return _by_owner(
        promise,
        facts,
        "success is defined, and not signed by all three",
        remedy=f"Have {', '.join(SIGNATURES)} sign the same manifest.",
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
    if facts.baseline_measured is not None:
        return verified(f"{moves}; its baseline was computed as {facts.baseline_measured:g}")
    return _by_owner(promise, facts, moves, remedy="Compute the baseline from historic data.")


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
    return _by_owner(
        promise,
        facts,
        f"risk tier {promise.product.risk_tier}",
        remedy="Have an impact assessment for the tier signed.",
    )


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

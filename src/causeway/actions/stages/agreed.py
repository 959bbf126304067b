"""Holds what was brought against its contract before any code sees it; rows that break it stay outside."""

from collections.abc import Mapping
from pathlib import Path

from causeway.actions.access_wish import wish_of
from causeway.actions.stages.data import Brought
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.assess.access_masks import as_masked
from causeway.core.access import Landed
from causeway.core.contract import Contract, ContractReport, Violation
from causeway.core.errors import Refused
from causeway.core.ids import counted


def agreed_contracts(site: Site, brought: Brought) -> dict[str, Contract]:
    """What of each source's contract speaks of the rows that were brought; none for one without contract."""
    found: dict[str, Contract] = {}
    for part in site.manifest.data:
        landed = brought.of(part.name)
        # a table that was given is held to it before the run, and only what is new in it
        landed = landed if landed and landed.grant else None
        contract = wish_of(site.work, site.folder, site.manifest, part).contract if landed else None
        if landed and contract:
            found[part.name] = as_masked(contract, part.name, landed.masked)
    return found


def hold_agreed(site: Site, brought: Brought, contracts: Mapping[str, Contract]) -> Made:
    """Refused where a source breaks a rule that its contract does not call a mere warning."""
    files = brought.places(site)
    told: list[str] = []
    for name, contract in contracts.items():
        landed = brought.of(name)
        if landed:
            others = {each.source: files[each.path] for each in brought.landed if each.source != name}
            told.append(_held(site, landed, contract, file=files[landed.path], others=others))
    return Made(fact="; ".join(told))


def _held(site: Site, landed: Landed, contract: Contract, *, file: Path, others: Mapping[str, Path]) -> str:
    described = contract.object_named(landed.source)
    name = described.name if described else landed.source
    report = site.workshop.validate_file(contract, file, name=name, now=site.work.clock.now(), others=others)
    broken = [violation for violation in report.violations if not violation.is_warning]
    if broken:
        raise _refused(site, landed, report, broken)
    return f"{counted(report.rows, 'row')} of {landed.source} keep all {report.rules} rules that are left"


def _refused(site: Site, landed: Landed, report: ContractReport, broken: list[Violation]) -> Refused:
    part = next(part for part in site.manifest.data if part.name == landed.source)
    listed = "; ".join(_words(violation, report.rows) for violation in broken[:3])
    more = f"; and {counted(len(broken) - 3, 'more rule')}" if len(broken) > 3 else ""
    return Refused(
        f"{landed.source} breaks its contract: {listed}{more}",
        where=str(site.folder / part.contract),
        hint=f"have {part.owner} mend the source, or agree on another contract; no row of it was used",
    )


def _words(violation: Violation, rows: int) -> str:
    """The rule, where and how often; no values, since errors are kept and shown."""
    of = f" of {violation.column}" if violation.column else ""
    first = f", first in row {violation.first_rows[0]:,}" if violation.first_rows else ""
    wanted = f" ({violation.expected})" if violation.expected else ""
    return f"{violation.rule}{of}{wanted} in {violation.rows:,} of {counted(rows, 'row')}{first}"

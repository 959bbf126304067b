"""Recorded rows held to what was agreed on the data, before any training sees them."""

from pathlib import Path

from causeway.actions.loop.rows import Labelled
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.contract import Contract, Violation
from causeway.core.contract_limits import IN_FORCE
from causeway.core.contract_text import read_contract
from causeway.core.errors import OutsideError, remedy
from causeway.core.ids import counted
from causeway.core.manifest import Manifest
from causeway.core.release import Release
from causeway.core.table import Table, Text

CONTRACT = "contract.odcs.yaml"
TOLERATED = 0.01
"""A rule that people agreed on may be broken by this share of the rows."""
BROKEN_SHARE = 0.5
"""A contract that was only drafted counts where most rows break it: it knows nothing of what is new."""


def broken_rules(
    work: Workspace, folder: Path, manifest: Manifest, live: Release, labelled: Labelled
) -> tuple[tuple[str, ...], int]:
    """The rules that these rows break too often, in words without values; and how many were looked at."""
    declared = manifest.data[0].contract if manifest.data else ""
    contract = _contract(folder / declared if declared else work.bundle(live.digest) / CONTRACT)
    if contract is None:
        return (), 0
    target = (manifest.data[0].target if manifest.data else "") or live.target
    table = Table({**labelled.inputs.columns, target: Text(labelled.outcomes)})
    names = {part.name for part in contract.objects}
    wanted = manifest.data[0].name if manifest.data and manifest.data[0].name in names else next(iter(names))
    report = registry.validate_table(contract, table, name=wanted)
    agreed = bool(declared) and contract.status == IN_FORCE
    most = TOLERATED if agreed else BROKEN_SHARE
    broken = [
        violation
        for violation in report.violations
        if not violation.is_warning
        and violation.column in table.columns
        and violation.rows > most * max(report.rows, 1)
        and (agreed or violation.rule in ("present", "type", "required"))
    ]
    return tuple(_words(violation, report.rows) for violation in broken), report.rules


def _words(violation: Violation, rows: int) -> str:
    wanted = f" ({violation.expected})" if violation.expected else ""
    return f"{violation.rule} of {violation.column}{wanted} in {violation.rows:,} of {counted(rows, 'row')}"


def _contract(path: Path) -> Contract | None:
    try:
        return read_contract(path.read_text(encoding="utf-8-sig"), where=str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error

"""Holds the data that the training read against the contract that the manifest names."""

from pathlib import Path

from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.core.contract import Contract, ContractReport, Violation
from causeway.core.contract_draft import contract_of_table
from causeway.core.contract_text import read_contract, write_contract
from causeway.core.errors import BadContract, NotFound, OutsideError, Refused, remedy
from causeway.core.table import Table
from causeway.core.trace import TracedTable
from causeway.recover import LoadedTrace

CONTRACT = "contract.odcs.yaml"
BROKEN_SHARE = 0.5
"""A type that more than this share of the rows breaks is another type, no dirty data."""


class Contracted(Made, frozen=True, kw_only=True):
    """The contract as a file, and what the data breaks of it; `declared` is its path in the manifest."""

    declared: str
    report: ContractReport
    table: str
    """Id of the traced table that was looked at."""


def contract_text(site: Site) -> str | None:
    """The text of the declared contract, None where none is declared."""
    return _text(site.folder, site.data.contract) if site.data.contract else None


def check_declared(folder: Path, declared: str) -> None:
    """Refuses a declared contract that is not there or is none, before anything slow has begun."""
    if declared:
        read_contract(_text(folder, declared), where=str(folder / declared))


def _text(folder: Path, declared: str) -> str:
    path = folder / declared
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(
            f"the manifest names the contract {declared}, which is not there",
            where=str(folder / "causeway.toml"),
            hint="write it, or take the line out and let the run infer one",
        ) from None
    except UnicodeDecodeError as error:
        raise BadContract(
            "the contract is not UTF-8 text", where=str(path), hint="save it as UTF-8"
        ) from error
    except OSError as error:
        raise OutsideError(
            f"the contract cannot be read: {error.strerror}", where=str(path), hint=remedy(error)
        ) from error


def hold(site: Site, loaded: LoadedTrace, text: str | None) -> Contracted:
    """What the data breaks; refused when a column is missing or of another type."""
    described = traced_table(site, loaded)
    table = loaded.tables[described.id]
    contract = (
        _inferred(site, described, table)
        if text is None
        else read_contract(text, where=str(site.folder / site.data.contract))
    )
    report = site.workshop.validate_table(contract, table, name=_object_name(contract, site))
    if broken := _broken(report):
        raise _refused(broken, site)
    kept = write_contract(contract) if text is None else text
    return Contracted(
        fact=_fact(report, declared=site.data.contract),
        files={CONTRACT: site.work.artifacts.put(kept.encode())},
        declared=site.data.contract,
        report=report,
        table=described.id,
    )


def traced_table(site: Site, loaded: LoadedTrace) -> TracedTable:
    """The table that the manifest's data path names, else the largest that was read."""
    tables = loaded.trace.tables
    if not tables:
        raise Refused(
            "the training read no table that was seen",
            where=loaded.trace.script,
            hint="read the data with pandas, or name the script that does: [model] train",
        )
    named = [table for table in tables if site.data.path and _same_path(table.path, site.data.path)]
    return max(named or tables, key=lambda table: table.rows)


def _same_path(read: str, named: str) -> bool:
    return read.replace("\\", "/").removeprefix("./") == named.removeprefix("./")


def _inferred(site: Site, described: TracedTable, table: Table) -> Contract:
    return contract_of_table(
        site.product, site.data.name, table, path=described.path, target=site.data.target
    )


def _object_name(contract: Contract, site: Site) -> str:
    names = {part.name for part in contract.objects}
    return site.data.name if site.data.name in names else next(iter(names), "")


def _broken(report: ContractReport) -> tuple[Violation, ...]:
    return tuple(
        violation
        for violation in report.violations
        if violation.rule == "present"
        or (violation.rule == "type" and violation.rows > BROKEN_SHARE * report.rows)
    )


def _refused(broken: tuple[Violation, ...], site: Site) -> Refused:
    first = broken[0]
    what = (
        f"the data has no column {first.column}"
        if first.rule == "present"
        else f"column {first.column} is not {first.expected} (seen: {', '.join(first.examples[:3])})"
    )
    more = f", and {len(broken) - 1} more breaks" if len(broken) > 1 else ""
    return Refused(
        f"the data breaks its contract: {what}{more}",
        where=str(site.folder / (site.data.contract or site.data.path)),
        hint="bring the data as agreed, or change the contract with those who gave it",
    )


def _fact(report: ContractReport, *, declared: str) -> str:
    rows = f"{report.rows:,} rows"
    if not declared:
        return f"none declared; one was inferred from {rows}"
    if report.passed:
        return f"{rows} keep all {report.rules} rules of the contract"
    return f"{rows} break {len(report.violations)} of the contract's {report.rules} rules"

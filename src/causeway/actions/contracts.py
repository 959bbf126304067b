"""Data contracts by hand: drafted from a file, held against one, compared with an earlier version."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.adapters import registry
from causeway.core.clock import Clock, SystemClock
from causeway.core.contract import Contract, ContractReport, Violation
from causeway.core.contract_diff import Change, diff
from causeway.core.contract_draft import infer_contract
from causeway.core.contract_text import read_contract, write_contract
from causeway.core.errors import NotFound, OutsideError, UsageError, remedy

REPORT = "report.json"
QUARANTINE = "quarantine.parquet"
GOOD = "good.parquet"


class Inferred(Struct, frozen=True):
    """A contract drafted from a file; `written` is where it lies, empty when it was only shown."""

    file: str
    rows: int
    columns: int
    contract: str
    written: str


class Checked(Struct, frozen=True):
    """What data breaks of its contract: `kept`, `warned` (warnings only) or `broken`."""

    contract: str
    data: str
    status: str
    table: str
    rows: int
    good: int
    set_apart: int
    rules: int
    violations: tuple[Violation, ...]
    extra_columns: tuple[str, ...]
    unchecked: tuple[str, ...]
    read_as: str
    files: tuple[str, ...]


class Compared(Struct, frozen=True):
    """Two versions: `same`, `compatible` or `breaking`; `understated` when the version's number hides it."""

    old: str
    new: str
    versions: tuple[str, str]
    status: str
    side: str
    changes: tuple[Change, ...]
    understated: bool


def infer(file: Path, *, name: str = "", to: Path | None = None) -> Inferred:
    """A draft that the file keeps today; a contract that is there already stays as it is."""
    profiled = registry.profile_file(file)
    name = name or file.stem
    contract = infer_contract(
        name, name, columns=profiled.columns, rows=profiled.rows, path=file.name, types=profiled.types
    )
    text = write_contract(msgspec.structs.replace(contract, id=name))
    if to is not None:
        _write_new(to, text)
    return Inferred(str(file), profiled.rows, len(profiled.columns), text, str(to) if to else "")


def check(
    contract: Path,
    data: Path,
    *,
    table: str = "",
    beside: Mapping[str, Path] | None = None,
    into: Path | None = None,
    good: bool = False,
    clock: Clock | None = None,
) -> Checked:
    """What the data breaks; `into` gets report, rows at fault, and with `good` the other rows."""
    if good and into is None:
        raise UsageError("good rows need a place", hint="add --into FOLDER")
    promised = read_contract(_bytes(contract), where=str(contract))
    _clear(into)
    report = registry.validate_file(
        promised,
        data,
        name=table,
        now=(clock or SystemClock()).now(),
        others={**_neighbours(promised, contract.parent), **(beside or {})},
        into=into,
        good=good,
    )
    checked = _checked(report, contract, data, into=into)
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        (into / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(checked)) + b"\n")
    return checked


def compare(old: Path, new: Path, *, side: str = "") -> Compared:
    """What changed between two versions, and whom it breaks; `side` asks for one of them only."""
    before, after = (read_contract(_bytes(path), where=str(path)) for path in (old, new))
    found = diff(before, after)
    status = "breaking" if found.breaking(side) else "compatible" if found.changes else "same"
    return Compared(
        str(old), str(new), (found.old, found.new), status, side or "both", found.changes, found.understated
    )


def _checked(report: ContractReport, contract: Path, data: Path, *, into: Path | None) -> Checked:
    made = [into / name for name in (REPORT, QUARANTINE, GOOD)] if into else []
    return Checked(
        contract=str(contract),
        data=str(data),
        status="kept" if report.passed else "warned" if report.holds else "broken",
        table=report.object,
        rows=report.rows,
        good=report.good,
        set_apart=report.set_apart,
        rules=report.rules,
        violations=report.violations,
        extra_columns=report.extra_columns,
        unchecked=report.unchecked,
        read_as=report.read_as,
        files=tuple(str(path) for path in made if path.name == REPORT or path.exists()),
    )


def _clear(into: Path | None) -> None:
    """Takes away what an earlier check left there, so that no old rows pass for new ones."""
    if into is None:
        return
    for name in (REPORT, QUARANTINE, GOOD):
        (into / name).unlink(missing_ok=True)


def _neighbours(contract: Contract, folder: Path) -> dict[str, Path]:
    """Files of the contract's tables beside it or below; an address, or any other place, is left alone."""
    home, found = folder.resolve(), dict[str, Path]()
    for table in contract.objects:
        name = table.physical_name or ""
        if not name or "://" in name or "\0" in name:
            continue
        path = (home / name).resolve()
        if path.is_relative_to(home) and path.is_file():
            found[table.name] = path
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"there is no contract {path}", hint="`causeway contract infer FILE` drafts one"
        ) from None
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            f"{path} is there already", hint="name another file, or compare: causeway contract diff OLD NEW"
        ) from None

"""A report on the known weaknesses of packages, of a tool that looked them up, read and kept."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import NotFound, OutsideError, UsageError, remedy
from causeway.core.events import DependenciesScanned
from causeway.core.release import Release

ENVIRONMENT = "environment.txt"
MAX_REPORT_BYTES = 32 << 20
HINT = "pip-audit --no-deps --disable-pip -r environment.txt --format json --output report.json"


class _Known(Struct):
    id: str


class _Package(Struct):
    name: str
    version: str = ""
    vulns: tuple[_Known, ...] | None = None


class _PipAudit(Struct):
    dependencies: tuple[_Package, ...]


class _OsvName(Struct):
    name: str
    version: str = ""


class _OsvPackage(Struct):
    package: _OsvName
    vulnerabilities: tuple[_Known, ...] = ()


class _OsvSource(Struct):
    packages: tuple[_OsvPackage, ...] = ()


class _Osv(Struct):
    results: tuple[_OsvSource, ...]


Seen = Mapping[tuple[str, str], tuple[str, ...]]


def audited(work: Workspace, release: Release, bundle: Path) -> DependenciesScanned:
    """The same by a report that pip-audit makes now, on the release's own list."""
    scratch = Path(tempfile.mkdtemp(prefix="scan-", dir=work.state))
    try:
        report = scratch / "report.json"
        registry.proving().audit(bundle / ENVIRONMENT, report)
        return scanned(work, release, bundle, report)
    finally:
        registry.removed(scratch)


def scanned(work: Workspace, release: Release, bundle: Path, report: Path) -> DependenciesScanned:
    """What the report says of the packages that the release was made with, each by its very version."""
    content = _read(report)
    pins = _pins(bundle)
    tool, seen = _seen(content, where=str(report))
    looked_up = {pin: seen[pin] for pin in pins if pin in seen}
    return DependenciesScanned(
        environment=release.inputs.get("environment", ""),
        report=work.artifacts.put(content),
        tool=tool,
        packages=len(pins),
        covered=len(looked_up),
        weak={f"{name}=={version}": known for (name, version), known in looked_up.items() if known},
    )


def _seen(content: bytes, *, where: str) -> tuple[str, Seen]:
    """The tool, and for each package that it looked up what it knows against it."""
    try:
        audit = msgspec.json.decode(content, type=_PipAudit)
    except msgspec.MsgspecError:
        return "OSV-Scanner", _osv(content, where=where)
    found = {
        (_plain(each.name), each.version): tuple(known.id for known in each.vulns)
        for each in audit.dependencies
        # one that was skipped has no version and no list
        if each.vulns is not None
    }
    return "pip-audit", found


def _osv(content: bytes, *, where: str) -> Seen:
    try:
        osv = msgspec.json.decode(content, type=_Osv)
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"this is no report of pip-audit or OSV-Scanner: {error}", where=where, hint=f"make one: {HINT}"
        ) from error
    return {
        (_plain(each.package.name), each.package.version): tuple(known.id for known in each.vulnerabilities)
        for source in osv.results
        for each in source.packages
    }


def _pins(bundle: Path) -> list[tuple[str, str]]:
    lines = (bundle / ENVIRONMENT).read_text("utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line)
    return [(_plain(name), version.strip()) for name, _, version in pairs]


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


def _read(report: Path) -> bytes:
    try:
        with report.open("rb") as stream:
            content = stream.read(MAX_REPORT_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {report}", hint=f"make it: {HINT}") from None
    except OSError as error:
        raise OutsideError(f"cannot read {report}: {error.strerror}", hint=remedy(error)) from error
    if len(content) > MAX_REPORT_BYTES:
        raise UsageError(f"{report} is larger than {MAX_REPORT_BYTES >> 20} MB", hint=f"make it: {HINT}")
    return content

"""Says what is wrong with this installation and this workspace, and changes nothing."""

import importlib.util
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway import __version__
from causeway.actions.bundles import check_signer
from causeway.actions.decide import product_state, readable_workspace
from causeway.actions.lease import held
from causeway.actions.source import digest_file
from causeway.actions.verify import NOT_ERASED, losses, segment_faults
from causeway.actions.workspace import Workspace, check_folder, has_workspace, keys_folder
from causeway.adapters import registry
from causeway.core.bundle import RELEASE
from causeway.core.errors import CausewayError, outside
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.ids import counted, short
from causeway.core.routes import RouteFile
from causeway.ledger.verify import verify
from causeway.views.run import fold

MIN_PYTHON = (3, 11)
MIN_FREE_BYTES = 1 << 30
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO
EXTRAS = {
    "serve": ("httptools", "jinja2", "onnxruntime", "polars", "starlette", "uvicorn", "uvloop"),
    "postgres": ("psycopg",),
}


class Checkup(Struct, frozen=True):
    """What was looked at and is fine, and what is not; `healthy` when nothing is broken."""

    version: str
    fine: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is broken."""
        return not any(finding.severity is Severity.BLOCKER for finding in self.findings)


Answer = str | Finding
Look = Callable[[Workspace], Iterator[Answer]]


def examine(folder: Path) -> Checkup:
    """Everything that was looked at in the installation, and in the folder's workspace if it has one."""
    check_folder(folder)
    answers = [*_python(), *_extras(), *_keys(keys_folder()), *_disk(folder)]
    if has_workspace(folder):
        answers += _workspace(folder)
    else:
        answers.append(f"no workspace in {folder} yet: causeway run makes one")
    return Checkup(
        version=__version__,
        fine=tuple(answer for answer in answers if isinstance(answer, str)),
        findings=tuple(answer for answer in answers if isinstance(answer, Finding)),
    )


def _python() -> Iterator[Answer]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < MIN_PYTHON:
        yield _broken(
            "python", f"Python {version} is too old.", "Install Causeway with Python 3.11 or later."
        )
    elif importlib.util.find_spec("ensurepip") is None:
        yield _broken(
            "python-venv",
            "This Python cannot make virtual environments.",
            "On Debian: apt-get install python3-venv.",
        )
    else:
        yield f"Python {version}"


def _extras() -> Iterator[Answer]:
    for extra, modules in EXTRAS.items():
        absent = [module for module in modules if importlib.util.find_spec(module) is None]
        if not absent:
            yield f"extra {extra} installed"
            continue
        yield Finding(
            code=f"extra-{extra}",
            severity=Severity.NOTE,
            title=f"The extra {extra} is not installed ({', '.join(absent)}).",
            remedy=Remedy("Install it where you need it.", f'pip install "causeway[{extra}]"'),
        )


def _keys(folder: Path) -> Iterator[Answer]:
    try:
        yield from _keys_there(folder) if folder.exists() else _keys_to_come(folder)
        registry.trusted_keys(folder)
    except OSError as error:
        yield _of_error("keys", outside(error))
    except CausewayError as error:
        yield _of_error("keys", error)


def _keys_to_come(folder: Path) -> Iterator[Answer]:
    nearest = next(place for place in folder.absolute().parents if place.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        yield f"no signing key yet; the first release makes one in {folder}"
    else:
        yield _broken(
            "keys",
            f"There is no signing key, and none can be made in {folder}.",
            "Set CAUSEWAY_KEYS to a folder of your own that you may write to.",
            path=folder,
        )


def _keys_there(folder: Path) -> Iterator[Answer]:
    if not folder.is_dir():
        yield _broken(
            "keys", f"{folder} is a file.", "Set CAUSEWAY_KEYS to a folder of your own.", path=folder
        )
        return
    open_to_others = [
        path
        for path in (folder, *sorted(folder.glob("*.key")))
        if path.stat().st_mode & FOR_OTHERS or path.stat().st_uid != os.getuid()
    ]
    for path in open_to_others:
        mode = "700" if path.is_dir() else "600"
        yield _broken(
            "keys-open",
            "The signing keys are not yours alone.",
            "Close them.",
            f"chmod {mode} {path}",
            path=path,
        )
    if not open_to_others:
        yield f"signing keys in {folder}, closed to others"


def _disk(folder: Path) -> Iterator[Answer]:
    free = shutil.disk_usage(folder).free
    said = f"{free / (1 << 30):.1f} GB free"
    if free < MIN_FREE_BYTES:
        yield _broken(
            "disk", f"Only {said} where {folder} lies.", "Free some space: environments need about 1 GB."
        )
    else:
        yield said


def _workspace(folder: Path) -> Iterator[Answer]:
    try:
        work = readable_workspace(folder)
    except CausewayError as error:
        yield _of_error("ledger", error)
        return
    looks: tuple[Look, ...] = (_ledger, _segments, _losses, _routes, _releases, _signers, _leftovers)
    for look in looks:
        try:
            yield from look(work)
        except CausewayError as error:
            yield _of_error("ledger", error)
    work.ledger.close()


def _ledger(work: Workspace) -> Iterator[Answer]:
    verdict = verify(work.ledger, keys=registry.trusted_keys(keys_folder()))
    if bad := verdict.bad:
        place = f"Event {bad.seq} of {bad.product}" if bad.product else f"Checkpoint {bad.seq}"
        yield _broken(
            "ledger",
            f"{place} was {bad.what}: {bad.detail}.",
            "See what is still proven, then bring the last backup back.",
            "causeway verify",
        )
    else:
        yield f"ledger whole: {counted(verdict.events, 'event')} of {counted(verdict.products, 'product')}"


def _segments(work: Workspace) -> Iterator[Answer]:
    found = list(segment_faults(work))
    for what in ("missing", "changed", NOT_ERASED):
        faults = [fault for fault in found if fault and fault.what == what]
        if faults:
            copy = "" if what == NOT_ERASED else " Copy .causeway/segments from a backup of the disk."
            yield _broken(
                f"segment-{what.replace(' ', '-')}",
                f"{counted(len(faults), 'segment')} that the ledger names: {what}.",
                f"{faults[0].file}: {faults[0].detail}.{copy}",
                path=work.state / faults[0].file,
            )
    if found and not any(found):
        yield f"{counted(len(found), 'segment')}, each as it was sealed"


def _losses(work: Workspace) -> Iterator[Answer]:
    """Answers that went out and have no record, as the gateway counted them."""
    for product in work.products():
        if lost := losses(work, product):
            yield Finding(
                code="records-lost",
                severity=Severity.FIX,
                title=f"{lost[:1].upper()}{lost[1:]}.",
                remedy=Remedy(
                    "Give the records room; where no answer may go unrecorded, say so in causeway.toml: "
                    'records = "durable", or on_full_disk = "stop".'
                ),
            )


def _routes(work: Workspace) -> Iterator[Answer]:
    if not work.routes.exists():
        yield "nothing is live: no route file"
        return
    try:
        file = msgspec.json.decode(work.routes.read_bytes(), type=RouteFile)
    except (OSError, msgspec.DecodeError) as error:
        yield _broken(
            "routes",
            f"The route file cannot be read: {error}.",
            "Write it anew from the ledger.",
            "causeway up",
            path=work.routes,
        )
        return
    live = [route for route in file.routes if route.served]
    lost = [
        served.release
        for route in file.routes
        for served in route.served
        if not (Path(served.bundle) / RELEASE).is_file()
    ]
    for release in lost:
        yield _broken(
            "routes",
            f"Release {short(release)} is live, but its bundle is gone.",
            "Make it again.",
            "causeway run",
            path=work.routes,
        )
    if not lost:
        yield f"route file readable, {counted(len(live), 'product')} live"


def _releases(work: Workspace) -> Iterator[Answer]:
    folders = sorted(path for path in (work.state / "releases").glob("*") if not path.name.startswith("."))
    changed = [path for path in folders if not _is_what_it_is_called(path)]
    for path in changed:
        yield _broken(
            "release-changed",
            f"Release {short(path.name)} is not what its name says.",
            "Make it again; the changed one makes way.",
            "causeway run",
            path=path,
        )
    if folders and not changed:
        yield f"{counted(len(folders), 'release')}, each what its name says"


def _signers(work: Workspace) -> Iterator[Answer]:
    for product in work.ledger.products():
        for release in product_state(work, product).shares:
            try:
                check_signer(work, release)
            except CausewayError as error:
                yield _of_error("untrusted-signer", error)


def _is_what_it_is_called(bundle: Path) -> bool:
    described = bundle / RELEASE
    return described.is_file() and digest_file(described) == f"sha256:{bundle.name}"


def _leftovers(work: Workspace) -> Iterator[Answer]:
    for product in work.ledger.products():
        if held(work, f"run:{product}"):
            yield f"a run of {product} is going on"
            continue
        for run in fold(work.ledger.read(product)).left_open():
            yield Finding(
                code="run-stopped",
                severity=Severity.FIX,
                title=f"A run of {product} stopped after {counted(len(run.stages), 'stage')}.",
                remedy=Remedy("It goes on where it stopped.", f"causeway run {work.root}"),
                evidence=(Evidence(event=run.run),),
            )


def _broken(code: str, title: str, words: str, command: str = "", *, path: Path | None = None) -> Finding:
    evidence = (Evidence(path=str(path)),) if path else ()
    return Finding(code, Severity.BLOCKER, title, Remedy(words, command), evidence)


def _of_error(code: str, error: CausewayError) -> Finding:
    return Finding(
        code,
        Severity.BLOCKER,
        f"{error.message[:1].upper()}{error.message[1:]}.",
        Remedy(error.hint or "Restore a backup."),
        (Evidence(path=error.where),) if error.where else (),
    )

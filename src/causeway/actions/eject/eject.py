"""Writes a folder that serves a release without Causeway's control plane, whole or not at all."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import structs

from causeway.actions.bundles import Bundle, open_bundle
from causeway.actions.eject.ejected import Ejected
from causeway.actions.eject.papers import FORMS, papers
from causeway.actions.eject.sources import serving_sources
from causeway.actions.ship import Blocked, plan_to_ship
from causeway.actions.workers import worker_python
from causeway.actions.workspace import Workspace, keys_folder
from causeway.adapters import registry
from causeway.core.bundle import SIGNATURE, BundleSignature
from causeway.core.environment import Pin
from causeway.core.errors import OutsideError, Refused, UsageError, outside
from causeway.gateway.models.folder import names_in

SERVING = ("cryptography", "msgspec", "numpy", "onnxruntime")
ENVIRONMENT = "environment.txt"
READABLE, PROGRAM = 0o644, 0o755

Pins = Callable[..., tuple[Pin, ...]]


def eject(
    work: Workspace,
    folder: Path,
    to: Path,
    *,
    release: str | None = None,
    forms: Collection[str] = FORMS,
    pins: Pins = registry.pinned_wheels,
) -> Ejected:
    """The folder `to` with everything that serves this release; refused where it may not be shipped."""
    _check_empty(to)
    plan = plan_to_ship(work, folder, release=release)
    if not plan.judgement.may_ship:
        raise Blocked(plan, folder)
    bundle = open_bundle(work, plan.release)
    worker = worker_python(work, bundle.release) if bundle.release.model.apart else ""
    packages, worker_pins, unhashed = _packages(work, bundle, worker, pins)
    key = _signer(work, bundle)
    made = Ejected(
        status="ejected",
        product=bundle.release.product,
        release=bundle.digest,
        folder=str(to),
        forms=tuple(form for form in FORMS if form in forms),
        files=(),
        key=key,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        hashed=not unhashed,
        packages=packages,
        worker=worker_pins,
        unhashed=unhashed,
    )
    texts = {
        **serving_sources(worker=bool(worker)),
        **papers(made, bundle, platform=_platform(), causeway=version("causeway")),
        f"trusted/{key}.pub.pem": registry.trusted_keys(keys_folder())[key],
    }
    files = _written(to, texts, work.bundle(bundle.digest))
    return structs.replace(made, files=files)


def _platform() -> str:
    return f"{platform.system().lower()} {platform.machine()}"


def _check_empty(to: Path) -> None:
    if to.is_symlink() or (to.exists() and not to.is_dir()):
        raise UsageError(f"{to} is no folder", hint="name a folder that is empty or not there yet")
    if to.is_dir() and any(to.iterdir()):
        raise UsageError(f"{to} is not empty", hint="name a folder that is empty or not there yet")


def _packages(
    work: Workspace, bundle: Bundle, worker: str, pins: Pins
) -> tuple[tuple[Pin, ...], tuple[Pin, ...], str]:
    """What the server needs, what the release's own process needs, and why they have no hashes."""
    lines = [f"{name}=={version(name)}" for name in SERVING]
    theirs = []
    if worker:
        _check_same_python(worker)
        told = (work.bundle(bundle.digest) / ENVIRONMENT).read_text(encoding="utf-8")
        theirs = [line for line in told.splitlines() if line]
    try:
        found = pins(lines, sys.executable), pins(theirs, worker, alone=True) if theirs else ()
    except OutsideError as error:
        plain = [tuple(_plain(line) for line in each) for each in (lines, theirs)]
        return plain[0], plain[1], f"{error.message}: {error.where}"
    lacking = [pin.name for pin in (*found[0], *found[1]) if not pin.digest]
    return found[0], found[1], f"pip tells no hash of {', '.join(lacking[:3])}" if lacking else ""


def _plain(line: str) -> Pin:
    name, _, exact = line.partition("==")
    return Pin(name, exact)


def _check_same_python(worker: str) -> None:
    told = (Path(worker).parents[1] / "pyvenv.cfg").read_text(encoding="utf-8")
    exact = next(
        (line.partition("=")[2].strip() for line in told.splitlines() if line.startswith("version")), ""
    )
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if exact and not exact.startswith(f"{here}."):
        raise Refused(
            f"the release's own process runs on Python {exact}, and Causeway here on {here}",
            hint=f"eject it with a Causeway that is installed in Python {exact.rpartition('.')[0]}",
        )


def _signer(work: Workspace, bundle: Bundle) -> str:
    content = (work.bundle(bundle.digest) / SIGNATURE).read_bytes()
    return msgspec.json.decode(content, type=BundleSignature).key_id


def _written(to: Path, texts: Mapping[str, str], bundle: Path) -> tuple[str, ...]:
    """The paths of everything in the folder, which appears at once."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.parent))
    except OSError as error:
        raise outside(error) from error
    try:
        for path, text in texts.items():
            _write(staged / path, text)
        shutil.copytree(bundle, staged / "bundle", copy_function=shutil.copyfile)
        (staged / "bundle").chmod(0o755)
        files = names_in(staged)
        staged.chmod(0o755)
        if to.exists():
            to.rmdir()
        staged.replace(to)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        raise outside(error) from error
    return files


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    place.chmod(PROGRAM if text.startswith("#!") else READABLE)

"""The one thing a verb is handed: where the state lies, what time it is, and who acts."""

import getpass
import os
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from causeway.adapters import registry
from causeway.adapters.ports import ArtifactStore
from causeway.core.clock import AheadClock, Clock, SystemClock
from causeway.core.errors import BadManifest, NotFound, OutsideError, UsageError, remedy
from causeway.core.events import OWN_CHAINS
from causeway.core.manifest import Manifest
from causeway.core.manifest_text import read_manifest
from causeway.ledger import Ledger, open_ledger

STATE = ".causeway"
MANIFEST = "causeway.toml"
AHEAD = "ahead"
"""The file that says by how many seconds a copy's time is ahead."""
PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Workspace:
    """Ledger, artefact store, clock and actor of one folder's `.causeway`."""

    root: Path
    state: Path
    ledger: Ledger
    clock: Clock
    actor: str
    artifacts: ArtifactStore

    @property
    def routes(self) -> Path:
        """The file that the gateway reads."""
        return self.state / "routes.json"

    def products(self) -> list[str]:
        """The names of all products; the chains of what other tools sent and of bills are none."""
        return [name for name in self.ledger.products() if name not in OWN_CHAINS]

    def bundle(self, release: str) -> Path:
        """Where this release lies unpacked."""
        return self.state / "releases" / release.removeprefix("sha256:")


def open_workspace(folder: Path, *, clock: Clock | None = None, actor: str | None = None) -> Workspace:
    """The workspace of this folder or of the nearest parent that has one; made here if there is none."""
    check_folder(folder)
    state = _find(folder.resolve()) or make_state(folder.resolve())
    ledger = open_ledger(os.environ.get("CAUSEWAY_LEDGER") or state / "ledger.db")
    return Workspace(
        root=state.parent,
        state=state,
        ledger=ledger,
        clock=clock or clock_of(state),
        # whose login it is stays in the ledger's directory, where it can be erased
        actor=actor or os.environ.get("CAUSEWAY_ACTOR") or ledger.actor_for(_login()),
        artifacts=registry.artifact_store(state / "artifacts"),
    )


def clock_of(state: Path) -> Clock:
    """The machine's clock; in a copy in which time was compressed, one that goes on from there."""
    try:
        return AheadClock(timedelta(seconds=float((state / AHEAD).read_text())))
    except (OSError, ValueError, OverflowError):
        return SystemClock()


def check_folder(folder: Path) -> None:
    """Refuses what is no folder."""
    if folder.is_dir():
        return
    if folder.exists():
        raise UsageError(
            f"{folder} is a file, not a folder", hint=f"perhaps the one it lies in: {folder.parent}"
        )
    raise NotFound(f"there is no folder {folder}", hint="name a folder that exists")


def has_workspace(folder: Path) -> bool:
    """Whether this folder or a parent of it holds a workspace already."""
    return _find(folder.resolve()) is not None


def state_of(folder: Path, *, make: bool = True) -> Path:
    """Where the state of this folder lies: its own or that of the nearest parent; made here if asked to."""
    check_folder(folder)
    found = _find(folder.resolve())
    if found is None and make:
        return make_state(folder.resolve())
    return found or folder.resolve() / STATE


def load_product(work: Workspace, folder: Path) -> tuple[Manifest, str]:
    """The manifest in this folder, and the digest under which its bytes are now kept."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"there is no {MANIFEST} in {folder}", hint=f"draft one: causeway init {folder}"
        ) from None
    except OSError as error:
        raise OutsideError(f"cannot read {path}: {error.strerror}", hint=remedy(error)) from error
    manifest = read_manifest(content, where=str(path))
    kept = OWN_CHAINS.get(manifest.product.name)
    if kept:
        raise BadManifest(
            f"a product cannot be called {manifest.product.name}: {kept} under that name",
            where=str(path),
            hint='write another one: name = "..."',
        )
    return manifest, work.artifacts.put(content)


def keys_folder() -> Path:
    """Where signing keys lie, outside every workspace."""
    return Path(os.environ.get("CAUSEWAY_KEYS") or Path.home() / ".config" / "causeway" / "keys")


def write_whole(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Puts all of this into the file at once, or leaves what was there; private unless a mode is given."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                if mode is not None:
                    os.fchmod(stream.fileno(), mode)
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutsideError(f"cannot write {path}: {error.strerror}", hint=remedy(error)) from error


def _find(folder: Path) -> Path | None:
    for place in (folder, *folder.parents):
        if (place / STATE).is_dir():
            return place / STATE
    return None


def make_state(folder: Path) -> Path:
    """The folder of this very folder's state, made if it is not there."""
    state = folder / STATE
    try:
        state.mkdir(mode=PRIVATE, exist_ok=True)
    except OSError as error:
        raise OutsideError(
            f"cannot make {state}: {error.strerror}", hint="use a folder that you may write to"
        ) from error
    # the state is nobody's source code
    write_whole(state / ".gitignore", b"*\n")
    return state


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # a container may run under a number without a name
        return str(os.getuid())

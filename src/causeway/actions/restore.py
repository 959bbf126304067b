"""Bring a backup back into an empty ledger, once it is proven whole."""

import io
import zipfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from causeway.actions.backup import ACTORS, ANCHOR, ARTIFACTS, FORMAT, INDEX, LEDGER, Index
from causeway.actions.verify import NotWhole, in_words, read_anchor_file
from causeway.actions.workspace import Workspace, keys_folder, make_state, open_workspace
from causeway.adapters import registry
from causeway.core.errors import NotFound, OutsideError, Refused, UsageError, remedy
from causeway.core.ids import check_product_name, digest_of
from causeway.ledger import Actor, Anchor, Contents, read_anchor
from causeway.ledger.export import read_export
from causeway.ledger.store import not_empty
from causeway.ledger.verify import contents_of, judge

NEEDED = (LEDGER, ACTORS, ANCHOR, ARTIFACTS)
# whoever restores is no actor of the restored ledger until they act
NOBODY = "a-restore"


class Restored(Struct, frozen=True):
    """What came back, where to, and what is still to be brought by hand."""

    ledger: str
    events: int
    products: int
    actors: int
    proven: tuple[str, ...]
    unproven: tuple[str, ...]
    missing_artifacts: tuple[str, ...]
    untrusted_keys: tuple[str, ...]


class Copy(Struct, frozen=True):
    """A backup as it was read, each file checked against the index."""

    contents: Contents
    anchor: Anchor
    keys: dict[str, str]
    artifacts: tuple[str, ...]


def restore(file: Path, into: Path, *, anchor: Path | None = None, trust_keys: bool = False) -> Restored:
    """Fills the empty ledger of folder `into` from a backup, proven by an anchor file of your own if given.

    `trust_keys` takes the backup's public keys as ours.
    """
    copy = read_backup(file)
    for product in {row.product for row in copy.contents.rows}:
        check_product_name(product)
    known = read_anchor_file(anchor) if anchor else None
    trusted = registry.trusted_keys(keys_folder())
    if not (trusted or known or trust_keys):
        raise Refused(
            "nothing here can tell whether this backup is yours: no key is trusted on this machine",
            where=str(keys_folder()),
            hint="give a checkpoint that you kept (--anchor FILE), copy your .pub.pem there, "
            "or say that the backup's keys are yours (--trust-keys)",
        )
    _refuse_if_not_whole(
        copy, known, trusted={**trusted, **copy.keys} if trust_keys else trusted, where=str(file)
    )
    _make_folder(into)
    # a backup fills this very folder, whatever workspace may lie above it
    make_state(into.resolve())
    work = open_workspace(into, actor=NOBODY)
    with closing(work.ledger):
        _refuse_if_used(work)
        work.ledger.load(copy.contents)
        if trust_keys:
            for pem in copy.keys.values():
                registry.trust_key(keys_folder(), pem)
        return _report(work, copy, known)


def read_backup(file: Path) -> Copy:
    """What the backup holds; refused when one of its files is not the one that was packed."""
    files = _unpack(file)
    index = _decode(files.get(INDEX, b""), Index, where=f"{file}: {INDEX}")
    if index.format > FORMAT:
        raise UsageError(
            f"{file} was made by a later version, {index.causeway}", hint="upgrade Causeway, then restore"
        )
    for name, digest in {**dict.fromkeys(NEEDED, ""), **index.files}.items():
        if digest_of(files.get(name, b"")) != digest:
            raise _damaged(f"{file}: {name}", "it is not the file that was packed")
    held = read_export(files[LEDGER].decode(errors="replace").split("\n")[:-1], where=f"{file}: {LEDGER}")
    actors = _decode(files[ACTORS], list[Actor], where=f"{file}: {ACTORS}")
    return Copy(
        contents=Contents(held.rows, held.checkpoints, actors),
        anchor=read_anchor(files[ANCHOR].decode(errors="replace"), where=f"{file}: {ANCHOR}"),
        keys=held.keys,
        artifacts=_decode(files[ARTIFACTS], tuple[str, ...], where=f"{file}: {ARTIFACTS}"),
    )


def _refuse_if_not_whole(copy: Copy, known: Anchor | None, *, trusted: dict[str, str], where: str) -> None:
    # the anchor that came with the backup shows that it was packed whole, and vouches for no key
    packed = judge(copy.contents, copy.anchor, keys={})
    verdict = packed if packed.bad else judge(copy.contents, known, keys=trusted)
    if verdict.bad:
        stranger = verdict.bad.what == "unsigned"
        raise NotWhole(
            f"the backup is not whole: {in_words(verdict)}",
            where=where,
            hint="if its keys are yours: --trust-keys" if stranger else "use another backup",
        )


def _make_folder(into: Path) -> None:
    try:
        into.mkdir(exist_ok=True)
    except OSError as error:
        raise OutsideError(f"cannot make {into}: {error.strerror}", hint=remedy(error)) from error


def _refuse_if_used(work: Workspace) -> None:
    if work.ledger.products() or work.ledger.checkpoints():
        raise not_empty(work.ledger.location)


def _report(work: Workspace, copy: Copy, known: Anchor | None) -> Restored:
    trusted = registry.trusted_keys(keys_folder())
    verdict = judge(contents_of(work.ledger), known, keys=trusted)
    return Restored(
        ledger=work.ledger.location,
        events=verdict.events,
        products=verdict.products,
        actors=len(copy.contents.actors),
        proven=verdict.proven,
        unproven=verdict.unproven,
        missing_artifacts=tuple(digest for digest in copy.artifacts if not work.artifacts.has(digest)),
        untrusted_keys=tuple(sorted(copy.keys.keys() - trusted.keys())),
    )


def _unpack(file: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="name a file that causeway backup wrote") from None
    except OSError as error:
        raise OutsideError(f"cannot read {file}: {error.strerror}", hint=remedy(error)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError) as error:
        raise _damaged(str(file), str(error)) from error


def _decode(content: bytes, kind: Any, *, where: str) -> Any:  # noqa: ANN401 - the kind that was asked for
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise _damaged(where, str(error)) from error


def _damaged(where: str, why: str) -> UsageError:
    return UsageError(
        f"this is no whole backup of Causeway: {why}", where=where, hint="copy it again, or use an older one"
    )

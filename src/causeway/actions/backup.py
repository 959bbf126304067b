"""Copy the ledger, whole and proven, to one file; the same form from every kind of store.

A zip archive: `ledger.jsonl` (the export), `actors.json` (the directory: names and e-mails),
`anchor.json` (a checkpoint made now), `keys/*.pub.pem`, `artifacts.json` (the digests of all artefacts,
which lie in the artefact store and are not copied), `verify.py`, and `backup.json`, which names the
digest of each.
"""

import io
import zipfile
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from causeway import __version__
from causeway.actions.verify import anchor_text, checkpoint, whole_contents
from causeway.actions.workspace import Workspace, keys_folder, write_whole
from causeway.adapters import registry
from causeway.core.errors import UsageError
from causeway.core.ids import canonical_json, digest_of
from causeway.ledger.export import export_lines, verifier_script

FORMAT = 1
INDEX = "backup.json"
LEDGER = "ledger.jsonl"
ACTORS = "actors.json"
ANCHOR = "anchor.json"
ARTIFACTS = "artifacts.json"
# no time of day in an archive: the index says when
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class Index(Struct, frozen=True):
    """What a backup holds: the digest of each of its files."""

    format: int
    causeway: str
    at: datetime
    files: dict[str, str]


class BackedUp(Struct, frozen=True):
    """What was copied, and where to."""

    file: str
    bytes: int
    events: int
    products: int
    checkpoint: int
    artifacts: int


def backup(work: Workspace, to: Path) -> BackedUp:
    """Writes the backup to `to`, or below it with a name of its own if it is a folder."""
    place = to / f"causeway-{work.clock.now():%Y%m%dT%H%M%SZ}.zip" if to.is_dir() else to
    if place.exists():
        raise UsageError(f"{place} is there already", hint="name another file; a backup is never overwritten")
    # signed first, so that the copy holds the checkpoint that its anchor names
    stamp = checkpoint(work)
    contents = whole_contents(work)
    keys = registry.trusted_keys(keys_folder())
    artifacts = work.artifacts.digests()
    files = {
        LEDGER: b"".join(export_lines(contents.rows, contents.checkpoints, keys)),
        ACTORS: canonical_json(contents.actors),
        ANCHOR: anchor_text(stamp),
        ARTIFACTS: canonical_json(artifacts),
        "verify.py": verifier_script().encode(),
        **{f"keys/{key_id}.pub.pem": pem.encode() for key_id, pem in keys.items()},
    }
    archive = _archive(files, at=work.clock.now())
    write_whole(place, archive)
    return BackedUp(
        file=str(place),
        bytes=len(archive),
        events=len(contents.rows),
        products=len({row.product for row in contents.rows}),
        checkpoint=stamp.seq,
        artifacts=len(artifacts),
    )


def _archive(files: dict[str, bytes], *, at: datetime) -> bytes:
    index = Index(FORMAT, __version__, at, {name: digest_of(content) for name, content in files.items()})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {INDEX: canonical_json(index), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()

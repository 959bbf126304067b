"""Where the rows of a table come from: a file is simply read, a source must have been granted."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from msgspec import Struct

from causeway.actions.decide import existing_workspace
from causeway.actions.score.origin import opened, refuse_governed
from causeway.actions.workspace import MANIFEST, has_workspace, load_product
from causeway.adapters import registry
from causeway.core.access import NoAccess
from causeway.core.errors import UsageError
from causeway.core.ids import digest_of_value, short
from causeway.core.manifest_sources import is_database
from causeway.core.manifest_text import read_manifest

FORMS = frozenset({".csv", ".tsv", ".txt", ".data", ".parquet", ".pq", ".jsonl", ".ndjson", ".json"})


class Place(Struct, frozen=True):
    """A file that can be read now, and what it is called."""

    file: Path
    told: str


def is_table(name: str) -> bool:
    """Whether this names a table and no product: a file, or the address of a database."""
    return is_database(name.partition("#")[0]) or Path(name).is_file() or Path(name).suffix.lower() in FORMS


@contextmanager
def brought(names: list[str], folder: Path) -> Generator[tuple[list[Place], Path]]:
    """Each as a file, and a folder to work in; all of it is gone afterwards."""
    with TemporaryDirectory(prefix="causeway-watch-") as scratch:
        work = Path(scratch)
        yield [_place(name, folder, work / f"source-{at}") for at, name in enumerate(names)], work / "tables"


def _place(name: str, folder: Path, scratch: Path) -> Place:
    if not has_workspace(folder) or not (folder / MANIFEST).is_file():
        # nobody promised anything about files here; a database is never simply read
        if is_database(name.partition("#")[0]):
            raise _not_granted(name, folder)
        _refuse_owned(Path(name), folder)
        return Place(Path(name), name)
    work = existing_workspace(folder)
    with closing(work.ledger):
        manifest, _ = load_product(work, folder)
        named = any(part.name == name for part in manifest.data)
        owned = named or any(part.governed for part in manifest.data)
        if not owned and not is_database(name.partition("#")[0]):
            return Place(Path(name), name)
        origin = opened(work, folder, manifest, name, scratch=scratch)
        if len(origin.files) != 1:
            raise UsageError(f"{name} is a folder of {len(origin.files)} files", hint="name one file")
        if origin.grant:
            # who reads what is granted is on record before anything is made of it
            read = f"watch.{short(digest_of_value([name, origin.digest]))}"
            table = registry.tables().watched(origin.files[0], scratch / "looked")
            fact = origin.read(read, rows=table.rows, columns=list(table.kinds))
            work.ledger.append(manifest.product.name, [fact], actor=work.actor, at=work.clock.now())
    return Place(origin.files[0], origin.told)


def _refuse_owned(file: Path, folder: Path) -> None:
    """A manifest counts where nothing was run yet, too."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        refuse_governed(file, read_manifest(manifest.read_bytes(), where=str(manifest)), folder)


def _not_granted(name: str, folder: Path) -> NoAccess:
    split = urlsplit(name.partition("#")[0])
    plain = f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}#{name.partition('#')[2]}"
    return NoAccess(
        f"no product here names the source {plain}, so nobody granted it",
        where=str(folder / MANIFEST),
        hint="in causeway.toml: [[data]] with name, from, table, owner; then: causeway access ask NAME",
    )

"""Where the rows come from: files that are simply read, and sources that somebody must have granted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from causeway.actions.access_wish import Wish, permitted, pseudonym_key, rules_of, wish_of
from causeway.actions.source import digest_file
from causeway.actions.workspace import Workspace, keys_folder
from causeway.adapters import registry
from causeway.assess.access_masks import DROP, Roles, kinds_of, masks
from causeway.core.access import NoAccess, one_line
from causeway.core.errors import NotFound, UsageError
from causeway.core.events import DataRead
from causeway.core.ids import digest_of_value, short
from causeway.core.manifest import DataPart, Manifest
from causeway.core.manifest_sources import is_database
from causeway.views.access import GrantSeen

TABLES = frozenset({".csv", ".tsv", ".txt", ".data", ".parquet", ".pq"})
PARQUET = frozenset({".parquet", ".pq"})


@dataclass(frozen=True, slots=True)
class Origin:
    """The rows to be answered, as files that can be read now."""

    told: str
    files: tuple[Path, ...]
    digest: str
    purpose: str
    grant: str = ""
    source: str = ""
    """The name that the manifest gives it."""
    masked: tuple[tuple[str, str], ...] = ()

    def read(self, score: str, *, rows: int, columns: Sequence[str]) -> DataRead:
        """That it was read, for the record."""
        return DataRead(
            run=score,
            source=self.source or self.told,
            purpose=self.purpose,
            digest=self.digest,
            grant=self.grant,
            rows=rows,
            columns=tuple(columns) if self.grant else (),
            masked={name: how for name, how in self.masked if how != DROP},
        )


def opened(work: Workspace, folder: Path, manifest: Manifest, wanted: str, *, scratch: Path) -> Origin:
    """The source of this name, address or path; NoAccess where nobody has granted it."""
    part = next((each for each in manifest.data if _is(each, wanted, folder)), None)
    if part is not None and part.governed:
        return _brought(work, wish_of(work, folder, manifest, part), folder, scratch=scratch)
    address, _, table = wanted.partition("#")
    if is_database(address):
        raise NoAccess(
            f"causeway.toml names no source {_harmless(address)}#{table}, so nobody granted it",
            where=str(folder / "causeway.toml"),
            hint="name it there: [[data]] with name, from, table and owner; then: causeway access ask NAME",
        )
    place = folder / part.path if part is not None and part.path else Path(wanted)
    files = _files(place)
    for file in files:
        refuse_governed(file, manifest, folder)
    digests = [digest_file(file) for file in files]
    digest = digests[0] if len(digests) == 1 else digest_of_value(digests)
    purpose = one_line(manifest.product.purpose)
    return Origin(str(place), files, digest, purpose, source=part.name if part else "")


def _is(part: DataPart, wanted: str, folder: Path) -> bool:
    """Whether this is what the manifest calls so, or the place that it names."""
    if wanted == part.name:
        return True
    address, _, table = wanted.partition("#")
    if is_database(address):
        return part.table == table and _same_database(part.origin, address, folder)
    return any(_same_file(place, wanted, folder) for place in (part.path, part.origin) if place)


def _same_database(origin: str, address: str, folder: Path) -> bool:
    if not (origin.lower().startswith("sqlite:") and address.lower().startswith("sqlite:")):
        return origin == address
    named, given = (unquote(urlsplit(each).path.removeprefix("/")) for each in (origin, address))
    return (folder / named).resolve() in {Path(given).resolve(), (folder / given).resolve()}


def _same_file(place: str, wanted: str, folder: Path) -> bool:
    if is_database(place):
        return False
    named = (folder / unquote(place.removeprefix("file://"))).resolve()
    return named == Path(wanted).resolve()


def refuse_governed(file: Path, manifest: Manifest, folder: Path) -> None:
    """Refuses a file that somebody owns: one in a folder may belong to somebody too."""
    for part in manifest.data:
        if part.governed and any(_same_file(p, str(file), folder) for p in (part.path, part.origin) if p):
            raise NoAccess(
                f"{file} is the source {part.name}, which is granted by itself",
                hint=f"score it alone: --from {part.name}",
            )


def _files(place: Path) -> tuple[Path, ...]:
    """The file, or those of the folder in the order of their names."""
    if not place.is_dir():
        if not place.exists():
            raise NotFound(
                f"there is no file or source {place}",
                hint="name a file, a folder, or a source of causeway.toml",
            )
        return (place,)
    found = sorted(each for each in place.iterdir() if each.suffix.lower() in TABLES and each.is_file())
    kinds = {each.suffix.lower() in PARQUET for each in found}
    if len(kinds) != 1:
        raise UsageError(
            f"{place} holds {'CSV and Parquet files' if kinds else 'no table'}",
            hint="put files of one table, all CSV or all Parquet, into the folder",
        )
    return tuple(found)


def _brought(work: Workspace, wish: Wish, folder: Path, *, scratch: Path) -> Origin:
    """The source, brought to a file under the grant that stands now."""
    rules = rules_of(work)
    grant = permitted(wish, rules=rules)
    part = wish.part
    source = registry.open_source(part, folder, scratch=scratch / "fetched")
    kinds = kinds_of(source.kinds(), wish.contract, part.name)
    columns = _columns(wish, grant, list(kinds))
    found = masks(
        {name: kinds[name] for name in columns},
        wish.classified,
        rules,
        unmasked=grant.terms.unmask,
        roles=Roles(part.target, part.identifiers, part.time_column),
    )
    # under other terms, what was read before is not what may be read now
    terms = short(digest_of_value([columns, sorted(found.items())]))
    file = scratch / f"rows.{terms}{_suffix(part)}"
    if not file.is_file():
        # what an earlier scoring read and did not get to the end of is gone on with
        key = pseudonym_key(keys_folder()) if found else b""
        source.land(file, columns=columns, masked=found, key=key)
    return Origin(
        told=part.name,
        files=(file,),
        digest=digest_file(file),
        purpose=wish.use.purpose,
        grant=grant.grant,
        source=part.name,
        masked=tuple(sorted(found.items())),
    )


def _columns(wish: Wish, grant: GrantSeen, kinds: Sequence[str]) -> list[str]:
    """The columns that may be read, in their order; all of them where the grant names none."""
    granted = grant.terms.columns
    if strange := [name for name in granted if name not in kinds]:
        raise NoAccess(
            f"the grant names the column {strange[0]}, which {wish.part.name} does not have",
            where=wish.where,
            hint=f"its columns: {', '.join(kinds)}",
        )
    return [name for name in kinds if not granted or name in granted]


def _suffix(part: DataPart) -> str:
    """What is text where it lies stays text: a database knows the types of its columns."""
    place = part.origin or part.path
    suffix = Path(urlsplit(place).path).suffix.lower() if not is_database(place) else ""
    return ".csv" if suffix in TABLES - PARQUET else ".parquet"


def _harmless(address: str) -> str:
    split = urlsplit(address)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"

"""Reads of sources and scorings of tables, told in the words of OpenLineage."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import structs

from causeway.actions.lineage import begin_work, end_work, has_ended
from causeway.actions.workspace import Workspace
from causeway.core.access import Landed
from causeway.core.errors import CausewayError
from causeway.core.ids import DIGEST_PREFIX, digest_of, short, uuid7
from causeway.core.lineage import OURS, Source, Target, Work, files_of, job_of, model_of
from causeway.core.lineage_events import Key
from causeway.core.lineage_facets import LineageColumn, Parent, Step
from causeway.core.manifest import DataPart
from causeway.core.manifest_sources import is_database
from causeway.core.release import Release

FILE = "file"
DEFAULT_SCHEMA = {"postgres": "public"}
_NAMED = re.compile(r'\b(?:from|join)\s+([\w"$.]+)', re.IGNORECASE)


class Telling:
    """What a run in progress fills in: what it read and wrote."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def came(self, *, sources: Sequence[Source] = (), targets: Sequence[Target] = ()) -> None:
        """Says what was read and written."""
        kept = tuple(sources) or self.work.sources
        self.work = structs.replace(self.work, sources=kept, targets=tuple(targets))


@contextmanager
def telling(work: Workspace, told: Work) -> Iterator[Telling]:
    """START now; COMPLETE when the block ends well, FAIL with the reason when it raises one of our errors.

    A block that is cut off leaves the START, which `settle` or the same run taken up again closes.
    """
    begin_work(work, told)
    current = Telling(told)
    try:
        yield current
    except CausewayError as error:
        end_work(work, current.work, reason=error.message)
        raise
    end_work(work, current.work)


@contextmanager
def telling_score(
    work: Workspace, release: Release, name: str, *, source: Source, target: str, releases: Sequence[str]
) -> Iterator[None]:
    """A scoring of this name, told from START to its end; taken up again it is the same run."""
    product = release.product
    models = tuple(Source(model_of(product), (), digest=each, namespace=OURS) for each in releases[:1])
    told = Work(f"{product}.score", _run_of(work, name), "SCORE", product, (source, *models))
    with telling(work, told) as current:
        yield
        current.came(targets=[scored(dataset_at(target), source, release)])


def scored_source(part: DataPart | None, place: str, *, folder: Path, digest: str) -> Source:
    """The rows that a scoring reads: a source of the manifest, or a file somewhere."""
    namespace, name = places_of(part, folder)[0] if part and part.governed else dataset_at(place)
    owner, title = (part.owner, part.name) if part else ("", "")
    return Source(name, (), digest=digest, owner=owner, title=title, namespace=namespace)


def scored(target: Key, source: Source, release: Release) -> Target:
    """What a scoring wrote: each answer is made of every column that the release reads."""
    namespace = source.namespace or files_of(release.product)
    how = f"release {short(release.digest)}"
    steps = tuple(Step(namespace, source.name, field.name, how) for field in release.signature.inputs)
    columns = tuple(LineageColumn(output.name) for output in release.signature.outputs)
    return Target(*target, columns=columns, steps={column.name: steps for column in columns})


def dataset_at(place: str) -> Key:
    """The dataset at a path, or at the address of a database with the table behind a `#`."""
    address, _, table = place.partition("#")
    part = DataPart("", origin=address if is_database(address) else place, table=table)
    return places_of(part, Path())[0]


def _run_of(work: Workspace, name: str) -> str:
    """A run's id made of the scoring's name: the one that was cut off, or the next after one that failed."""
    attempt = 0
    while True:
        digits = digest_of(f"{name} {attempt}".encode()).removeprefix(DIGEST_PREFIX)
        run = f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
        if not has_ended(work, run):
            return run
        attempt += 1


@contextmanager
def telling_read(
    work: Workspace, product: str, part: DataPart, *, folder: Path, parent: str
) -> Iterator[Telling]:
    """The read of one source for a run."""
    told = Work(
        job=f"{product}.read.{part.name}",
        run=uuid7(work.clock.now()),
        kind="READ",
        product=product,
        sources=tuple(
            Source(name, (), owner=part.owner, title=part.name, namespace=namespace)
            for namespace, name in places_of(part, folder)
        ),
        owners={"OWNER": part.owner} if part.owner else {},
        parent=Parent(OURS, job_of(product), parent),
        query=part.query,
    )
    with telling(work, told) as current:
        yield current


def read(product: str, part: DataPart, landed: Landed, *, folder: Path, kinds: Mapping[str, str]) -> Target:
    """What a read left in the folder of the run: each column is the source's own, or masked."""
    namespace, name = places_of(part, folder)[0]
    steps = {
        column: (Step(namespace, name, column, landed.masked.get(column, "pass"), column in landed.masked),)
        for column in landed.columns
    }
    columns = tuple(
        LineageColumn(column, _TYPES.get(kinds.get(column, ""), "string")) for column in landed.columns
    )
    return Target(files_of(product), landed.path, columns, steps, landed.digest, landed.rows)


_TYPES = {"number": "double", "date": "timestamp"}


def places_of(part: DataPart, folder: Path) -> list[Key]:
    """The datasets of a source as OpenLineage names them: namespace and name, no user and no password."""
    origin = part.origin or part.path
    if is_database(origin):
        return _tables(part, origin, folder)
    split = urlsplit(origin)
    if split.scheme.lower() == FILE:
        return [(FILE, unquote(split.path))]
    if "://" in origin and not (folder / origin).exists():
        return [(f"{split.scheme}://{split.netloc.rpartition('@')[2]}", split.path.lstrip("/") or "/")]
    return [(FILE, str((folder / origin).resolve()))]


def _tables(part: DataPart, origin: str, folder: Path) -> list[Key]:
    split = urlsplit(origin)
    scheme = split.scheme.lower().partition("+")[0].replace("postgresql", "postgres")
    named = [part.table] if part.table else _NAMED.findall(part.query)
    tables = list(dict.fromkeys(name.replace('"', "").strip(".") for name in named)) or [part.name]
    if scheme == "sqlite":
        path = (folder / unquote(split.path.removeprefix("/"))).resolve()
        return [(f"sqlite://{path}", table) for table in tables]
    namespace = f"{scheme}://{split.netloc.rpartition('@')[2]}"
    database = split.path.strip("/")
    return [(namespace, _qualified(table, scheme, database)) for table in tables]


def _qualified(table: str, scheme: str, database: str) -> str:
    if "." not in table and scheme in DEFAULT_SCHEMA:
        table = f"{DEFAULT_SCHEMA[scheme]}.{table}"
    return f"{database}.{table}" if database else table

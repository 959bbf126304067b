"""Reads of sources and scorings of tables, told in the words of OpenLineage."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import structs

from causeway.actions.lineage import begin_work, end_work
from causeway.actions.workspace import Workspace
from causeway.core.access import Landed
from causeway.core.errors import CausewayError
from causeway.core.ids import uuid7
from causeway.core.lineage import OURS, Source, Target, Work, files_of, job_of, model_of
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
    work: Workspace, product: str, run: str, *, source: Source, release: str
) -> Iterator[Telling]:
    """A scoring, told from START to its end; `run` must be a UUID and stays the same when taken up again."""
    model = Source(model_of(product), (), digest=release, namespace=OURS)
    told = Work(f"{product}.score", run, "SCORE", product, (source, model))
    with telling(work, told) as current:
        yield current


def scored(target: tuple[str, str], source: Source, release: Release, *, digest: str, rows: int) -> Target:
    """What a scoring wrote: each answer is made of every column that the release reads."""
    namespace = source.namespace or files_of(release.product)
    steps = tuple(
        Step(namespace, source.name, field.name, f"release {release.digest}")
        for field in release.signature.inputs
    )
    columns = tuple(LineageColumn(output.name) for output in release.signature.outputs)
    made = {column.name: steps for column in columns}
    return Target(*target, columns=columns, steps=made, digest=digest, rows=rows)


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


def places_of(part: DataPart, folder: Path) -> list[tuple[str, str]]:
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


def _tables(part: DataPart, origin: str, folder: Path) -> list[tuple[str, str]]:
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

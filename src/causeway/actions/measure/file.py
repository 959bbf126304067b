"""`causeway label` of entities: outcomes in a file, or in what a query over the sources answers."""

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from causeway.actions.label import Columns as ById
from causeway.actions.measure.received import Received, receive
from causeway.actions.measure.sent import Columns, outcomes_of
from causeway.actions.prove.baseline import readable, terms_of
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.manifest import Manifest
from causeway.core.value import DECISION, KPI, MINUTES
from causeway.intake import read_poc


@contextmanager
def outcomes_file(
    work: Workspace, folder: Path, manifest: Manifest, file: Path | None, query: str
) -> Iterator[Path]:
    """The file that was named, or one with what the query answers, for as long as it is read."""
    if file:
        yield file
        return
    files = readable(folder, manifest)
    terms = terms_of(work, folder, manifest, read_poc(folder), files)
    answered = registry.proving().rows_of(query, files, **terms)
    with tempfile.TemporaryDirectory(prefix="causeway-label-") as scratch:
        place = Path(scratch) / "query.csv"
        with place.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(answered.names)
            writer.writerows(answered.rows)
        yield place


def receive_file(
    work: Workspace,
    manifest: Manifest,
    file: Path,
    columns: ById,
    *,
    entity: str = "",
    by_query: bool = False,
) -> Received | None:
    """What came of a file that is read by entity, or by id without what happened; None for every other."""
    guardrails = tuple(each.name for each in manifest.guardrails)
    if not entity and not _only_measures(file, columns, guardrails):
        return None
    named = Columns(
        entity=entity, id=columns.id, at=columns.at, kpi=columns.kpi or KPI, guardrails=guardrails
    )
    channel = "query" if by_query else "file"
    return receive(work, manifest.product.name, outcomes_of(file, named), channel=channel)


def _only_measures(file: Path, columns: ById, guardrails: tuple[str, ...]) -> bool:
    """Whether the file tells of decisions, minutes or guardrails, and not what happened."""
    wanted = [columns.id, columns.id, columns.outcome, MINUTES, DECISION, *guardrails]
    texts = registry.segment_files().read_texts(file, wanted)
    return columns.outcome not in texts and any(name in texts for name in wanted[3:])

"""Rows whose outcome is known already, answered and labelled by the usual verbs: the way is open or not."""

import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from causeway.actions.access_wish import permitted, rules_of, wish_of
from causeway.actions.label import Columns, label
from causeway.actions.score.score import Wanted, score
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import NotFound, UsageError
from causeway.core.ids import counted
from causeway.core.manifest import DataPart, Manifest
from causeway.core.poc import Poc
from causeway.core.score import REHEARSAL

ROWS = "rehearsal.csv"


class Rehearsed(Struct, frozen=True):
    """How many rows were answered, set apart by contract or signature, and have an outcome on record."""

    rows: int
    answered: int
    set_apart: int
    known: int


def rehearse(work: Workspace, folder: Path, manifest: Manifest, poc: Poc, *, release: str) -> Rehearsed:
    """Asks the rows of rehearsal.csv as the consumer `rehearsal` and labels them; a second time adds none."""
    file = folder / ROWS
    part = next((each for each in manifest.data if each.target), None)
    if not file.is_file():
        raise NotFound(
            f"there is no {ROWS} in the folder",
            hint="write one: rows that the training does not read, and what really happened to each",
        )
    if part is None:
        raise UsageError("no column is named as what happens", hint="name it: [[data]] target = ...")
    _refuse_trained_on(work, folder, part, manifest, poc)
    scratch = Path(tempfile.mkdtemp(prefix="rehearsal-", dir=work.state))
    try:
        answers = scratch / "answers.csv"
        wanted = Wanted(release, str(file), str(answers), keep=(part.target,), consumer=REHEARSAL)
        scored = score(work, folder, wanted)
        if not scored.scored:
            return Rehearsed(scored.rows, 0, scored.set_apart, 0)
        columns = Columns(id="prediction_id", outcome=part.target)
        labelled = label(work, manifest.product.name, answers, columns=columns)
    finally:
        registry.removed(scratch)
    known = labelled.joined + labelled.duplicates
    return Rehearsed(scored.rows, scored.scored, scored.set_apart, known)


def _refuse_trained_on(work: Workspace, folder: Path, part: DataPart, manifest: Manifest, poc: Poc) -> None:
    """What the model was made of shows nothing new; only data in text files can be compared."""
    if part.governed:
        permitted(wish_of(work, folder, manifest, part), rules=rules_of(work))
    marks = {file.path: file.delimiter for file in poc.data if file.delimiter}
    if part.path not in marks:
        return
    own = list(_rows(folder / ROWS, marks.get(ROWS, ",")))
    names = own[0] if own else []
    read = _rows(folder / part.path, marks[part.path])
    header = next(read, list[str]())
    if not set(names) <= set(header):
        return
    places, wanted = [header.index(name) for name in names], {tuple(row) for row in own[1:]}
    again = {
        key for row in read if len(row) == len(header) and (key := tuple(row[at] for at in places)) in wanted
    }
    if again:
        raise UsageError(
            f"{counted(len(again), 'row')} of {ROWS} also in {part.path}",
            hint="take them out: what the training read is no rehearsal",
        )


def _rows(file: Path, delimiter: str) -> Iterator[list[str]]:
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        yield from csv.reader(lines, delimiter=delimiter)

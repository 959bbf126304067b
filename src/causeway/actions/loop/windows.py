"""Which window is learnt from: models of each, as of earlier moments, judged on the rows after these."""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import structs

from causeway.actions.loop.material import Material, material_of, parted
from causeway.actions.loop.place import Place
from causeway.actions.loop.rows import Labelled
from causeway.actions.loop.table import Composed
from causeway.assess.windows import (
    FEWEST_ROWS,
    Answered,
    Fold,
    Window,
    chosen,
    folds_of,
    judged_together,
    read_windows,
)
from causeway.core.errors import CausewayError, OutsideError, Refused
from causeway.core.ids import counted
from causeway.core.loop import REFUSED, WINDOWS, LoopEnded, LoopMoved, Tried
from causeway.core.table import Numbers

Tables = Mapping[Window, Composed]


def try_windows(place: Place) -> LoopMoved | LoopEnded:
    """The window whose models do best on what came after them."""
    material, split = material_of(place), parted(place)
    tables, left = _distinct(place, material, until=split.since)
    metric = material.labelled.metric
    if len(tables) == 1:
        window = next(iter(tables))
        moved = place.moved(WINDOWS, f"window {window.name}, since no other holds enough rows or other ones")
        return structs.replace(moved, window=window.name, metric=metric, tried=left)
    folds = folds_of(material.labelled.at, since=split.since, until=split.until, windows=len(tables))
    tries = (*_tried(place, material, tables, folds), *left)
    best, why = chosen(tries, metric=metric)
    if best is None:
        return place.ended(REFUSED, why)
    return structs.replace(place.moved(WINDOWS, why), window=best.window, metric=metric, tried=tries)


def _distinct(place: Place, material: Material, *, until: int) -> tuple[Tables, tuple[Tried, ...]]:
    """The tables of the windows that hold enough rows and other ones; and the other windows."""
    found: dict[Window, Composed] = {}
    left: list[Tried] = []
    names: dict[str, str] = {}
    for number, window in enumerate(read_windows(place.rules.windows)):
        table = material.table(window, until=until, name=f"window-{number}")
        rows, digest = table.given.rows, table.given.digest
        if _is_small(table):
            left.append(Tried(window.name, rows, why_not=f"only {counted(rows, 'row')}"))
        elif digest in names:
            left.append(Tried(window.name, rows, why_not=f"the same rows as {names[digest]}"))
        else:
            found[window], names[digest] = table, window.name
    if not found:
        raise Refused("no window holds enough rows", hint="wait for more outcomes, or name longer windows")
    return found, tuple(left)


def _is_small(table: Composed) -> bool:
    return table.given.rows < FEWEST_ROWS or not table.recorded


def _tried(place: Place, material: Material, tables: Tables, folds: Sequence[Fold]) -> tuple[Tried, ...]:
    """How well each did; one that cannot be trained as of the newest moment is left out."""
    judges = [_between(material.labelled, fold) for fold in folds]
    newest = _answers(place, tables, judges[0])
    failed = [
        Tried(window.name, tables[window].given.rows, why_not=said)
        for window, said in newest.items()
        if isinstance(said, str)
    ]
    answers = {window: [said] for window, said in newest.items() if not isinstance(said, str)}
    for number, fold in enumerate(folds[1:] if len(answers) > 1 else (), start=1):
        earlier = _earlier(place, material, tuple(answers), judges[number], fold=fold, number=number)
        if earlier is None:
            break
        for window, said in earlier.items():
            answers[window].append(said)
    asked = [Answered(window, tables[window].given.rows, tuple(said)) for window, said in answers.items()]
    many = max((len(each.answers) for each in asked), default=0)
    truths = [each.truth for each in judges[:many]]
    return (*judged_together(asked, truths, metric=material.labelled.metric), *failed)


def _earlier(
    place: Place,
    material: Material,
    windows: Sequence[Window],
    judges: Labelled,
    *,
    fold: Fold,
    number: int,
) -> dict[Window, Numbers] | None:
    """What models of the windows as of an earlier moment answer; None where one of them has none."""
    tables = {
        window: material.table(window, until=fold.since, name=f"window-{at}-{number}")
        for at, window in enumerate(windows)
    }
    if any(map(_is_small, tables.values())):
        return None
    said = _answers(place, tables, judges)
    answers = {window: each for window, each in said.items() if not isinstance(each, str)}
    return answers if len(answers) == len(said) else None


def _answers(place: Place, tables: Tables, judges: Labelled) -> dict[Window, Numbers | str]:
    """What a model of each table answers to these rows, or why there is none; of the same rows one model."""
    known: dict[str, Numbers | str] = {}
    for table in tables.values():
        if table.given.digest not in known:
            known[table.given.digest] = _answered(place, table, judges)
    return {window: known[table.given.digest] for window, table in tables.items()}


def _answered(place: Place, table: Composed, judges: Labelled) -> Numbers | str:
    try:
        release = place.ports.trainer.train(place.work, place.folder, table.given, tried=True)
        return place.ports.judge.answers(place.work, release, judges)
    except OutsideError:
        raise
    except CausewayError as error:
        return " ".join(error.message.split())


def _between(labelled: Labelled, fold: Fold) -> Labelled:
    return labelled.take(np.flatnonzero((labelled.at >= fold.since) & (labelled.at < fold.until)))

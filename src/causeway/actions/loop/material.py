"""What a training anew learns from: the labelled rows as they were when it began, and tables of them."""

from pathlib import Path

import numpy as np
from msgspec import Struct, structs

from causeway.actions.loop.place import Place
from causeway.actions.loop.rows import Labelled, labelled_rows
from causeway.actions.loop.table import Composed, Source, compose, read_source
from causeway.assess.windows import Split, Window
from causeway.core.loop import ROWS
from causeway.core.manifest import DataPart


class Material(Struct, frozen=True):
    """The recorded rows and those of the source, from which tables are made."""

    labelled: Labelled
    source: Source
    part: DataPart
    scratch: Path

    def table(self, window: Window, *, until: int, name: str = "table") -> Composed:
        """The window's rows before this moment, as the source is written."""
        into = self.scratch / f"{name}{Path(self.part.path).suffix or '.csv'}"
        return compose(self.source, self.labelled, window, part=self.part, until=until, into=into)


def material_of(place: Place) -> Material:
    """Everything that this loop may learn from, read once."""
    part = place.part
    named = part if part.target else structs.replace(part, target=place.live.target)
    source = read_source(place.folder, named, place.live, place.rules)
    return Material(labelled_of(place), source, named, place.scratch)


def labelled_of(place: Place) -> Labelled:
    """The rows as they were when it began: later ones wait for the next time."""
    labelled = labelled_rows(place.work, place.live)
    return labelled.take(np.flatnonzero(labelled.at <= place.done(ROWS).last))


def parted(place: Place) -> Split:
    """What is learnt, what judges windows, what judges releases."""
    move = place.done(ROWS)
    return Split(move.since, move.until, move.last, move.rows)

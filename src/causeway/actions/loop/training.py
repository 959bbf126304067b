"""From rows that are labelled to a release, and what it does beside the live one on rows neither knows."""

from pathlib import Path

import numpy as np
from msgspec import structs

from causeway.actions.loop.batch import broken_rules
from causeway.actions.loop.place import Place
from causeway.actions.loop.rows import Labelled, labelled_rows
from causeway.actions.loop.table import Composed, compose, read_source
from causeway.assess.loop import FEWEST, compared, gate, inverted
from causeway.assess.windows import Split, Window, chosen, judged_on, read_windows, split_of
from causeway.core.errors import CausewayError, OutsideError, Refused
from causeway.core.ids import counted, short
from causeway.core.loop import (
    CONTRACT,
    GATE,
    NO_ROWS,
    NOT_BETTER,
    REFUSED,
    ROWS,
    TABLE,
    TRAIN,
    WINDOWS,
    LoopEnded,
    LoopMoved,
    Tried,
)
from causeway.core.manifest import DataPart

FEWEST_ROWS = 50
"""A table with fewer rows is not trained on."""


def look_at_rows(place: Place) -> LoopMoved | LoopEnded:
    """Which labelled rows are learnt from, which judge windows, which judge releases."""
    labelled, rules = labelled_rows(place.work, place.live), place.rules
    split = split_of(labelled.at, judged=rules.judged_rows, least=rules.least_rows)
    if split is None:
        words = (
            f"{counted(len(labelled), 'row')} can be used, {rules.least_rows:,} are needed{_left(labelled)}"
        )
        return place.ended(NO_ROWS, words)
    # what the live release learnt cannot judge it
    learnt = _learnt_until(place)
    split = structs.replace(split, until=max(split.until, learnt))
    newest = int((labelled.at >= split.until).sum())
    if newest < FEWEST:
        return place.ended(
            NO_ROWS,
            f"only {counted(newest, 'labelled row')} came after what is live was trained on"
            f"{_left(labelled)}: are outcomes still coming?",
        )
    judges = int(((labelled.at >= split.since) & (labelled.at < split.until)).sum())
    words = (
        f"{counted(len(labelled), 'labelled row')}{_left(labelled)}; the newest {newest:,} judge the "
        f"releases, the {judges:,} before them the windows"
    )
    return structs.replace(
        place.moved(ROWS, words),
        metric=labelled.metric,
        rows=len(labelled),
        since=split.since,
        until=split.until,
        last=split.last,
    )


def hold_batch(place: Place) -> LoopMoved | LoopEnded:
    """The rows that would be learnt from, held to the contract before any code sees them."""
    labelled = _labelled(place)
    broken, rules = broken_rules(place.work, place.folder, place.manifest, place.live, labelled)
    if broken:
        return place.ended(REFUSED, f"the recorded rows break the contract: {'; '.join(broken[:3])}")
    words = f"{counted(len(labelled), 'recorded row')} keep the contract, {counted(rules, 'rule')}"
    return place.moved(CONTRACT, words)


def try_windows(place: Place) -> LoopMoved | LoopEnded:
    """The window whose model does best on what came after it."""
    labelled, split = _labelled(place), _split(place)
    judges = np.flatnonzero((labelled.at >= split.since) & (labelled.at < split.until))
    able, left = _distinct(place, until=split.since)
    metric = labelled.metric
    if len(able) == 1:
        window = next(iter(able.values()))[0]
        words = f"window {window.name}, since no other holds enough rows or other ones"
        return structs.replace(place.moved(WINDOWS, words), window=window.name, metric=metric, tried=left)
    tries = [_tried(place, window, composed, labelled.take(judges)) for window, composed in able.values()]
    best, why = chosen(tries, metric=metric)
    if best is None:
        return place.ended(REFUSED, why)
    return structs.replace(
        place.moved(WINDOWS, why), window=best.window, metric=metric, tried=(*tries, *left)
    )


def make_table(place: Place) -> LoopMoved:
    """The table of the chosen window, up to the rows that judge."""
    composed = _composed(place, _window(place), until=_split(place).until)
    missing = f"; empty in recorded rows: {', '.join(composed.empty)}" if composed.empty else ""
    words = f"a table of {composed.given.words}{missing}"
    return structs.replace(place.moved(TABLE, words), table=composed.given.digest, rows=composed.given.rows)


def train_it(place: Place) -> LoopMoved | LoopEnded:
    """The release that the proof of concept's own training makes of the table."""
    composed = _composed(place, _window(place), until=_split(place).until)
    if composed.given.digest != place.done(TABLE).table:
        # an outcome was corrected, or a row erased, since the table was made
        return make_table(place)
    release = place.ports.trainer.train(place.work, place.folder, composed.given, tried=False)
    if release == place.loop.live:
        return place.ended(NOT_BETTER, "the very release came out that is live", release=release)
    words = f"release {short(release)} was trained on it"
    return structs.replace(place.moved(TRAIN, words), release=release)


def gate_it(place: Place) -> LoopMoved | LoopEnded:
    """Both releases asked the same newest rows, which neither has learnt."""
    labelled, release = _labelled(place), place.done(TRAIN).release
    rows = labelled.take(np.flatnonzero(labelled.at >= _split(place).until))
    new = place.ports.judge.answers(place.work, release, rows)
    old = place.ports.judge.answers(place.work, place.loop.live, rows)
    if why := inverted(rows.metric, rows.truth, old):
        return place.ended(REFUSED, why, release=release)
    seen = compared(place.loop.live, rows.metric, rows.truth, new=new, old=old)
    said = gate(seen, rule=place.rules.gate, margin=place.rules.margin)
    if not said.passes:
        return place.ended(NOT_BETTER, said.why, release=release)
    return structs.replace(place.moved(GATE, said.why), release=release, metric=rows.metric, rows=seen.rows)


def _labelled(place: Place) -> Labelled:
    """The rows as they were when it began: later ones wait for the next time."""
    labelled = labelled_rows(place.work, place.live)
    return labelled.take(np.flatnonzero(labelled.at <= place.done(ROWS).last))


def _split(place: Place) -> Split:
    move = place.done(ROWS)
    return Split(move.since, move.until, move.last, move.rows)


def _window(place: Place) -> Window:
    return read_windows(place.done(WINDOWS).window)[0]


def _left(labelled: Labelled) -> str:
    told = [
        f"{counted(labelled.masked, 'row')} with masked values" if labelled.masked else "",
        f"{counted(labelled.strange, 'row')} with an unknown outcome" if labelled.strange else "",
        f"not recorded: {', '.join(labelled.unrecorded)}" if labelled.unrecorded else "",
    ]
    words = ", ".join(filter(None, told))
    return f" ({words} left out)" if words else ""


def _learnt_until(place: Place) -> int:
    """Up to when the live release may have learnt rows, where an earlier loop made it."""
    moves = [
        loop.move(ROWS)
        for loop in place.state.acting.loops
        if (trained := loop.move(TRAIN)) and trained.release == place.loop.live
    ]
    return max((move.until for move in moves if move), default=0)


def _composed(place: Place, window: Window, *, until: int, name: str = "table") -> Composed:
    part, labelled = _named(place), _labelled(place)
    source = read_source(place.folder, part, place.live, place.rules)
    suffix = Path(part.path).suffix or ".csv"
    into = place.scratch / f"{name}{suffix}"
    return compose(source, labelled, window, part=part, until=until, into=into)


def _named(place: Place) -> DataPart:
    part = place.part
    return part if part.target else structs.replace(part, target=place.live.target)


def _distinct(place: Place, *, until: int) -> tuple[dict[str, tuple[Window, Composed]], tuple[Tried, ...]]:
    """The windows that hold enough rows and other ones, by the digest of their tables; and the others."""
    found: dict[str, tuple[Window, Composed]] = {}
    left: list[Tried] = []
    for number, window in enumerate(read_windows(place.rules.windows)):
        composed = _composed(place, window, until=until, name=f"window-{number}")
        rows, digest = composed.given.rows, composed.given.digest
        if rows < FEWEST_ROWS or not composed.recorded:
            left.append(Tried(window.name, rows, why_not=f"only {counted(rows, 'row')}"))
        elif digest in found:
            left.append(Tried(window.name, rows, why_not=f"the same rows as {found[digest][0].name}"))
        else:
            found[digest] = (window, composed)
    if not found:
        raise Refused("no window holds enough rows", hint="wait for more outcomes, or name longer windows")
    return found, tuple(left)


def _tried(place: Place, window: Window, composed: Composed, judges: Labelled) -> Tried:
    rows = composed.given.rows
    try:
        release = place.ports.trainer.train(place.work, place.folder, composed.given, tried=True)
        answers = place.ports.judge.answers(place.work, release, judges)
    except OutsideError:
        raise
    except CausewayError as error:
        return Tried(window.name, rows, why_not=" ".join(error.message.split()))
    return judged_on(window, rows, judges.metric, judges.truth, answers)

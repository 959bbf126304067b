"""From rows that are labelled to a release, and what it does beside the live one on rows neither knows."""

import numpy as np
from msgspec import structs

from causeway.actions.loop.batch import broken_rules
from causeway.actions.loop.material import labelled_of, material_of, parted
from causeway.actions.loop.place import Place
from causeway.actions.loop.rows import Labelled, labelled_rows
from causeway.actions.loop.table import Composed
from causeway.assess.loop import FEWEST, compared, gate, inverted, refuses
from causeway.assess.windows import read_windows, split_of
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
)


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
    labelled = labelled_of(place)
    # the newest for themselves too: among all that were ever recorded a bad batch is a small share
    newest = labelled.take(np.flatnonzero(labelled.at >= parted(place).since))
    broken, rules = broken_rules(place.work, place.folder, place.manifest, place.live, labelled)
    if not broken:
        broken, _ = broken_rules(place.work, place.folder, place.manifest, place.live, newest)
    if broken:
        return place.ended(REFUSED, f"the recorded rows break the contract: {'; '.join(broken[:3])}")
    words = f"{counted(len(labelled), 'recorded row')} keep the contract, {counted(rules, 'rule')}"
    return place.moved(CONTRACT, words)


def make_table(place: Place) -> LoopMoved:
    """The table of the chosen window, up to the rows that judge."""
    composed = _table(place)
    missing = f"; empty in recorded rows: {', '.join(composed.empty)}" if composed.empty else ""
    words = f"a table of {composed.given.words}{missing}"
    return structs.replace(place.moved(TABLE, words), table=composed.given.digest, rows=composed.given.rows)


def train_it(place: Place) -> LoopMoved | LoopEnded:
    """The release that the proof of concept's own training makes of the table."""
    composed = _table(place)
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
    labelled, release = labelled_of(place), place.done(TRAIN).release
    rows = labelled.take(np.flatnonzero(labelled.at >= parted(place).until))
    new = place.ports.judge.answers(place.work, release, rows)
    old = place.ports.judge.answers(place.work, place.loop.live, rows)
    if why := inverted(rows.metric, rows.truth, old):
        return place.ended(REFUSED, why, release=release)
    if why := refuses(rows.truth, new=new, old=old):
        return place.ended(NOT_BETTER, why, release=release)
    seen = compared(place.loop.live, rows.metric, rows.truth, new=new, old=old)
    said = gate(seen, rule=place.rules.gate, margin=place.rules.margin)
    if not said.passes:
        return place.ended(NOT_BETTER, said.why, release=release)
    return structs.replace(place.moved(GATE, said.why), release=release, metric=rows.metric, rows=seen.rows)


def _table(place: Place) -> Composed:
    """The chosen window's rows before those that judge."""
    window = read_windows(place.done(WINDOWS).window)[0]
    return material_of(place).table(window, until=parted(place).until)


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

"""Whether the rows of a product changed: what is noticed, what is worth a warning, and what is certain.

A column is noticed where its change is no chance (with one false one in a hundred over all columns) and not
small; it is worth a warning when noticed in two of three windows; it is certain where the least that the
change may be, over one or several windows together, is not small either.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct, structs

from causeway.assess.drift_columns import (
    RANKS,
    Aspect,
    ColumnSeen,
    DriftRules,
    Looked,
    floor_of,
    looked_at,
    summary,
    worded,
)
from causeway.assess.drift_relations import RelationSeen, relations_noticed, relations_seen
from causeway.stats.chances import held_false
from causeway.stats.drift import difference
from causeway.stats.drift_bounds import Chance, certain_drift
from causeway.stats.profile import EMPTY
from causeway.stats.profile_form import ColumnProfile, NumberProfile, Relations, TextProfile
from causeway.stats.profile_many import merged_columns
from causeway.stats.relations import merged_relations

PREDICTION = "out_"


class Moment(Struct, frozen=True):
    """The rows of one window, beside those that they are compared with."""

    since: datetime
    until: datetime
    rows: int
    columns: Mapping[str, ColumnProfile]
    reference: Mapping[str, ColumnProfile]
    reference_rows: int
    relations: Relations | None = None
    reference_relations: Relations | None = None
    """Of windows as long as those seen: over a day much goes together that within an hour does not."""


class DriftSeen(Struct, frozen=True):
    """What is seen of drift in one window: "ok", "note", "warn", "act" or "not-enough-data"."""

    since: datetime
    until: datetime
    rows: int
    verdict: str
    columns: tuple[ColumnSeen, ...]
    """Those that matter most first."""
    why: str
    prediction: str = "ok"
    """The worst verdict of the answers' own columns."""
    certain: tuple[str, ...] = ()
    """The inputs that certainly drifted; nobody is paged unless the answers or the quality did too."""
    relations: tuple[RelationSeen, ...] = ()
    """Pairs of columns that go together otherwise than they did, the largest change first."""
    lasting_since: datetime | None = None
    """From when on there was something to warn of without a break."""


def drift_of(
    moments: Sequence[Moment], *, rules: DriftRules, importance: Mapping[str, float]
) -> tuple[DriftSeen, ...]:
    """What is seen in each window, oldest first.

    Windows of few rows are judged together with those that follow, at the one that makes them enough. Of
    `importance` any scale will do; columns that it does not name count as important.
    """
    enough = _enough(moments, rules.least_rows)
    whole = [joined for joined in enough if joined is not None]
    names = list(dict.fromkeys(name for each in whole for name in each.reference))
    weights = _weights(names, importance)
    looked = [_looked(each, rules=rules, weights=weights) for each in whole]
    chance = Chance(rules.alpha, tests=max(1, len(names) * len(rules.horizons)), strict=rules.strict)
    least = {name: _least(whole, name, rules=rules, chance=chance) for name in names}
    judged = iter(_judged(whole, looked, least=least, rules=rules, weights=weights))
    waiting = 0
    found: list[DriftSeen] = []
    for moment, joined in zip(moments, enough, strict=True):
        waiting = 0 if joined is not None else waiting + moment.rows
        found.append(next(judged) if joined is not None else _too_few(moment, waiting, rules))
    return tuple(found)


def _enough(moments: Sequence[Moment], least: int) -> list[Moment | None]:
    """For each window all that is judged there; None where rows are still too few."""
    found: list[Moment | None] = []
    waiting: list[Moment] = []
    for moment in moments:
        waiting.append(moment)
        if sum(each.rows for each in waiting) < least or moment.reference_rows < least:
            found.append(None)
            continue
        found.append(_joined(waiting) if len(waiting) > 1 else moment)
        waiting = []
    return found


def _joined(moments: Sequence[Moment]) -> Moment:
    """All rows of these windows, beside the rows that each is compared with, but none of those twice."""
    references = list({id(each.reference): each for each in moments}.values())
    return Moment(
        moments[0].since,
        moments[-1].until,
        sum(each.rows for each in moments),
        _together([each.columns for each in moments]),
        _together([each.reference for each in references]),
        sum(each.reference_rows for each in references),
        merged_relations([each.relations for each in moments]),
        merged_relations([each.reference_relations for each in references]),
    )


def _together(parts: Sequence[Mapping[str, ColumnProfile]]) -> Mapping[str, ColumnProfile]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: merged_columns([part[name] for part in parts if name in part]) for name in names}


def _too_few(moment: Moment, waiting: int, rules: DriftRules) -> DriftSeen:
    few = (
        f"the reference has {moment.reference_rows:,} rows"
        if moment.reference_rows < rules.least_rows
        else f"{waiting:,} rows came so far"
    )
    return DriftSeen(
        moment.since,
        moment.until,
        moment.rows,
        "not-enough-data",
        (),
        f"{few}; {rules.least_rows:,} are needed to tell drift from chance",
    )


def _looked(moment: Moment, *, rules: DriftRules, weights: Mapping[str, float]) -> dict[str, Looked]:
    """What is noticed of each column, with one false in a hundred over all of them."""
    looked = {
        name: looked_at(difference(before, _column(moment, name, like=before)))
        for name, before in moment.reference.items()
    }
    tests = [(name, aspect) for name, each in looked.items() for aspect in each.aspects]
    shares = held_false([aspect.p for _, aspect in tests])
    noticed: dict[str, list[Aspect]] = {name: [] for name in looked}
    for (name, aspect), share in zip(tests, shares.tolist(), strict=True):
        floor = floor_of(weights[name], rules)
        if share <= rules.q and (aspect.effect >= floor or aspect.always):
            noticed[name].append(aspect)
    return {name: structs.replace(each, noticed=tuple(noticed[name])) for name, each in looked.items()}


def _column(moment: Moment, name: str, *, like: ColumnProfile) -> ColumnProfile:
    """The column; all of it missing where it did not come."""
    if name in moment.columns:
        return moment.columns[name]
    if isinstance(like, NumberProfile):
        return structs.replace(EMPTY, missing=moment.rows, shift=like.shift)
    return TextProfile(0, moment.rows, {})


def _least(
    moments: Sequence[Moment], name: str, *, rules: DriftRules, chance: Chance
) -> list[tuple[float, int]]:
    """For each window the least that the column's change may be, and over how many windows together."""
    nothing = structs.replace(EMPTY)
    references = [each.reference.get(name, nothing) for each in moments]
    seen = [_column(each, name, like=before) for each, before in zip(moments, references, strict=True)]
    found = certain_drift(references, seen, horizons=rules.horizons, chance=chance)
    lows = np.array([each.low for each in found])
    best = lows.argmax(axis=0)
    return [(float(lows[at, row]), rules.horizons[at]) for row, at in enumerate(best.tolist())]


def _judged(
    whole: Sequence[Moment],
    looked: Sequence[Mapping[str, Looked]],
    *,
    least: Mapping[str, Sequence[tuple[float, int]]],
    rules: DriftRules,
    weights: Mapping[str, float],
) -> Iterator[DriftSeen]:
    lasting: datetime | None = None
    turned = [relations_noticed(each.reference_relations, each.relations, rules=rules) for each in whole]
    for row, (moment, here) in enumerate(zip(whole, looked, strict=True)):
        recent = looked[max(0, row - 2) : row + 1]
        columns: list[ColumnSeen] = []
        for name, each in here.items():
            times = sum(bool(then[name].noticed) for then in recent if name in then)
            low, windows = least[name][row]
            certain = low > floor_of(weights[name], rules)
            verdict = _verdict(each, times=times, certain=certain, weight=weights[name], rules=rules)
            columns.append(
                worded(name, each, verdict=verdict, low=low, windows=windows, weight=weights[name])
            )
        columns.sort(key=lambda each: (-RANKS[each.verdict], -each.effect * each.weight, each.name))
        together = relations_seen(turned[max(0, row - 2) : row + 1], rules=rules, weights=weights)
        seen = _summed(moment, columns, together)
        lasting = (lasting or moment.since) if seen.verdict in {"warn", "act"} else None
        yield structs.replace(seen, lasting_since=lasting)


def _verdict(looked: Looked, *, times: int, certain: bool, weight: float, rules: DriftRules) -> str:
    if looked.difference.kind in {"empty", "uncounted"} and not looked.noticed and not times:
        return "not-enough-data"
    if weight <= rules.ignored:
        return "note" if looked.noticed or certain else "ok"
    if certain:
        return "act"
    if times >= rules.of_three:
        return "warn"
    return "note" if looked.noticed else "ok"


def _summed(moment: Moment, columns: Sequence[ColumnSeen], together: Sequence[RelationSeen]) -> DriftSeen:
    """The window's verdict: for an act the inputs must have drifted for certain, and the answers too."""
    answers = [each for each in columns if each.name.startswith(PREDICTION)]
    inputs = [each for each in columns if not each.name.startswith(PREDICTION)]
    prediction = max((each.verdict for each in answers), key=RANKS.__getitem__, default="ok")
    certain = tuple(each.name for each in inputs if each.verdict == "act")
    worst = max((each.verdict for each in inputs), key=RANKS.__getitem__, default="ok")
    relation = max((each.verdict for each in together), key=RANKS.__getitem__, default="ok")
    verdict = max(prediction, worst, relation, key=RANKS.__getitem__)
    if verdict == "act" and RANKS[prediction] < RANKS["warn"]:
        verdict = "warn"
    if verdict == "not-enough-data" and any(each.verdict == "ok" for each in columns):
        verdict = "ok"
    return DriftSeen(
        moment.since,
        moment.until,
        moment.rows,
        verdict,
        tuple(columns),
        _why(moment, columns, together),
        prediction=prediction,
        certain=certain,
        relations=tuple(together),
    )


def _why(moment: Moment, columns: Sequence[ColumnSeen], together: Sequence[RelationSeen]) -> str:
    turned = [each for each in together if each.verdict == "warn"]
    if turned and not any(RANKS[each.verdict] >= RANKS["warn"] for each in columns):
        return f"{turned[0].why}, while each alone is as it was"
    return summary(columns, rows=moment.rows, reference_rows=moment.reference_rows)


def _weights(names: Sequence[str], importance: Mapping[str, float]) -> dict[str, float]:
    """The importance of each column as a share of the largest; answers and unknown ones count in full."""
    largest = max((abs(each) for each in importance.values()), default=0.0)
    if not largest:
        return dict.fromkeys(names, 1.0)
    return {name: max(0.0, importance[name]) / largest if name in importance else 1.0 for name in names}

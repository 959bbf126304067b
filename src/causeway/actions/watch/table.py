"""Looks at scored rows from anywhere: a file or a table, without a product, a manifest or a workspace."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, structs

from causeway.actions.watch.table_source import Place, brought
from causeway.actions.watch.table_spans import Spans, in_order, said_of, timed, whole, window_of
from causeway.actions.watch.table_windows import CHANCE, PREDICTION, Gathered, Rows, gathered
from causeway.adapters import registry
from causeway.assess.drift import Moment
from causeway.assess.quality_rows import Asked as AskedQuality
from causeway.assess.table_roles import FEW, NUMBER, Asked, Roles, positive_of, roles_of
from causeway.assess.table_watch import TableSeen, judged, promised
from causeway.core.errors import UsageError
from causeway.core.release import Output, Signature
from causeway.core.watching import Sight
from causeway.stats.profile_form import Window
from causeway.stats.profile_many import merged_rows
from causeway.stats.quality_form import QualityWindow
from causeway.stats.quality_window import merged_windows
from causeway.stats.relations import merged_relations

FEWEST_TIMES = 2
"""A reference of the same hours has so many times the window's rows, else all of it is compared."""


class WatchedRows(Struct, frozen=True):
    """What one look at a table saw; `verdict` as of a product."""

    table: str
    rows: int
    verdict: str
    reference: str
    """What it was compared with, in words."""
    reference_rows: int
    window: str
    """How long a window is, in words; empty where all rows are one."""
    roles: Roles
    positive: str
    """The class that the chance is of."""
    timeless: int
    """Rows whose time is not known; they are in no window."""
    timed: bool
    """Whether windows are of time; else of rows in their order, and times say nothing."""
    sights: tuple[Sight, ...]
    windows: tuple[TableSeen, ...]
    """Every window that was judged, oldest first."""


class LooksAtRows(Struct, frozen=True):
    """One look at each of several tables."""

    tables: tuple[WatchedRows, ...]


def watch_tables(
    names: Sequence[str], folder: Path, *, reference: str = "", asked: Asked, window: str = ""
) -> LooksAtRows:
    """One look at each of these files and tables, beside the reference or their own first part."""
    wanted = window_of(window) if window else (0, True)
    sources = [*names, *([reference] if reference else [])]
    with brought(sources, folder) as (places, scratch):
        base = places.pop() if reference else None
        return LooksAtRows(tuple(_looked(each, base, scratch, asked=asked, wanted=wanted) for each in places))


def _looked(
    place: Place, base: Place | None, scratch: Path, *, asked: Asked, wanted: tuple[int, bool]
) -> WatchedRows:
    if base is None:
        table = registry.tables().watched(place.file, scratch, told=place.told)
        roles = roles_of(table.columns, asked)
        return _beside_itself(table, _there(roles), _spans(table, roles, wanted), asked)
    before = registry.tables().watched(base.file, scratch, told=base.told)
    roles = _there(roles_of(before.columns, asked))
    table = registry.tables().watched(place.file, scratch, told=place.told, like=before.kinds)
    return _beside(table, before, roles, _cut(table, roles, wanted), asked)


def _there(roles: Roles) -> Roles:
    if not roles.features and not roles.answers:
        raise UsageError("no column is left to compare", hint="see what is left out: --json; and name roles")
    return roles


def _spans(table: Rows, roles: Roles, wanted: tuple[int, bool]) -> Spans:
    """The windows of a table that is its own reference."""
    length, of_time = wanted
    span = table.span(roles.time) if roles.time else None
    if length and of_time and span is None:
        raise UsageError(
            f"{table.told} has no column of times, so nothing is so long",
            hint="name it: --time; or give rows: 500",
        )
    if span is None or span[0] == span[1] or (length and not of_time):
        return in_order(table.rows, asked=length)
    return timed(*span, asked=length)


def _cut(table: Rows, roles: Roles, wanted: tuple[int, bool]) -> Spans:
    """The windows of a table beside another one: all of it, where nothing else was asked."""
    length, _ = wanted
    if not length:
        return whole(table.rows)
    known = structs.replace(roles, time=roles.time if roles.time in table.kinds else "")
    return structs.replace(_spans(table, known, wanted), reference=0)


def _beside_itself(table: Rows, roles: Roles, spans: Spans, asked: Asked) -> WatchedRows:
    quality, positive = _quality_asked(table, table, roles, asked)
    all_ = gathered(table, roles, spans, there=list(table.kinds), shifts=_shifts(table), asked=quality)
    first = {place: each for place, each in all_.windows.items() if place < spans.reference}
    later = {place: each for place, each in all_.windows.items() if place >= spans.reference}
    base = merged_windows(each for place, each in all_.quality.items() if place < spans.reference)
    moments = _moments(later, first, spans)
    found = _Found(
        all_, [each for place, each in all_.quality.items() if place >= spans.reference], base, quality
    )
    phases = dict.fromkeys(map(spans.phase, first), 1)
    words = said_of(spans, seasonal=phases)
    rows = sum(each.rows for each in first.values())
    return _told(table, roles, spans, moments, found, words=words, rows=rows, positive=positive)


def _beside(table: Rows, before: Rows, roles: Roles, spans: Spans, asked: Asked) -> WatchedRows:
    quality, positive = _quality_asked(before, table, roles, asked)
    shifts = _shifts(before)
    one = gathered(before, roles, whole(before.rows), there=list(before.kinds), shifts=shifts, asked=quality)
    all_ = gathered(table, roles, spans, there=list(table.kinds), shifts=shifts, asked=quality)
    moments = _moments(all_.windows, one.windows, spans)
    base = merged_windows(one.quality.values())
    found = _Found(all_, list(all_.quality.values()), base, quality)
    return _told(table, roles, spans, moments, found, words=before.told, rows=before.rows, positive=positive)


class _Found(Struct, frozen=True):
    all: Gathered
    quality: list[QualityWindow]
    base: QualityWindow | None
    asked: AskedQuality | None


def _told(
    table: Rows,
    roles: Roles,
    spans: Spans,
    moments: Sequence[Moment],
    found: _Found,
    *,
    words: str,
    rows: int,
    positive: str,
) -> WatchedRows:
    promise = None
    if found.asked is not None:
        promise = promised(found.base, task=found.asked.task, scored=bool(roles.score))
    absent = [name for name in (*roles.features, *roles.answers) if name not in table.kinds]
    seen = judged(
        moments,
        roles=roles,
        absent=absent,
        quality=found.quality,
        promise=promise,
        reference=found.base,
        window_hours=spans.hours,
        rows=table.rows,
        at=spans.since(0),
    )
    return WatchedRows(
        table=table.told,
        rows=table.rows,
        verdict=seen.verdict,
        reference=words,
        reference_rows=rows,
        window=spans.words if spans.count > 1 else "",
        roles=roles,
        positive=positive,
        timeless=found.all.timeless,
        timed=spans.timed,
        sights=seen.sights,
        windows=seen.windows,
    )


def _moments(later: Mapping[int, Window], first: Mapping[int, Window], spans: Spans) -> list[Moment]:
    """Each window beside the reference of its hours; one that has too few rows for that, beside all of it."""
    phases: dict[int, list[Window]] = {}
    for place, each in first.items():
        phases.setdefault(spans.phase(place), []).append(each)
    if not first:
        return []
    references = {phase: _reference(windows) for phase, windows in phases.items()}
    everything = _reference(list(first.values())) if len(phases) > 1 else next(iter(references.values()))
    return [
        _moment(place, each, spans, references.get(spans.phase(place), everything), everything)
        for place, each in later.items()
    ]


def _reference(windows: Sequence[Window]) -> Window:
    rows = sum(each.rows for each in windows)
    together = merged_relations(each.relations for each in windows)
    return structs.replace(windows[0], rows=rows, columns=merged_rows(windows), relations=together)


def _moment(place: int, window: Window, spans: Spans, same: Window, everything: Window) -> Moment:
    base = same if same.rows >= FEWEST_TIMES * window.rows else everything
    reference = {name: each for name, each in base.columns.items() if name in window.columns}
    return Moment(
        since=spans.since(place),
        until=spans.since(place + 1),
        rows=window.rows,
        columns=window.columns,
        reference=reference,
        reference_rows=base.rows,
        relations=window.relations,
        reference_relations=base.relations,
    )


def _shifts(table: Rows) -> dict[str, float]:
    return {each.name: each.minimum for each in table.columns if each.minimum is not None}


def _quality_asked(before: Rows, table: Rows, roles: Roles, asked: Asked) -> tuple[AskedQuality | None, str]:
    """How answers are held against outcomes; None where they cannot be."""
    known = {each.name: each for each in before.columns}
    outcome, prediction = known.get(roles.outcome), known.get(roles.prediction)
    if outcome is None or not roles.answers:
        return None, ""
    came = tuple(sorted({*before.values(outcome.name, most=FEW), *_values(table, outcome.name)}))
    said = before.values(prediction.name, most=FEW) if prediction is not None else ()
    if prediction is not None and outcome.kind == prediction.kind == NUMBER and not (came and outcome.whole):
        return _regression(), ""
    classes = tuple(dict.fromkeys([*came, *said]))
    strange = prediction is not None and not {*came} & {*said}
    if not came or strange or len(classes) > FEW:
        return None, ""
    return _classification(classes, roles, asked)


def _values(table: Rows, name: str) -> tuple[str, ...]:
    return table.values(name, most=FEW) if name in table.kinds else ()


def _regression() -> AskedQuality:
    return AskedQuality(Signature((), (Output(PREDICTION, "value"),)), "regression")


def _classification(classes: tuple[str, ...], roles: Roles, asked: Asked) -> tuple[AskedQuality | None, str]:
    two = len(classes) == 2
    positive = positive_of(classes, asked=asked.positive, score=roles.score) if two else ""
    outputs = [Output(PREDICTION, "label", classes, positive)] if roles.prediction else []
    if roles.score and positive:
        outputs.append(Output(CHANCE, "probability", (), positive))
    if not outputs:
        return None, ""
    return AskedQuality(Signature((), tuple(outputs)), "binary" if two else "multiclass"), positive

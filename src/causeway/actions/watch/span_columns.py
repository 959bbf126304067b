"""What a span of the past looked like, column by column, beside the rows that its release was made of."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from causeway.actions.watch.history import time_of
from causeway.actions.watch.references import Reference
from causeway.assess.drift import DriftSeen, Moment, drift_of
from causeway.assess.drift_columns import ColumnSeen, floor_of
from causeway.assess.watch_facts import IN, OUT, Facts, bare
from causeway.assess.watch_inputs import MATTERS
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK
from causeway.stats.distribution import Distribution, distribution_of
from causeway.stats.profile_form import ColumnProfile, Window
from causeway.stats.profile_many import merged_rows

CHANGED = "changed"
"""Certain, not small, and in a column that answers hang on; nothing is done about the past."""
INPUT, ANSWER = "input", "answer"
CHANCE = 0.01

Columns = Mapping[str, ColumnProfile]


class ColumnSpanned(Struct, frozen=True, omit_defaults=True):
    """One input or answer over the span: `changed`, `note`, `ok` or `not-enough-data`."""

    name: str
    kind: str
    """`input` or `answer`."""
    verdict: str
    why: str
    rows: int
    """Those of releases that have the column, with and without a value."""
    missing: float
    """Share of those rows."""
    missing_before: float | None = None
    """The same of the reference."""
    distance: float | None = None
    low: float | None = None
    """The least that the distance may be."""
    threshold: float | None = None
    """From which distance on a change counts."""
    psi: float | None = None
    psi_by_chance: float | None = None
    """What the index stays below in 99 of 100 spans where nothing changed."""
    importance: float | None = None
    distribution: Distribution | None = None
    """Of an answer."""
    before: Distribution | None = None
    """The same of the reference."""


def columns_of(
    windows: Sequence[Window], reference: Reference | None, facts: Facts, *, days: range
) -> tuple[ColumnSpanned, ...]:
    """What is seen of each column: inputs of every release's rows, answers of this release's own."""
    columns = _together(windows, facts.going.release)
    known = reference.columns if reference else {}
    beside = {name: each for name, each in known.items() if name in columns or each.count}
    seen = None
    if reference is not None:
        moment = Moment(
            since=time_of(days.start * 24),
            until=time_of(days.stop * 24),
            rows=sum(each.rows for each in windows),
            columns=columns,
            reference=beside,
            reference_rows=reference.rows,
        )
        (seen,) = drift_of([moment], rules=facts.drift_rules, importance=facts.going.importance)
    told = [_judged(each, columns, beside, facts) for each in seen.columns] if seen else []
    names = {each.name for each in seen.columns} if seen else set[str]()
    plain = (name for name in columns if name not in names)
    return (*told, *(_untold(name, columns[name], known, seen, facts) for name in plain))


def _together(windows: Sequence[Window], release: str) -> Columns:
    """Inputs that another release does not have are no missing values of its rows."""
    own = [each for each in windows if each.release == release]
    answers = {name: each for name, each in merged_rows(own).items() if name.startswith(OUT)}
    names = dict.fromkeys(name for each in windows for name in each.columns if name.startswith(IN))
    found: dict[str, ColumnProfile] = {}
    for name in names:
        there = [each for each in windows if name in each.columns or each.release == release]
        found |= merged_rows(list(_only(there, name)))
    return found | answers


def _only(windows: Sequence[Window], name: str) -> Iterator[Window]:
    for each in windows:
        yield structs.replace(each, columns={name: each.columns[name]} if name in each.columns else {})


def _judged(seen: ColumnSeen, columns: Columns, reference: Columns, facts: Facts) -> ColumnSpanned:
    name, found = seen.name, seen.difference
    rules = facts.drift_rules
    threshold = floor_of(seen.weight, rules)
    why = seen.why
    if seen.verdict == OK and seen.p < CHANCE:
        # of so many rows hardly any distance is chance
        why = f"as the reference, but for less than {threshold:g}"
    is_answer = name.startswith(OUT)
    profile = columns.get(name)
    return ColumnSpanned(
        name=bare(name),
        kind=ANSWER if is_answer else INPUT,
        verdict=_verdict(seen),
        why=why,
        rows=profile.count + profile.missing if profile else 0,
        missing=found.missing.seen if profile else 1.0,
        missing_before=found.missing.reference,
        distance=round(seen.effect, 4),
        low=round(seen.low, 4),
        threshold=threshold,
        psi=round(seen.psi, 4),
        psi_by_chance=round(seen.psi_by_chance, 4),
        importance=facts.going.importance.get(name),
        distribution=distribution_of(profile) if is_answer and profile else None,
        before=distribution_of(reference[name]) if is_answer else None,
    )


def _verdict(seen: ColumnSeen) -> str:
    if seen.verdict == ACT and seen.weight >= MATTERS:
        return CHANGED
    return seen.verdict if seen.verdict in {OK, NOT_ENOUGH_DATA} else NOTE


def _untold(
    name: str, profile: ColumnProfile, known: Columns, seen: DriftSeen | None, facts: Facts
) -> ColumnSpanned:
    """A column that nothing is to be said of but how many rows it has."""
    why = "there is nothing to compare it with"
    if seen is not None:
        why = seen.why if name in known else "the release says nothing of it: " + _left_out(name, facts)
    rows = profile.count + profile.missing
    is_answer = name.startswith(OUT)
    return ColumnSpanned(
        name=bare(name),
        kind=ANSWER if is_answer else INPUT,
        verdict=NOT_ENOUGH_DATA,
        why=why,
        rows=rows,
        missing=profile.missing / rows if rows else 0.0,
        importance=facts.going.importance.get(name),
        distribution=distribution_of(profile) if is_answer else None,
    )


def _left_out(name: str, facts: Facts) -> str:
    profile = facts.going.profile
    return (profile.left_out.get(bare(name), "") if profile else "") or "its reference lacks it"

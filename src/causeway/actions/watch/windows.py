"""Hours of traffic as windows that have rows enough, each beside what it is compared with."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, structs

from causeway.actions.watch.history import time_of
from causeway.actions.watch.references import DAY, References
from causeway.assess.drift import Moment
from causeway.assess.watch_facts import IN, OUT, Compared
from causeway.stats.profile_form import ColumnProfile, Window
from causeway.stats.profile_many import merged_rows
from causeway.stats.relations import merged_relations

LEAST_ROWS = 200
MOST = 32
"""So many of the last windows are compared; a verdict needs no more."""
SEVEN_DAYS = 7 * DAY

Columns = Mapping[str, ColumnProfile]


class Cut(Struct, frozen=True):
    """Windows, and the rows that are too few for one more."""

    windows: tuple[tuple[Window, ...], ...]
    waiting: int


def cut(hours: Sequence[Window], *, least_hours: int = 1, least_rows: int = LEAST_ROWS) -> Cut:
    """The hours in groups of so many rows at least; the last one may be of fewer hours."""
    groups: list[tuple[Window, ...]] = []
    open_: list[Window] = []
    for each in hours:
        if open_ and _is_full(open_, each, least_hours=least_hours, least_rows=least_rows):
            groups.append(tuple(open_))
            open_ = []
        open_.append(each)
    waiting = sum(each.rows for each in open_)
    if waiting >= least_rows:
        groups.append(tuple(open_))
        waiting = 0
    return Cut(tuple(groups), waiting)


def _is_full(group: Sequence[Window], following: Window, *, least_hours: int, least_rows: int) -> bool:
    if following.hour == group[-1].hour:
        # the same hour, answered by another release
        return False
    return following.hour - group[0].hour >= least_hours and sum(each.rows for each in group) >= least_rows


def least_hours(hours: Sequence[Window], references: References) -> int:
    """An hour where the same hours can be compared; until then a day, once there was one."""
    if references.is_seasonal or not hours or hours[-1].hour - hours[0].hour < DAY:
        return 1
    return DAY


def compared(
    groups: Sequence[Sequence[Window]], references: References, *, most: int = MOST
) -> list[Compared]:
    """The last windows, each beside its reference; those alone that are compared as the last one is."""
    return parted(groups, references, most=most)[0]


def parted(
    groups: Sequence[Sequence[Window]], references: References, *, most: int = MOST
) -> tuple[list[Compared], list[Compared]]:
    """The same, and then those that are compared otherwise."""
    found = list(_compared(groups, references, most))
    alike = [each for each in found if each.seasonal or not found[-1].seasonal]
    return alike, [each for each in found if found[-1].seasonal and not each.seasonal]


def _compared(groups: Sequence[Sequence[Window]], references: References, most: int) -> Iterator[Compared]:
    for group in groups[-most:]:
        rows = sum(each.rows for each in group)
        found = references.for_hours([each.hour for each in group], rows=rows)
        if found is None:
            continue
        columns = features(group)
        reference = {name: each for name, each in found.columns.items() if name in columns or each.count}
        moment = _moment(group, columns, reference, found.rows)
        if found.relations:
            together = merged_relations(each.relations for each in group)
            moment = structs.replace(moment, relations=together, reference_relations=found.relations)
        yield Compared(moment, found.words, found.seasonal)


def lately(hours: Sequence[Window], references: References) -> Compared | None:
    """The last seven days beside the rows that the release was made of."""
    found = references.of_release()
    group = [each for each in hours if each.hour > hours[-1].hour - SEVEN_DAYS]
    if found is None or sum(each.rows for each in group) < LEAST_ROWS:
        return None
    return Compared(_moment(group, features(group), found.columns, found.rows), found.words, seasonal=False)


def features(group: Sequence[Window]) -> Columns:
    """The inputs and answers over these hours."""
    return {name: each for name, each in merged_rows(group).items() if name.startswith((IN, OUT))}


def _moment(group: Sequence[Window], columns: Columns, reference: Columns, rows: int) -> Moment:
    return Moment(
        since=time_of(group[0].hour),
        until=time_of(group[-1].hour + 1),
        rows=sum(each.rows for each in group),
        columns=columns,
        reference=reference,
        reference_rows=rows,
    )

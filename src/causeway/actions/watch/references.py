"""What traffic is compared with: the rows that the release was made of, and the same hours before."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.stages.reference import REFERENCE
from causeway.actions.workspace import Workspace
from causeway.core.bundle import BadBundle, check_file
from causeway.core.errors import CausewayError
from causeway.core.release import Release
from causeway.stats.profile_form import ColumnProfile, Relations, Window
from causeway.stats.profile_many import merged_rows
from causeway.stats.relations import merged_relations
from causeway.stats.release_profile import ReleaseProfile, read_release_profile

WEEK, DAY = 168, 24
TRAILING = 28 * DAY
TIMES = 10
"""A reference has so many times the window's rows..."""
FEWER_TIMES = 2
"""... or so many, where more rows never came at these hours."""
MATURE = 4 * DAY
"""From so many hours of its own traffic on, a release is compared with the same hours of the day."""


class Reference(Struct, frozen=True):
    """Profiles to compare with, and what they are of."""

    columns: Mapping[str, ColumnProfile]
    rows: int
    words: str
    seasonal: bool
    relations: Relations | None = None
    """Of hours, as those of the traffic are."""


def release_of(work: Workspace, digest: str) -> tuple[Release | None, ReleaseProfile | None]:
    """What the bundle says of itself, and the profile of what it was made of; nothing of what is not here."""
    try:
        release = describe(work, digest).release
        if REFERENCE not in release.files:
            return release, None
        content = (work.bundle(digest) / REFERENCE).read_bytes()
        check_file(release, REFERENCE, content)
        return release, read_release_profile(content)
    except (CausewayError, OSError):
        return None, None
    except ValueError as error:
        raise BadBundle(f"{REFERENCE} cannot be read: {error}", hint="make the release again") from error


class References:
    """Finds what a window is compared with; the same hours are merged once."""

    def __init__(
        self,
        hours: Sequence[Window],
        *,
        release: str,
        profile: ReleaseProfile | None,
        since: int,
        without: Iterable[range] = (),
    ) -> None:
        self._release, self._profile, self._since = release, profile, since
        shunned = tuple(without)
        self._hours = [each for each in hours if not any(each.hour in span for span in shunned)]
        self._merged: dict[tuple[int, ...], Reference] = {}
        self._mature = bool(hours) and hours[-1].hour - max(since, hours[0].hour) >= MATURE

    @property
    def is_seasonal(self) -> bool:
        """Whether this release has traffic enough of its own to be compared with the same hours."""
        return self._mature

    def for_hours(self, hours: Sequence[int], *, rows: int) -> Reference | None:
        """What rows of these hours are compared with; None where there is nothing."""
        if self._mature:
            seasonal: list[Reference] = []
            for slots, words in self._slots(hours):
                found = self._of_slots(slots, before=min(hours) - DAY, words=words)
                if found and found.rows >= TIMES * rows:
                    return found
                seasonal += [found] if found and found.rows >= FEWER_TIMES * rows else []
            if seasonal:
                return max(seasonal, key=lambda each: each.rows)
        return self.of_release() or self.oldest(min(hours), rows=rows)

    def of_release(self) -> Reference | None:
        """The rows that the release was made of."""
        if self._profile is None:
            return None
        rows = f"the {self._profile.rows:,} rows the release was made of"
        return Reference(self._profile.columns, self._profile.rows, rows, seasonal=False)

    def _slots(self, hours: Sequence[int]) -> Iterable[tuple[list[int], str]]:
        """Of which hours the rows may be, from the most alike on."""
        oldest = self._hours[0].hour if self._hours else 0
        first = max(min(hours) - TRAILING, oldest)
        wanted = {hour % WEEK for hour in hours}
        if min(hours) - oldest >= TRAILING:
            words = "the same hours of the week in 28 days"
            yield [hour for hour in range(first, min(hours)) if hour % WEEK in wanted], words
        days = (min(hours) - first) // DAY
        of_day = {hour % DAY for hour in hours}
        words = f"the same hours of the day in {days} days"
        yield [hour for hour in range(first, min(hours)) if hour % DAY in of_day], words
        near = {(hour + by) % DAY for hour in of_day for by in (-1, 0, 1)}
        words = f"about the same hours of the day in {days} days"
        yield [hour for hour in range(first, min(hours)) if hour % DAY in near], words

    def _of_slots(self, slots: Sequence[int], *, before: int, words: str) -> Reference | None:
        wanted = {hour for hour in slots if hour < before}
        chosen = tuple(at for at, each in enumerate(self._hours) if each.hour in wanted)
        if not chosen:
            return None
        if chosen not in self._merged:
            self._merged[chosen] = self._made([self._hours[at] for at in chosen], words)
        return self._merged[chosen]

    def _made(self, windows: Sequence[Window], words: str) -> Reference:
        """Inputs are anybody's, answers this release's own."""
        columns = dict(merged_rows([_part(each, "in_") for each in windows]))
        own = [_part(each, "out_") for each in windows if each.release == self._release]
        answers = merged_rows(own) if sum(each.rows for each in own) >= TIMES * TIMES else {}
        if not answers and self._profile:
            answers = {name: each for name, each in self._profile.columns.items() if name.startswith("out_")}
        together = merged_relations(each.relations for each in windows if each.release == self._release)
        return Reference(
            columns | answers, sum(each.rows for each in windows), words, seasonal=True, relations=together
        )

    def oldest(self, before: int, *, rows: int) -> Reference | None:
        """The first rows on record, where nothing tells what the release was made of."""
        chosen: list[Window] = []
        for each in self._hours:
            if each.hour >= before or sum(one.rows for one in chosen) >= TIMES * rows:
                break
            chosen.append(each)
        if not chosen:
            return None
        made = self._made(chosen, "")
        words = f"the oldest {made.rows:,} rows recorded, since the release says nothing of its own"
        return msgspec.structs.replace(made, words=words, seasonal=False)


def _part(window: Window, prefix: str) -> Window:
    columns = {name: each for name, each in window.columns.items() if name.startswith(prefix)}
    return msgspec.structs.replace(window, columns=columns)

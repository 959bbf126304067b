"""What a span of the past looked like: its rows beside those that the release was made of.

It looks and writes no event: an alarm about the past would help nobody.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct, structs

from causeway.actions.decide import product_state
from causeway.actions.routes import promise
from causeway.actions.watch.blocks import Blocks, blocks_of_product, date_of, day_of
from causeway.actions.watch.history import BESIDE, NOBODY, time_of
from causeway.actions.watch.references import Reference, References, release_of
from causeway.actions.watch.span_columns import ColumnSpanned, columns_of
from causeway.actions.watch.span_quality import QualitySpanned, quality_of_span
from causeway.actions.watch.watch import chosen
from causeway.actions.workspace import Workspace
from causeway.assess.watch_facts import Facts, Going
from causeway.core.errors import NotFound, UsageError
from causeway.core.ids import counted
from causeway.stats.profile_form import Window
from causeway.stats.release_profile import ReleaseProfile
from causeway.views.product import ProductState

LOOKED, NO_ROWS = "looked", "no-rows"
SHOWN = 4


class Spell(Struct, frozen=True):
    """Days without a gap between them, both ends included."""

    since: date
    until: date


class Spanned(Struct, frozen=True):
    """What a span of days looked like; `looked`, or `no-rows` where nobody was answered."""

    product: str
    status: str
    since: date
    until: date
    """The last day, which is included."""
    recorded: tuple[Spell, ...]
    """The days of which rows are sealed, in the span or not."""
    rows: int = 0
    release: str = ""
    """The one that answered most of them."""
    by_release: dict[str, int] = {}
    """Rows that callers were answered, by release."""
    left_out: dict[str, int] = {}
    """Rows of canaries, shadows, the holdout and rehearsals, by arm."""
    compared_with: str = ""
    """Empty where there is nothing to compare with."""
    reference_rows: int = 0
    columns: tuple[ColumnSpanned, ...] = ()
    """What changed and matters first."""
    quality: tuple[QualitySpanned, ...] = ()
    """Empty where no outcome came."""
    unread: int = 0
    """Segments in the span of an earlier version, without a profile."""
    is_open: bool = False
    """Whether the span's last day is not over: what is not sealed yet is not in it."""


class Spans(Struct, frozen=True):
    """Several products over the same span."""

    products: tuple[Spanned, ...]


def span_all(work: Workspace, products: Sequence[str], *, since: date, until: date | None = None) -> Spans:
    """These products, or all of the workspace, from one day to another (today); nothing is recorded."""
    last = until or work.clock.now().date()
    if last < since:
        raise UsageError(
            f"--until {last} is before --since {since}" if until else f"--since {since} is yet to come",
            hint="the first day comes first: --since 2026-05-01 --until 2026-05-31",
        )
    found = tuple(_spanned(work, name, since, last) for name in chosen(work, products))
    empty = [each for each in found if each.status == NO_ROWS]
    if empty and (products or len(empty) == len(found)):
        raise _nothing(empty[0])
    return Spans(found)


def _nothing(found: Spanned) -> NotFound:
    span = f"on {found.since}" if found.since == found.until else f"from {found.since} to {found.until}"
    said = [_said(each) for each in found.recorded]
    more = f" and {counted(len(said) - SHOWN, 'more spell')} before" if len(said) > SHOWN else ""
    there = f"rows are of {', '.join(said[-SHOWN:])}{more}"
    aside = f"; {sum(found.left_out.values()):,} are of {', '.join(found.left_out)}" if found.left_out else ""
    aside += f"; {counted(found.unread, 'segment')} have no profile" if found.unread else ""
    return NotFound(
        f"{found.product} has no sealed rows that callers were answered {span}{aside}",
        hint=there if said else f"once somebody was answered: causeway seal {found.product}",
    )


def _spanned(work: Workspace, product: str, since: date, until: date) -> Spanned:
    state = product_state(work, product)
    blocks = blocks_of_product(work, state)
    first, end = day_of(since), day_of(until) + 1
    windows = blocks.span(first, end)
    live = [each for each in windows if each.arm not in BESIDE | NOBODY]
    aside = [each for each in windows if each.arm in BESIDE | NOBODY]
    known = Spanned(
        product,
        NO_ROWS,
        since,
        until,
        _spells(blocks.days),
        left_out=_rows((each.arm, each.rows) for each in aside),
        unread=blocks.unread(first, end),
        is_open=end > day_of(work.clock.now()),
    )
    if not live:
        return known
    days = range(max(first, blocks.days[0]), min(end, blocks.days[-1] + 1))
    return _beside_reference(work, state, known, live, blocks=blocks, days=days)


def _beside_reference(
    work: Workspace,
    state: ProductState,
    known: Spanned,
    live: Sequence[Window],
    *,
    blocks: Blocks,
    days: range,
) -> Spanned:
    by_release = _rows((each.release, each.rows) for each in live)
    release = next(iter(by_release))
    described, profile = release_of(work, release)
    facts = Facts(
        product=state.product,
        now=work.clock.now(),
        manifest=promise(work, state),
        going=Going(release, time_of(days.start * 24), described, profile),
    )
    rows = sum(by_release.values())
    reference = _reference(blocks, release, profile, rows=rows, before=days.start)
    return structs.replace(
        known,
        status=LOOKED,
        rows=rows,
        release=release,
        by_release=by_release,
        compared_with=reference.words if reference else "",
        reference_rows=reference.rows if reference else 0,
        columns=columns_of(live, reference, facts, days=days),
        quality=quality_of_span(work, facts, days=days),
    )


def _reference(
    blocks: Blocks, release: str, profile: ReleaseProfile | None, *, rows: int, before: int
) -> Reference | None:
    """The rows that the release was made of; else the oldest on record, where there are any before."""
    earlier = [] if profile else blocks.parts(0, before)
    hours = [each for each in earlier if each.arm not in BESIDE | NOBODY]
    references = References(hours, release=release, profile=profile, since=0)
    return references.of_release() or references.oldest(before * 24, rows=rows)


def _rows(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The rows under each name, most first."""
    found: Counter[str] = Counter()
    for name, rows in counts:
        found[name] += rows
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def _spells(days: Sequence[int]) -> tuple[Spell, ...]:
    """The days without those between the first and the last of a row of them."""
    starts = [day for at, day in enumerate(days) if not at or days[at - 1] != day - 1]
    ends = [day for at, day in enumerate(days) if at + 1 == len(days) or days[at + 1] != day + 1]
    return tuple(Spell(date_of(one), date_of(other)) for one, other in zip(starts, ends, strict=True))


def _said(spell: Spell) -> str:
    return str(spell.since) if spell.since == spell.until else f"{spell.since} to {spell.until}"

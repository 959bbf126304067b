"""What products cost in a period, who used them, and how far what was billed is from what was metered."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from causeway.actions.bill.meter import used_of
from causeway.actions.bill.spent import accounts_of, spent_of
from causeway.actions.bill.unusual import unusual_day
from causeway.actions.workspace import Workspace
from causeway.assess.cost.meter import Used, cpu_of
from causeway.assess.cost.reconcile import Reconciled, of_lines
from causeway.core.errors import UsageError
from causeway.core.metering import CostUnusual, Usage
from causeway.core.worth import Spent
from causeway.views.metering import fold

MOST_ORPHANS = 5


class UsedBy(Struct, frozen=True, omit_defaults=True):
    """What one caller used of one release, in the period or on one day of it."""

    consumer: str
    release: str
    requests: int
    rows: int
    busy_seconds: float
    cpu_seconds: float
    """The gateway's processor time of these days, shared by the seconds of the requests."""
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    day: date | None = None


class Orphan(Struct, frozen=True):
    """A part of the bills that belongs to no product."""

    category: str
    what: str
    amount: Decimal
    currency: str


class Shown(Struct, frozen=True, omit_defaults=True):
    """One product's cost, what it was used for, and by whom."""

    spent: Spent
    reconciled: Reconciled | None = None
    """None where nothing is both metered and billed."""
    used: tuple[UsedBy, ...] = ()
    daily: tuple[UsedBy, ...] = ()
    bytes_kept: int = 0
    """Sealed files now."""
    orphans: tuple[Orphan, ...] = ()
    unusual: tuple[CostUnusual, ...] = ()
    """Days that cost what nobody could expect: those that were written, and the last whole one."""


class Bill(Struct, frozen=True):
    """What each product cost."""

    since: date
    until: date
    products: tuple[Shown, ...]


def show(work: Workspace, *, product: str = "", since: date | None = None, until: date | None = None) -> Bill:
    """What this product cost, or all of them; this month so far where no days are named."""
    until = until or work.clock.now().date()
    since = since or until.replace(day=1)
    if since > until:
        raise UsageError(f"{since} is later than {until}", hint="name the earlier day with --since")
    accounts = accounts_of(work, since=since, until=until)
    names = (product,) if product else tuple(sorted(accounts.manifests))
    shown = tuple(_shown(work, spent_of(accounts, name), since, until) for name in names)
    if product:
        shown = tuple(structs.replace(each, unusual=_unusual(work, each, since, until)) for each in shown)
    return Bill(since, until, shown)


def _unusual(work: Workspace, shown: Shown, since: date, until: date) -> tuple[CostUnusual, ...]:
    product = shown.spent.product
    written = [each for _, each, _ in fold(work.ledger.read(product)).unusual if since <= each.day <= until]
    last = unusual_day(work, product, until=until)
    fresh = last is not None and since <= last.day and last.day not in {each.day for each in written}
    return (*written, last) if last is not None and fresh else tuple(written)


def _shown(
    work: Workspace, made: tuple[Spent, list[tuple[str, str, Decimal]]], since: date, until: date
) -> Shown:
    spent, orphans = made
    used = used_of(work, spent.product)
    daily = tuple(_daily(used, since, until))
    return Shown(
        spent=spent,
        reconciled=of_lines(spent.lines),
        used=_together(daily),
        daily=daily,
        bytes_kept=sum(each.bytes for each in used.metered.kept.values() if each.until is None),
        orphans=tuple(Orphan(*each, spent.currency) for each in orphans[:MOST_ORPHANS]),
    )


def _daily(used: Used, since: date, until: date) -> Iterable[UsedBy]:
    cpu = cpu_of(used)
    days: dict[date, list[Usage]] = {}
    for day, usage, _ in used.metered.usage:
        if since <= day <= until:
            days.setdefault(day, []).append(usage)
    for day, usage in sorted(days.items()):
        busy = sum(each.busy_us for each in usage)
        for each in usage:
            share = each.busy_us / busy if busy else 1 / len(usage)
            yield UsedBy(
                each.consumer,
                each.release,
                each.requests,
                each.rows,
                each.busy_us / 1e6,
                round(cpu.get(day, 0.0) * share, 6),
                each.tokens_in,
                each.tokens_cached,
                each.tokens_out,
                day,
            )


def _together(daily: Iterable[UsedBy]) -> tuple[UsedBy, ...]:
    """The same over the period, who used most first."""
    found: dict[tuple[str, str], list[UsedBy]] = {}
    for each in daily:
        found.setdefault((each.consumer, each.release), []).append(each)
    summed = [
        UsedBy(
            *key,
            sum(each.requests for each in held),
            sum(each.rows for each in held),
            round(sum(each.busy_seconds for each in held), 6),
            round(sum(each.cpu_seconds for each in held), 6),
            sum(each.tokens_in for each in held),
            sum(each.tokens_cached for each in held),
            sum(each.tokens_out for each in held),
        )
        for key, held in found.items()
    ]
    return tuple(sorted(summed, key=lambda each: (-each.rows, each.consumer, each.release)))

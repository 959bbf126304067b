"""Money as the ledger tells it: which bills count now, which prices hold, what people entered."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from msgspec import Struct, structs

from causeway.core.costs import (
    BillImported,
    BillWithdrawn,
    CategoriesSet,
    CostEntered,
    CostWithdrawn,
    RateSet,
)
from causeway.core.events import Event
from causeway.core.fact import Fact


def period_of(provider: str, account: str, since: date) -> tuple[str, str, date]:
    """What a bill is known by; capitals do not make another provider of one."""
    return (provider.strip().casefold(), account.strip().casefold(), since)


class Statement(BillImported, frozen=True, kw_only=True, tag=False, omit_defaults=False):
    """A provider's bill for one account and billing period, and when and by whom it came in."""

    seq: int
    at: datetime
    actor: str

    @property
    def period(self) -> tuple[str, str, date]:
        """What an import of the same replaces."""
        return period_of(self.provider, self.account, self.since)


class Rate(RateSet, frozen=True, kw_only=True, tag=False, omit_defaults=False):
    """A price on the rate card; `seq` is 0 where it is a default that nobody set."""

    seq: int = 0
    at: datetime | None = None
    actor: str = ""


class Entry(CostEntered, frozen=True, kw_only=True, tag=False, omit_defaults=False):
    """A cost that somebody entered, even over its days."""

    seq: int
    at: datetime
    actor: str


class Bills(Struct, frozen=True):
    """What no single product owns: bills, the rate card, shared entries."""

    statements: tuple[Statement, ...] = ()
    restated: tuple[Statement, ...] = ()
    """Bills that later ones replaced, or that were withdrawn."""
    rates: tuple[Rate, ...] = ()
    entries: tuple[Entry, ...] = ()
    categories: str = ""
    """Digest of the declared categories; empty where the bundled ones hold."""
    seq: int = 0


def bills(events: Iterable[Event]) -> Bills:
    """The bills, prices and shared entries as these events of the chain of bills tell them."""
    statements: dict[tuple[str, str, date], Statement] = {}
    restated: list[Statement] = []
    rates: list[Rate] = []
    entered: dict[int, Entry] = {}
    categories, seq = "", 0
    for event in events:
        seq = event.body.seq
        match event.fact:
            case BillImported() as fact:
                statement = Statement(**_told(fact, event))
                restated += [each for each in (statements.get(statement.period),) if each]
                statements[statement.period] = statement
            case BillWithdrawn() as fact:
                gone = [each for each in statements.values() if each.seq == fact.bill]
                restated += gone
                statements = {key: each for key, each in statements.items() if each not in gone}
            case RateSet() as fact:
                rates.append(Rate(**_told(fact, event)))
            case CategoriesSet() as fact:
                categories = fact.table
            case _:
                _enter(entered, event)
    ordered = sorted(statements.values(), key=lambda each: (each.since, each.provider, each.account))
    return Bills(tuple(ordered), tuple(restated), tuple(rates), tuple(entered.values()), categories, seq)


def entries(events: Iterable[Event]) -> tuple[Entry, ...]:
    """What people entered, without what was withdrawn."""
    entered: dict[int, Entry] = {}
    for event in events:
        _enter(entered, event)
    return tuple(entered.values())


def _enter(entered: dict[int, Entry], event: Event) -> None:
    match event.fact:
        case CostEntered() as fact:
            entered[event.body.seq] = Entry(**_told(fact, event))
        case CostWithdrawn() as fact:
            entered.pop(fact.entry, None)
        case _:
            pass


def _told(fact: Fact, event: Event) -> dict[str, Any]:
    """All that the fact says, with the number, the time and the author of its event."""
    body = event.body
    return {**structs.asdict(fact), "seq": body.seq, "at": body.at, "actor": body.actor}

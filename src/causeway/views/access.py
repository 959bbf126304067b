"""Who asked to read what, who granted it until when, and what was read, as a product's events tell it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct, structs

from causeway.core.access import Terms
from causeway.core.events import AccessAsked, AccessGranted, AccessRevoked, DataRead, Event


class AskSeen(Struct, frozen=True):
    """Somebody's wish; `answered` names the grant that it led to."""

    ask: str
    source: str
    purpose: str
    days: int
    what: str
    columns: tuple[str, ...]
    actor: str
    at: datetime
    answered: str = ""


class GrantSeen(Struct, frozen=True):
    """A grant; revoked ones stay, with their time."""

    grant: str
    source: str
    terms: Terms
    ask: str
    actor: str
    at: datetime
    revoked_at: datetime | None = None
    because: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired at that time."""
        return self.revoked_at is None and at < self.terms.until

    def stands(self, at: datetime) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if at < self.terms.until else "expired"


class ReadSeen(Struct, frozen=True):
    """One read of one source."""

    run: str
    source: str
    purpose: str
    grant: str
    rows: int | None
    columns: int
    masked: dict[str, str]
    digest: str
    at: datetime


class Access(Struct, frozen=True):
    """Everything about access after event number `seq`, oldest first."""

    asks: dict[str, AskSeen]
    grants: dict[str, GrantSeen]
    reads: tuple[ReadSeen, ...]
    seq: int = 0

    def granted(self, source: str) -> tuple[GrantSeen, ...]:
        """All grants for this source, the latest first."""
        return tuple(grant for grant in reversed(self.grants.values()) if grant.source == source)

    def open_ask(self, source: str) -> AskSeen | None:
        """The latest wish for this source that nobody has answered."""
        asks = (ask for ask in reversed(self.asks.values()) if ask.source == source and not ask.answered)
        return next(asks, None)

    def ending(self, at: datetime, within: timedelta) -> tuple[GrantSeen, ...]:
        """The grants that hold at that time and soon will not."""
        return tuple(
            grant for grant in self.grants.values() if grant.holds(at) and not grant.holds(at + within)
        )


def fold(events: Iterable[Event]) -> Access:
    """What these events say about access."""
    asks: dict[str, AskSeen] = {}
    grants: dict[str, GrantSeen] = {}
    reads: list[ReadSeen] = []
    seq = 0
    for event in events:
        body, seq = event.body, event.body.seq
        match body.fact:
            case AccessAsked() as fact:
                asks[fact.ask] = _asked(fact, event)
            case AccessGranted() as fact:
                grants[fact.grant] = _granted(fact, event)
                if fact.ask in asks:
                    asks[fact.ask] = structs.replace(asks[fact.ask], answered=fact.grant)
            case AccessRevoked(grant=name) as fact if name in grants:
                grants[name] = _revoked(grants[name], fact, body.at)
            case DataRead() as fact:
                reads.append(_read(fact, body.at))
            case _:
                pass
    return Access(asks, grants, tuple(reads), seq)


def _asked(fact: AccessAsked, event: Event) -> AskSeen:
    body = event.body
    return AskSeen(
        fact.ask, fact.source, fact.purpose, fact.days, fact.what, fact.columns, body.actor, body.at
    )


def _granted(fact: AccessGranted, event: Event) -> GrantSeen:
    terms = Terms(fact.purpose, fact.what, fact.until, columns=fact.columns, unmask=fact.unmask)
    return GrantSeen(fact.grant, fact.source, terms, fact.ask, event.body.actor, event.body.at)


def _revoked(grant: GrantSeen, fact: AccessRevoked, at: datetime) -> GrantSeen:
    if grant.revoked_at is not None:
        return grant
    terms = structs.replace(grant.terms, revoked=True)
    return structs.replace(grant, terms=terms, revoked_at=at, because=fact.because)


def _read(fact: DataRead, at: datetime) -> ReadSeen:
    return ReadSeen(
        run=fact.run,
        source=fact.source,
        purpose=fact.purpose,
        grant=fact.grant,
        rows=fact.rows,
        columns=len(fact.columns),
        masked=fact.masked,
        digest=fact.digest,
        at=at,
    )

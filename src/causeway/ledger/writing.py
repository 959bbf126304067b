"""What is written, before it is written: facts become the next events of a chain."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from causeway.core.errors import Conflict, Defect, UsageError
from causeway.core.events import AnyFact, Body, Event, reopen, seal
from causeway.core.ids import check_product_name
from causeway.ledger.chain import EPOCH, Row
from causeway.ledger.ledger import BrokenLedger, Head

HELD = 8_192
"""Events that are held as they were read: whoever looks every few minutes reads the same ones again."""


def next_events(head: Head, facts: Sequence[AnyFact], *, actor: str, at: datetime) -> list[Event]:
    """The events that these facts become after this head."""
    check_product_name(head.product)
    if at.tzinfo is None:
        raise UsageError("the time of an event has no time zone", hint="use a timezone-aware datetime")
    events: list[Event] = []
    previous = head.hash
    for seq, fact in enumerate(facts, head.seq + 1):
        body = Body(
            product=head.product, seq=seq, at=at.astimezone(UTC), actor=actor, prev=previous, fact=fact
        )
        events.append(_readable(seal(body)))
        previous = events[-1].hash
    return events


def _readable(event: Event) -> Event:
    """The event; nothing is written that could not be read again, for nothing could be taken back."""
    try:
        reopen(event.text)
    except msgspec.MsgspecError as error:
        what = type(event.fact).__name__
        raise Defect(f"{what} was not written down, for it could not be read again: {error}") from error
    return event


def row_of(event: Event) -> Row:
    """The columns in which an event is stored."""
    body = event.body
    return Row(body.product, body.seq, microseconds(body.at), event.hash, event.text)


def event_of(product: str, text: str) -> Event:
    """The event that was stored as this text."""
    try:
        return _reopened(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise BrokenLedger(
            f"an event of {product} cannot be read: {error}",
            hint="it was changed, or written by a later version of Causeway; causeway verify says which",
        ) from error


@lru_cache(maxsize=HELD)
def _reopened(text: str) -> Event:
    return reopen(text)


def check_expected(head: Head, expected: int | None) -> None:
    """Raises Conflict when the head is not the one that the caller saw."""
    if expected is not None and expected != head.seq:
        raise Conflict(
            f"somebody else wrote to {head.product} first: it has {head.seq} events, not {expected}",
            hint="look again at what is there now, and repeat",
        )


def microseconds(at: datetime) -> int:
    """The time as microseconds since 1970, UTC."""
    return (at - EPOCH) // timedelta(microseconds=1)

"""The pages of a product that were written down, and those that finance signed."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from causeway.core.events import Event
from causeway.core.reports import ReportSigned, ReportWritten


class Held(Struct, frozen=True):
    """A page that was written or signed: its numbers' digest, who did so, when, and in which event."""

    report: str
    actor: str
    at: datetime
    seq: int


class Reports(Struct, frozen=True):
    """What was written and signed, oldest first."""

    written: tuple[Held, ...] = ()
    signed: tuple[Held, ...] = ()

    @property
    def last(self) -> Held | None:
        """The page that was written last."""
        return self.written[-1] if self.written else None


def reports_of(events: Iterable[Event]) -> Reports:
    """Every page of these events."""
    written: list[Held] = []
    signed: list[Held] = []
    for event in events:
        body = event.body
        if isinstance(event.fact, ReportWritten | ReportSigned):
            held = Held(event.fact.report, body.actor, body.at, body.seq)
            (written if isinstance(event.fact, ReportWritten) else signed).append(held)
    return Reports(tuple(written), tuple(signed))

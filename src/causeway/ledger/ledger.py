"""What a ledger is to everybody who writes to it or reads it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from causeway.core.errors import OutsideError
from causeway.core.events import GENESIS, AnyFact, Event
from causeway.ledger.chain import Checkpoint, Row


class Head(Struct, frozen=True):
    """The last event of a product's chain; `seq` is 0 when there is none."""

    product: str
    seq: int = 0
    hash: str = GENESIS


class Actor(Struct, frozen=True):
    """A person or a machine, as the erasable directory knows it."""

    id: str
    name: str
    email: str = ""


class Contents(Struct, frozen=True):
    """Everything that a ledger holds, less its leases."""

    rows: list[Row]
    checkpoints: list[Checkpoint]
    actors: list[Actor]


class BrokenLedger(OutsideError):
    """The ledger's database is damaged."""

    code = "broken_ledger"


class Ledger(Protocol):
    """Facts in order, for ever; one chain of events per product."""

    location: str
    """Where it lies, for messages; never holds a password."""

    def append(
        self,
        product: str,
        facts: Sequence[AnyFact],
        *,
        actor: str,
        at: datetime,
        expected: int | None = None,
    ) -> list[Event]:
        """The facts as events at the end of the product's chain, all of them or none.

        `expected` is the seq of the head that the caller saw; Conflict is raised when another one is there.
        """
        ...

    def read(self, product: str, *, after: int = 0, as_of: datetime | None = None) -> list[Event]:
        """The product's events from seq `after` + 1 on; as far as they had been written at `as_of`."""
        ...

    def products(self) -> list[str]:
        """The names of all products that have events, sorted."""
        ...

    def head(self, product: str) -> Head:
        """The last event of the product's chain."""
        ...

    def heads(self) -> list[Head]:
        """The last events of all chains at one moment, sorted by product."""
        ...

    def acquire(self, lease: str, holder: str, *, now: datetime, seconds: float) -> bool:
        """Whether the lease is now the holder's: it was free, had run out, or was theirs already."""
        ...

    def release_lease(self, lease: str, holder: str) -> None:
        """Gives the lease back, if the holder has it."""
        ...

    def actor_for(self, name: str, email: str = "") -> str:
        """The opaque id of this person, made on first meeting."""
        ...

    def resolve(self, actor: str) -> Actor | None:
        """Who this is; None when unknown or erased."""
        ...

    def erase(self, actor: str) -> bool:
        """Forgets who this is, for good; the events stay as they are. False when nobody was known."""
        ...

    def rows(self) -> list[Row]:
        """Every event as it lies in the store, unchecked, by product and seq."""
        ...

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint as it lies in the store, unchecked, in order."""
        ...

    def actors(self) -> list[Actor]:
        """Everybody whom the directory knows."""
        ...

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keeps it; raises Conflict when another one has its number."""
        ...

    def load(self, contents: Contents) -> None:
        """Fills an empty ledger with all of this or none; raises Refused when it is not empty."""
        ...

    def close(self) -> None:
        """Lets go of the store."""
        ...

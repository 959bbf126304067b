"""The ledger in SQL, the same on every database; what differs is behind `Database`."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from causeway.core.errors import Conflict, Refused
from causeway.core.events import AnyFact, Event
from causeway.core.ids import check_product_name
from causeway.ledger.chain import Checkpoint, Row
from causeway.ledger.ledger import Actor, Contents, Head
from causeway.ledger.writing import check_expected, event_of, microseconds, next_events, row_of

# the last event of one chain
HEAD = "SELECT product, seq, hash FROM events WHERE product = ? ORDER BY seq DESC LIMIT 1"
# the last events of all chains, in one statement so that they are of one moment
HEADS = """
    SELECT e.product, e.seq, e.hash FROM events e
    JOIN (SELECT product, MAX(seq) AS seq FROM events GROUP BY product) last
      ON last.product = e.product AND last.seq = e.seq
    ORDER BY e.product"""
# one event; the primary key refuses a second one with its number
INSERT_EVENT = "INSERT INTO events (product, seq, at, hash, text) VALUES (?, ?, ?, ?, ?)"
# a chain from a number on
READ = "SELECT text FROM events WHERE product = ? AND seq > ? ORDER BY seq"
# the same, up to before the first event written after a moment: clocks may step back, a chain never does
READ_AS_OF = """
    SELECT text FROM events WHERE product = ? AND seq > ?
      AND seq < COALESCE((SELECT MIN(seq) FROM events WHERE product = ? AND at > ?), 9223372036854775807)
    ORDER BY seq"""
# names of all chains
PRODUCTS = "SELECT DISTINCT product FROM events ORDER BY product"
# all events as they lie there
ROWS = "SELECT product, seq, at, hash, text FROM events ORDER BY product, seq"
# all checkpoints as they lie there
CHECKPOINTS = "SELECT seq, hash, text, key_id, signature FROM checkpoints ORDER BY seq"
# one checkpoint, unless its number is taken
INSERT_CHECKPOINT = """
    INSERT INTO checkpoints (seq, hash, text, key_id, signature) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (seq) DO NOTHING RETURNING seq"""
# take a lease that is free, has run out or is ours: one statement, so that only one can win
ACQUIRE = """
    INSERT INTO leases (name, holder, expires) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
    WHERE leases.holder = excluded.holder OR leases.expires <= ?
    RETURNING holder"""
# give a lease back
RELEASE = "DELETE FROM leases WHERE name = ? AND holder = ?"
# the directory of actors, which alone holds personal data
FIND_ACTOR = "SELECT id FROM actors WHERE email = ? AND (email <> '' OR name = ?) ORDER BY id"
INSERT_ACTOR = "INSERT INTO actors (id, name, email) VALUES (?, ?, ?)"
RESOLVE = "SELECT id, name, email FROM actors WHERE id = ?"
ACTORS = "SELECT id, name, email FROM actors ORDER BY id"
ERASE = "DELETE FROM actors WHERE id = ? RETURNING id"

Run = Callable[[str, Sequence[str | int]], list[tuple[Any, ...]]]
"""Executes one statement with its parameters; its rows."""


class Database(Protocol):
    """What the ledger asks of a database; statements use `?` for parameters."""

    location: str

    def query(self, statement: str, parameters: Sequence[str | int]) -> list[tuple[Any, ...]]:
        """The rows of a statement that only reads."""
        ...

    def transaction(self, lock: str) -> AbstractContextManager[Run]:
        """All of the block or nothing; two blocks with the same lock never overlap."""
        ...

    def scrub(self) -> None:
        """Overwrites what was deleted, as far as the database lets us."""
        ...

    def close(self) -> None:
        """Lets go of the connection."""
        ...


class SqlLedger:
    """A ledger in an SQL database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.location = database.location

    def append(
        self,
        product: str,
        facts: Sequence[AnyFact],
        *,
        actor: str,
        at: datetime,
        expected: int | None = None,
    ) -> list[Event]:
        """The facts as events at the end of the product's chain, all of them or none."""
        with self.database.transaction(product) as run:
            head = _head(product, run(HEAD, (product,)))
            check_expected(head, expected)
            events = next_events(head, facts, actor=actor, at=at)
            for event in events:
                row = row_of(event)
                run(INSERT_EVENT, (row.product, row.seq, row.at, row.hash, row.text))
        return events

    def read(self, product: str, *, after: int = 0, as_of: datetime | None = None) -> list[Event]:
        """The product's events from seq `after` + 1 on; as far as they had been written at `as_of`."""
        if as_of is None:
            texts = self.database.query(READ, (product, after))
        else:
            texts = self.database.query(READ_AS_OF, (product, after, product, microseconds(as_of)))
        return [event_of(product, text) for (text,) in texts]

    def products(self) -> list[str]:
        """The names of all products that have events, sorted."""
        return [product for (product,) in self.database.query(PRODUCTS, ())]

    def head(self, product: str) -> Head:
        """The last event of the product's chain."""
        return _head(product, self.database.query(HEAD, (product,)))

    def heads(self) -> list[Head]:
        """The last events of all chains at one moment, sorted by product."""
        return [Head(*row) for row in self.database.query(HEADS, ())]

    def acquire(self, lease: str, holder: str, *, now: datetime, seconds: float) -> bool:
        """Whether the lease is now the holder's: it was free, had run out, or was theirs already."""
        expires = microseconds(now + timedelta(seconds=seconds))
        with self.database.transaction(lease) as run:
            return bool(run(ACQUIRE, (lease, holder, expires, microseconds(now))))

    def release_lease(self, lease: str, holder: str) -> None:
        """Gives the lease back, if the holder has it."""
        with self.database.transaction(lease) as run:
            run(RELEASE, (lease, holder))

    def actor_for(self, name: str, email: str = "") -> str:
        """The opaque id of this person, made on first meeting."""
        known = self.database.query(FIND_ACTOR, (email, name))
        if known:
            return known[0][0]
        with self.database.transaction("actors") as run:
            # somebody may have been faster
            known = run(FIND_ACTOR, (email, name))
            actor = known[0][0] if known else new_actor_id()
            if not known:
                run(INSERT_ACTOR, (actor, name, email))
        return actor

    def resolve(self, actor: str) -> Actor | None:
        """Who this is; None when unknown or erased."""
        return next((Actor(*row) for row in self.database.query(RESOLVE, (actor,))), None)

    def erase(self, actor: str) -> bool:
        """Forgets who this is, for good; the events stay as they are. False when nobody was known."""
        with self.database.transaction("actors") as run:
            erased = run(ERASE, (actor,))
        self.database.scrub()
        return bool(erased)

    def rows(self) -> list[Row]:
        """Every event as it lies in the store, unchecked, by product and seq."""
        return [Row(*row) for row in self.database.query(ROWS, ())]

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint as it lies in the store, unchecked, in order."""
        return [Checkpoint(*row) for row in self.database.query(CHECKPOINTS, ())]

    def actors(self) -> list[Actor]:
        """Everybody whom the directory knows."""
        return [Actor(*row) for row in self.database.query(ACTORS, ())]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keeps it; raises Conflict when another one has its number."""
        with self.database.transaction("checkpoints") as run:
            if not run(INSERT_CHECKPOINT, checkpoint):
                raise Conflict(
                    f"checkpoint {checkpoint.seq} is there already", hint="look again, and sign the next"
                )

    def load(self, contents: Contents) -> None:
        """Fills an empty ledger with all of this or none; raises Refused when it is not empty."""
        with self.database.transaction("load") as run:
            if run(PRODUCTS, ()) or run(CHECKPOINTS, ()):
                raise not_empty(self.location)
            for row in contents.rows:
                check_product_name(row.product)
                run(INSERT_EVENT, row)
            for checkpoint in contents.checkpoints:
                run(INSERT_CHECKPOINT, checkpoint)
            for actor in contents.actors:
                run(INSERT_ACTOR, (actor.id, actor.name, actor.email))

    def close(self) -> None:
        """Lets go of the store."""
        self.database.close()


def new_actor_id() -> str:
    """An id that says nothing about its bearer."""
    return f"a-{secrets.token_hex(8)}"


def not_empty(location: str) -> Refused:
    """Why a ledger that holds something is never filled from a backup."""
    return Refused(
        f"the ledger {location} is not empty, and nothing in it is ever overwritten",
        hint="restore into an empty folder, or point CAUSEWAY_LEDGER at an empty database",
    )


def _head(product: str, rows: list[tuple[Any, ...]]) -> Head:
    return Head(*rows[0]) if rows else Head(product)

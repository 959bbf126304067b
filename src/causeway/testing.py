"""Fakes for tests, ours and others': an in-memory ledger, a still clock, one contract class per port."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from causeway.core.clock import FixedClock
from causeway.core.errors import CausewayError, Conflict, Refused, UsageError
from causeway.core.events import AnyFact, Event, RunFinished, RunStarted
from causeway.core.ids import check_product_name
from causeway.ledger import Actor, Contents, Head, Ledger
from causeway.ledger.chain import Checkpoint, Row
from causeway.ledger.store import new_actor_id, not_empty
from causeway.ledger.writing import check_expected, event_of, next_events, row_of

__all__ = ["FixedClock", "LedgerContract", "MemoryLedger", "raised_by"]


class MemoryLedger:
    """A ledger that lives as long as its process."""

    def __init__(self) -> None:
        self.location = "memory"
        self._chains: dict[str, list[Event]] = {}
        self._checkpoints: dict[int, Checkpoint] = {}
        self._leases: dict[str, tuple[str, datetime]] = {}
        self._actors: dict[str, Actor] = {}

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
        head = self.head(product)
        check_expected(head, expected)
        events = next_events(head, facts, actor=actor, at=at)
        if events:
            self._chains.setdefault(product, []).extend(events)
        return events

    def read(self, product: str, *, after: int = 0, as_of: datetime | None = None) -> list[Event]:
        """The product's events from seq `after` + 1 on; as far as they had been written at `as_of`."""
        events = self._chains.get(product, [])
        later = (event.body.seq for event in events if as_of and event.body.at > as_of)
        return events[after : next(later, len(events) + 1) - 1]

    def products(self) -> list[str]:
        """The names of all products that have events, sorted."""
        return sorted(self._chains)

    def head(self, product: str) -> Head:
        """The last event of the product's chain."""
        events = self._chains.get(product)
        return Head(product, events[-1].body.seq, events[-1].hash) if events else Head(product)

    def heads(self) -> list[Head]:
        """The last events of all chains at one moment, sorted by product."""
        return [self.head(product) for product in self.products()]

    def acquire(self, lease: str, holder: str, *, now: datetime, seconds: float) -> bool:
        """Whether the lease is now the holder's: it was free, had run out, or was theirs already."""
        keeper, expires = self._leases.get(lease, (holder, now))
        if keeper != holder and expires > now:
            return False
        self._leases[lease] = (holder, now + timedelta(seconds=seconds))
        return True

    def release_lease(self, lease: str, holder: str) -> None:
        """Gives the lease back, if the holder has it."""
        if lease in self._leases and self._leases[lease][0] == holder:
            del self._leases[lease]

    def actor_for(self, name: str, email: str = "") -> str:
        """The opaque id of this person, made on first meeting."""
        for actor in self._actors.values():
            if actor.email == email and (email or actor.name == name):
                return actor.id
        made = Actor(new_actor_id(), name, email)
        self._actors[made.id] = made
        return made.id

    def resolve(self, actor: str) -> Actor | None:
        """Who this is; None when unknown or erased."""
        return self._actors.get(actor)

    def erase(self, actor: str) -> bool:
        """Forgets who this is, for good; the events stay as they are. False when nobody was known."""
        return self._actors.pop(actor, None) is not None

    def rows(self) -> list[Row]:
        """Every event as it lies in the store, unchecked, by product and seq."""
        return [row_of(event) for product in self.products() for event in self._chains[product]]

    def checkpoints(self) -> list[Checkpoint]:
        """Every checkpoint as it lies in the store, unchecked, in order."""
        return [self._checkpoints[seq] for seq in sorted(self._checkpoints)]

    def actors(self) -> list[Actor]:
        """Everybody whom the directory knows."""
        return [self._actors[actor] for actor in sorted(self._actors)]

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keeps it; raises Conflict when another one has its number."""
        if checkpoint.seq in self._checkpoints:
            raise Conflict(f"checkpoint {checkpoint.seq} is there already")
        self._checkpoints[checkpoint.seq] = checkpoint

    def load(self, contents: Contents) -> None:
        """Fills an empty ledger with all of this or none; raises Refused when it is not empty."""
        if self._chains or self._checkpoints:
            raise not_empty(self.location)
        for row in contents.rows:
            check_product_name(row.product)
            self._chains.setdefault(row.product, []).append(event_of(row.product, row.text))
        self._checkpoints.update({checkpoint.seq: checkpoint for checkpoint in contents.checkpoints})
        self._actors.update({actor.id: actor for actor in contents.actors})

    def close(self) -> None:
        """Nothing to let go of."""


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STARTED = RunStarted(run="r1", inputs="sha256:1")
FAILED = RunFinished(run="r1", status="failed", reason="no data")


def raised_by(act: Callable[[], object]) -> CausewayError:
    """The error of ours that this raises."""
    try:
        act()
    except CausewayError as error:
        return error
    raise AssertionError("nothing was raised")


class LedgerContract:
    """What every ledger does: derive from it, and give it a fixture `ledger` that is empty."""

    def test_events_come_back_in_order_as_they_were_written(self, ledger: Ledger) -> None:
        """What append gave is what read gives."""
        written = ledger.append("churn", [STARTED, FAILED], actor="a-1", at=NOON)
        assert [event.body.seq for event in written] == [1, 2]
        assert written[1].body.prev == written[0].hash
        assert ledger.read("churn") == written
        assert ledger.read("churn", after=1) == written[1:]
        assert ledger.read("churn", after=2) == []

    def test_each_product_has_its_own_chain(self, ledger: Ledger) -> None:
        """Writing to one product leaves the others' heads alone."""
        (first,) = ledger.append("ab", [STARTED], actor="a-1", at=NOON)
        (other,) = ledger.append("a-c", [STARTED], actor="a-1", at=NOON)
        (third,) = ledger.append("a", [FAILED], actor="a-1", at=NOON)
        assert ledger.products() == ["a", "a-c", "ab"]
        assert ledger.heads() == [
            Head("a", 1, third.hash),
            Head("a-c", 1, other.hash),
            Head("ab", 1, first.hash),
        ]
        assert ledger.head("ab") == Head("ab", 1, first.hash)
        assert ledger.head("nobody").seq == 0

    def test_a_product_has_a_name_that_is_safe_in_a_path(self, ledger: Ledger) -> None:
        """Neither an append nor a backup brings another one in."""
        for name in ("../victim", "/victim", "", "Churn", "a" * 64):
            refusal = raised_by(lambda name=name: ledger.append(name, [STARTED], actor="a-1", at=NOON))
            assert isinstance(refusal, UsageError)
            contents = Contents([Row(name, 1, 0, "", "{}")], [], [])
            refusal = raised_by(lambda contents=contents: ledger.load(contents))
            assert isinstance(refusal, UsageError)
        assert ledger.products() == []

    def test_a_writer_who_saw_an_older_head_is_told(self, ledger: Ledger) -> None:
        """The second of two who saw the same head gets Conflict, and writes nothing."""
        ledger.append("churn", [STARTED], actor="a-1", at=NOON, expected=0)
        refusal = raised_by(lambda: ledger.append("churn", [FAILED], actor="a-2", at=NOON, expected=0))
        assert isinstance(refusal, Conflict)
        assert ledger.head("churn").seq == 1
        ledger.append("churn", [FAILED], actor="a-2", at=NOON, expected=1)
        assert ledger.head("churn").seq == 2

    def test_a_time_without_a_zone_is_refused_and_others_become_utc(self, ledger: Ledger) -> None:
        """Every stored time is UTC."""
        naive = NOON.replace(tzinfo=None)
        assert isinstance(
            raised_by(lambda: ledger.append("churn", [STARTED], actor="a", at=naive)), UsageError
        )
        assert ledger.products() == []

    def test_as_of_is_the_chain_as_it_once_was(self, ledger: Ledger) -> None:
        """A clock that stepped back makes no holes."""
        for hours in (0, 2, 1, 3):
            ledger.append("churn", [STARTED], actor="a-1", at=NOON + hours * HOUR)
        seen = {hours: len(ledger.read("churn", as_of=NOON + hours * HOUR)) for hours in (-1, 0, 1, 2, 3)}
        assert seen == {-1: 0, 0: 1, 1: 1, 2: 3, 3: 4}
        assert [e.body.seq for e in ledger.read("churn", after=1, as_of=NOON + 2 * HOUR)] == [2, 3]

    def test_any_text_comes_back(self, ledger: Ledger) -> None:
        """Quotes, zero bytes and every alphabet survive."""
        text = 'it\'s "quoted" % ? \x00 \n ünï \u4e2d\u6587 \U0001f600'
        ledger.append("churn", [RunFinished(run="r", status="failed", reason=text)], actor="a-1", at=NOON)
        (event,) = ledger.read("churn")
        assert isinstance(event.fact, RunFinished)
        assert event.fact.reason == text

    def test_a_lease_has_one_holder_until_it_runs_out(self, ledger: Ledger) -> None:
        """Its holder may renew it; others wait."""
        assert ledger.acquire("run:1", "one", now=NOON, seconds=60)
        assert not ledger.acquire("run:1", "two", now=NOON + timedelta(seconds=59), seconds=60)
        assert ledger.acquire("run:1", "one", now=NOON + timedelta(seconds=59), seconds=60)
        assert not ledger.acquire("run:1", "two", now=NOON + timedelta(seconds=118), seconds=60)
        assert ledger.acquire("run:1", "two", now=NOON + timedelta(seconds=119), seconds=60)
        assert not ledger.acquire("run:1", "one", now=NOON + timedelta(seconds=120), seconds=60)

    def test_only_its_holder_gives_a_lease_back(self, ledger: Ledger) -> None:
        """A stranger's release changes nothing."""
        ledger.acquire("run:1", "one", now=NOON, seconds=60)
        ledger.release_lease("run:1", "two")
        assert not ledger.acquire("run:1", "two", now=NOON, seconds=60)
        ledger.release_lease("run:1", "one")
        assert ledger.acquire("run:1", "two", now=NOON, seconds=60)

    def test_an_actor_keeps_one_id_until_erased(self, ledger: Ledger) -> None:
        """The e-mail says who it is; without one, the name."""
        ana = ledger.actor_for("Ana", "ana@example.org")
        assert ledger.actor_for("Ana Maria", "ana@example.org") == ana
        assert ledger.actor_for("Ana") not in {ana, ledger.actor_for("Bo")}
        assert ledger.actor_for("Bo") == ledger.actor_for("Bo")
        assert ana.startswith("a-")
        assert ledger.resolve(ana) == Actor(ana, "Ana", "ana@example.org")
        assert ledger.erase(ana)
        assert not ledger.erase(ana)
        assert ledger.resolve(ana) is None
        assert ledger.actor_for("Ana", "ana@example.org") != ana

    def test_a_checkpoint_number_is_given_once(self, ledger: Ledger) -> None:
        """The second gets Conflict."""
        one = Checkpoint(1, "sha256:1", "{}", "k-1", "c2ln")
        ledger.add_checkpoint(one)
        assert isinstance(raised_by(lambda: ledger.add_checkpoint(one)), Conflict)
        assert ledger.checkpoints() == [one]

    def test_only_an_empty_ledger_is_filled_from_a_copy(self, ledger: Ledger) -> None:
        """All that was loaded is there, and nothing is ever loaded over it."""
        other = MemoryLedger()
        other.append("churn", [STARTED, FAILED], actor=other.actor_for("Ana"), at=NOON)
        copy = Contents(other.rows(), [Checkpoint(1, "sha256:1", "{}", "k-1", "c2ln")], other.actors())
        ledger.load(copy)
        assert (ledger.rows(), ledger.checkpoints(), ledger.actors()) == (
            copy.rows,
            copy.checkpoints,
            copy.actors,
        )
        assert ledger.read("churn") == other.read("churn")
        assert isinstance(raised_by(lambda: ledger.load(copy)), Refused)

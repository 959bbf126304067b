"""Events of other tools: each kept once by its bytes, and a fact under the product whose data it touches."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.lineage import FOLDER, events_told
from causeway.actions.workspace import Workspace
from causeway.core.errors import Conflict, UsageError
from causeway.core.events import LINEAGE_CHAIN, LineageReceived
from causeway.core.ids import digest_of
from causeway.core.lineage import OURS
from causeway.core.lineage_events import EventSeen, Key, NoEvent, event_of, read_event

MAX_BODY_BYTES = 5 << 20
MAX_EVENTS = 1000
ATTEMPTS = 5


class TooMuch(UsageError):
    """More was sent than is taken at once."""

    code = "too_much"
    status = 413


class Taken(Struct, frozen=True):
    """What became of what was sent: `received`, or `already_received` where all of it was known."""

    status: str
    received: int
    already: int
    events: tuple[str, ...]
    """Their digests, in the order in which they were sent."""


class Inbox:
    """Takes events in; what the ledger knows is read once."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._alone = threading.Lock()
        self._heads: dict[str, int] = {}
        self._known: set[str] = set()
        self._owned: dict[Key, str] = {}
        self._looked_at = 0

    def take(self, body: bytes) -> Taken:
        """One event or a list of them: all are taken, or none where one is no event."""
        contents = split(body)
        events = [_read(content, at, len(contents)) for at, content in enumerate(contents, start=1)]
        digests = [digest_of(content) for content in contents]
        with self._alone:
            for _ in range(ATTEMPTS):
                try:
                    fresh = self._write(dict(zip(digests, zip(contents, events, strict=True), strict=True)))
                except Conflict:
                    continue
                status = "received" if fresh else "already_received"
                return Taken(status, fresh, len(digests) - fresh, tuple(digests))
        raise Conflict

    def _write(self, sent: Mapping[str, tuple[bytes, EventSeen]]) -> int:
        self._catch_up()
        facts: defaultdict[str, list[LineageReceived]] = defaultdict(list)
        for digest, (content, event) in sent.items():
            if digest not in self._known:
                self._work.artifacts.put(content)
                facts[self._chain(event)].append(_fact(digest, event))
        for chain, new in facts.items():
            head = self._heads.get(chain, 0)
            at = self._work.clock.now()
            self._work.ledger.append(chain, new, actor=self._work.actor, at=at, expected=head)
            self._heads[chain] = head + len(new)
            self._known.update(fact.event for fact in new)
        return sum(map(len, facts.values()))

    def _catch_up(self) -> None:
        for chain in {*self._work.ledger.products(), LINEAGE_CHAIN}:
            for event in self._work.ledger.read(chain, after=self._heads.get(chain, 0)):
                self._heads[chain] = event.body.seq
                if isinstance(event.fact, LineageReceived):
                    self._known.add(event.fact.event)

    def _chain(self, event: EventSeen) -> str:
        """The product whose dataset the event touches; the workspace's own chain where there is none."""
        owned = self._owned_by_products()
        products = set(self._work.products())
        keys = [key for dataset in event.datasets for key in (dataset.key, *dataset.aliases)]
        for key in (own_file(self._work, owned, key) or key for key in keys):
            name = key[0].removeprefix("file:") if key[0] != OURS else key[1].partition(".")[0]
            product = owned.get(key) or name
            if product in products:
                return product
        return LINEAGE_CHAIN

    def _owned_by_products(self) -> dict[Key, str]:
        """The datasets that our own runs read, and the product that read each."""
        folder = self._work.state / FOLDER
        changed = folder.stat().st_mtime_ns if folder.is_dir() else 0
        if changed != self._looked_at:
            self._looked_at = changed
            self._owned = owned_datasets(self._work)
        return self._owned


def owned_datasets(work: Workspace) -> dict[Key, str]:
    """What the products' runs and reads read: each dataset, and its product."""
    told = (event_of(event) for event in events_told(work))
    return {
        dataset.key: event.job[1].partition(".")[0]
        for event in told
        for dataset in event.inputs
        if event.job[0] == OURS
    }


def own_file(work: Workspace, owned: Mapping[Key, str], key: Key) -> Key | None:
    """The product's file that another tool calls by its whole path; None for any other dataset."""
    namespace, name = key
    if namespace not in {"file", "file:", "file://"}:
        return None
    path = Path(name)
    if not path.is_relative_to(work.root):
        return None
    inside = path.relative_to(work.root)
    # the product's folder is the workspace's, or lies in it
    tails = (Path(*inside.parts[at:]).as_posix() for at in range(len(inside.parts)))
    files = {known[1]: known for known in owned if known[0].startswith("file:")}
    return next((files[tail] for tail in tails if tail in files), None)


def received_events(work: Workspace) -> list[EventSeen]:
    """Everything that other tools sent, in the order of each chain."""
    chains = sorted({*work.ledger.products(), LINEAGE_CHAIN})
    facts = (event.fact for chain in chains for event in work.ledger.read(chain))
    return [read_event(work.artifacts.get(fact.event)) for fact in facts if isinstance(fact, LineageReceived)]


def split(body: bytes) -> Sequence[bytes]:
    """The bytes of each event that was sent."""
    if len(body) > MAX_BODY_BYTES:
        raise TooMuch(f"more than {MAX_BODY_BYTES >> 20} MiB at once", hint="send fewer events at a time")
    if body.lstrip()[:1] != b"[":
        return [body]
    try:
        events = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise NoEvent(f"this is no JSON: {error}", hint="send one event, or a list of events") from error
    if len(events) > MAX_EVENTS:
        raise TooMuch(f"{len(events):,} events at once", hint=f"send at most {MAX_EVENTS:,} at a time")
    return [bytes(event).strip() for event in events]


def _read(content: bytes, at: int, count: int) -> EventSeen:
    try:
        return read_event(content)
    except NoEvent as error:
        if count == 1:
            raise
        raise NoEvent(f"event {at} of {count}: {error.message}", hint=error.hint) from error


def _fact(digest: str, event: EventSeen) -> LineageReceived:
    namespace, name = event.outputs[0].key if event.form == "dataset" else event.job
    return LineageReceived(digest, event.form, namespace, name, event.run, event.state)

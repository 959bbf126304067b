"""Facts: what happened, in the past tense. Fields are only ever added, never renamed or removed."""

from datetime import datetime

import msgspec
from msgspec import Struct

from causeway.core.canary import CanaryJudged, CanaryStarted
from causeway.core.costs import BILLS_CHAIN, Spending
from causeway.core.fact import Fact
from causeway.core.ids import digest_of
from causeway.core.keeping import RecordsLost, SegmentErased
from causeway.core.loop import LoopEnded, LoopMoved, LoopResumed, LoopStarted, LoopStopped
from causeway.core.metering import Metering, Usage
from causeway.core.proofs import (
    BaselineMeasured,
    DependenciesScanned,
    EndpointProbed,
    LoadMeasured,
    ManifestAgreed,
    OwnTestsRan,
)
from causeway.core.reports import Reporting
from causeway.core.triggers import (
    AlertFailed,
    AlertSent,
    TriggerApproved,
    TriggerEnded,
    TriggerFired,
    TriggerWaits,
)
from causeway.core.value import Valuing
from causeway.core.watching import WatchJudged


class ProductDeclared(Fact, frozen=True, tag="product.declared"):
    """A manifest was accepted as the product's promise."""

    manifest: str
    """Digest of the manifest's bytes, kept in the artefact store."""
    stage: str
    owner: str = ""
    """Opaque actor id."""


class RunStarted(Fact, frozen=True, tag="run.started"):
    """Somebody asked for a release to be made."""

    run: str
    inputs: str
    """Digest of what the run starts from: manifest, code and data."""


class StageFinished(Fact, frozen=True, tag="stage.finished"):
    """One step of a run ended; its result lies in the artefact store under `result`."""

    run: str
    stage: str
    key: str
    """Digest of the stage's inputs; the same key never needs doing twice."""
    result: str
    seconds: float
    peak_bytes: int = 0
    """The most memory that was held, with the processes that it started."""
    cached: bool = False
    cost: float = 0.0
    """Estimated: the seconds at the usual price of a server on the rate card, then the cheap and the dear."""
    cost_low: float = 0.0
    cost_high: float = 0.0
    currency: str = ""
    rates: str = ""
    """The rate card's version; empty where nobody estimated."""


class RunFinished(Fact, frozen=True, tag="run.finished"):
    """A run ended: `made` with a release, or `failed` with the reason."""

    run: str
    status: str
    release: str = ""
    reason: str = ""
    code: str = ""


class ReleaseMade(Fact, frozen=True, tag="release.made"):
    """An immutable bundle was sealed and signed."""

    release: str
    run: str
    key_id: str
    metric: str = ""
    value: float | None = None
    baseline: float | None = None
    encoded_input: bool = False


class ReleaseAttached(Fact, frozen=True, tag="release.attached"):
    """A model that another tool keeps was brought in as a candidate for a release."""

    source: str
    """The address it was brought from."""
    model: str
    """Digest of its file."""
    flavour: str = ""
    run: str = ""
    """The run of that tool which made it."""
    version: str = ""
    claimed: dict[str, float] = {}
    """What that run says of its quality; nothing that was measured here."""


class FindingWaived(Fact, frozen=True, tag="finding.waived"):
    """A person took responsibility for going on in spite of a finding."""

    code: str
    because: str
    until: datetime | None = None
    release: str = ""


class TrafficRouted(Fact, frozen=True, tag="traffic.routed"):
    """Which releases answer from now on, and with what share of the traffic (percent, sums to 100)."""

    shares: dict[str, int]
    reason: str
    stage: str
    requests_per_minute: int | None = None
    undoes: int = 0
    """Sequence number of the routing that this one takes back; 0 where it is a step forward."""
    judgement: str = ""
    """Digest of what was known against the release when it went live, kept in the artefact store."""
    continues: int = 0
    """Sequence number of the routing that this one goes on from; both are taken back as one step."""
    shadow: tuple[str, ...] = ()
    """Releases that are asked beside, and whose answers nobody gets."""
    workers: int = 0
    """Processes that answer at least, where the manifest asks for fewer."""


class KeyIssued(Fact, frozen=True, tag="key.issued"):
    """A consumer got a key; only its digest is kept."""

    key: str
    digest: str
    consumer: str
    scopes: tuple[str, ...] = ("predict",)
    requests_per_minute: int | None = None
    requests_per_month: int | None = None


class KeyRevoked(Fact, frozen=True, tag="key.revoked"):
    """A consumer's key stopped working."""

    key: str


class SegmentSealed(Fact, frozen=True, tag="segment.sealed"):
    """A file of predictions or outcomes was closed for ever."""

    segment: str
    """Digest of the file's bytes."""
    stream: str
    path: str
    rows: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    torn_bytes: int = 0
    profile: str = ""
    """Digest of the summary of its columns that lies beside it; empty where none was made."""
    replaces: tuple[str, ...] = ()
    """The segments whose rows it holds now; they are none any more."""
    bytes: int = 0
    """Of the file and its profile; 0 where nobody counted them."""
    usage: tuple[Usage, ...] = ()
    """What its rows used, where they are new; what replaces others has none of its own."""


class RecordsTorn(Fact, frozen=True, tag="records.torn"):
    """Record logs held no whole record at all; they were put aside."""

    logs: tuple[str, ...]
    bytes: int


class OutcomesLabelled(Fact, frozen=True, tag="outcomes.labelled"):
    """What really happened became known for some predictions."""

    segment: str
    rows: int
    joined: int
    unmatched: int
    duplicates: int
    corrected: int = 0
    kpi: int = 0
    """How many of the joined ones came with a value of the business measure."""
    rehearsed: int = 0
    """How many predictions of a rehearsal, which no caller asked for, got their first outcome."""


class AccessAsked(Fact, frozen=True, tag="access.asked"):
    """Somebody asked to read a source for a purpose."""

    ask: str
    source: str
    """The name that the manifest gives it."""
    purpose: str
    days: int
    what: str
    """Digest of what is to be read: its address, query, and the classification of its columns."""
    columns: tuple[str, ...] = ()


class AccessGranted(Fact, frozen=True, tag="access.granted"):
    """Who may give a source away let this product read it, for one purpose and until a moment."""

    grant: str
    source: str
    purpose: str
    until: datetime
    what: str
    ask: str = ""
    columns: tuple[str, ...] = ()
    """The columns that may be read; all of them where none is named."""
    unmask: tuple[str, ...] = ()
    """The columns that are read as they are, whatever their classification."""


class AccessRevoked(Fact, frozen=True, tag="access.revoked"):
    """A grant was taken back."""

    grant: str
    because: str = ""


class DataRead(Fact, frozen=True, tag="data.read"):
    """A run read a source; `grant` is empty for a file of the proof of concept that nobody owns."""

    run: str
    source: str
    purpose: str
    digest: str
    """Digest of the file that the training got."""
    grant: str = ""
    rows: int | None = None
    columns: tuple[str, ...] = ()
    masked: dict[str, str] = {}
    """How each column was masked that was not read as it is."""


class ScoreStarted(Fact, frozen=True, tag="score.started"):
    """Somebody asked for answers to all rows of a source, by releases with these shares (percent)."""

    score: str
    shares: dict[str, int]
    source: str
    digest: str
    """Digest of the source's bytes."""
    target: str
    rows: int
    parts: int
    consumer: str = ""
    records: str = ""
    """What the same answers are recorded under, wherever they go."""


class ScorePartFinished(Fact, frozen=True, tag="score.part_finished"):
    """One part of the rows was answered and recorded; together `scored` and `set_apart` are its rows."""

    score: str
    part: int
    scored: int
    set_apart: int


class ScoreFinished(Fact, frozen=True, tag="score.finished"):
    """Every row was answered or set apart, and the target is whole."""

    score: str
    rows: int
    scored: int
    set_apart: int
    arms: dict[str, int] = {}
    """How many rows each arm answered."""
    target: str = ""
    """Digest of the target's bytes; empty where it is a table."""


class GatewayScaled(Fact, frozen=True, tag="gateway.scaled"):
    """The gateway that serves this product has another number of processes, because of how busy they were."""

    before: int
    after: int
    why: str
    cpu: float
    """Share of a processor that each used."""
    lag_ms: float
    """How late they came to what waited."""


class LineageReceived(Fact, frozen=True, tag="lineage.received"):
    """Another tool told of a run, a job or a dataset, in the words of OpenLineage."""

    event: str
    """Digest of its bytes, kept in the artefact store."""
    form: str
    """`run`, `job` or `dataset`."""
    namespace: str
    name: str
    """The job's, or the dataset's."""
    run: str = ""
    state: str = ""


LINEAGE_CHAIN = "lineage"
"""The chain of what was received and touches no product; no product may be called so."""

OWN_CHAINS = {LINEAGE_CHAIN: "what other tools send is kept", BILLS_CHAIN: "bills and prices are kept"}
"""The chains that are no product's, and what is kept there."""

Triggered = TriggerFired | TriggerWaits | TriggerApproved | TriggerEnded | AlertSent | AlertFailed
Followed = Triggered | LoopStarted | LoopMoved | LoopEnded | LoopStopped | LoopResumed
"""What follows by itself."""

Elsewhere = (
    AccessAsked | AccessGranted | AccessRevoked | DataRead | ReleaseAttached | ScoreStarted |
    ScorePartFinished | ScoreFinished | LineageReceived | ManifestAgreed | BaselineMeasured | OwnTestsRan |
    EndpointProbed | LoadMeasured | DependenciesScanned | Spending |
    Valuing | Reporting
)  # fmt: skip
"""Grants, reads, scorings, lineage, proofs, money, value, reports: each has a view of its own."""

AnyFact = (
    ProductDeclared
    | RunStarted
    | StageFinished
    | RunFinished
    | ReleaseMade
    | FindingWaived
    | TrafficRouted
    | CanaryStarted
    | CanaryJudged
    | KeyIssued
    | KeyRevoked
    | SegmentSealed
    | RecordsTorn
    | RecordsLost
    | SegmentErased
    | OutcomesLabelled
    | GatewayScaled
    | WatchJudged
    | Followed
    | Metering
    | Elsewhere
)


class Body(Struct, frozen=True):
    """What an event's hash covers, in the order it is written."""

    product: str
    seq: int
    at: datetime
    actor: str
    prev: str
    fact: AnyFact


class Event(Struct, frozen=True):
    """A fact with its place in the product's chain.

    `text` is the exact canonical JSON of the body as it was written; `hash` is its digest, so
    fields that a later version adds survive being read by an earlier one.
    """

    body: Body
    text: str
    hash: str

    @property
    def fact(self) -> AnyFact:
        """What happened."""
        return self.body.fact


_decode = msgspec.json.Decoder(Body).decode
_encode = msgspec.json.Encoder(order="sorted").encode

GENESIS = "sha256:" + "0" * 64
"""What the first event of a chain names as its predecessor."""


def seal(body: Body) -> Event:
    """The event that this body becomes."""
    text = _encode(body)
    return Event(body=body, text=text.decode(), hash=digest_of(text))


def reopen(text: str) -> Event:
    """The event that was written as this text; raises msgspec.ValidationError if it is not one."""
    return Event(body=_decode(text.encode()), text=text, hash=digest_of(text.encode()))

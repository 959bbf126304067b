"""Facts that checks rest on: what persons agreed to, and what was measured or run to know it."""

from msgspec import Struct

from causeway.core.fact import Fact


class ManifestAgreed(Fact, frozen=True, tag="manifest.agreed"):
    """A person put their name, in a role, to the manifest with this digest."""

    manifest: str
    role: str
    because: str = ""
    paper: str = ""
    """Digest of what they wrote on it, kept in the artefact store."""


class BaselineMeasured(Fact, frozen=True, tag="baseline.measured"):
    """The business measure was computed from data that is there already."""

    query: str
    """Digest of the query."""
    value: float
    data: dict[str, str]
    """Digest of each source that the query could see."""


class OwnTestsRan(Fact, frozen=True, tag="tests.ran"):
    """The product's own tests were run on its code."""

    source: str
    """Digest of the folder, as a release names it."""
    passed: int
    failed: int
    skipped: int = 0
    why: str = ""
    """Why they did not end by themselves, if they did not."""


class EndpointProbed(Fact, frozen=True, tag="endpoint.probed"):
    """A gateway with this release was asked as a stranger, a caller and a tool would ask it."""

    release: str
    anonymous: int
    """What a call without a key is answered with."""
    described: bool
    """Whether the protocol's metadata names the release's own inputs and outputs."""
    inferred: bool
    """Whether the protocol's own way of asking was answered."""
    asked: int
    answered: int
    tagged: int
    """How many answers are on record under the product, the release and the caller."""
    refused: int = 0
    """What a row that breaks the signature is answered with."""
    watched: int = 0
    """How many inputs have bounds, categories or an alphabet of the rows that this release was proven on."""
    told: int = 0
    """For how many of them a value outside is refused or flagged."""
    median: float = 0.0
    mean: float = 0.0
    p95: float = 0.0
    """Seconds of one prediction."""
    record_bytes: float = 0.0


class DependenciesScanned(Fact, frozen=True, tag="dependencies.scanned"):
    """A report on known weaknesses of packages was read."""

    environment: str
    """Digest of the packages with their versions, as a release names it."""
    report: str
    """Digest of the report, kept in the artefact store."""
    tool: str
    packages: int
    covered: int
    """How many of the packages the tool looked up."""
    weak: dict[str, tuple[str, ...]] = {}
    """Package and version to the names of what is known against it."""


class LoadStep(Struct, frozen=True, omit_defaults=True):
    """What came of asking at one rate for some seconds, whether or not the answers kept up.

    Milliseconds are those from when a request was due to its last byte, so that waiting counts.
    """

    rate: float
    """Requests a second that were due."""
    answered: float
    """Requests a second that were answered well."""
    requests: int
    errors: int
    p50_ms: float
    p99_ms: float
    cpu_seconds: float = 0.0
    """Of the gateway's processes, for 1,000 requests."""
    late_ms: float = 0.0
    """How much too late 99 of 100 requests were sent at most."""
    limit: str = ""
    """`generator` where who asked could not keep up, `machine` where others needed its processors."""


class LoadMeasured(Fact, frozen=True, tag="load.measured"):
    """A gateway with what is live was asked ever more, until it no longer kept what is promised."""

    shares: dict[str, int]
    """The releases that answered, with their share in percent."""
    peak: float
    """Requests a second that are expected at most."""
    latency_ms: float
    availability: float
    steps: tuple[LoadStep, ...]
    knee: float
    """The most requests a second at which the promise held; 0 where it held at none."""
    knee_above: float = 0.0
    """The fewest at which it did not hold any more; 0 where nothing broke it."""
    holds: bool = False
    """Whether the promise held at the peak itself, with the processes that the manifest asks for."""
    assumed: tuple[str, ...] = ()
    """What nobody promised, so that it was taken for granted."""
    workers: int = 1
    """Processes that answered."""
    needed: tuple[int, int, int] = (0, 0, 0)
    """Processes for the peak: at least, likely, at most."""
    cpu_seconds: float = 0.0
    """Of the gateway's processes, for 1,000 requests, below the knee."""
    memory_bytes: int = 0
    """Of all the gateway's processes, shared pages counted once."""
    processors: int = 0
    """Of the machine, which who asked shared with who answered."""
    limit: str = ""
    """What else than the gateway ended the search: `generator` or `machine`."""
    rows: int = 0
    """Different rows that were sent."""
    source: str = ""
    """Where they came from: `segments`, `records` or `example`."""
    records: str = ""
    cost: float = 0.0
    """A month of servers for the peak, likely, at least and at most."""
    cost_low: float = 0.0
    cost_high: float = 0.0
    currency: str = ""
    rates: str = ""
    """The rate card's version."""


class Suite(Struct, frozen=True):
    """How a run of tests ended; `why` says what kept it from ending by itself."""

    passed: int
    failed: int
    skipped: int = 0
    why: str = ""


class Review(Struct, frozen=True):
    """The commit that a folder is at: who wrote it, who approved it, whether the folder is as committed."""

    commit: str
    author: str
    approvers: tuple[str, ...]
    clean: bool
    first_change: str = ""
    """A file that is not as it was committed."""

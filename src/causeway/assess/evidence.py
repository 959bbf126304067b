"""What is known about a product when it is judged; everything may be missing, and then nothing is claimed."""

from datetime import datetime, timedelta

from msgspec import Struct

from causeway.assess.cost.reconcile import Reconciled
from causeway.assess.forecast import Forecast
from causeway.assess.running_cost import Trained
from causeway.core.contract import ContractReport
from causeway.core.finding import Finding
from causeway.core.metering import BudgetJudged, CostForecast
from causeway.core.proofs import Review
from causeway.core.release import Release
from causeway.core.watching import Alarm, Sight
from causeway.views.benefit import OnRecord
from causeway.views.product import ProductState, Waiver
from causeway.views.proofs import Baseline, Loaded, Probed, Scanned, SuiteRan

SIGNATURES = ("data science", "engineering", "business")
"""Who must sign the same manifest before success counts as agreed."""
SPONSOR = "sponsor"
RISK = "risk"
"""Who stands for the money, and who for whom it may harm."""


class Attestation(Struct, frozen=True):
    """A named person's word that a check is met, until it expires."""

    check: str
    by: str
    at: datetime
    until: datetime


class Agreement(Struct, frozen=True):
    """A signature in a role on one manifest, named by its digest."""

    role: str
    by: str
    manifest: str
    because: str = ""
    paper: str = ""


class SourceChecked(Struct, frozen=True):
    """A source of data held against its contract, which has this digest."""

    source: str
    contract: str
    report: ContractReport


class Chain(Struct, frozen=True):
    """What verifying the ledger found; `anchored` when an exported anchor agreed too."""

    whole: bool
    events: int
    anchored: bool = False
    first_bad: str = ""
    kept: str = ""
    """Where the anchor is kept."""


class Personal(Struct, frozen=True):
    """A column behind whose values a person could be, and what the contract and the grant say of it."""

    source: str
    column: str
    why: str
    classified: str = ""
    basis: str = ""
    """Why it may be processed, as the manifest has it."""


class Looked(Struct, frozen=True):
    """The last look at the product as it runs."""

    at: datetime
    release: str
    sights: tuple[Sight, ...]


class Permission(Struct, frozen=True):
    """How it stands with one source: `active`, why it may not be read, or empty where it has no owner."""

    source: str
    owner: str = ""
    state: str = ""
    until: datetime | None = None


class Rehearsal(Struct, frozen=True):
    """Rows with a known outcome that were answered and labelled by the usual verbs; no caller asked."""

    source: str
    answered: int
    known: int
    at: datetime


class Facts(Struct, frozen=True, omit_defaults=True):
    """What the world answers to a promise; None says that nobody looked."""

    at: datetime | None = None
    kind: str = ""
    """What the product answers, where no manifest says so."""
    manifest: str = ""
    """Digest of the manifest that is judged."""
    declared_at: datetime | None = None
    """When that manifest was written to the ledger."""
    owner_seen: datetime | None = None
    """When the owner last did something that the ledger or the directory knows of."""
    agreements: tuple[Agreement, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    findings: tuple[Finding, ...] | None = None
    sources: tuple[SourceChecked, ...] = ()
    baseline_measured: float | None = None
    """The KPI's baseline as computed from historic data."""
    baseline: Baseline | None = None
    """When that was first done with the manifest's query."""
    value: OnRecord | None = None
    """What is on record of its value, actors by their names; None where there is no ledger."""
    budgets: tuple[BudgetJudged, ...] = ()
    """Every time that a month's cost came near its budget, reached it, or was within it again."""
    foretold: tuple[datetime, CostForecast] | None = None
    """What it was last said to cost, and when."""
    reconciled: Reconciled | None = None
    """Metered and billed of what both cover, lately; None where no bill covers it."""
    permissions: tuple[Permission, ...] | None = None
    personal: tuple[Personal, ...] | None = None
    """What a scan of the data found; None where no data was scanned."""
    columns_scanned: int = 0
    source: str = ""
    """Digest of the folder, as a release names it."""
    review: Review | None = None
    tested: SuiteRan | None = None
    ci: str = ""
    """What runs the tests on every push."""
    probed: Probed | None = None
    """The latest probe of the release that is judged."""
    loaded: Loaded | None = None
    """The latest load on a gateway in which that release answered."""
    scanned: Scanned | None = None
    base_models: tuple[str, ...] | None = None
    """Models of others that the code loads; None where nobody looked."""
    models_in_bill: int | None = None
    """How many models the release's bill of materials names."""
    forecast: Forecast | None = None
    trained: Trained | None = None
    """What the run took that made the release."""
    release: Release | None = None
    signature_holds: bool | None = None
    data_resolves: bool | None = None
    """Whether the training data is still there under the digest that the release names."""
    lineage_connected: bool | None = None
    reproduced: bool | None = None
    """Whether a second run, with nothing taken from the first, made the same release."""
    judged_before_live: bool | None = None
    """Whether every release that answers was evaluated before it got traffic."""
    anonymous_status: int | None = None
    """What the endpoint answers without a key."""
    protocol_holds: bool | None = None
    """Whether the endpoint passed a probe of the Open Inference Protocol."""
    chain: Chain | None = None
    looked: Looked | None = None
    """What the live release's traffic was seen to be; None where nobody looked."""
    alarms: tuple[Alarm, ...] = ()
    """Those that are on."""
    predictions: int | None = None
    """Those that callers asked for."""
    due: int | None = None
    """How many of them are so old that their outcome should be known; all where the manifest says nothing."""
    joined: int = 0
    """Predictions whose outcome is known."""
    rehearsal: Rehearsal | None = None


def facts_from(state: ProductState, *, at: datetime) -> Facts:
    """What the ledger alone knows of a product at this time; add the rest with `structs.replace`."""
    return Facts(
        at=at,
        manifest=state.manifest,
        waivers=tuple(waiver for waiver in state.waivers if waiver.until is None or at < waiver.until),
        judged_before_live=_judged_before_live(state),
        predictions=state.rows_sealed("predictions") if state.segments else None,
        joined=state.outcomes.known,
        alarms=tuple(state.alarms.values()),
    )


def _judged_before_live(state: ProductState) -> bool | None:
    if not state.routings:
        return None
    latest = state.routings[-1]
    made = [state.releases.get(release) for release in latest.shares]
    return all(each is not None and each.value is not None and each.seq < latest.seq for each in made)


def within(moment: datetime | None, days: int, *, at: datetime | None) -> bool:
    """Whether the moment lies at most so many days back; unknown moments do not."""
    return moment is not None and at is not None and at - moment <= timedelta(days=days)

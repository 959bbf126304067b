"""The promise: what `causeway.toml` says, as frozen values.

The annotated reference file `core/reference/causeway.toml` is the schema's text for people; the
structs below are its types. A test holds the two together.
"""

from datetime import date
from decimal import Decimal

from msgspec import Struct


class ProductPart(Struct, frozen=True, omit_defaults=True):
    """Who it belongs to and what it is for."""

    name: str
    kind: str = ""
    purpose: str = ""
    success: str = ""
    stage: str = "sandbox"
    owner: str = ""
    sponsor: str = ""
    risk_tier: str = ""


class KpiPart(Struct, frozen=True, omit_defaults=True):
    """The business measure it should move."""

    name: str = ""
    family: str = ""
    unit: str = ""
    unit_value: Decimal | None = None
    currency: str = ""
    baseline: float | None = None
    target: float | None = None
    source: str = ""
    query: str = ""
    """One SELECT over the sources of data, whose only number is the baseline."""
    design: str = ""
    right_decision: Decimal | None = None
    wrong_decision: Decimal | None = None


class ValuePart(Struct, frozen=True, omit_defaults=True):
    """How its part in the business measure is told from chance, by `[kpi] design`."""

    unit: str = ""
    per: str = "mean"
    counts: str = ""
    horizon_days: float = 30.0
    lag_days: float = 0.0
    start: date | None = None
    end: date | None = None
    units: int | None = None
    """Planned, in both arms together."""
    cap: float | None = None
    covariate: str = ""
    washout: int = 0
    haircuts: str = "0, 10, 30, 60"

    @property
    def haircut_percents(self) -> dict[str, int]:
        """What is taken off a claim of each grade."""
        percents = (int(each) for each in self.haircuts.split(","))
        return dict(zip("ABCD", percents, strict=True))


class GuardrailPart(Struct, frozen=True, omit_defaults=True):
    """Something beside the business measure that must not get worse."""

    name: str
    margin: float
    better: str = "more"
    unit: str = ""


class BudgetPart(Struct, frozen=True, omit_defaults=True):
    """What it may cost, until when, and who said so."""

    build: Decimal | None = None
    run_per_month: Decimal | None = None
    currency: str = ""
    until: date | None = None
    approver: str = ""
    predictions_per_month: int | None = None
    rates: str = ""
    day_rate: Decimal | None = None
    upkeep_days: float | None = None
    """Days a month that people spend on it once it runs."""
    tools_per_month: Decimal | None = None
    discount_rate: float | None = None
    """What money is worth less a year later, as a share; 0.08 where nobody says."""
    enforce: str = "tell"
    """What happens once a month's cost has reached `run_per_month`: `tell`, or `refuse`."""


class CostPart(Struct, frozen=True, omit_defaults=True):
    """Which part of the bills is this product's: every word in it must match."""

    account: str = ""
    resource: str = ""
    tag: str = ""
    service: str = ""
    category: str = ""
    share: str = "direct"


class DataPart(Struct, frozen=True, omit_defaults=True, rename={"origin": "from"}):
    """One source of data."""

    name: str
    path: str = ""
    origin: str = ""
    """Where it comes from, if it does not lie in the folder; the key is `from`."""
    query: str = ""
    table: str = ""
    secret: str = ""
    owner: str = ""
    contract: str = ""
    target: str = ""
    positive: str = ""
    identifiers: tuple[str, ...] = ()
    time_column: str = ""
    access: str = ""
    purpose: str = ""
    legal_basis: str = ""

    @property
    def governed(self) -> bool:
        """Whether a grant is needed to read it."""
        return bool(self.origin or self.owner)


class ModelPart(Struct, frozen=True, omit_defaults=True):
    """The proof of concept's own entry points and the Python they need."""

    train: str = ""
    serve: str = ""
    python: str = ""
    requirements: str = ""
    features: str = ""
    artifact: str = ""

    @property
    def train_script(self) -> str:
        """The file that trains."""
        return self.train.partition(":")[0]

    @property
    def train_function(self) -> str:
        """The function to call in it; empty where the whole file is run."""
        return self.train.partition(":")[2]


class EvaluationPart(Struct, frozen=True, omit_defaults=True):
    """How well the model must do on held-out rows before it may ship."""

    floor: float | None = None
    calibration_error: float | None = None
    fairness: tuple[str, ...] = ()
    fairness_ratio: float = 0.8
    outcome_days: float | None = None
    """Within how many days it becomes known what really happened."""


class DecisionPart(Struct, frozen=True, omit_defaults=True):
    """What a decision of each sort is worth; losses are negative."""

    true_positive: Decimal | None = None
    false_positive: Decimal | None = None
    true_negative: Decimal = Decimal(0)
    false_negative: Decimal = Decimal(0)
    currency: str = ""


class SlicePart(Struct, frozen=True, omit_defaults=True):
    """A part of the rows on which the model must do well too."""

    name: str
    column: str
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    floor: float | None = None


class ServingPart(Struct, frozen=True, omit_defaults=True):
    """What callers may expect."""

    missing: str = "refuse"
    unseen: str = "refuse"
    validation: str = "strict"
    records: str = "async"
    latency_ms: float | None = None
    availability: float | None = None
    requests_per_minute: int | None = None
    reference_tolerance: float = 1e-5
    deadline_ms: float | None = None
    on_failure: str = "refuse"
    fallback: str = ""
    """The answer, as a JSON object, where the model gives none."""
    entity: str = ""
    salt: str = ""
    holdout_percent: int = 0
    withheld: str = "say"
    personal: str = "mask"
    on_full_disk: str = "answer"
    retention_days: int | None = None
    workers: int = 1
    workers_most: int | None = None


class TrialLimits(Struct, frozen=True, omit_defaults=True):
    """When a step is enough, and what every trial is judged by."""

    steps: str = "5, 25, 50"
    least_minutes: float = 30.0
    least_rows: int = 200
    most_hours: float = 72.0
    alpha: float = 0.05
    errors: float = 0.02
    latency: float = 1.5
    shift: float = 0.1
    quality: float = 0.05
    promote: str = "automatic"
    labels: str = "required"
    too_late: str = "hold"


class CanaryPart(TrialLimits, frozen=True, omit_defaults=True):
    """How a new release is tried on part of the traffic before it gets all of it."""

    kpi: float | None = None
    kpi_least: float | None = None
    kpi_most: float | None = None

    @property
    def percents(self) -> tuple[int, ...]:
        """The shares of the traffic, one after the other."""
        return tuple(int(step) for step in self.steps.split(","))


class MonitorPart(Struct, frozen=True, omit_defaults=True):
    """Something to watch, and the action it is bound to."""

    name: str
    watches: str
    column: str = ""
    threshold: float | None = None
    action: str = ""


class TriggerPart(Struct, frozen=True, omit_defaults=True):
    """When this happens, do that."""

    on: str
    do: str
    cooldown_hours: float = 24.0
    approval: bool | None = None
    """None where the risk tier decides."""
    name: str = ""
    threshold: float | None = None
    quiet: str = ""
    dry_run: bool = False

    @property
    def called(self) -> str:
        """What it is called where the manifest gives it no name."""
        return self.name or f"{self.on}-{self.do}"


class LoopPart(Struct, frozen=True, omit_defaults=True):
    """How a product is trained anew."""

    windows: str = "all, 90d, 30d"
    rows: str = "both"
    least_rows: int = 200
    judged_rows: int = 500
    gate: str = "better"
    margin: float = 0.02
    ship: str = "canary"
    stops_after: int = 2


class IntegrationPart(Struct, frozen=True, omit_defaults=True):
    """An outside system; its secret only as a reference (`env:NAME` or `file:PATH`)."""

    name: str
    kind: str
    url: str = ""
    secret: str = ""


class Manifest(Struct, frozen=True, omit_defaults=True):
    """One product's whole promise."""

    product: ProductPart
    kpi: KpiPart = KpiPart()
    value: ValuePart = ValuePart()
    guardrails: tuple[GuardrailPart, ...] = ()
    budget: BudgetPart = BudgetPart()
    costs: tuple[CostPart, ...] = ()
    data: tuple[DataPart, ...] = ()
    model: ModelPart = ModelPart()
    evaluation: EvaluationPart = EvaluationPart()
    decision: DecisionPart = DecisionPart()
    slices: tuple[SlicePart, ...] = ()
    serving: ServingPart = ServingPart()
    canary: CanaryPart = CanaryPart()
    monitors: tuple[MonitorPart, ...] = ()
    triggers: tuple[TriggerPart, ...] = ()
    loop: LoopPart = LoopPart()
    integrations: tuple[IntegrationPart, ...] = ()

"""An immutable bundle that answers requests, named by the digest of its description."""

from msgspec import Struct

from causeway.core.evaluation import CalibrationSeen, DecisionSeen, FairnessSeen, SliceSeen
from causeway.core.ids import digest_of_value

WORKER = "worker"
"""The form of a model that was not converted."""


class Field(Struct, frozen=True, omit_defaults=True):
    """One raw input column that a caller sends.

    `kind` is `number`, `integer`, `boolean` or `text`. `categories` lists what was proven for a
    closed set; `minimum` and `maximum` are those of the rows the model was proven on. `at_least` and
    `at_most` are rules: a contract in force demands them.
    """

    name: str
    kind: str
    required: bool = True
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    at_least: float | None = None
    at_most: float | None = None


class Output(Struct, frozen=True, omit_defaults=True):
    """What comes back: `probability` of each class, `label`, `value`, or whether to `act`.

    One acts on a row whose probability of `positive` reaches `threshold`.
    """

    name: str
    kind: str
    classes: tuple[str, ...] = ()
    positive: str = ""
    threshold: float = 0.5


class Signature(Struct, frozen=True):
    """The raw columns in, the answers out."""

    inputs: tuple[Field, ...]
    outputs: tuple[Output, ...]


class Parity(Struct, frozen=True, omit_defaults=True):
    """Proof that the release answers as the proof of concept did.

    `rows` were compared, raw row in and answer out; differences are absolute, in the units of the
    output, and `differences` are their quantiles. Beside the stored rows stand made-up ones at the
    edges: nothing in a column, its extremes, zero, less than nothing, texts never seen and very long ones;
    those that the proof of concept's own model refuses count as `edge_refused`.
    """

    rows: int
    rows_equal: int
    largest_difference: float
    label_flips: int
    tolerance: float
    matrix_columns: int = 0
    matrix_columns_equal: int = 0
    rows_in_source: int = 0
    differences: dict[str, float] = {}
    """`0.5`, `0.9`, `0.99`: half of the rows differ by at most the first..."""
    edge_rows: int = 0
    """Made-up rows that were compared."""
    edge_rows_equal: int = 0
    edge_largest_difference: float = 0.0
    edge_label_flips: int = 0
    edge_refused: int = 0

    @property
    def proven(self) -> bool:
        """Whether every row that was compared got the proof of concept's own answer."""
        stored = self.rows > 0 and self.rows_equal == self.rows and not self.label_flips
        return stored and self.edge_rows_equal == self.edge_rows


class Speed(Struct, frozen=True):
    """How fast a process with the whole model answered when the release was made.

    `one_row_ms` is the median of requests with one row, `rows_per_second` comes of requests with `batch`.
    """

    one_row_ms: float
    rows_per_second: float
    batch: int
    start_seconds: float


class Evaluation(Struct, frozen=True, omit_defaults=True):
    """How well the model does on rows it was not fitted on, beside the trivial answer.

    `low` and `high` bound the 95 % interval of `value`; `gain_low` and `gain_high` that of the
    paired difference to `baseline`, both by bootstrap over rows (Efron, 1979).
    """

    metric: str
    value: float
    low: float
    high: float
    baseline: float
    baseline_name: str
    rows: int
    method: str
    gain_low: float = 0.0
    gain_high: float = 0.0
    higher_is_better: bool = True
    claimed: float | None = None
    claimed_how: str = ""
    others: dict[str, float] = {}
    copies: int = 0
    """How many of the measured rows are copies of another; they are held out and resampled together."""
    floor: float | None = None
    """What the manifest says `value` must reach."""
    slices: tuple[SliceSeen, ...] = ()
    calibration: CalibrationSeen | None = None
    calibration_ceiling: float | None = None
    decision: DecisionSeen | None = None
    fairness: tuple[FairnessSeen, ...] = ()

    @property
    def has_skill(self) -> bool:
        """Whether the model beats the trivial answer beyond chance."""
        return self.gain_low > 0


class Model(Struct, frozen=True, omit_defaults=True):
    """How the bundle's model is run.

    `form` is `matrix` (one float input), `columns` (one input a field), or `worker`: the file is the model
    as its own framework saved it, opened only in a process of its own that `spec` describes, and `reason`
    says why it was not converted. Where `features` names a function (`module:function`), that process makes
    the model's `columns` of raw rows with it; only those in `missing` may lack a number. Its modules are the
    bundle's files below `features/`.
    """

    file: str
    form: str
    framework: str
    estimator: str
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()
    dtype: str = "float32"
    features: str = ""
    columns: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    spec: str = ""
    reason: str = ""

    @property
    def whole(self) -> bool:
        """Whether the model itself is run by a process of its own."""
        return self.form == WORKER

    @property
    def apart(self) -> str:
        """What of it a process of its own runs, in words; empty where nothing is."""
        return self.features or (f"the model ({self.estimator})" if self.whole else "")


class Release(Struct, frozen=True, omit_defaults=True):
    """The description of a bundle; its digest is the release's name.

    `files` maps each path in the bundle to the digest of its bytes. Nothing here depends on the
    time or the machine, so the same inputs make the same release.
    """

    product: str
    task: str
    """`binary`, `multiclass` or `regression`."""
    target: str
    signature: Signature
    model: Model
    evaluation: Evaluation
    parity: Parity
    files: dict[str, str]
    inputs: dict[str, str]
    """Digests of what it was made from: manifest, code, data, environment, contract."""
    missing: str = "refuse"
    unseen: str = "refuse"
    encoded_input: bool = False
    findings: tuple[str, ...] = ()
    """Codes of the findings that were open when it was made and that block shipping."""
    format: int = 1

    @property
    def digest(self) -> str:
        """The release's name."""
        return digest_of_value(self)

"""An immutable bundle that answers requests, named by the digest of its description."""

from msgspec import Struct

from causeway.core.ids import digest_of_value


class Field(Struct, frozen=True, omit_defaults=True):
    """One raw input column that a caller sends.

    `kind` is `number`, `integer`, `boolean` or `text`. `categories` lists what was proven for a
    closed set; `minimum` and `maximum` are those of the rows the model was proven on.
    """

    name: str
    kind: str
    required: bool = True
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


class Output(Struct, frozen=True, omit_defaults=True):
    """What comes back: `probability` of each class, `label`, or `value`."""

    name: str
    kind: str
    classes: tuple[str, ...] = ()
    positive: str = ""


class Signature(Struct, frozen=True):
    """The raw columns in, the answers out."""

    inputs: tuple[Field, ...]
    outputs: tuple[Output, ...]


class Parity(Struct, frozen=True, omit_defaults=True):
    """Proof that the release answers as the proof of concept did.

    `rows` were compared, raw row in and answer out; differences are absolute, in the units of the
    output.
    """

    rows: int
    rows_equal: int
    largest_difference: float
    label_flips: int
    tolerance: float
    matrix_columns: int = 0
    matrix_columns_equal: int = 0
    rows_in_source: int = 0


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

    @property
    def has_skill(self) -> bool:
        """Whether the model beats the trivial answer beyond chance."""
        return self.gain_low > 0


class Model(Struct, frozen=True, omit_defaults=True):
    """How the bundle's model is run.

    `form` is `matrix` (one float input) or `columns` (one input a field). Where `features` names a
    function (`module:function`), a worker process makes the model's `columns` of raw rows with it;
    only those in `missing` may lack a number. Its modules are the bundle's files below `features/`.
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

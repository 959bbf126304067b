"""What the runner writes about a training it watched: which tables were read, which matrices reached
which model, and how rows went from one to the other.

The runner runs in the proof of concept's own interpreter and knows nothing of ours; it writes
`trace.json` (this file's `Trace`) and its arrays beside it: float64 and int64 in native little-endian
order without a header, texts as a JSON list of strings and nulls. Equal columns share their bytes:
a numeric column is `rows` values of `file` from the byte `offset` on.

Places (`where`) read `train.py:12`, or `book.ipynb cell 7 line 2` with cells counted from 1, all kinds.
"""

from msgspec import Struct


class TracedColumn(Struct, frozen=True):
    """One column: `kind` is `float`, `integer`, `boolean` (float64, NaN = missing) or `text` (JSON)."""

    name: str
    kind: str
    file: str
    offset: int = 0
    rows: int = 0


class TracedTable(Struct, frozen=True):
    """A table as the proof of concept's own `read_*` call returned it.

    `index` names an int64 buffer of row labels where they are not 0, 1, 2...; labels that are not
    integers are numbered, the same text the same number in the whole trace.
    """

    id: str
    how: str
    path: str
    rows: int
    columns: tuple[TracedColumn, ...]
    index: str = ""
    where: str = ""


class Matrix(Struct, frozen=True, omit_defaults=True):
    """What was handed to an estimator (or one of its row-parents); equal values are stored once.

    `index` names an int64 buffer of row labels, where the object had labels. `named` says
    whether the column names are the proof of concept's own or made up (`x0`, `x1`, ...).
    """

    id: str
    rows: int
    columns: tuple[TracedColumn, ...]
    named: bool = True
    index: str = ""
    float32: bool = False
    one_dimensional: bool = False


class Link(Struct, frozen=True, omit_defaults=True):
    """How the rows of `child` came from `parent`: `same` row by row, or `rows` at `positions`.

    `positions` names an int64 buffer, one entry a child row; -1 marks a synthetic row.
    """

    kind: str
    parent: str
    child: str
    positions: str = ""
    how: str = ""
    """`train_test_split`, `fit_resample`, `transform`..."""


class Fit(Struct, frozen=True, omit_defaults=True):
    """A call of fit, fit_resample, predict, predict_proba or score made by the proof of concept's own code.

    `train_test_split` (object -1) is noted too, for the rows of its matrix and target that belong
    together. `matrix` is empty where it was too large to keep or not a matrix. A search over
    parameters (GridSearchCV) and its best estimator are one object.
    """

    call: str
    object: int
    estimator: str
    module: str
    matrix: str
    target: str = ""
    """Id of a column in `vectors`, where y was given."""
    where: str = ""


class Dump(Struct, frozen=True):
    """A model the proof of concept saved."""

    object: int
    path: str


class RowDrop(Struct, frozen=True, omit_defaults=True):
    """A statement after which a variable held fewer rows."""

    where: str
    source: str
    variable: str
    before: int
    after: int
    labels: str = ""
    """Name of an int64 buffer with the labels of the rows that went."""


class MadeAt(Struct, frozen=True):
    """The last statement that made or changed a column of this name."""

    column: str
    where: str
    source: str


class TraceError(Struct, frozen=True):
    """A statement that raised; the run went on with the next."""

    where: str
    error: str
    source: str = ""
    after: int = 0
    """How many statements had been begun before it."""


class Captured(Struct, frozen=True, omit_defaults=True):
    """A fitted model kept for conversion: a pickle that only the runner, in that environment, may open.

    `file` is empty where it could not be pickled, and `problem` says why. `how` is `fit`, or
    `namespace` for an object with `predict` that no watched fit made.
    """

    object: int
    estimator: str
    module: str
    file: str
    kind: str
    """`classifier`, `regressor`, `sampler` or `other`."""
    classes: tuple[str, ...] = ()
    parameters: dict[str, str] = {}
    how: str = "fit"
    variable: str = ""
    search: str = ""
    """The search (`GridSearchCV`...) that chose it."""
    seconds: float = 0.0
    """What its last fit took."""
    problem: str = ""
    instead_of: int = -1
    """The model that it is with the transformers before it, as one pipeline; its own fits are told too."""
    steps: tuple[str, ...] = ()
    """Those transformers."""
    early: tuple[str, ...] = ()
    """What they did before the rows were split, as leaks are called."""
    texts: bool = False
    """Whether one of them takes texts apart."""


class Trace(Struct, frozen=True):
    """The whole of one watched training."""

    python: str
    packages: dict[str, str]
    script: str
    seconds: float
    peak_bytes: int
    tables: tuple[TracedTable, ...] = ()
    matrices: tuple[Matrix, ...] = ()
    vectors: tuple[TracedColumn, ...] = ()
    """Targets given to fit; `name` is the vector's id."""
    links: tuple[Link, ...] = ()
    fits: tuple[Fit, ...] = ()
    dumps: tuple[Dump, ...] = ()
    resets: tuple[str, ...] = ()
    """int64 buffers: new label i was old label resets[i]."""
    drops: tuple[RowDrop, ...] = ()
    made: tuple[MadeAt, ...] = ()
    errors: tuple[TraceError, ...] = ()
    captured: tuple[Captured, ...] = ()
    printed: str = ""
    """The last 20,000 characters of its output."""
    stopped: str = ""
    """Why the run ended before its last statement (`sys.exit`)."""
    notes: tuple[str, ...] = ()
    """What was not kept, and why."""
    network: str = ""
    """`cut`, or why it was left open."""
    statements: int = 0
    begun: int = 0
    """How many of the `statements` were begun."""

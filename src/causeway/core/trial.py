"""What came of trying a proof of concept: its own code run on a copy, confined, and what that showed."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from causeway.core.environment import Environment, Problem
from causeway.core.finding import Finding
from causeway.core.poc import DataFile
from causeway.core.release import Evaluation
from causeway.core.table import Table


class Fence(Struct, frozen=True):
    """One limit of the cage, and what enforces it; empty where nothing on this machine does."""

    name: str
    how: str


class Entry(Struct, frozen=True, omit_defaults=True):
    """An entry point that was started: how far it came, and the first line that failed.

    `role` is `train` or `serve`. `done` statements of `statements` ran before the first failure; `failed`
    counts the later ones too. `error` is the exception, `what` and `remedy` are the plain words.
    """

    role: str
    path: str
    ended: bool
    done: int = 0
    statements: int = 0
    failed: int = 0
    where: str = ""
    error: str = ""
    what: str = ""
    remedy: str = ""
    seconds: float = 0.0
    stopped: str = ""
    fitted: tuple[str, ...] = ()
    """The estimators that it fitted."""


class SavedModel(Struct, frozen=True, omit_defaults=True):
    """A saved file that was opened: `outcome` is `predicts`, `loads`, `fails`, `no-model` or `not-tried`.

    `row` says where the row that it was asked came from, `answer` what it said.
    """

    path: str
    outcome: str
    estimator: str = ""
    row: str = ""
    answer: str = ""
    error: str = ""
    remedy: str = ""


class Worth(Struct, frozen=True, omit_defaults=True):
    """What a column is worth: the measure with it, and with it held constant."""

    column: str
    metric: str
    with_it: float
    without_it: float
    why: str = ""

    @property
    def worth(self) -> float:
        """How much of the measure is owed to the column."""
        return self.with_it - self.without_it


class Measured(Struct, frozen=True, omit_defaults=True):
    """The honest measure beside the claim; `by` says whose estimator, `reason` why there is none."""

    evaluation: Evaluation | None = None
    by: str = ""
    stand_in: bool = False
    """Whether a stand-in was measured, since the proof of concept's own model could not be."""
    leaks: tuple[Worth, ...] = ()
    commonest: float | None = None
    """The share of the commonest class, which is the accuracy of always saying it."""
    reason: str = ""


class Matched(Struct, frozen=True, omit_defaults=True):
    """An input of the app and the raw column that was fed to it."""

    input: str
    column: str


class Apart(Struct, frozen=True, omit_defaults=True):
    """A column of the model's matrix that the app fills otherwise than the training did."""

    column: str
    rows: int
    row: int = 0
    """The number of a raw record, from 0, where one can see it."""
    app: str = ""
    training: str = ""


class Serving(Struct, frozen=True, omit_defaults=True):
    """The app's own answers to stored rows, beside the model's answers on what the training made of them.

    `agree` of `rows` are the same; `failed` had no answer, `error` is the first such error. `reason` says
    why the app could not be driven.
    """

    path: str
    framework: str
    rows: int = 0
    agree: int = 0
    failed: int = 0
    error: str = ""
    against: str = ""
    apart: tuple[Apart, ...] = ()
    matched: tuple[Matched, ...] = ()
    unmatched: tuple[str, ...] = ()
    """Inputs of the app for which there is no column; they kept what they offer first."""
    unasked: tuple[str, ...] = ()
    """Columns that the model needs and that the app does not ask for."""
    refused: tuple[str, ...] = ()
    """Values of stored rows that an input does not take, with the number of rows."""
    lost: tuple[str, ...] = ()
    """Inputs that cannot say a stored value as it is, such as whole numbers only."""
    broken_after: int = 0
    """Rows where the model had answered, and the app failed afterwards."""
    largest: float = 0.0
    """The largest difference of a probability, or of a number that is answered."""
    typical: float = 0.0
    """The median difference of numbers that are answered."""
    pinned: str = ""
    """The pin without which the app does not answer at all."""
    example: str = ""
    reason: str = ""


class Served(Struct, frozen=True):
    """A replay with what only the trial itself needs: the app's error and its place, the model's labels."""

    serving: Serving
    error: str = ""
    where: str = ""
    labels: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    answers: tuple[str, ...] = ()
    """What the app's model answered about the app's own rows, at `places`."""


class StoodIn(Struct, frozen=True, omit_defaults=True):
    """Truth and held-out answers of a plain model, row by row; `without` goes by column held constant.

    For classes, `truth` and `labels` are places among `classes`, and `chances` those of the last class.
    """

    truth: tuple[float | None, ...] = ()
    labels: tuple[float | None, ...] = ()
    chances: tuple[float | None, ...] = ()
    folds: tuple[float | None, ...] = ()
    classes: tuple[str, ...] = ()
    method: str = ""
    columns: tuple[str, ...] = ()
    without: dict[str, tuple[float | None, ...]] = {}
    reason: str = ""


class Trial(Struct, frozen=True, omit_defaults=True):
    """Everything that trying a folder showed."""

    minutes: float
    seconds: float
    python: str = ""
    environment: str = ""
    """Where the environment is kept for the next try."""
    problems: tuple[Problem, ...] = ()
    fences: tuple[Fence, ...] = ()
    entries: tuple[Entry, ...] = ()
    models: tuple[SavedModel, ...] = ()
    measured: Measured = Measured()
    serving: tuple[Serving, ...] = ()
    findings: tuple[Finding, ...] = ()
    answered: tuple[str, ...] = ()
    """Codes of findings read from the text that the trial replaced."""
    reason: str = ""
    """Why nothing could be tried."""


class Bench(Struct, frozen=True):
    """Where things are tried: the environment, a fresh copy of the folder, the trace, and what was read."""

    environment: Environment
    root: str
    trace: str
    data: tuple[DataFile, ...]
    features: tuple[str, ...]
    target: str


class StoredRows(Struct, frozen=True):
    """Stored rows for a replay: raw, as the training made them, and where they stand in their file.

    `values` are those of each column of text that has few; `captured` is the model's number in the trace.
    """

    raw: Table
    matrix: Table
    positions: tuple[int, ...]
    values: Mapping[str, Sequence[str]]
    captured: int
    labels: tuple[str, ...] = ()
    """What to call each column of the matrix: the raw columns that it is made of, where rules tell."""

"""What following the code saw happen: data read, divided, fitted, judged, saved, loaded."""

from dataclasses import dataclass, field

from causeway.core.finding import Evidence
from causeway.intake.flow.values import Data, Estimator, Mark


@dataclass(frozen=True)
class Read:
    """Data came from a file."""

    path: str
    how: str
    at: Evidence


@dataclass(frozen=True)
class Split:
    """Rows were divided into those to learn from and those to judge by."""

    how: str
    at: Evidence
    data: tuple[Data, ...]
    seeded: bool = True
    shuffled: bool = True


@dataclass(frozen=True)
class Fit:
    """A model learned."""

    estimator: Estimator
    features: Data | None
    target: Data | None
    at: Evidence


@dataclass(frozen=True)
class Judged:
    """A quality was computed on these rows."""

    how: str
    rows: tuple[Data, ...]
    at: Evidence
    declared: bool = False
    """Whether it was only asked for, as when a network is compiled."""


@dataclass(frozen=True)
class Predicted:
    """A model answered."""

    rows: Data | None
    at: Evidence
    loaded: str = ""


@dataclass(frozen=True)
class Saved:
    """Something was written to a file; `what` is `model`, `transformer`, `checkpoint`, `data` or `other`."""

    path: str
    what: str
    at: Evidence
    estimator: int = 0
    held: Data | None = None
    """The data that was written."""


@dataclass(frozen=True)
class LoadedFile:
    """Something was read from a saved file by a loader that may run code."""

    path: str
    how: str
    at: Evidence


@dataclass
class Events:
    """Everything that one file's code did, in the order of following it."""

    reads: list[Read] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    predicted: list[Predicted] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    loads: list[LoadedFile] = field(default_factory=list)
    networks: dict[int, str] = field(default_factory=dict)
    """Task of a network by its identity, as its last layer or loss says."""
    again: list[Mark] = field(default_factory=list)
    """What was fitted on training rows, and then again on those of the test."""
    fitted_with: list[tuple[str, str, Evidence]] = field(default_factory=list)
    """Options given to a library's `fit` or `train`: the library, the option, the place."""
    drawn: set[int] = field(default_factory=set)
    """Identities of rows that were drawn at random."""
    compiled: set[int] = field(default_factory=set)
    """Networks that were made ready to learn."""
    layers: dict[int, list[str]] = field(default_factory=dict)
    """Names of a network's layers by its identity."""
    images: list[Data] = field(default_factory=list)
    """Images whose folders are their classes."""
    opened: list[Read] = field(default_factory=list)
    """Files that are opened by path; how is the mode."""
    similar: list[Fit] = field(default_factory=list)
    """Where everything was compared with everything."""
    torch_losses: list[tuple[str, Evidence]] = field(default_factory=list)
    asked: list[tuple[str, str, Evidence]] = field(default_factory=list)
    """Columns that were asked of a table as it was read: its file, the name, the place."""

"""How answers fared against outcomes, in little: counts and sums that add up, so that hours make days.

A score between 0 and 1 falls into a bin by its distance from the nearer end: each halving of it is cut into
`2**parts` equal parts, so bins are fine where scores are rare, and those of a coarser cut hold whole bins
of a finer one. What is kept has the finest cut that leaves at most 32,768 bins with anything in them.
"""

import zlib
from typing import Any, cast

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.stats.sequential import Moments

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HOUR_US = 3_600_000_000
UNKNOWN, ZERO, ONE = 0, 1, 2
"""The rows of every table of counts here: outcome not known yet, outcome 0, outcome 1."""


class ScoreBins(Struct, frozen=True, eq=False, array_like=True, tag="scores"):
    """Chances that were said (or the confidence in a label), by what came of them."""

    parts: int
    """Each halving of the distance from 0 or 1 has 2**parts bins."""
    places: Integers
    """Bins that hold anything, in the order of their scores."""
    counts: Integers
    """(3, bins): rows by `UNKNOWN`, `ZERO`, `ONE`."""
    slots: Integers
    """(3, 203): the same at each hundredth (odd) and between two of them (even), for exact thresholds."""
    said: Floats
    """(203,): sum of the scores whose outcome is known, by the same slots."""
    losses: Floats
    """Sums over known outcomes: log loss in nats, squared error."""

    @property
    def rows(self) -> int:
        """Scores, with and without a known outcome."""
        return int(self.counts.sum())

    @property
    def known(self) -> int:
        """Those whose outcome is known."""
        return int(self.counts[ZERO:].sum())


class LabelCounts(Struct, frozen=True, eq=False, array_like=True, tag="labels"):
    """How often each label was said where each came."""

    classes: tuple[str, ...]
    counts: Integers
    """(classes + 1, classes + 2): said by came; both have one place for any other label, and the last
    column is for rows whose outcome is not known yet."""

    @property
    def rows(self) -> int:
        """Answers, with and without a known outcome."""
        return int(self.counts.sum())

    @property
    def known(self) -> int:
        """Those whose outcome is known."""
        return int(self.counts[:, :-1].sum())


class NumberErrors(Struct, frozen=True, eq=False, array_like=True, tag="numbers"):
    """Sums over answered numbers whose outcome is known, in powers of the answers' unit.

    e is the answer less what came, y what came less `pivot`.
    """

    known: int
    unknown: int
    pivot: float
    errors: Floats
    """Sums of |e|, e, e**2, e**3, e**4."""
    truths: Floats
    """Sums of y, y**2, y**3, y**4."""
    both: Floats
    """Sums of e**2 * y, e**2 * y**2."""

    @property
    def rows(self) -> int:
        """Answers, with and without a known outcome."""
        return self.known + self.unknown


class Delays(Struct, frozen=True, eq=False, array_like=True, tag="delays"):
    """How long outcomes took: eight bins to each doubling, from a second on."""

    places: Integers
    """Bins that hold anything, in order; place k is up to 2**(k / 8) seconds."""
    counts: Integers
    before: int = 0
    """Outcomes that were known before the prediction was made; their clocks disagree, or they leaked."""


class ErrorsExpected(Struct, frozen=True, array_like=True, tag="expected"):
    """What a model of the errors expects of these rows, labelled or not; sums of it."""

    rows: int = 0
    beyond: int = 0
    """Rows outside of what that model was fitted on."""
    absolute: float = 0.0
    squared: float = 0.0
    known_rows: int = 0
    known_absolute: float = 0.0
    known_squared: float = 0.0
    """The same over the rows whose outcome is known: what the back-test compares."""

    def __add__(self, other: "ErrorsExpected") -> "ErrorsExpected":
        """Both together."""
        mine, its = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return ErrorsExpected(*(a + b for a, b in zip(mine, its, strict=True)))


class QualityWindow(Struct, frozen=True, eq=False, array_like=True):
    """One release's own answers of one arm in one hour (or several), in one slice or all, and what came."""

    since_us: int
    """Microseconds since 1970 in UTC, by the time of the prediction."""
    until_us: int
    release: str
    arm: str
    slice: str = ""
    """`name` of the manifest's slice, `name: value` of a slice by values, `column=value` of a fairness
    column; empty for all rows."""
    answered: int = 0
    labelled: int = 0
    scores: ScoreBins | None = None
    """Chance of the class that counts as yes; with more than two classes the confidence in the label."""
    labels: LabelCounts | None = None
    """What was said (or decided, where the release says whether to act) by what came."""
    numbers: NumberErrors | None = None
    loss: Moments = Moments()
    """A loss between 0 and 1 a row, for intervals that hold at every look: the squared error of a chance,
    the error of a label, whether a number lies farther off than the release's median error when measured."""
    delays: Delays | None = None
    expected: ErrorsExpected | None = None


class QualityWindows(Struct, frozen=True, eq=False, array_like=True):
    """All windows of one segment."""

    windows: tuple[QualityWindow, ...]
    format: int = 1


def write_windows(windows: QualityWindows) -> bytes:
    """The windows as the bytes of one file."""
    return zlib.compress(_encode(windows), 6)


def read_windows(content: bytes) -> QualityWindows:
    """The windows in these bytes; a ValueError where there are none."""
    try:
        return _decode(zlib.decompress(content))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(str(error)) from error


def _packed(array: object) -> tuple[str, tuple[int, ...], bytes]:
    if not isinstance(array, np.ndarray):
        raise NotImplementedError
    held = cast("NDArray[Any]", array)
    if held.dtype == np.int64 and held.size and int(held.max()) < 1 << 31:
        held = held.astype("<i4")
    return held.dtype.str, held.shape, held.tobytes()


def _unpacked(_: type, told: Any) -> NDArray[Any]:  # noqa: ANN401 - what msgpack read
    kind, shape, content = told
    if kind not in ("<i4", "<i8", "<f8"):
        raise ValueError(kind)
    found = np.frombuffer(content, kind).reshape(shape)
    return found.astype(np.int64) if kind == "<i4" else found


_encode = msgspec.msgpack.Encoder(enc_hook=_packed).encode
_decode = msgspec.msgpack.Decoder(QualityWindows, dec_hook=_unpacked).decode

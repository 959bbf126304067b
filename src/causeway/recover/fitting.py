"""Small fits that the search shares: equality within rounding, and lines through two points."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.table import Numbers
from causeway.recover.loaded import Positions

Mask = NDArray[np.bool_]

DOUBLE_TOLERANCE = 1e-9
SINGLE_TOLERANCE = 1e-6
LINE_TOLERANCE = 1e-7
FEWEST_POINTS = 4


def alike(left: Numbers, right: Numbers, tolerance: float) -> Mask:
    """Where two columns are equal but for rounding; NaN equals NaN."""
    with np.errstate(invalid="ignore"):
        close = np.abs(left - right) <= tolerance * 1e-3 + tolerance * np.abs(right)
    return close | (left == right) | (np.isnan(left) & np.isnan(right))


class Line(Struct, frozen=True):
    """`a * x + b`."""

    a: float
    b: float

    @property
    def plain(self) -> bool:
        """Whether it changes nothing."""
        return (self.a, self.b) == (1.0, 0.0)


def line_through(raw: Numbers, wanted: Numbers, tolerance: float) -> Line | None:
    """The line from `raw` to `wanted` where both are finite, the plain one if that will do; else None."""
    good = np.isfinite(raw) & np.isfinite(wanted)
    if good.sum() < FEWEST_POINTS:
        return None
    x, y = raw[good], wanted[good]
    if alike(x, y, tolerance).all():
        return Line(1.0, 0.0)
    low, high = int(np.argmin(x)), int(np.argmax(x))
    if x[low] == x[high]:
        return None
    with np.errstate(all="ignore"):
        a = float((y[high] - y[low]) / (x[high] - x[low]))
        b = float(y[low] - a * x[low])
        scale = max(1.0, float(np.abs(y).max()))
        fits = np.allclose(x * a + b, y, rtol=max(LINE_TOLERANCE, tolerance), atol=1e-9 * scale)
    return Line(a, b) if fits and a and np.isfinite(a) else None


def quick_line(
    made: Callable[[Positions | slice], Numbers], wanted: Numbers, probes: Positions, tolerance: float
) -> Line | None:
    """The same, tried on a few rows before all."""
    if line_through(made(probes), wanted[probes], tolerance) is None:
        return None
    return line_through(made(slice(None)), wanted, tolerance)


def single(values: Numbers) -> float | None:
    """The one number that all values are; None where they differ, or are NaN."""
    if not len(values) or not np.all(values == values[0]):
        return None
    return float(values[0])

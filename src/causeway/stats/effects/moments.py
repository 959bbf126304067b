"""What is kept of an arm's units: counts, means and spreads, which merge over days and cohorts.

Spreads are about the mean (Chan, Golub and LeVeque, 1979), so that values of any size keep their digits.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
CHUNK_UNITS = 32_768
"""So many at a time stay in a processor's cache."""


class ArmMoments(Struct, frozen=True, omit_defaults=True):
    """An arm's units: the measure `y`, and `x`: known before the start, or a ratio's denominator."""

    n: float = 0.0
    y: float = 0.0
    """Mean, in the unit of the measure."""
    yy: float = 0.0
    """Sum of squared distances from that mean."""
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    """Sum of the products of both distances."""

    def __add__(self, other: "ArmMoments") -> "ArmMoments":
        """Both together."""
        return stacked([self, other]).total().at(0)


def arm(y: Numbers, x: Numbers | None = None, *, cap: float | None = None) -> ArmMoments:
    """The moments of one value for each unit; none above `cap`, which was agreed before the start."""
    values = y if cap is None else np.minimum(y, cap)
    together = [
        _moments(values[i : i + CHUNK_UNITS], None if x is None else x[i : i + CHUNK_UNITS])
        for i in range(0, len(values), CHUNK_UNITS)
    ]
    return stacked(together).total().at(0) if together else ArmMoments()


def arm_of_counts(hits: float, units: float) -> ArmMoments:
    """The moments of a measure that is yes or no."""
    share = hits / units if units else 0.0
    return ArmMoments(float(units), share, units * share * (1 - share))


def arm_of_sums(
    n: float, y: float, yy: float, *, x: float = 0.0, xx: float = 0.0, xy: float = 0.0
) -> ArmMoments:
    """The moments from plain sums, as a database gives them: of y, y squared, x, x squared and x times y."""
    if not n:
        return ArmMoments()
    return ArmMoments(n, y / n, max(0.0, yy - y * y / n), x / n, max(0.0, xx - x * x / n), xy - x * y / n)


def by_unit(y: Numbers, unit: NDArray[np.int64]) -> Numbers:
    """The mean of each randomised unit's rows: agents, teams or shops rather than their tickets."""
    _, at = np.unique(unit, return_inverse=True)
    return np.bincount(at, y) / np.bincount(at)


class Stack(Struct, frozen=True):
    """The moments of many arms at once, field by field: metrics, looks, simulated streams."""

    n: Numbers
    y: Numbers
    yy: Numbers
    x: Numbers
    xx: Numbers
    xy: Numbers

    def at(self, place: int | tuple[int, ...]) -> ArmMoments:
        """One of them."""
        return ArmMoments(*(float(field[place]) for field in _fields(self)))

    def total(self) -> "Stack":
        """All along the last axis together, that axis kept with length one."""
        n = self.n.sum(-1, keepdims=True)
        whole = np.maximum(n, 1)
        y, x = ((self.n * mean).sum(-1, keepdims=True) / whole for mean in (self.y, self.x))
        apart_y, apart_x = self.y - y, self.x - x
        return Stack(
            n,
            y,
            (self.yy + self.n * apart_y**2).sum(-1, keepdims=True),
            x,
            (self.xx + self.n * apart_x**2).sum(-1, keepdims=True),
            (self.xy + self.n * apart_x * apart_y).sum(-1, keepdims=True),
        )

    def running(self) -> "Stack":
        """Along the last axis, each with all before it: from days to looks."""
        n = self.n.cumsum(-1)
        whole = np.maximum(n, 1)
        # about the mean of the whole stretch, so that few digits cancel
        far = self.total()
        apart_y, apart_x = self.y - far.y, self.x - far.x
        y, x = ((self.n * apart).cumsum(-1) / whole for apart in (apart_y, apart_x))
        return Stack(
            n,
            far.y + y,
            np.maximum((self.yy + self.n * apart_y**2).cumsum(-1) - n * y**2, 0),
            far.x + x,
            np.maximum((self.xx + self.n * apart_x**2).cumsum(-1) - n * x**2, 0),
            (self.xy + self.n * apart_x * apart_y).cumsum(-1) - n * x * y,
        )


def stacked(arms: Sequence[ArmMoments]) -> Stack:
    """Many arms as one stack, in this order."""
    fields = np.array([(a.n, a.y, a.yy, a.x, a.xx, a.xy) for a in arms], np.float64).reshape(-1, 6)
    return Stack(*fields.T.copy())


def stack_of_counts(hits: ArrayLike, units: ArrayLike) -> Stack:
    """Many arms of a measure that is yes or no."""
    found, n = np.broadcast_arrays(np.asarray(hits, np.float64), np.asarray(units, np.float64))
    share = found / np.maximum(n, 1)
    none = np.zeros_like(share)
    return Stack(n, share, n * share * (1 - share), none, none, none)


def stack_of_values(y: Numbers, x: Numbers | None = None) -> Stack:
    """Many arms from one value for each unit, units along the last axis."""
    n = np.full(y.shape[:-1], float(y.shape[-1]))
    mean = y.mean(-1)
    far = y - mean[..., None]
    spread, none = (far * far).sum(-1), np.zeros_like(mean)
    if x is None:
        return Stack(n, mean, spread, none, none, none)
    middle = x.mean(-1)
    before = x - middle[..., None]
    return Stack(n, mean, spread, middle, (before * before).sum(-1), (far * before).sum(-1))


def _moments(y: Numbers, x: Numbers | None) -> ArmMoments:
    n, mean = len(y), float(y.mean())
    far = y - mean
    if x is None:
        return ArmMoments(n, mean, float(far @ far))
    middle = float(x.mean())
    before = x - middle
    return ArmMoments(n, mean, float(far @ far), middle, float(before @ before), float(far @ before))


def _fields(stack: Stack) -> tuple[Numbers, ...]:
    return stack.n, stack.y, stack.yy, stack.x, stack.xx, stack.xy

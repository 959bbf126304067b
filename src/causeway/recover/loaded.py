"""A watched training with its arrays in memory."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from causeway.core.table import Column, Table
from causeway.core.trace import Trace

Positions = NDArray[np.int64]


def listed(positions: Positions) -> list[int]:
    """The positions as plain integers."""
    return [int(position) for position in positions]


class LoadedTrace(Struct, frozen=True):
    """The trace, and what its buffers hold.

    `tables`, `matrices` and `vectors` go by id, `indexes` by the name of the buffer (`TracedTable.index`,
    `Matrix.index`, `Link.positions`, `Trace.resets`, `RowDrop.labels`).
    """

    trace: Trace
    tables: dict[str, Table]
    matrices: dict[str, Table]
    vectors: dict[str, Column]
    indexes: dict[str, Positions]

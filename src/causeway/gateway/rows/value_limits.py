"""The limits that a contract in force puts on a release's fields."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from causeway.core.records import Value
from causeway.core.release import Field
from causeway.core.table import Numbers


class Limits:
    """What the values of some fields must lie between."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.names = tuple(field.name for field in fields)
        self._low = np.array([-math.inf if f.at_least is None else f.at_least for f in fields])
        self._high = np.array([math.inf if f.at_most is None else f.at_most for f in fields])
        self._all = list(zip(self.names, self._low.tolist(), self._high.tolist(), strict=True))

    def kept(self, numbers: Numbers) -> bool:
        """Whether all these rows, of these fields in order, keep them."""
        return bool(((numbers >= self._low) & (numbers <= self._high)).all())

    def broken_by(self, row: Mapping[str, Value]) -> Iterator[tuple[str, float, float]]:
        """The fields whose values do not keep them, each with its limits; nothing is no value."""
        for name, low, high in self._all:
            value = row.get(name)
            if isinstance(value, int | float) and not low <= value <= high:
                yield name, low, high


def limits_of(fields: Sequence[Field]) -> Limits | None:
    """The limits of these fields; None where there are none."""
    limited = [field for field in fields if field.at_least is not None or field.at_most is not None]
    return Limits(limited) if limited else None

"""What a contract in force demands of the values that a caller sends."""

import math
from collections.abc import Sequence

from msgspec import structs

from causeway.core.contract import Contract, Options
from causeway.core.release import Field

IN_FORCE = "active"
"""The status of a contract that somebody has put into force; what a draft says was only seen in some data."""


def limited(fields: Sequence[Field], contract: Contract, *, table: str) -> tuple[Field, ...]:
    """The fields with the limits of a contract that is in force, as rules; else as they are."""
    described = contract.object_named(table) if contract.status == IN_FORCE else None
    if described is None:
        return tuple(fields)
    options = {each.column: each.logical_type_options for each in described.columns}
    return tuple(_limited(field, options.get(field.name)) for field in fields)


def _limited(field: Field, options: Options | None) -> Field:
    if options is None or field.kind not in ("number", "integer"):
        return field
    least = [
        *_number(options.minimum),
        *(math.nextafter(x, math.inf) for x in _number(options.exclusive_minimum)),
    ]
    most = [
        *_number(options.maximum),
        *(math.nextafter(x, -math.inf) for x in _number(options.exclusive_maximum)),
    ]
    return structs.replace(field, at_least=max(least, default=None), at_most=min(most, default=None))


def _number(limit: float | str | None) -> list[float]:
    return [float(limit)] if isinstance(limit, int | float) and not isinstance(limit, bool) else []

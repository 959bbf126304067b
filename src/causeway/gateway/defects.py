"""A defect on the gateway's log: what failed and where, without the values of the request."""

import sys
import traceback


def print_defect(error: BaseException) -> None:
    """Writes the error's kind and its way through the code; its message may hold what somebody sent."""
    seen: set[int] = set()
    told: BaseException | None = error
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        traceback.print_tb(told.__traceback__, file=sys.stderr)
        kind = type(told)
        print(f"{kind.__module__}.{kind.__qualname__} (its message is not logged)", file=sys.stderr)  # noqa: T201 - the gateway's log is its standard error
        told = told.__cause__ or told.__context__

"""What products cost, written as FOCUS 1.2, so that any tool for cloud bills can read it."""

from collections.abc import Sequence
from datetime import date
from decimal import Context, Decimal
from pathlib import Path

from msgspec import Struct

from causeway.actions.bill.spent import parts
from causeway.actions.put import put
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.assess.cost.focus_rows import amount_of, focus_rows
from causeway.core.costs import Sums
from causeway.core.errors import NotFound, UsageError
from causeway.core.focus import FOCUS

SUFFIXES = (".csv", ".parquet")
_exact = Context(prec=200)


class Exported(Struct, frozen=True):
    """What was written: the sums by currency are those of `causeway bill show` over the same days."""

    file: str
    focus: str
    """The version of FOCUS."""
    products: tuple[str, ...]
    since: date
    until: date
    rows: int
    billed: Sums


def export(work: Workspace, products: Sequence[str], file: Path, *, since: date, until: date) -> Exported:
    """Writes what these products cost from `since` up to and including `until`."""
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{file.name} is neither CSV nor Parquet", hint="call it .csv or .parquet")
    if until < since:
        raise UsageError(f"{until} lies before {since}", hint="--until is the last day")
    spent = {product: parts(work, product, since, until) for product in products}
    rows = [row for product, each in spent.items() for row in focus_rows(work.root.name, product, each)]
    if not rows:
        raise NotFound(
            f"nothing is known of what {', '.join(products)} cost from {since} to {until}",
            hint="see: causeway bill show",
        )
    put(file, registry.bills().write_bill(rows, suffix))
    billed: Sums = {}
    for each in spent.values():
        for part in each:
            billed[part.currency] = _exact.add(billed.get(part.currency, Decimal(0)), amount_of(part))
    return Exported(str(file), FOCUS, tuple(products), since, until, len(rows), dict(sorted(billed.items())))

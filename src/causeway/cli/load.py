"""`causeway load`."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate
from causeway.core.ids import counted

if TYPE_CHECKING:
    from causeway.actions.load import Measured

WIDTH, COLUMN = 80, 12
NOT_HELD = 1
MB = 1e6


@click.command()
@click.argument("product")
@click.option("--peak", type=float, required=True, metavar="N", help="Requests a second expected at most.")
@click.option("--seconds", type=float, default=20.0, show_default=True, help="How long to ask, about.")
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@json_flag
@guarded
def command(product: str, *, peak: float, seconds: float, folder: Path, as_json: bool) -> int:
    """Find what a live PRODUCT (its name, or its folder) can take, and what its peak needs.

    A gateway of its own, with what is live and as it is configured, is asked ever more with rows on record
    until it no longer keeps the promise of the manifest. Nothing of it counts as traffic. Exit code 1 where
    the peak does not hold.
    """
    from causeway.actions.load import HOLDS, load

    found = load(product, folder, peak=peak, seconds=seconds, say=(lambda _: None) if as_json else narrate)
    code = 0 if found.status == HOLDS else NOT_HELD
    if as_json:
        emit(found, code=code)
        return code
    click.echo("\n".join(line for name, words in result_lines(found) for line in _wrapped(name, words)))
    return code


def result_lines(found: "Measured") -> Iterator[tuple[str, str]]:
    """What was measured and what follows, each with what it is about."""
    fact = found.fact
    verdict = {"holds": "holds", "does_not_hold": "does NOT hold"}.get(found.status, "was not reached")
    yield found.product, f"a peak of {fact.peak:,.0f} requests a second {verdict}"
    promised = f"p99 within {fact.latency_ms:g} ms, {fact.availability:.4g} answered"
    taken = f" (nobody promised {' and '.join(fact.assumed)}: taken for granted)" if fact.assumed else ""
    yield "promise", promised + taken
    yield "knee", _knee(found)
    yield (
        "cost of it",
        (
            f"{fact.cpu_seconds:.3g} processor seconds for 1,000 requests, {fact.memory_bytes / MB:,.0f} MB, "
            f"records {fact.records}"
        ),
    )
    if found.cost and found.processors:
        low, likely, high = fact.needed
        span = "" if low == high else f" ({low} to {high})"
        how = found.processors.how
        yield "needed", f"{counted(likely, 'worker')}{span}; {found.processors} busy: {how}"
        yield "price", f"{found.cost}: {found.cost.how}"
    left_out = f"; {found.left_out:,} more are not answered as they stand" if found.left_out else ""
    source = {
        "segments": "sealed records",
        "records": "records",
        "example": "the release's example row alone",
    }
    yield "sent", f"{fact.rows:,} different rows from {source[fact.source]}{left_out}"
    yield (
        "machine",
        (
            f"{fact.processors} processors, shared by the gateway ({fact.workers} of its processes) "
            "and by who asked it"
        ),
    )
    for doubt in found.doubts:
        yield "doubt", doubt


def _knee(found: "Measured") -> str:
    fact = found.fact
    if not fact.knee:
        return f"none: already {fact.knee_above:,.0f} a second breaks the promise"
    at = next(step for step in fact.steps if step.rate == fact.knee)
    seen = f"{fact.knee:,.0f} a second held (p50 {at.p50_ms:.3g}, p99 {at.p99_ms:.3g} ms"
    seen += f", {at.errors} of {at.requests:,} failed)"
    if not fact.knee_above:
        return f"{seen}, and nothing tried broke it"
    broke = f", {fact.knee_above:,.0f} did not"
    return seen + broke + (f"; there the {fact.limit} was the limit" if fact.limit else "")


def _wrapped(name: str, words: str) -> list[str]:
    if len(name) >= COLUMN:
        return [f"{name}: {words}"]
    return textwrap.wrap(
        words,
        WIDTH,
        initial_indent=name.ljust(COLUMN),
        subsequent_indent=" " * COLUMN,
        break_long_words=False,
    )

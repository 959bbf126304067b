"""`causeway watch --since`: the part of the verb that looks at a span of the past."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from causeway.cli.verb import emit
from causeway.cli.watch_table import is_table
from causeway.core.errors import UsageError
from causeway.core.ids import counted, short
from causeway.core.printable import harmless

if TYPE_CHECKING:
    from causeway.actions.watch.span import Spanned
    from causeway.actions.watch.span_columns import ColumnSpanned
    from causeway.actions.watch.span_quality import QualitySpanned
    from causeway.stats.distribution import Distribution

WIDTH = 80
ORDER = ("changed", "worse", "note", "ok", "not-enough-data")
QUANTILES = {"5": "5% below", "50": "half"}
SMALL = 0.0005
LONGEST = 40
UNBROKEN = "\N{NO-BREAK SPACE}"
DAY = click.DateTime(formats=["%Y-%m-%d"])

_OPTIONS = (
    click.option("--since", type=DAY, metavar="DAY", help="Look at the past: its first day, in UTC."),
    click.option("--until", type=DAY, metavar="DAY", help="Its last day. [default: today]"),
)


def span_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what names a span of the past, handed to the command as `since` and `until`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def refuse(
    products: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    *,
    backtest: bool,
    said: dict[str, Any],
) -> None:
    """Refuses what does not go with a span of the past."""
    if since is None and until is not None:
        raise UsageError(
            "--until without --since", hint=f"say both: --since {until:%Y-%m-01} --until {until:%Y-%m-%d}"
        )
    if since is None:
        return
    if table := next(filter(is_table, products), ""):
        raise UsageError(
            f"--since is said of a product, and {table} is a table",
            hint="of a table say --reference and --window",
        )
    if named := next((name for name, value in said.items() if value), ""):
        raise UsageError(
            f"--since and --{named.removeprefix('row_')} are two things",
            hint="--since is said of a product, the other of a table",
        )
    if backtest:
        raise UsageError("--since and --backtest are two things", hint="ask for one of them")
    if until is not None and until < since:
        raise UsageError(
            f"--until {until:%Y-%m-%d} is before --since {since:%Y-%m-%d}", hint="name the first day first"
        )


def spanned(
    products: Sequence[str], folder: Path, since: datetime, until: datetime | None, *, as_json: bool
) -> int:
    """What these products' span looked like; nothing is judged to be done, so the exit code is 0."""
    from contextlib import closing

    from causeway.actions.decide import existing_workspace
    from causeway.actions.watch.span import span_all

    work = existing_workspace(folder)
    with closing(work.ledger):
        found = span_all(work, products, since=since.date(), until=until.date() if until else None)
    if as_json:
        emit(found)
        return 0
    for each in found.products:
        click.echo(harmless("\n".join(span_lines(each))))
    return 0


def span_lines(found: "Spanned") -> Iterator[str]:
    """The span: how many rows, beside what, each column, what came of the answers."""
    days = f"{found.since}" if found.since == found.until else f"{found.since} to {found.until}"
    if found.status != "looked":
        yield from _wrapped(f"{found.product}: {days}  ", "no sealed rows that callers were answered", 2)
        return
    beside = f"beside {found.compared_with}" if found.compared_with else "with nothing to compare it with"
    yield from _wrapped(
        f"{found.product}: {days}  ",
        f"{counted(found.rows, 'row')}, release {short(found.release)}, {beside}",
        2,
    )
    yield from _beside_lines(found)
    order = {verdict: place for place, verdict in enumerate(ORDER)}
    for each in found.quality:
        yield from _quality(each)
    if not found.quality:
        yield "  nothing is known of their quality: no outcome came, or the release is not here"
    # answers first, in the order of what changed and matters
    for column in sorted(found.columns, key=lambda each: (order[each.verdict], each.kind)):
        yield from _column(column)
    yield from _wrapped("  ", "Nothing was recorded, and no alarm follows: causeway watch looks at now.", 2)


def _beside_lines(found: "Spanned") -> Iterator[str]:
    """What is not in these rows, or not of the release named."""
    if len(found.by_release) > 1:
        each = [f"{short(name)} {rows:,}" for name, rows in found.by_release.items()]
        yield from _wrapped("  ", f"rows by release: {', '.join(each)}; answers are the first one's own", 2)
    if found.left_out:
        each = [f"{arm} {rows:,}" for arm, rows in found.left_out.items()]
        yield from _wrapped("  ", f"left out, by arm: {', '.join(each)}", 2)
    if found.unread:
        yield f"  {counted(found.unread, 'segment')} of an earlier version have no profile and are left out"
    if found.is_open:
        yield f"  {found.until} is not over: what is not sealed yet is not in it"


def _quality(seen: "QualitySpanned") -> Iterator[str]:
    about = f" {seen.slice}" if seen.slice else ""
    yield from _wrapped(f"  {seen.verdict:<5} ", f"quality {seen.metric}{about}: {seen.why}", 8)
    if seen.slice:
        return
    said = [f"{seen.rows:,} of {counted(seen.answered, 'answer')} have an outcome"]
    if seen.waiting:
        said.append(f"{seen.waiting:,} are too young to count")
    if seen.is_of_holdout:
        said.append("these are of the holdout, whom no answer reached")
    if seen.method:
        said.append(f"interval by {seen.method}, 95 %")
    yield from _wrapped("        ", "; ".join(said), 8)


def _column(seen: "ColumnSpanned") -> Iterator[str]:
    what = "output" if seen.kind == "answer" else "drift"
    hangs = ""
    if seen.importance is not None:
        share = "nothing" if seen.importance < 1e-4 else f"{seen.importance:.0%}"
        hangs = f" ({share} of what answers hang on)"
    yield from _wrapped(f"  {seen.verdict:<5} ", f"{what} {seen.name}{hangs}: {seen.why}", 8)
    yield from _wrapped("        ", "; ".join(_numbers(seen)), 8)
    if seen.distribution is not None:
        yield from _spread("now ", seen.distribution)
    if seen.before is not None:
        yield from _spread("was ", seen.before)


def _numbers(seen: "ColumnSpanned") -> Iterator[str]:
    if seen.distance is not None:
        least = f", {seen.low:.4g} at least" if seen.low else ""
        yield f"distance {seen.distance:.4g}{least}"
        yield f"threshold {seen.threshold:g}"
    if seen.psi is not None:
        yield f"PSI {seen.psi:.4g}, up to {seen.psi_by_chance:.2g} by chance"
    was = f", was {seen.missing_before:.1%}" if seen.missing_before is not None else ""
    yield f"{counted(seen.rows, 'row')}, missing {seen.missing:.1%}{was}"


def _spread(when: str, found: "Distribution") -> Iterator[str]:
    """Quantiles of numbers ("5% below 0.1"), shares of texts."""
    if found.mean is not None:
        parts = [f"{QUANTILES.get(at, at + '%')} {value:.3g}" for at, value in found.quantiles.items()]
        parts.append(f"mean {found.mean:.3g}")
    else:
        parts = [f"{_cut(name)!r} {share:.1%}" for name, share in found.shares.items()]
        parts += [f"others {found.others:.1%}"] if found.others > SMALL else []
    if parts:
        whole = ", ".join(part.replace(" ", UNBROKEN) for part in parts)
        yield from (line.replace(UNBROKEN, " ") for line in _wrapped(f"        {when} ", whole, 13))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _wrapped(first: str, words: str, rest: int) -> list[str]:
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=" " * rest, break_long_words=False
    ) or [first.rstrip()]

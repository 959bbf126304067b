"""`causeway watch`."""

import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from causeway.assess.triggers import explained as told
from causeway.cli import watch_span
from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.cli.watch_table import is_table, table_options, watched
from causeway.core.errors import UsageError
from causeway.core.ids import short
from causeway.core.printable import harmless
from causeway.core.watching import ACT, Alarm, Sight

if TYPE_CHECKING:
    from causeway.actions.watch.backtest import BackTested
    from causeway.actions.watch.watch import Watched
    from causeway.actions.workspace import Workspace

WIDTH = 80
ACTS = 1
SHOWN = 5
STATE = ".causeway"
ORDER = ("act", "warn", "note", "ok", "not-enough-data", "silent")


@click.command()
@click.argument("products", nargs=-1, metavar="[PRODUCT|FILE|TABLE]...")
@click.option("--why", is_flag=True, help="Explain every monitor: what it saw, its threshold, its verdict.")
@click.option("--backtest", is_flag=True, help="How often each would have been wrong, and how late.")
@click.option("--dry-run", is_flag=True, help="Look, and write nothing.")
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@watch_span.span_options
@table_options
@json_flag
@guarded
def command(
    products: tuple[str, ...],
    *,
    why: bool,
    backtest: bool,
    dry_run: bool,
    folder: Path,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    **said: Any,  # noqa: ANN401 - as they are typed
) -> int:
    """Look at live products, all of them or each PRODUCT named; or at scored rows from anywhere.

    What callers sent and were answered is compared with what the release was made of and with the same hours
    before; outcomes with what the release promised. There is one alarm for each cause, and it is written when
    it is news. Exit code 1: something should be done.

    A FILE (CSV, TSV, JSON lines, Parquet) or a granted TABLE is compared with --reference, else with its own
    first quarter; which column is what is inferred and said.

    With --since it tells what a span of the past looked like beside what its release was made of; no alarm
    follows, and nothing is recorded.
    """
    watch_span.refuse(products, since, until, backtest=backtest, said=said)
    if products and all(map(is_table, products)):
        return watched(products, folder, why=why, as_json=as_json, said=said)
    if named := next((name for name, value in said.items() if value), ""):
        raise UsageError(
            f"--{named.removeprefix('row_')} is said of a table, and none is named",
            hint="name one: causeway watch rows.csv",
        )
    if len(products) == 1 and (Path(products[0]) / STATE).is_dir():
        products, folder = (), Path(products[0])
    if since:
        return watch_span.spanned(products, folder, since, until, as_json=as_json)
    from causeway.actions.act import with_triggers
    from causeway.actions.decide import existing_workspace
    from causeway.actions.watch.watch import watch_all

    work = existing_workspace(folder)
    with closing(work.ledger):
        if backtest:
            return _backtested(work, products, as_json=as_json)
        found = watch_all(work, products, dry_run=dry_run)
        found = with_triggers(work, found) if why else found
    code = ACTS if any(each.verdict == ACT for each in found.products) else 0
    if as_json:
        emit(found, code=code)
        return code
    for each in found.products:
        click.echo(harmless("\n".join(explained(each) if why else result_lines(each))))
    return code


def _backtested(work: "Workspace", products: tuple[str, ...], *, as_json: bool) -> int:
    from causeway.actions.watch.backtest import backtest_all

    found = backtest_all(work, products)
    if as_json:
        emit(found)
    else:
        for each in found.products:
            click.echo(harmless("\n".join(backtest_lines(each))))
    return 0


def backtest_lines(found: "BackTested") -> Iterator[str]:
    """Each monitor: how often it would have been wrong, and how late it finds what is planted."""
    if found.status != "tested":
        yield f"{found.product}: {found.status}, so there is no history to try monitors on"
        return
    yield f"{found.product}: monitors over what was recorded since {found.since:%Y-%m-%d %H:%M} UTC"
    for each in found.monitors:
        if not each.looks:
            yield f"  {each.monitor}: not enough is recorded to try it"
            continue
        wrong = f"{each.false} of {each.looks:,} looks would have warned"
        share = f"{each.false / each.looks:.1%} (95 %: {each.low:.1%} to {each.high:.1%})"
        acted = f", {each.acts} would have acted" if each.acts else ""
        yield from _wrapped(f"  {each.monitor}: ", f"{wrong}, {share}{acted}; {each.how}", rest=4)
        for one in each.planted:
            late = f", {one.windows:g} windows late ({one.hours:g} h)" if one.windows is not None else ""
            said = f"planted {one.what}: found in {one.found} of {one.places} places{late}"
            yield from _wrapped("    ", said, rest=6)


def result_lines(found: "Watched") -> Iterator[str]:
    """A look at a product in a few lines: its verdict, and each alarm with what to do."""
    yield from _headed(found)
    for alarm in found.alarms:
        yield from _alarm(alarm)
    for each in found.news:
        if each.alarm.verdict == "ok":
            yield from _wrapped(f"  over  {each.alarm.cause}: ", each.alarm.because)


def _headed(found: "Watched") -> Iterator[str]:
    if found.verdict == "not-live":
        yield f"{found.product}: nothing answers yet, so there is nothing to watch"
        return
    beside = f", beside {found.compared_with}" if found.compared_with else ""
    yield from _wrapped(
        f"{found.product}: {_loud(found.verdict)}  ", f"release {short(found.release)}{beside}"
    )
    few = [each for each in found.sights if each.verdict == "not-enough-data" and each.watches == "drift"]
    if few and not found.alarms:
        yield from _wrapped("  ", few[0].why)


def _alarm(alarm: Alarm) -> Iterator[str]:
    yield f"  {_loud(alarm.verdict):<5} {alarm.cause}, since {alarm.since:%Y-%m-%d %H:%M} UTC"
    for sight in alarm.sights[:SHOWN]:
        yield from _wrapped("        ", f"{_named(sight)}: {sight.why}")
    if len(alarm.sights) > SHOWN:
        yield f"        and {len(alarm.sights) - SHOWN} more: --why"
    if alarm.likely:
        yield from _wrapped("        Likely: ", alarm.likely)
    if alarm.command:
        yield f"        {alarm.command}"


def explained(found: "Watched") -> Iterator[str]:
    """Everything that was looked at, with its numbers, the worst first; then how."""
    yield from _headed(found)
    order = {verdict: place for place, verdict in enumerate(ORDER)}
    ways: dict[str, str] = {}
    for sight in sorted(found.sights, key=lambda each: (order[each.verdict], each.watches, each.about)):
        yield from _wrapped(f"  {_loud(sight.verdict):<5} ", f"{_named(sight)}: {sight.why}", rest=8)
        if numbers := "; ".join(_numbers(sight)):
            yield from _wrapped("        ", numbers)
        if sight.method:
            ways.setdefault(sight.watches, sight.method)
    if found.triggers:
        yield "Triggers:"
    for decision in found.triggers:
        yield from _wrapped("  ", told(decision))
    if ways:
        yield "How:"
    for watches, method in ways.items():
        yield from _wrapped(f"  {watches}: ", method, rest=4)


def _numbers(sight: Sight) -> Iterator[str]:
    if sight.value is not None:
        span = ""
        if sight.low is not None and sight.high is not None:
            span = f" ({sight.low:.4g} to {sight.high:.4g})"
        elif sight.low:
            span = f", {sight.low:.4g} at least"
        yield f"{sight.unit or 'value'} {sight.value:.4g}{span}"
    if sight.threshold is not None:
        yield f"threshold {sight.threshold:g}"
    if sight.reference is not None:
        yield f"reference {sight.reference:g}"
    if sight.rows:
        yield f"{sight.rows:,} rows, {sight.since:%m-%d %H:%M} to {sight.until:%m-%d %H:%M}"


def _named(sight: Sight) -> str:
    name = sight.watches if sight.monitor == sight.watches else f"{sight.monitor} ({sight.watches})"
    about = f" {sight.about}" if sight.about else ""
    if sight.importance is None:
        return f"{name}{about}"
    return f"{name}{about} ({_share(sight.importance)} of what answers hang on)"


def _share(importance: float) -> str:
    return "nothing" if importance < 1e-4 else f"{importance:.0%}"


def _loud(verdict: str) -> str:
    return verdict.upper() if verdict == ACT else verdict


def _wrapped(first: str, words: str, *, rest: int | None = None) -> list[str]:
    """The words within the width, below each other."""
    indent = " " * (len(first) if rest is None else rest)
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False
    ) or [first.rstrip()]

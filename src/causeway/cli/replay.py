"""`causeway replay`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate

if TYPE_CHECKING:
    from datetime import datetime

    from causeway.actions.replay.replay import Replayed
    from causeway.core.events import Event

WIDTH = 80
SHOWN_RULES = 5
LONG = 230
"""So many characters of an event are enough; the copy's ledger has all of them."""
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


class Span(click.ParamType[float]):
    """A time such as `30m`, `12h` or `7d`, in seconds."""

    name = "span"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds that this text says."""
        if isinstance(value, float):
            return value
        found = _SPAN.fullmatch(str(value).strip())
        if not found or not float(found[1]):
            self.fail(f"{value!r} is no time: write 30s, 15m, 12h or 7d", param, ctx)
        return float(found[1]) * UNITS[found[2]]


@click.command(name="replay")
@click.argument("file", type=PLACE)
@click.argument("folder", type=PLACE, default=".")
@click.option("--into", type=PLACE, required=True, help="New folder for the copy in which it happens.")
@click.option("--outcome", default="", metavar="COLUMN", help="What really happened.")
@click.option("--time", default="", metavar="COLUMN", help="When each row came.")
@click.option("--every", type=Span(), default=0.0, help="From one row to the next, without such a column.")
@click.option("--delay", type=Span(), default=0.0, help="After which outcomes are known. [default: at once]")
@click.option("--step", type=Span(), default=86_400.0, help="How often somebody looks. [default: 1d]")
@click.option("--block", type=Span(), default=28 * 86_400.0, help="Over which to measure. [default: 28d]")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Seconds of the table in one second. [default: as fast as it goes]",
)
@json_flag
@guarded
def command(
    file: Path,
    folder: Path,
    *,
    into: Path,
    outcome: str,
    time: str,
    every: float,
    delay: float,
    step: float,
    block: float,
    speed: float,
    as_json: bool,
) -> int:
    """Play a table's rows through a copy of the product, with time compressed."""
    from contextlib import closing

    from causeway.actions.decide import existing_workspace
    from causeway.actions.replay.replay import replay
    from causeway.actions.replay.rows import Wanted

    wanted = Wanted(file, outcome, time=time, every=every, delay=delay, step=step, block=block, speed=speed)
    work = existing_workspace(folder)
    with closing(work.ledger):
        replayed = replay(work, folder, wanted, into, watch=_nothing if as_json else _tell)
    if as_json:
        emit(replayed)
    else:
        _print(replayed)
    return 0


def _nothing(_at: "datetime", _events: "list[Event]") -> None:
    """Nobody listens."""


def _tell(at: "datetime", events: "list[Event]") -> None:
    import textwrap

    from causeway.views.timeline import tell

    for event in filter(_is_news, events):
        head = f"{at:%Y-%m-%d}  "
        words = _short(tell(event).words)
        narrate(textwrap.fill(words, WIDTH, initial_indent=head, subsequent_indent=" " * len(head)))


def _is_news(event: "Event") -> bool:
    """Whether it is worth a line: not every stage of every training is; the copy's ledger has them all."""
    from causeway.core.canary import GO_ON, CanaryJudged
    from causeway.core.events import (
        DataRead,
        ProductDeclared,
        RunFinished,
        RunStarted,
        StageFinished,
        TriggerEnded,
        TriggerFired,
    )

    if isinstance(event.fact, CanaryJudged):
        return event.fact.verdict != GO_ON or bool(event.fact.criteria)
    told_otherwise = (DataRead, ProductDeclared, RunFinished, RunStarted, StageFinished)
    return not isinstance(event.fact, (*told_otherwise, TriggerFired, TriggerEnded))


def _short(words: str) -> str:
    """The first few things that it says, whole."""
    said = words.split("; ")
    kept = said[:1]
    for each in said[1:]:
        if len("; ".join((*kept, each))) > LONG:
            return "; ".join(kept) + "; ..."
        kept.append(each)
    return words


def _print(replayed: "Replayed") -> None:
    from causeway.core.ids import counted, short
    from causeway.core.metrics import spoken

    click.echo(
        f"{replayed.product}: {counted(replayed.rows, 'row')} of "
        f"{(replayed.until - replayed.since).days} days in {replayed.seconds:.0f} s; "
        f"{replayed.answered:,} answered, {replayed.set_apart:,} refused, {replayed.labelled:,} with outcome"
    )
    for name, count in replayed.releases.items():
        click.echo(f"  {short(name)}  {count:>9,} answers")
    for rule, count in list(replayed.rules.items())[:SHOWN_RULES]:
        click.echo(f"  refused       {count:>9,} rows: {rule}")
    known = [block for block in replayed.blocks if block.value is not None]
    if known:
        days = (known[0].until - known[0].since).total_seconds() / 86_400
        click.echo(f"\n  {f'{days:g} days from':<13}  outcomes   {spoken(known[0].metric)}")
    for block in known:
        click.echo(f"  {block.since:%Y-%m-%d}     {block.rows:>8,}   {block.value:.3f}")
    for each in replayed.troubles:
        click.echo(f"  not done: {each.words}")
    click.echo(f"\nThe copy: {replayed.folder}, with its ledger; nothing else was changed.")
    click.echo(f"Look at it: causeway watch {replayed.folder}")

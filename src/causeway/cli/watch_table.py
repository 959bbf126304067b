"""`causeway watch FILE|TABLE`: the part of the verb that looks at rows from anywhere."""

import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from causeway.cli.verb import emit
from causeway.core.ids import counted
from causeway.core.printable import harmless
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, SILENT, WARN, Sight

if TYPE_CHECKING:
    from causeway.actions.watch.table import WatchedRows

WIDTH = 80
ACTS = 1
SHOWN = 8
ORDER = (ACT, WARN, NOTE, OK, SILENT, NOT_ENOUGH_DATA)
ROLES = ("time", "prediction", "score", "outcome", "id")
TOLD = {"quality", "estimate", "calibration"}

_OPTIONS = (
    click.option("--reference", default="", metavar="FILE|TABLE", help="Rows to compare with."),
    click.option("--time", default="", metavar="COLUMN", help="When each row was answered."),
    click.option("--prediction", default="", metavar="COLUMN", help="What was answered."),
    click.option("--score", default="", metavar="COLUMN", help="The chance that was answered."),
    click.option("--outcome", default="", metavar="COLUMN", help="What came of it."),
    click.option("--positive", default="", metavar="VALUE", help="The outcome that the chance is of."),
    click.option("--id", "row_id", default="", metavar="COLUMN", help="What names a row."),
    click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave it out; as often as needed."),
    click.option("--window", default="", metavar="1d|6h|500", help="A window's time, or its rows."),
)


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what can be said of a table."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_table(name: str) -> bool:
    """Whether this names a table and no product."""
    from causeway.actions.watch.table_source import is_table as known

    return known(name)


def watched(names: Sequence[str], folder: Path, *, why: bool, as_json: bool, said: dict[str, Any]) -> int:
    """One look at each of these tables."""
    from causeway.actions.watch.table import watch_tables
    from causeway.assess.table_roles import Asked

    asked = Asked(
        time=said["time"],
        prediction=said["prediction"],
        score=said["score"],
        outcome=said["outcome"],
        id=said["row_id"],
        positive=said["positive"],
        ignore=tuple(said["ignore"]),
    )
    found = watch_tables(names, folder, reference=said["reference"], asked=asked, window=said["window"])
    code = ACTS if any(each.verdict == ACT for each in found.tables) else 0
    if as_json:
        emit(found, code=code)
        return code
    for each in found.tables:
        click.echo(harmless("\n".join(table_lines(each, why=why))))
    return code


def table_lines(found: "WatchedRows", *, why: bool = False) -> Iterator[str]:
    """A look at a table in a few lines: its verdict, which column is what, and what changed."""
    each = f" by {found.window}" if found.window else ""
    beside = f"{counted(found.rows, 'row')}{each}, beside {found.reference}"
    beside += f": {counted(found.reference_rows, 'row')}"
    yield from _wrapped(f"{found.table}: {_loud(found.verdict)}  ", beside, rest=2)
    yield from _wrapped("  ", "; ".join(_roles(found)), rest=4)
    if found.timeless:
        yield from _wrapped(
            "  ", f"{counted(found.timeless, 'row')} without a time, which are in no window", rest=4
        )
    order = {verdict: place for place, verdict in enumerate(ORDER)}
    ranked = sorted(found.sights, key=lambda sight: (order[sight.verdict], sight.watches in TOLD))
    told = ranked if why else [sight for sight in ranked if _is_told(sight, found.verdict)]
    most = len(told) if why else SHOWN
    for sight in told[:most]:
        yield from _told(sight, why=why)
    if len(told) > most:
        yield f"        and {len(told) - most} more: --why"
    if fine := sum(sight.verdict == OK and sight not in told for sight in found.sights):
        yield f"  ok    {counted(fine, 'column')} as the reference, within what chance does"
    yield from _history(found)


def _is_told(sight: Sight, verdict: str) -> bool:
    if sight.verdict == NOT_ENOUGH_DATA:
        return verdict == NOT_ENOUGH_DATA or sight.watches == "quality"
    loud = sight.verdict in {ACT, WARN} or (sight.verdict == NOTE and sight.lasting)
    return loud or sight.watches in TOLD


def _told(sight: Sight, *, why: bool) -> Iterator[str]:
    about = f" {sight.about}" if sight.about else ""
    yield from _wrapped(f"  {_loud(sight.verdict):<5} ", f"{sight.watches}{about}: {sight.why}", rest=8)
    if why and sight.value is not None:
        low = f", {sight.low:.4g} at least" if sight.low else ""
        held = f"; threshold {sight.threshold:g}" if sight.threshold is not None else ""
        yield f"        {sight.unit or 'value'} {sight.value:.4g}{low}{held}; {sight.rows:,} rows"


def _roles(found: "WatchedRows") -> Iterator[str]:
    roles = found.roles
    for role in ROLES:
        if name := getattr(roles, role):
            of = f" of {found.positive}" if role == "score" and found.positive else ""
            yield f"{role} {name}{of}{'' if role in roles.inferred else ' (as asked)'}"
    if not roles.answers:
        yield "no column of answers: --prediction or --score names it"
    held = {getattr(roles, role) for role in ROLES}
    others = [f"{name} ({why})" for name, why in roles.left_out.items() if name not in held]
    yield f"{counted(len(roles.features), 'input')}{', without ' + ', '.join(others[:4]) if others else ''}"
    if len(others) > 4:
        yield f"and {len(others) - 4} more left out"


def _history(found: "WatchedRows") -> Iterator[str]:
    """In how many windows there was something, and when first."""
    if len(found.windows) < 2:
        return
    changed = [each for each in found.windows if each.verdict in (ACT, WARN)]
    few = sum(each.verdict == NOT_ENOUGH_DATA for each in found.windows)
    said = f"{len(changed)} of {counted(len(found.windows), 'window')} changed"
    if changed and found.timed:
        said += f", first that of {changed[0].since:%Y-%m-%d %H:%M}"
    if changed and changed[0].changed:
        said += f" ({', '.join(changed[0].changed[:3])})"
    if few:
        said += f"; {few} had too few rows of their own"
    yield from _wrapped("  ", said, rest=4)


def _loud(verdict: str) -> str:
    return verdict.upper() if verdict == ACT else verdict


def _wrapped(first: str, words: str, *, rest: int) -> list[str]:
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=" " * rest, break_long_words=False
    ) or [first.rstrip()]

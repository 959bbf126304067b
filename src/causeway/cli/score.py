"""`causeway score`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate

if TYPE_CHECKING:
    from collections.abc import Callable

    from causeway.actions.score.score import Scored

SHOWN = 8
SECONDS_BETWEEN_LINES = 5.0


@click.command()
@click.argument("release")
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--from", "source", required=True, metavar="FILE|TABLE", help="Rows: a file, folder, or source."
)
@click.option("--to", "target", required=True, metavar="FILE|TABLE", help="Where the answers go.")
@click.option("--keep", default="", metavar="A,B", help="Columns of the rows to put beside the answers.")
@click.option(
    "--id",
    "unit",
    default="",
    metavar="COLUMN",
    help="Draw each row's release by it.",
)
@click.option("--consumer", default="score", show_default=True, help="Whom the records name as asking.")
@json_flag
@guarded
def command(
    release: str,
    folder: Path,
    *,
    source: str,
    target: str,
    keep: str,
    unit: str,
    consumer: str,
    as_json: bool,
) -> None:
    """Answer all rows of a table by RELEASE (first digits, or `live`).

    Tables: CSV, Parquet, folders of them, sources that causeway.toml names, sqlite:///file.db#table,
    postgresql://host/db#table.
    """
    from causeway.actions.decide import existing_workspace
    from causeway.actions.score.score import Wanted, score

    work = existing_workspace(folder)
    wanted = Wanted(
        release=release,
        source=source,
        target=target,
        keep=tuple(filter(None, (name.strip() for name in keep.split(",")))),
        unit=unit,
        consumer=consumer,
    )
    started = time.monotonic()
    scored = score(work, folder, wanted, watch=_progress())
    if as_json:
        emit(scored)
    else:
        click.echo("\n".join(score_lines(scored, seconds=time.monotonic() - started)))


def _progress() -> "Callable[[int, int, int], None]":
    """Says how far it is: in place on a terminal, else a line from time to time."""
    import sys

    if sys.stderr.isatty():
        return _in_place
    last = [time.monotonic()]

    def line(done: int, total: int, apart: int) -> None:
        if done < total and time.monotonic() - last[0] < SECONDS_BETWEEN_LINES:
            return
        last[0] = time.monotonic()
        narrate(f"{done:,} of {total:,} rows, {apart:,} set apart")

    return line


def _in_place(done: int, total: int, apart: int) -> None:
    share = 100 * done // max(total, 1)
    end = "\n" if done >= total else ""
    click.echo(f"\r{share:3d} %  {done:,} of {total:,} rows, {apart:,} set apart{end}", err=True, nl=False)


def score_lines(scored: "Scored", *, seconds: float) -> list[str]:
    """What became of the rows, for a person."""
    if scored.status == "already_scored":
        found = f"{scored.scored:,} of {scored.rows:,} rows are in {scored.target}"
        return [f"{scored.product}: already scored: {found}"]
    lines = [f"{scored.product}: {scored.rows:,} rows of {scored.source} in {seconds:.1f} s"]
    lines.append(f"  {scored.scored:>12,} answered in {scored.target}")
    if len(scored.arms) > 1:
        lines += [f"  {rows:>12,}   by the {arm}" for arm, rows in scored.arms.items()]
    if scored.set_apart:
        lines.append(f"  {scored.set_apart:>12,} set apart in {scored.set_aside}")
        lines += [f"  {rows:>12,}   {rule}" for rule, rows in list(scored.rules.items())[:SHOWN]]
    if scored.taken_up:
        lines.append(f"  {scored.taken_up} of {scored.parts} parts were done before")
    lines += [f"  not checked part by part: {each}" for each in scored.unchecked]
    return lines

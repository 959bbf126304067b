"""`causeway lineage`."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.views.lineage import Node

WIDTH = 80
SHOWN_COLUMNS = 6


@click.command()
@click.argument("target")
@click.argument("folder", type=PLACE, default=".")
@click.option("--column", default="", metavar="NAME", help="Follow this column alone.")
@json_flag
@guarded
def command(target: str, folder: Path, column: str, *, as_json: bool) -> None:
    """Walk from a prediction, release, run or dataset back to where its data came from.

    TARGET is a prediction's id, the first digits of a release, a run's id, or a dataset's name. What other
    tools sent as OpenLineage events is walked through too.
    """
    from causeway.actions.decide import readable_workspace
    from causeway.actions.lineage_walk import Lineage
    from causeway.core.printable import harmless

    work = readable_workspace(folder)
    with closing(work.ledger):
        walked = Lineage(work).walk(target, column=column)
    if as_json:
        emit(walked)
        return
    lines = list(_tree(walked.way))
    if walked.used_by:
        lines += ["", "Used by"]
        for node in walked.used_by:
            lines += _tree(node, first="- ", rest="  ")
    click.echo(harmless("\n".join(lines)))


def _tree(node: "Node", *, first: str = "", rest: str = "") -> Iterator[str]:
    yield from _wrapped(_label(node), first, rest + ("|  " if node.children else "   "))
    shown, more = list(node.children), 0
    if node.kind == "columns" and len(shown) > SHOWN_COLUMNS + 1:
        shown, more = shown[:SHOWN_COLUMNS], len(shown) - SHOWN_COLUMNS
    for at, child in enumerate(shown, start=1):
        last = at == len(shown) and not more
        yield from _tree(
            child, first=f"{rest}{'`- ' if last else '|- '}", rest=f"{rest}{'   ' if last else '|  '}"
        )
    if more:
        yield f"{rest}`- and {more} more: --column NAME follows one"


def _label(node: "Node") -> str:
    name = node.name if node.kind == "columns" else f"{node.kind} {node.name}"
    where = f"of {node.namespace}" if node.kind in {"dataset", "job", "column"} and node.namespace else ""
    how = f"({node.told})" if node.kind == "column" and node.told and where else node.told
    said = (
        ", ".join(filter(None, (where, how)))
        if node.kind != "column"
        else " ".join(filter(None, (where, how)))
    )
    above = "; see above" if node.above else ""
    return f"{name}{'  ' if said else ''}{said}{above}"


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    """The text within the width; a name that is longer than a line is cut where the line ends."""
    import textwrap

    room = max(20, WIDTH - len(rest))
    lines = textwrap.wrap(text, width=room, break_on_hyphens=False, drop_whitespace=True) or [""]
    return [first + lines[0], *(f"{rest}{line}" for line in lines[1:])]

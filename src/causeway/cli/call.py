"""`causeway call`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag, narrate

if TYPE_CHECKING:
    from causeway.actions.call import Called, RowAnswer

WIDTH, SHOWN, NUMBER, ID = 80, 20, 6, 36


@click.command()
@click.argument("product")
@click.argument("file", default="", metavar="[FILE|-]")
@click.option(
    "--row", "given", multiple=True, metavar="JSON", help="A row as a JSON object; repeat for more."
)
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@click.option("--address", default="", metavar="URL", help="A gateway elsewhere; the workspace's by default.")
@click.option("--token-file", type=PLACE, help="File with the key's token; else the variable CAUSEWAY_TOKEN.")
@click.option(
    "--batch", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Rows a request."
)
@click.option("--skip", type=click.IntRange(0), default=0, help="Rows to pass over, after an interruption.")
@json_flag
@guarded
def command(
    product: str,
    file: str,
    *,
    given: tuple[str, ...],
    folder: Path,
    address: str,
    token_file: Path | None,
    batch: int,
    skip: int,
    as_json: bool,
) -> int:
    """Send rows to a live PRODUCT (its name, or its folder) and show the answers.

    Rows come from FILE (CSV, JSON lines or Parquet; - for standard input), from --row, or are the example
    that came with the release. Each id is what `causeway label` joins the outcome by.
    """
    from causeway.actions.call import Wish, call

    wish = Wish(file, given, address, token_file, batch, skip)
    called = call(product, folder, wish)
    if as_json:
        emit(called, code=called.exit_code)
        return called.exit_code
    if called.left_out:
        narrate(f"left out, as the release does not take them: {', '.join(called.left_out)}")
    click.echo("\n".join(result_lines(called)))
    if called.trouble:
        narrate(f"error: {called.trouble}")
    return called.exit_code


def result_lines(called: "Called") -> list[str]:
    """The answers as a table, and what they took."""
    lines = [f"{'row':>{NUMBER}}  {'id':<{ID}}  answer"]
    lines += [_line(answer) for answer in called.answers[:SHOWN]]
    if called.rows > SHOWN:
        lines.append(f"{'':>{NUMBER}}  ... {called.rows - SHOWN:,} more: --json has them all")
    requests = "1 request" if called.requests == 1 else f"{called.requests:,} requests"
    took = f"median {called.median_ms:.1f} ms, slowest {called.slowest_ms:.1f} ms"
    lines.append("")
    lines.append(f"{called.product}: {called.rows:,} answered from {called.source}")
    lines.append(f"{requests} to {called.address}: {took}")
    return lines


def _line(answer: "RowAnswer") -> str:
    flags = f"  ({', '.join(answer.flags)})" if answer.flags else ""
    line = f"{answer.row:>{NUMBER}}  {answer.id:<{ID}}  {said(answer.prediction)}{flags}"
    return line if len(line) <= WIDTH else line[: WIDTH - 2] + ".."


def said(prediction: object) -> str:
    """A prediction in few characters: the label with its probability, else each output by name."""
    if not isinstance(prediction, dict):
        return _plain(prediction)
    rest = dict(prediction)
    label, parts = rest.pop("label", None), rest.get("probability")
    words: list[str] = []
    if label is not None:
        words.append(_plain(label))
    if isinstance(parts, dict):
        del rest["probability"]
        words += [_plain(parts[str(label)])] if str(label) in parts else [said(parts)]
    words += [f"{name}={_plain(value)}" for name, value in rest.items()]
    return " ".join(words)


def _plain(value: object) -> str:
    match value:
        case None:
            return "(none)"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)

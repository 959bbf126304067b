"""`causeway contract`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.actions.contracts import Checked, Compared
    from causeway.core.contract import Violation

BROKEN = 1
WIDTH = 80
SHOWN = 12


@click.group(name="contract")
def command() -> None:
    """Draft a data contract, hold data to it, compare two versions."""


@command.command()
@click.argument("file", type=PLACE)
@click.option("--to", type=PLACE, metavar="FILE", help="Write the contract there instead of showing it.")
@click.option("--name", default="", help="The table's name; the file's by default.")
@json_flag
@guarded
def infer(file: Path, to: Path | None, name: str, *, as_json: bool) -> int:
    """Draft a contract that FILE (CSV or Parquet) keeps as it is today."""
    from causeway.actions.contracts import infer as infer_from

    inferred = infer_from(file, name=name, to=to)
    if as_json:
        emit(inferred)
    elif to is None:
        click.echo(inferred.contract, nl=False)
    else:
        click.echo(f"{to}: {inferred.columns} columns as seen in {_rows(inferred.rows)} of {file}")
        click.echo("  It says what is there, not what is meant: read it, and widen or narrow it.")
    return 0


@command.command()
@click.argument("contract", type=PLACE)
@click.argument("data", type=PLACE)
@click.option("--table", default="", help="Which table of the contract; by the file's name by default.")
@click.option("--beside", multiple=True, metavar="TABLE=FILE", help="The file of another table it refers to.")
@click.option("--into", type=PLACE, metavar="FOLDER", help="Write the report and the rows at fault there.")
@click.option("--good", is_flag=True, help="Write the other rows there too.")
@json_flag
@guarded
def check(
    contract: Path,
    data: Path,
    table: str,
    beside: tuple[str, ...],
    into: Path | None,
    *,
    good: bool,
    as_json: bool,
) -> int:
    """Hold DATA (CSV or Parquet, of any size) to CONTRACT.

    Exit code 1: a rule is broken that is no mere warning.
    """
    from causeway.actions.contracts import check as check_data

    checked = check_data(contract, data, table=table, beside=dict(map(_pair, beside)), into=into, good=good)
    code = BROKEN if checked.status == "broken" else 0
    if as_json:
        emit(checked, code=code)
    else:
        click.echo("\n".join(check_lines(checked)))
    return code


@command.command()
@click.argument("old", type=PLACE)
@click.argument("new", type=PLACE)
@click.option("--for", "side", type=click.Choice(["producer", "consumer"]), help="Ask for this side only.")
@json_flag
@guarded
def diff(old: Path, new: Path, side: str | None, *, as_json: bool) -> int:
    """Say what changed from contract OLD to NEW, and whom it breaks.

    Exit code 1: it breaks somebody.
    """
    from causeway.actions.contracts import compare

    compared = compare(old, new, side=side or "")
    code = BROKEN if compared.status == "breaking" else 0
    if as_json:
        emit(compared, code=code)
    else:
        click.echo("\n".join(diff_lines(compared)))
    return code


def _pair(text: str) -> tuple[str, Path]:
    from causeway.core.errors import UsageError

    table, separator, file = text.partition("=")
    if not separator or not table or not file:
        raise UsageError(f"{text!r} is no TABLE=FILE", hint="for instance: --beside customers=customers.csv")
    return table, Path(file)


def check_lines(checked: "Checked") -> list[str]:
    """What a check found, for a person."""
    rules = f"{checked.rules} rules"
    verdict = {
        "kept": f"{checked.table} keeps its contract: {_rows(checked.rows)}, {rules}.",
        "warned": f"{checked.table} keeps its contract, with warnings: {_rows(checked.rows)}, {rules}.",
        "broken": f"{checked.table} breaks its contract: {_rows(checked.rows)}, {rules}.",
    }[checked.status]
    lines = [verdict]
    for violation in checked.violations[:SHOWN]:
        lines += ["", *_violation(violation)]
    if len(checked.violations) > SHOWN:
        lines += ["", f"  and {len(checked.violations) - SHOWN} more broken rules; --json has all"]
    lines += [""] if checked.violations else []
    if checked.set_apart:
        lines.append(f"  good {checked.good:,}, at fault {checked.set_apart:,}, together {checked.rows:,}")
    if checked.read_as:
        lines += _wrapped(f"read as {checked.read_as}")
    if checked.extra_columns:
        lines += _wrapped(f"not in the contract: {', '.join(checked.extra_columns)}")
    for note in checked.unchecked:
        lines += _wrapped(f"not checked: {note}")
    return [*lines, *(f"  wrote {file}" for file in checked.files)]


def _violation(violation: "Violation") -> list[str]:
    where = violation.column or "the table"
    mark = "warning" if violation.is_warning else "broken"
    lines = [_cut(f"  {mark:<8} {where}: {violation.expected}")]
    if violation.rule == "present":
        return lines
    values = [value for value in violation.examples if value != "nothing"]
    seen = f", seen: {', '.join(map(repr, values))}" if values else ""
    if violation.rows:
        numbers = ", ".join(f"{row:,}" for row in violation.first_rows)
        at = (
            f" (row {numbers}{', ...' if violation.rows > len(violation.first_rows) else ''})"
            if numbers
            else ""
        )
        lines.append(_cut(f"           {_rows(violation.rows)}{at}{seen}"))
    elif violation.measured is not None:
        unit = " days" if "row at most" in violation.expected else ""
        lines.append(_cut(f"           it is {violation.measured:,.10g}{unit}{seen}"))
    return lines


def diff_lines(compared: "Compared") -> list[str]:
    """What changed, for a person: what breaks somebody first."""
    old, new = compared.versions
    if compared.status == "same":
        return [f"Version {new} asks and promises what {old} did."]
    breaking = [change for change in compared.changes if change.breaks]
    fine = [change for change in compared.changes if not change.breaks]
    lines = [f"From version {old} to {new}: {_changes(len(breaking))} somebody, {len(fine)} nobody."]
    for change in [*breaking, *fine]:
        whom = " and ".join(change.breaks) or "nobody"
        lines += ["", _cut(f"  {change.at}"), *_wrapped(change.what, "    "), f"    breaks: {whom}"]
    if compared.understated:
        lines += [
            "",
            *_wrapped(f"Version {new} does not say so: what breaks somebody raises the first number.", "  "),
        ]
    return lines


def _changes(count: int) -> str:
    return f"{count} change breaks" if count == 1 else f"{count} changes break"


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return click.wrap_text(
        text, width=WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  "
    ).splitlines()


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."

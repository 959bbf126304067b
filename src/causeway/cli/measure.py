"""`causeway measure`."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, folded, guarded, json_flag, narrate

if TYPE_CHECKING:
    from causeway.actions.measure.record import Noted

FOLDER = click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")
PAPER = click.option("--paper", type=PLACE, metavar="FILE", help="What it was read from; its bytes are kept.")


class Day(click.ParamType):
    """A day, as in 2026-01-31."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"{value} is no day; write 2026-01-31", param, ctx)


class Amount(click.ParamType):
    """An amount of money, exactly as it is written."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The amount."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite():
            self.fail(f"{value} is no amount; write 180 or 12.50", param, ctx)
        return amount


SINCE = click.option("--since", type=Day(), help="First day.")
UNTIL = click.option("--until", type=Day(), help="Last day.")
TABLE = click.option(
    "--from", "table", type=PLACE, metavar="FILE", help="A table of units and periods instead of records."
)
APPROVER = click.option("--approver", default="", metavar="NAME", help="Who of finance stands for it.")
SOURCE = click.option("--source", default="", metavar="WORDS", help="Where that is written.")


class _Named(click.Group):
    """A group whose first word may also be a product's name or folder."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of this name, else what measures the product of this name."""
        if args and args[0] not in self.commands:
            return "", of_product, args
        return super().resolve_command(ctx, args)


def _asked(function: Callable[..., None]) -> Callable[..., None]:
    """What is asked for by `measure` with a product's name and without one."""
    for option in (click.pass_context, json_flag, FOLDER, TABLE, UNTIL, SINCE):
        function = option(function)
    return function


@click.group(
    name="measure", cls=_Named, invoke_without_command=True, subcommand_metavar="[PRODUCT | COMMAND ...]"
)
@_asked
def command(
    context: click.Context,
    since: date | None,
    until: date | None,
    table: Path | None,
    folder: Path,
    *,
    as_json: bool,
) -> None:
    """What the product brought until now: effect, interval, grade, money; and put that on record.

    By the design that the manifest names ([kpi] design, [value]): a holdout from the records, or with --from
    a table of units and periods (staggered roll-out, switchback, interrupted series). PRODUCT is a name, or a
    folder with its causeway.toml; without it, it is that of --folder.
    """
    if context.invoked_subcommand is None:
        _measure(since=since, until=until, table=table, folder=folder, as_json=as_json)


@click.command(hidden=True)
@click.argument("product")
@_asked
def of_product(
    context: click.Context,
    product: str,
    *,
    since: date | None,
    until: date | None,
    table: Path | None,
    folder: Path,
    as_json: bool,
) -> None:
    """The same of PRODUCT; what was said before its name holds as well."""
    before = context.parent.params if context.parent else {}
    place = before.get("folder", folder) if folder == Path() else folder
    _measure(
        since=since or before.get("since"),
        until=until or before.get("until"),
        table=table or before.get("table"),
        folder=place,
        product=product,
        as_json=as_json or bool(before.get("as_json")),
    )


@command.command()
@click.argument("value", type=float, required=False)
@click.option(
    "--measure",
    "measure",
    default="kpi",
    metavar="NAME",
    help="kpi (default), minutes, automation, or a guardrail.",
)
@SOURCE
@click.option("--who", default="", metavar="NAME", help="Who read it; the product's owner by default.")
@SINCE
@UNTIL
@click.option("--low", type=float, help="Lower bound, where it was estimated.")
@click.option("--high", type=float, help="Upper bound.")
@click.option("--rows", type=int, default=0, help="How many units it rests on.")
@PAPER
@FOLDER
@json_flag
@guarded
def baseline(
    value: float | None,
    *,
    measure: str,
    source: str,
    who: str,
    since: date | None,
    until: date | None,
    low: float | None,
    high: float | None,
    rows: int,
    paper: Path | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Record what a measure was before launch; without VALUE the manifest's [kpi] query is asked."""
    from causeway.actions.measure.record import Span, record_baseline
    from causeway.actions.workspace import open_workspace

    span = Span(since, until, low, high, rows)
    noted = record_baseline(
        open_workspace(folder), folder, value, measure=measure, source=source, who=who, span=span, paper=paper
    )
    _told(noted, as_json=as_json)


@command.command(name="value")
@click.argument("unit_value", type=Amount())
@APPROVER
@SOURCE
@click.option("--low", type=Amount(), help="At least, where it is not certain.")
@click.option("--high", type=Amount(), help="At most.")
@PAPER
@FOLDER
@json_flag
@guarded
def value_(
    unit_value: Decimal,
    *,
    approver: str,
    source: str,
    low: Decimal | None,
    high: Decimal | None,
    paper: Path | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Approve what one unit of the business measure is worth, in the manifest's currency."""
    from causeway.actions.measure.record import approve_value
    from causeway.actions.workspace import open_workspace

    noted = approve_value(
        open_workspace(folder),
        folder,
        unit_value,
        approver=approver,
        source=source,
        low=low,
        high=high,
        paper=paper,
    )
    _told(noted, as_json=as_json)


@command.command()
@click.option(
    "--cashable", type=float, required=True, metavar="SHARE", help="Cut from a budget line, 0 to 1."
)
@click.option(
    "--redeployed", type=float, default=0.0, metavar="SHARE", help="Does other work now, with evidence."
)
@APPROVER
@SOURCE
@PAPER
@FOLDER
@json_flag
@guarded
def realisation(
    *,
    cashable: float,
    redeployed: float,
    approver: str,
    source: str,
    paper: Path | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Approve what became of capacity: hours saved are no money until finance says so."""
    from causeway.actions.measure.record import approve_realisation
    from causeway.actions.workspace import open_workspace

    noted = approve_realisation(
        open_workspace(folder),
        folder,
        cashable=cashable,
        redeployed=redeployed,
        approver=approver,
        source=source,
        paper=paper,
    )
    _told(noted, as_json=as_json)


@command.command(name="import-exposures")
@click.argument("file", type=PLACE)
@click.option("--experiment", required=True, metavar="NAME", help="Which of the log's experiments it is.")
@click.option("--control", required=True, metavar="NAME", help="The variation without the product.")
@click.option(
    "--control-share", type=float, required=True, metavar="SHARE", help="How large it was to be, 0 to 1."
)
@click.option(
    "--tool", default="growthbook", show_default=True, help="Who wrote it: growthbook, unleash, table."
)
@FOLDER
@json_flag
@guarded
def import_exposures(
    file: Path, *, experiment: str, control: str, control_share: float, tool: str, folder: Path, as_json: bool
) -> None:
    """Bring in who was assigned to what by another tool, instead of the gateway's own holdout."""
    from causeway.actions.decide import existing_workspace, product_name
    from causeway.actions.measure.exposures import Experiment
    from causeway.actions.measure.exposures import import_exposures as bring

    work = existing_workspace(folder)
    wanted = Experiment(experiment, control, control_share, tool)
    done = bring(work, product_name(work, folder), file, wanted)
    if as_json:
        emit(done)
        return
    arms = ", ".join(f"{number:,} {name}" for name, number in done.arms.items())
    said = f"{done.taken:,} exposures taken ({arms})" if done.taken else "nothing new in this log"
    click.echo(folded(f"{done.product}: {said}"))
    if done.duplicates and done.taken:
        click.echo(f"  {done.duplicates:>8,} were known")
    if done.others:
        click.echo(f"  {done.others:>8,} are of other experiments")


@guarded
def _measure(
    *,
    since: date | None,
    until: date | None,
    table: Path | None,
    folder: Path,
    product: str = "",
    as_json: bool,
) -> None:
    from causeway.actions.decide import existing_workspace
    from causeway.actions.homes import named_home
    from causeway.actions.measure.measure import measure
    from causeway.cli.measure_text import lines_of
    from causeway.core.printable import harmless

    place = named_home(product, here=folder) if product else folder
    measured = measure(existing_workspace(place), place, since=since, until=until, table=table)
    if as_json:
        emit(measured)
        return
    if measured.declared:
        narrate("the manifest changed, and is the promise from now on")
    if measured.sealed:
        narrate(f"sealed {measured.sealed:,} new predictions first")
    click.echo(harmless("\n".join(lines_of(measured))))


def _told(noted: "Noted", *, as_json: bool) -> None:
    if as_json:
        emit(noted)
        return
    said = "is recorded" if noted.status == "recorded" else "was recorded already"
    line = f"{noted.product}: the {noted.what} {said}: {noted.words}"
    click.echo(folded(line))
    if noted.after_launch:
        click.echo("  something was live already, so it is no baseline of the time before")

"""`causeway bill rate`, `bill enter` and `bill export`."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from causeway.cli.bill_import import FOLDER
from causeway.cli.bill_show import DAY, placed
from causeway.cli.verb import PLACE, emit, folded, guarded, json_flag
from causeway.core.costs import ENTERED
from causeway.core.ids import counted

if TYPE_CHECKING:
    from causeway.actions.bill.entered import CostKept, Spell
    from causeway.actions.bill.rate import PriceList, PriceSet
    from causeway.actions.workspace import Workspace
    from causeway.core.manifest import Manifest


class Amount(click.ParamType):
    """An exact amount, written in plain digits."""

    name = "amount"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - what click hands over
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Decimal:
        """The amount."""
        try:
            return Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is no amount; write plain digits", param, ctx)


AMOUNT = Amount()


@click.command(name="rate")
@click.argument("rate", required=False, default="")
@click.argument("price", type=AMOUNT, required=False)
@click.option("--currency", default="", help="The price's currency, as EUR.")
@click.option("--from", "since", type=DAY, help="The first day that it holds for; today by default.")
@click.option("--source", default="", help="Where the price comes from: a contract, a list, a person.")
@click.option("--product", default="", help="The only product that it holds for; all by default.")
@FOLDER
@json_flag
@guarded
def rate_command(
    rate: str,
    price: Decimal | None,
    *,
    currency: str,
    since: datetime | None,
    source: str,
    product: str,
    folder: Path,
    as_json: bool,
) -> None:
    """List the rate card, or put PRICE for RATE on it, from a day on.

    RATE is one of cpu-second, gpu-second, gb-month, tokens-in, tokens-cached, tokens-out (a million),
    request (a thousand), person-hour, person-day, licence-month and build; tokens-in:MODEL is for a model.
    """
    from causeway.actions.bill.rate import price_list, set_price
    from causeway.actions.workspace import open_workspace
    from causeway.core.errors import UsageError

    if price is not None and not currency:
        raise UsageError("a price needs its currency", hint="for instance: --currency EUR")
    work = open_workspace(folder)
    with closing(work.ledger):
        today = work.clock.now().date()
        if price is None:
            listed = price_list(work, folder, rate=rate, today=today)
        else:
            day = since.date() if since else today
            done = set_price(work, rate, price, currency=currency, since=day, source=source, product=product)
    if as_json:
        emit(listed if price is None else done)
        return
    click.echo(folded("\n".join(_listed(listed) if price is None else [_set(done)])))


def _set(done: "PriceSet") -> str:
    whom = f" for {done.product}" if done.product else ""
    before = f"; before {done.before.price:f} {done.before.currency}" if done.before else ""
    said = "is already" if done.status == "already_set" else "is"
    return f"{done.rate} {said} {done.price:f} {done.currency} from {done.since}{whom} ({done.buys}){before}"


def _listed(listed: "PriceList") -> Iterator[str]:
    for each in listed.prices:
        mark = "*" if each.holds else " "
        since = str(each.since) if each.since else "default"
        whom = f" for {each.product}" if each.product else ""
        price = f"{each.price:f} {each.currency}"
        yield f"{mark} {each.rate:<16}{price:>20}  {since:<12}{each.by}{whom}"
    if listed.prices:
        yield "* holds today"
    if listed.without:
        yield f"no price: {', '.join(listed.without)}"


@click.command(name="enter")
@click.argument("category", type=click.Choice(ENTERED))
@click.argument("product", required=False, default="")
@click.option("--amount", type=AMOUNT, help="What it cost.")
@click.option("--currency", default="", help="The amount's currency, as EUR; the manifest's by default.")
@click.option("--days", type=AMOUNT, help="Days that people spent, at the rate card's price.")
@click.option("--hours", type=AMOUNT, help="Hours that people spent; eight are a day.")
@click.option("--on", type=DAY, help="The day that it is for; today by default.")
@click.option("--until", type=DAY, help="The last day, where it is for several; spread evenly over them.")
@click.option("--what", default="", help="What it was for, in a few words.")
@click.option("--shared", is_flag=True, help="It is for all products, not for one.")
@FOLDER
@json_flag
@guarded
def enter_command(
    category: str,
    product: str,
    *,
    folder: Path,
    as_json: bool,
    **given: Any,  # noqa: ANN401 - click's options, as `_entered` names them
) -> None:
    """Enter what no bill shows: people's time, the cost of building it once, licences.

    PRODUCT is the one of this folder by default.
    """
    from causeway.actions.workspace import open_workspace

    product, folder = placed(product, folder)
    work = open_workspace(folder)
    with closing(work.ledger):
        kept = _entered(work, category, product, folder, **given)
    if as_json:
        emit(kept)
        return
    whose = kept.product or "all products"
    priced = f" ({kept.days} days at {kept.price:,.2f})" if kept.price is not None else ""
    until = "" if kept.until == kept.since else f" to {kept.until}"
    said = f"{whose}: {kept.amount:,.2f} {kept.currency} of {kept.category}{priced}"
    click.echo(folded(f"{said} for {kept.since}{until}; entry {kept.entry}"))


def _entered(
    work: "Workspace",
    category: str,
    product: str,
    folder: Path,
    *,
    amount: Decimal | None,
    currency: str,
    days: Decimal | None,
    hours: Decimal | None,
    on: datetime | None,
    until: datetime | None,
    what: str,
    shared: bool,
) -> "CostKept":
    from causeway.actions.bill.entered import HOURS_A_DAY, enter_amount, enter_days
    from causeway.actions.bill.rate import prices
    from causeway.core.errors import UsageError

    if [amount, days, hours].count(None) != 2:
        raise UsageError("say what it cost", hint="one of --amount, --days or --hours")
    named, manifest = _whose(work, product, folder, shared=shared)
    spell = _spell(work, on, until)
    if amount is not None:
        own = manifest.budget.currency or manifest.kpi.currency if manifest else ""
        return enter_amount(work, named, category, amount, currency=currency or own, spell=spell, what=what)
    if category != "people":
        raise UsageError(f"{category} is no time", hint="say the sum: --amount 1200 --currency EUR")
    spent = days if days is not None else (hours or Decimal(0)) / HOURS_A_DAY
    book = prices(work, manifest, folder=folder)
    return enter_days(work, named, spent, book=book, spell=spell, what=what)


def _spell(work: "Workspace", on: datetime | None, until: datetime | None) -> "Spell":
    from causeway.actions.bill.entered import Spell

    first: date = on.date() if on else work.clock.now().date()
    return Spell(first, until.date() if until else first)


def _whose(work: "Workspace", product: str, folder: Path, *, shared: bool) -> tuple[str, "Manifest | None"]:
    """The product that it is for, empty for all, and the manifest in this folder."""
    from causeway.actions.decide import product_name
    from causeway.actions.workspace import MANIFEST, load_product
    from causeway.core.errors import NotFound, UsageError

    manifest = load_product(work, folder)[0] if (folder / MANIFEST).is_file() else None
    if shared:
        if product:
            raise UsageError("it is for one product or for all", hint="leave --shared or PRODUCT out")
        return "", manifest
    named = product or product_name(work, folder)
    known = {*work.products(), *([manifest.product.name] if manifest else [])}
    if named not in known:
        raise NotFound(
            f"there is no product {named}", hint=f"known here: {', '.join(sorted(known)) or 'none'}"
        )
    return named, manifest if manifest and manifest.product.name == named else None


@click.command(name="export")
@click.argument("product", required=False, default="")
@click.option("-o", "--to", "file", type=PLACE, required=True, help="A file that ends in .csv or .parquet.")
@click.option("--since", type=DAY, help="First day; the month's first by default.")
@click.option("--until", type=DAY, help="Last day; today by default.")
@FOLDER
@json_flag
@guarded
def export_command(
    product: str, *, file: Path, since: datetime | None, until: datetime | None, folder: Path, as_json: bool
) -> None:
    """Write what PRODUCT cost, or every product, as FOCUS 1.2: by day, release, category and rule."""
    from causeway.actions.bill.export import export
    from causeway.actions.decide import readable_workspace

    product, folder = placed(product, folder)
    work = readable_workspace(folder)
    with closing(work.ledger):
        today = work.clock.now().date()
        last = until.date() if until else today
        first = since.date() if since else last.replace(day=1)
        products = [product] if product else work.products()
        done = export(work, products, file, since=first, until=last)
    if as_json:
        emit(done)
        return
    sums = ", ".join(f"{amount:,.2f} {currency}" for currency, amount in done.billed.items())
    click.echo(folded(f"{done.file}: {counted(done.rows, 'row')} of FOCUS {done.focus}, {sums}"))

"""`causeway report`."""

from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import emit, folded, guarded, json_flag
from causeway.core.errors import MissingExtra, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from causeway.actions.report import Reported
    from causeway.actions.worth.written import Accounted
    from causeway.assess.worth.parts import WorthPage

FORMS = ("html", "pdf", "md")
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("product", default=".")
@click.option("--monitoring", is_flag=True, help="What every monitor saw over the last windows, as HTML.")
@click.option("--portfolio", is_flag=True, help="All products of the workspace, summed within a grade.")
@click.option("--html", "form", flag_value="html", help="One file for a browser; it needs nothing else.")
@click.option("--pdf", "form", flag_value="pdf", help="To be printed and filed; needs causeway[pdf].")
@click.option("--md", "form", flag_value="md", help="Markdown, pictures as tables.")
@click.option(
    "-o",
    "--output",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes; its ending says the form. [default: PRODUCT-worth.FORM]",
)
@click.option("--since", type=DAY, help="First day of the period. [default: the product's first event]")
@click.option("--until", type=DAY, help="Its last day. [default: today]")
@click.option("--sign", is_flag=True, help="Put your name under these numbers, for finance.")
@click.option("--because", default="", help="What belongs to the signature.")
@json_flag
@guarded
def command(
    product: str,
    *,
    monitoring: bool,
    portfolio: bool,
    form: str | None,
    file: Path | None,
    since: datetime | None,
    until: datetime | None,
    sign: bool,
    because: str,
    as_json: bool,
) -> None:
    """Say what PRODUCT costs and what it brings, on one page.

    PRODUCT is a name, or a folder with its causeway.toml. Without --html, --pdf or --md the page is printed
    and nothing is kept; a written page is an event, so that the next one says what changed. With --monitoring
    it tells how the product runs instead.
    """
    _check(monitoring=monitoring, portfolio=portfolio, sign=sign, because=because, form=form)
    if monitoring:
        _monitoring(product, file=file, as_json=as_json)
        return
    period = (since.date() if since else None, until.date() if until else None)
    if portfolio:
        _portfolio(product, period, form=form, file=file, as_json=as_json)
        return
    _worth(product, period, form=form or _form(file), file=file, sign=sign, because=because, as_json=as_json)


def _check(*, monitoring: bool, portfolio: bool, sign: bool, because: str, form: str | None) -> None:
    if monitoring and portfolio:
        raise UsageError("--monitoring and --portfolio are two reports", hint="ask for one of them")
    if sign and (monitoring or portfolio or form):
        raise UsageError("--sign goes alone", hint="sign first, then write: causeway report PRODUCT --pdf")
    if because and not sign:
        raise UsageError("--because belongs to --sign", hint='causeway report PRODUCT --sign --because "..."')
    if monitoring and form not in (None, "html"):
        raise UsageError(f"there is no {form} of --monitoring", hint="it is HTML")


def _form(file: Path | None) -> str | None:
    """What the file's ending says; None where none is named."""
    if file is None:
        return None
    ending = file.suffix.removeprefix(".").lower()
    if ending in FORMS:
        return ending
    raise UsageError(
        f"{file} does not say its form", hint="name it .html, .pdf or .md, or add --html, --pdf, --md"
    )


def _worth(
    product: str,
    period: tuple[date | None, date | None],
    *,
    form: str | None,
    file: Path | None,
    sign: bool,
    because: str,
    as_json: bool,
) -> None:
    from causeway.actions.worth.found import found
    from causeway.actions.worth.written import shown, signed, written

    with closing(found(product)) as place:
        page = place.page(since=period[0], until=period[1])
        if sign:
            done = signed(place.for_writing(), page, because=because)
        elif form:
            where = file or Path(f"{page.header.product}-worth.{form}")
            done = written(place.for_writing(), page, _content(page, form), form=form, file=where)
        else:
            done = shown(page)
    _say(done, as_json=as_json)


def _content(page: "WorthPage", form: str) -> bytes:
    from causeway.core.printable import harmless

    if form == "md":
        from causeway.cli.worth_text import markdown

        return harmless(markdown(page)).encode()
    if form == "html":
        from causeway.console.report import worth_html

        return worth_html(page).encode()
    try:
        from causeway.console.worth_pdf import worth_pdf
    except ModuleNotFoundError as error:
        if error.name != "fpdf":
            raise
        raise MissingExtra(
            "a PDF needs a library that is not installed", hint='install with: pip install "causeway[pdf]"'
        ) from None
    return worth_pdf(page)


def _say(done: "Accounted", *, as_json: bool) -> None:
    from causeway.cli.worth_text import text
    from causeway.core.ids import short
    from causeway.core.printable import harmless

    if as_json:
        emit(done)
        return
    if done.status == "shown":
        click.echo(harmless(text(done.worth)))
        return
    lines = [done.sentence]
    if done.file:
        known = "" if done.status == "written" else "; the same numbers as last time, so no new event"
        lines.append(f"{done.file}: {done.bytes / 1000:,.0f} kB, report {short(done.report)}{known}")
    else:
        lines.append(f"{done.status.replace('_', ' ')}: report {short(done.report)}")
    click.echo(folded("\n".join(lines)))


def _portfolio(
    product: str,
    period: tuple[date | None, date | None],
    *,
    form: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    from causeway.actions.decide import existing_workspace
    from causeway.actions.worth.portfolio import portfolio_of
    from causeway.assess.worth.document_portfolio import portfolio_document
    from causeway.cli.worth_text import text_of
    from causeway.core.printable import harmless

    if form or file:
        raise UsageError("a portfolio is printed, or --json", hint="the console has it at /portfolio")
    work = existing_workspace(Path(product))
    with closing(work.ledger):
        held = portfolio_of(work, since=period[0], until=period[1])
    if as_json:
        emit(held)
        return
    click.echo(harmless(text_of(portfolio_document(held))))


def _monitoring(product: str, *, file: Path | None, as_json: bool) -> None:
    from causeway.actions.decide import existing_workspace
    from causeway.actions.report import monitoring_of, reported
    from causeway.console.report import monitoring_html

    folder = Path(product)
    work = existing_workspace(folder)
    with closing(work.ledger):
        seen = monitoring_of(work, folder)
    if file is None and not as_json:
        file = Path(f"{seen.product}-monitoring.html")
    done = reported(seen, monitoring_html, file=file)
    if as_json:
        emit(done)
        return
    click.echo(folded("\n".join(_monitoring_lines(done))))


def _monitoring_lines(done: "Reported") -> "Iterator[str]":
    yield f"{done.product}: {done.sentence}"
    pictures = len(done.monitoring.series)
    yield f"{done.file}: {pictures} picture{'' if pictures == 1 else 's'}, {done.bytes / 1000:,.0f} kB"

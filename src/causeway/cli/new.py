"""`causeway new`."""

import textwrap
from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.core.errors import UsageError

WIDTH = 80


@click.command()
@click.argument("name")
@click.option("--template", default="", metavar="TEMPLATE", help="tabular, regression, text or forecast.")
@click.option("--in", "into", type=PLACE, default=".", help="Where the folder is made; here when left out.")
@click.option("--owner", default="", help="Who answers for the product.")
@click.option("--kpi", default="", help="The business measure that it should move.")
@click.option("--success", default="", help="When it counts as a success.")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE", help="Another open line: kpi.unit=order")
@json_flag
@guarded
def command(
    name: str,
    *,
    template: str,
    into: Path,
    owner: str,
    kpi: str,
    success: str,
    others: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write a small proof of concept, with simulated data, that goes the whole road to production.

    Its folder is called NAME; one that is there already and not empty is left alone.
    """
    from causeway.actions.new import Answers, new

    more = dict(_pair(each) for each in others)
    written = new(name, template, into=into, answers=Answers(owner, kpi, success, more))
    if as_json:
        emit(written)
        return
    click.echo(f"{written.folder}: a proof of concept of the template {written.template}, on simulated data.")
    click.echo(_filled(f"Written: {', '.join(written.files)}."))
    if written.open:
        click.echo(_filled(f"Only a person knows, in causeway.toml: {', '.join(written.open)}."))
    click.echo(f"\nNext: {written.next}")


def _pair(given: str) -> tuple[str, str]:
    key, equals, value = given.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"{given} does not say what is to be set", hint="for instance: --set kpi.unit=order")
    return key.strip(), value.strip()


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)

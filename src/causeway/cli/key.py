"""`causeway key`."""

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

if TYPE_CHECKING:
    from causeway.actions.keys import KeyListed

WIDTH, CONSUMER_WIDTH = 80, 15
FOLDER = click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")


@click.group(name="key")
def command() -> None:
    """Issue, list and revoke the keys of callers."""


@command.command()
@click.argument("consumer")
@click.option(
    "--scope", "scopes", multiple=True, help="What it may do: predict (default), metrics, outcomes; repeat."
)
@click.option("--requests-per-minute", type=int, help="More are refused with 429; no limit by default.")
@click.option("--requests-per-month", type=int, help="A quota for each month (UTC); none by default.")
@FOLDER
@json_flag
@guarded
def issue(
    consumer: str,
    scopes: tuple[str, ...],
    requests_per_minute: int | None,
    requests_per_month: int | None,
    folder: Path,
    *,
    as_json: bool,
) -> int:
    """A new key for CONSUMER; its token is printed this once and kept nowhere."""
    from causeway.actions.keys import UNLIMITED, Limits
    from causeway.actions.keys import issue as issue_key
    from causeway.cli.ship import told_trouble, trouble_code

    limits = Limits(scopes or UNLIMITED.scopes, requests_per_minute, requests_per_month)
    issued = issue_key(folder, consumer, limits)
    if as_json:
        emit(issued, code=trouble_code(issued.trouble))
    else:
        may = _may(issued.scopes, issued.requests_per_minute, issued.requests_per_month)
        click.echo(f"{issued.key} for {issued.consumer} of {issued.product}{may}. Its token, shown only now:")
        click.echo(f"  {issued.token}")
    return told_trouble(issued.trouble)


@command.command(name="list")
@FOLDER
@json_flag
@guarded
def list_(folder: Path, *, as_json: bool) -> None:
    """Who holds a key, since when, and what it may do."""
    from causeway.actions.keys import list_keys

    listed = list_keys(folder)
    if as_json:
        emit(listed)
        return
    if not listed.keys:
        click.echo(f"{listed.product} has no keys yet: causeway key issue NAME")
    for key in listed.keys:
        for line in _lines(key):
            click.echo(line)


def _lines(key: "KeyListed") -> list[str]:
    """Who holds it since when, and below it what is not as with every key, in 80 columns."""
    ended = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "active"
    dated = f"issued {key.issued_at:%Y-%m-%d %H:%M}  {ended}"
    indent = " " * (len(key.key) + 2)
    if len(key.consumer) <= CONSUMER_WIDTH:
        lines = [f"{key.key}  {key.consumer:<{CONSUMER_WIDTH}}  {dated}"]
    else:
        named = wrap(key.consumer, WIDTH - len(indent))
        lines = [f"{key.key}  {named[0]}", *(indent + more for more in named[1:]), indent + dated]
    said = _limits(key.scopes, key.requests_per_minute, key.requests_per_month)
    if key.requests_this_month is not None:
        said.append(f"{key.requests_this_month:,} made this month")
    return lines + [indent + line for line in wrap("; ".join(said), WIDTH - len(indent))]


def _limits(scopes: tuple[str, ...], a_minute: int | None, a_month: int | None) -> list[str]:
    """What is not as with every key."""
    said = [] if scopes == ("predict",) else [", ".join(scopes)]
    said += [f"{a_minute:,} requests a minute"] if a_minute else []
    said += [f"{a_month:,} requests a month"] if a_month else []
    return said


def _may(scopes: tuple[str, ...], a_minute: int | None, a_month: int | None) -> str:
    said = _limits(scopes, a_minute, a_month)
    return f" ({'; '.join(said)})" if said else ""


@command.command()
@click.argument("key")
@FOLDER
@json_flag
@guarded
def revoke(key: str, folder: Path, *, as_json: bool) -> int:
    """KEY opens nothing any more."""
    from causeway.actions.keys import revoke as revoke_key
    from causeway.cli.ship import told_trouble, trouble_code

    revoked = revoke_key(folder, key)
    if as_json:
        emit(revoked, code=trouble_code(revoked.trouble))
    else:
        click.echo(f"{revoked.key} of {revoked.product}: {revoked.status.replace('_', ' ')}.")
    return told_trouble(revoked.trouble)

"""`causeway key`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

FOLDER = click.option("--folder", type=PLACE, default=".", help="The product's folder; here by default.")


@click.group(name="key")
def command() -> None:
    """Issue, list and revoke the keys of callers."""


@command.command()
@click.argument("consumer")
@FOLDER
@json_flag
@guarded
def issue(consumer: str, folder: Path, *, as_json: bool) -> int:
    """A new key for CONSUMER; its token is printed this once and kept nowhere."""
    from causeway.actions.keys import issue as issue_key
    from causeway.cli.ship import told_trouble, trouble_code

    issued = issue_key(folder, consumer)
    if as_json:
        emit(issued, code=trouble_code(issued.trouble))
    else:
        click.echo(f"{issued.key} for {issued.consumer} of {issued.product}. Its token, shown only now:")
        click.echo(f"  {issued.token}")
    return told_trouble(issued.trouble)


@command.command(name="list")
@FOLDER
@json_flag
@guarded
def list_(folder: Path, *, as_json: bool) -> None:
    """Who holds a key, and since when."""
    from causeway.actions.keys import list_keys

    listed = list_keys(folder)
    if as_json:
        emit(listed)
        return
    if not listed.keys:
        click.echo(f"{listed.product} has no keys yet: causeway key issue NAME")
    for key in listed.keys:
        ended = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "active"
        click.echo(f"{key.key}  {key.consumer:<20}  issued {key.issued_at:%Y-%m-%d %H:%M}  {ended}")


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

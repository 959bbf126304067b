"""`causeway agree`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag


@click.command()
@click.argument("folder", type=PLACE, default=".")
@click.option(
    "--as",
    "roles",
    multiple=True,
    required=True,
    metavar="ROLE",
    help='"data science", engineering, business, sponsor or risk; may be repeated.',
)
@click.option("--because", default="", help="Why; for risk, whom it may harm and how.")
@click.option("--paper", type=PLACE, metavar="FILE", help="What you wrote on it; its bytes are kept.")
@json_flag
@guarded
def command(folder: Path, *, roles: tuple[str, ...], because: str, paper: Path | None, as_json: bool) -> None:
    """Put your name, in a role, to the manifest in FOLDER as it is now.

    A manifest that changes afterwards is another one, and nobody has agreed to it yet.
    """
    from causeway.actions.agree import agree
    from causeway.actions.workspace import open_workspace

    wanted = tuple(dict.fromkeys(role.replace("-", " ").strip() for role in roles))
    agreed = agree(open_workspace(folder), folder, wanted, because=because, paper=paper)
    if as_json:
        emit(agreed)
        return
    verb = "agreed" if agreed.status == "agreed" else "had agreed already"
    click.echo(f"{agreed.by} {verb}, as {', '.join(agreed.roles)}, to manifest {agreed.manifest[7:19]}")
    for line in dict.fromkeys(agreed.to):
        click.echo(f"  {line}")

"""`causeway eject`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag

FORMS = ("docker", "compose", "kubernetes", "kserve", "sagemaker", "all")


@click.command()
@click.argument("release")
@click.argument("folder", type=PLACE, default=".")
@click.option("--to", type=PLACE, required=True, help="The folder to write; it must be empty or not there.")
@click.option("--for", "forms", type=click.Choice(FORMS), default="all", help="What it is to run on.")
@json_flag
@guarded
def command(release: str, folder: Path, *, to: Path, forms: str, as_json: bool) -> None:
    """Write a folder that serves RELEASE without Causeway: server, bundle, image, deployments.

    RELEASE is its first digits. What may not be shipped is not ejected either.
    """
    from causeway.actions.eject.eject import eject
    from causeway.actions.workspace import open_workspace

    wanted = FORMS[:-1] if forms == "all" else (forms,)
    made = eject(open_workspace(folder), folder, to, release=release, forms=wanted)
    if as_json:
        emit(made)
        return
    click.echo(f"{made.product}: release {made.release[7:19]} serves itself from {made.folder}.")
    click.echo(f"{len(made.files)} files; for {', '.join(made.forms)}; it trusts the key {made.key}.")
    if not made.hashed:
        click.echo(f"Its packages are pinned without hashes: {made.unhashed}.")
    click.echo(f"Next: follow {to / 'README.md'}")

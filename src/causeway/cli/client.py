"""`causeway client`."""

from pathlib import Path

import click

from causeway.cli.verb import PLACE, emit, guarded, json_flag
from causeway.core.ids import counted


@click.command()
@click.argument("product")
@click.option("--into", type=PLACE, required=True, metavar="FILE", help="The Python file to write.")
@click.option("--folder", type=PLACE, default=".", help="Where the workspace is; here by default.")
@json_flag
@guarded
def command(product: str, *, into: Path, folder: Path, as_json: bool) -> None:
    """Write a typed Python module that calls PRODUCT (its name, or its folder).

    One dataclass a row, one an answer, of the release that is live; it needs the standard library alone.
    """
    from causeway.actions.call_module import write_module

    module = write_module(product, folder, into)
    if as_json:
        emit(module)
        return
    said = "written" if module.status == "written" else "already as it should be"
    click.echo(
        f"{module.file}: {said}; {counted(module.fields, 'field')}, {counted(module.outputs, 'output')}"
    )
    click.echo(f'Use it: from {into.stem} import Client, EXAMPLE; Client("http://...").predict([EXAMPLE])')

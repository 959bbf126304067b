"""`causeway tour`."""

from pathlib import Path

import click

from causeway.cli.verb import emit, guarded, json_flag


@click.command()
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default="causeway-tour",
    show_default=True,
    help="Where the example is laid out.",
)
@click.option(
    "--chapter",
    type=click.Choice(["drift"]),
    help="Another story, told after the tour: it drifts, and is looked after.",
)
@json_flag
@guarded
def command(into: Path, *, chapter: str | None, as_json: bool) -> None:
    """The main job, end to end, on a bundled example: from a notebook to a live endpoint.

    Uses the very commands that you would; leaves the endpoint running for an hour.
    """
    if chapter:
        from causeway.cli.tour_drift import tell_drift

        told = tell_drift(into, quiet=as_json)
        if as_json:
            emit(told)
        return
    from causeway.cli.tour_story import tell

    toured = tell(into, quiet=as_json)
    if as_json:
        emit(toured)

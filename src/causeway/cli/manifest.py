"""`causeway manifest`: the annotated reference, or a check of one file."""

from pathlib import Path

import click
from msgspec import Struct

from causeway.cli.verb import PLACE, emit, guarded, json_flag


class Reference(Struct, frozen=True):
    """Every key of `causeway.toml`, as the annotated text."""

    reference: str


class Checked(Struct, frozen=True):
    """What a manifest says, and what it leaves open."""

    file: str
    manifest: object
    questions: tuple[object, ...]


@click.command
@click.argument("file", required=False, type=PLACE)
@json_flag
@guarded
def command(file: Path | None, *, as_json: bool) -> int:
    """Show the annotated reference of causeway.toml, or check FILE against it."""
    if file is None:
        return _show_reference(as_json=as_json)
    return _check(file, as_json=as_json)


def _show_reference(*, as_json: bool) -> int:
    from causeway.core.manifest_schema import reference_text

    if as_json:
        emit(Reference(reference_text()))
    else:
        click.echo(reference_text(), nl=False)
    return 0


def _check(file: Path, *, as_json: bool) -> int:
    from causeway.core.manifest_draft import shown
    from causeway.core.manifest_text import open_questions, read_manifest

    file = file / "causeway.toml" if file.is_dir() else file
    content = _read(file)
    manifest = read_manifest(content, where=str(file))
    questions = open_questions(content.decode("utf-8-sig"))
    if as_json:
        emit(Checked(str(file), shown(manifest), questions))
        return 0
    click.echo(f"{file} is fine: {manifest.product.name}, stage {manifest.product.stage}")
    if questions:
        click.echo(f"{len(questions)} values are not known yet:")
    for question in questions:
        click.echo(f"  {file}:{question.line}  {question.key}  {question.words}")
    return 0


def _read(file: Path) -> bytes:
    from causeway.core.errors import NotFound, OutsideError, remedy

    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"there is no file {file}", hint="`causeway init FOLDER` drafts one for a folder"
        ) from None
    except OSError as error:
        raise OutsideError(f"cannot read {file}: {error.strerror}", hint=remedy(error)) from error

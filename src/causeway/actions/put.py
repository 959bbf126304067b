"""What a person asked for, in a file of its own: a page, a table."""

from pathlib import Path

from causeway.actions.workspace import write_whole
from causeway.core.errors import OutsideError, remedy

MODE = 0o644
NAME = "name another file"


def put(file: Path, content: bytes) -> None:
    """All of it in this file, whole or not at all; a link is followed."""
    if file.exists() and not file.is_file():
        # a pipe or a device is written to, never put aside for a file
        try:
            file.write_bytes(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutsideError(f"cannot write {file}: {error.strerror}", hint=remedy(error)) from error
    else:
        write_whole(_where(file), content, mode=MODE)


def _where(file: Path) -> Path:
    try:
        return file.resolve()
    except RuntimeError as error:
        raise OutsideError(f"cannot write {file}: its link leads in a circle", hint=NAME) from error

"""What a proof of concept's folder holds, as one digest; and what made of it, as another."""

import hashlib
import os
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from causeway.core.errors import OutsideError
from causeway.core.ids import DIGEST_PREFIX, digest_of_value

PACKAGE = Path(__file__).parents[1]
CHUNK_BYTES = 1 << 20

# what tools leave behind is no input of a training
NOT_SOURCE = frozenset(
    {
        ".causeway", ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", ".ipynb_checkpoints",
        ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules", ".DS_Store",
    }
)  # fmt: skip


def digest_source(folder: Path, *, without: Collection[str] = ()) -> str:
    """The digest of every file's path and content in the folder, less the files named by relative path."""
    return digest_of_value({name: digest_file(path) for name, path in _files(folder) if name not in without})


def source_files(folder: Path) -> tuple[str, ...]:
    """The relative path of every file in the folder that is no tool's."""
    return tuple(name for name, _ in _files(folder))


@cache
def digest_own_code() -> str:
    """The digest of this package's own modules: other code may make something else of the same inputs."""
    modules = sorted(PACKAGE.rglob("*.py"))
    return digest_of_value({path.relative_to(PACKAGE).as_posix(): digest_file(path) for path in modules})


def digest_file(path: Path) -> str:
    """The digest of a file's bytes, read in pieces."""
    summed = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                summed.update(chunk)
    except OSError as error:
        raise OutsideError(
            f"cannot read {path}: {error.strerror}",
            hint="check its permissions, or move it out of the folder",
        ) from error
    return DIGEST_PREFIX + summed.hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name not in NOT_SOURCE and not _is_environment(Path(place) / name)
        )
        for name in sorted(names):
            path = Path(place) / name
            # a dangling link or a socket has no content to depend on
            if name not in NOT_SOURCE and path.is_file():
                yield path.relative_to(folder).as_posix(), path


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists()

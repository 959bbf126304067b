"""Copies the folder of a saved model: plain files only, and no more than a model has."""

import shutil
from pathlib import Path

from causeway.core.attached import MLMODEL
from causeway.core.errors import NotFound, Refused, outside

MAX_FILES = 2_000
MAX_BYTES = 4 << 30


def copy_model(folder: Path, into: Path) -> None:
    """The folder's files below `into`; refused where one is a link, or where there is no MLmodel file."""
    if not (folder / MLMODEL).is_file():
        raise NotFound(
            f"there is no {MLMODEL} file in {folder}", hint="name the folder that mlflow saved the model to"
        )
    try:
        paths = sorted(folder.rglob("*"))
        if len(paths) > MAX_FILES or sum(path.lstat().st_size for path in paths) > MAX_BYTES:
            raise Refused(
                "there is more in the folder than a model has", where=str(folder), hint="name its own folder"
            )
        for path in paths:
            _copy(path, into / path.relative_to(folder))
    except OSError as error:
        raise outside(error) from error


def _copy(path: Path, place: Path) -> None:
    if path.is_symlink() or not (path.is_dir() or path.is_file()):
        raise Refused(
            "a part of the model is no plain file", where=str(path), hint="put the file itself there"
        )
    if path.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)

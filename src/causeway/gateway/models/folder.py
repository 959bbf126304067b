"""What lies in a bundle's folder: plain files only, for anything else could point elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

from causeway.core.bundle import AGAIN, BadBundle


def names_in(folder: Path) -> tuple[str, ...]:
    """The path of every file below this folder; refused where it holds a link or anything but files."""
    try:
        return tuple(sorted(_names(folder, "")))
    except OSError as error:
        raise BadBundle(f"the bundle cannot be read: {error.strerror}", where=str(folder)) from error


def read_part(folder: Path, path: str) -> bytes:
    """The bytes of this file of the bundle."""
    try:
        return (folder / path).read_bytes()
    except FileNotFoundError as error:
        raise BadBundle(f"{path} is missing from the bundle", where=str(folder), hint=AGAIN) from error
    except OSError as error:
        raise BadBundle(
            f"{path} of the bundle cannot be read: {error.strerror}", hint="unpack the bundle again"
        ) from error


def _names(folder: Path, before: str) -> Iterator[str]:
    with os.scandir(folder / before) as entries:
        for entry in entries:
            path = f"{before}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from _names(folder, f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                what = "a link" if entry.is_symlink() else "no plain file"
                raise BadBundle(f"{path} is {what}, not the file that was signed", hint=AGAIN)

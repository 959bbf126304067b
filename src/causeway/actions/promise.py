"""What the manifest of a folder says already, and the questions that only a person can answer."""

import os
from pathlib import Path

from msgspec import Struct

from causeway.core.errors import OutsideError, remedy
from causeway.core.manifest import Manifest
from causeway.core.manifest_draft import ONLY_A_PERSON, standing_questions
from causeway.core.manifest_text import open_questions, read_manifest

MANIFEST = "causeway.toml"
MAX_BYTES = 4_000_000


class Asked(Struct, frozen=True, omit_defaults=True):
    """A question that no reading of files can answer; `line` is where the manifest waits for it."""

    key: str
    words: str
    line: int | None = None


class Promise(Struct, frozen=True):
    """The manifest, if there is one, and what is still open in it."""

    manifest: Manifest | None
    text: str = ""

    def questions(self) -> tuple[Asked, ...]:
        """The unanswered ones of the three, with the line to write on."""
        words = {question.key: question.words for question in standing_questions()}
        lines = {question.key: question.line for question in open_questions(self.text)} if self.text else {}
        return tuple(
            Asked(key, words[key], lines.get(key))
            for key in ONLY_A_PERSON
            if not _answered(self.manifest, key)
        )


def promise_of(folder: Path) -> Promise:
    """What the folder promises; a manifest that cannot be is an error that names its line."""
    path = folder / MANIFEST
    try:
        if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
            raise OutsideError(
                f"{MANIFEST} is a link that leads out of its folder",
                where=str(path),
                hint="put the file itself there",
            )
        if not path.is_file():
            path.lstat()
            raise OutsideError(f"{MANIFEST} is no file", where=str(path), hint="write a file of that name")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
    except FileNotFoundError:
        return Promise(None)
    except OSError as error:
        raise OutsideError(
            f"cannot read the manifest: {error.strerror}", where=str(path), hint=remedy(error)
        ) from error
    return Promise(read_manifest(content, where=str(path)), content.decode("utf-8-sig"))


def _answered(manifest: Manifest | None, key: str) -> bool:
    section, _, name = key.partition(".")
    return manifest is not None and getattr(getattr(manifest, section), name) not in {None, ""}

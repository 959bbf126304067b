"""Who wrote and who approved the commit that a folder is at; git is asked, and starts nothing."""

import hashlib
import os
import re
import subprocess
from collections.abc import Collection
from pathlib import Path

from causeway.core.proofs import Review

SECONDS = 20
SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never")
# what a repository's own configuration fetches is not here
ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
_AUTHOR = re.compile(r"^author (.*?) ?<([^>]*)> ", re.MULTILINE)
_APPROVED = re.compile(r"^(?:Reviewed|Approved)-by: *(.*?) *<([^>]*)> *$", re.MULTILINE | re.IGNORECASE)
SHA1_DIGITS = 40
FILE_MODES = ("100644", "100755")


def review_of(folder: Path, files: Collection[str]) -> Review | None:
    """The commit that the folder is at, and whether these files and all it names are as committed."""
    commit = _asked(folder, "rev-parse", "--verify", "HEAD^{commit}")
    said = _asked(folder, "cat-file", "commit", "HEAD")
    listed = _asked(folder, "ls-tree", "-r", "-z", "HEAD")
    if not commit or not said or listed is None:
        return None
    text = said.decode(errors="replace")
    head, _, message = text.partition("\n\n")
    author = _AUTHOR.search(head)
    email = author[2].casefold() if author else ""
    approvers = tuple(
        dict.fromkeys(name for name, mail in _APPROVED.findall(message) if mail.casefold() != email)
    )
    changed = _first_change(folder, listed, files)
    return Review(commit.decode().strip(), author[1] if author else "", approvers, changed == "", changed)


def _first_change(folder: Path, listed: bytes, files: Collection[str]) -> str:
    """The first file below the folder that is not as committed, or not committed; empty when all are."""
    entries = [entry for entry in listed.decode(errors="surrogateescape").split("\0") if entry]
    named = dict(reversed(entry.split("\t", 1)) for entry in entries)
    for path, about in named.items():
        mode, _, digest = about.split()
        if mode in FILE_MODES and _blob(folder / path, len(digest)) != digest:
            return path
    return next((path for path in sorted(files) if path not in named), "")


def _blob(path: Path, length: int) -> str:
    """The name that git gives to these bytes; empty where they are not there."""
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    # git names files by SHA-1, and in newer repositories by SHA-256
    made = hashlib.sha1(usedforsecurity=False) if length == SHA1_DIGITS else hashlib.sha256()
    made.update(b"blob %d\0" % len(content))
    made.update(content)
    return made.hexdigest()


def _asked(folder: Path, *words: str) -> bytes | None:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - git, with words of ours
            ["git", "-C", str(folder), *SAFE, *words],  # noqa: S607 - the git that the person uses
            env={**outer, **ALONE}, capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None

"""Commits onto a branch of its own without touching working tree, index or current branch."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from causeway.core.errors import OutsideError, Refused, UsageError
from causeway.core.lineage_facets import Code

SECONDS = 60
# a repository's own configuration names programs that git would start
SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false")


def repository(folder: Path) -> str:
    """The folder's path inside its repository, empty for the root, else with a slash at the end."""
    done = _run(folder, ["rev-parse", "--show-prefix", "--verify", "HEAD"])
    if done.returncode:
        raise UsageError(
            f"{folder} is no git repository with a commit", hint="write it into the folder, or --patch FILE"
        )
    return done.stdout.decode(errors="replace").splitlines()[0]


def commit_on_branch(
    folder: Path, branch: str, files: Mapping[str, tuple[bytes | None, bytes]], *, message: str
) -> str:
    """Makes the branch from HEAD with these files (path to before and after) in one commit; the commit."""
    prefix = repository(folder)
    head = _git(folder, "rev-parse", "--verify", "HEAD^{commit}")
    if _git(folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False):
        raise Refused(f"the branch {branch} is there already", hint=f"merge it, or: git branch -D {branch}")
    for path, (before, _) in files.items():
        if _at_head(folder, prefix + path) != before:
            raise Refused(
                f"{path} is not as it was committed, so the fix would carry your change with it",
                hint="commit it first, or leave --branch away",
            )
    with tempfile.TemporaryDirectory(prefix="causeway-git-") as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        _git(folder, "read-tree", head, env=index)
        for path, (before, after) in files.items():
            blob = _git(folder, "hash-object", "-w", "--no-filters", "--stdin", given=after)
            entry = f"{_mode(folder, prefix + path, before)},{blob},{prefix}{path}"
            _git(folder, "update-index", "--add", "--cacheinfo", entry, env=index)
        tree = _git(folder, "write-tree", env=index)
    commit = _git(folder, "commit-tree", tree, "-p", head, "-m", message)
    _git(folder, "update-ref", f"refs/heads/{branch}", commit, "0" * len(commit))
    return commit


def commit_here(folder: Path) -> Code | None:
    """The commit that the folder is at, less the secrets in its repository's address; None outside of git."""
    try:
        done = _run(folder, ["rev-parse", "--verify", "HEAD^{commit}"])
    except OutsideError:
        return None
    if done.returncode:
        return None
    branch = _git(folder, "symbolic-ref", "--quiet", "--short", "HEAD", check=False)
    address = _git(folder, "config", "--get", "remote.origin.url", check=False)
    prefix = _git(folder, "rev-parse", "--show-prefix", check=False)
    commit = done.stdout.decode().strip()
    return Code(commit, branch, re.sub(r"//[^/@\s]*@", "//", address), prefix.rstrip("/"))


def _at_head(folder: Path, path: str) -> bytes | None:
    done = _run(folder, ["cat-file", "blob", f"HEAD:{path}"])
    return done.stdout if done.returncode == 0 else None


def _mode(folder: Path, path: str, before: bytes | None) -> str:
    listed = _git(folder, "ls-tree", "--full-tree", "HEAD", path) if before is not None else ""
    return listed.split()[0] if listed else "100644"


def _git(
    folder: Path, *words: str, given: bytes = b"", env: Mapping[str, str] | None = None, check: bool = True
) -> str:
    done = _run(folder, [*words], given=given, env=env)
    if done.returncode and check:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise OutsideError(
            f"git {words[0]} failed: {said[0]}", where=str(folder), hint="mend that, and repeat"
        )
    return done.stdout.decode(errors="replace").strip() if not done.returncode else ""


def _run(
    folder: Path, words: list[str], *, given: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_INDEX")}
    try:
        return subprocess.run(  # noqa: S603 - git, with words of ours
            ["git", "-C", str(folder), *SAFE, *words],  # noqa: S607 - the git that the person uses
            input=given, env={**outer, **(env or {})}, capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise OutsideError("git is not installed", hint="write it into the folder, or --patch FILE") from None
    except subprocess.TimeoutExpired:
        raise OutsideError(
            f"git did not end within {SECONDS} seconds", where=str(folder), hint="repeat"
        ) from None

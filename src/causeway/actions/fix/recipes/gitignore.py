"""What does not belong into version control: caches, environments, secrets, rubbish that lies there."""

import posixpath
import shlex
from collections.abc import Iterable, Iterator

from causeway.actions.fix.change import Left, Mend
from causeway.actions.fix.site import Site
from causeway.core.finding import Evidence
from causeway.core.poc import Poc

FILE = ".gitignore"
PYTHON = ("__pycache__/", "*.py[cod]", ".ipynb_checkpoints/", ".pytest_cache/")
R = (".Rhistory", ".RData", ".Rproj.user/")
PRIVATE = (".venv/", "venv/", ".env", ".causeway/")
ENVIRONMENTS = frozenset({".venv/", "venv/", ".env"})


def mend(site: Site) -> Mend:
    """The lines that are not there yet, under the ones that are."""
    before = site.read(FILE) or b""
    text = before.decode("utf-8", "surrogateescape")
    there = {_bare(line) for line in text.splitlines()}
    groups = [
        (title, [line for line in lines if _bare(line) not in there and _covers(line) not in there])
        for title, lines in _wanted(site.poc)
    ]
    newline = "\r\n" if "\r\n" in text else "\n"
    added = newline.join(_written(groups)).replace("\n", newline)
    if not added:
        return Mend("gitignore")
    gap = ("" if not text or text.endswith("\n") else newline) + (newline if text.strip() else "")
    change = site.change(FILE, before + (gap + added + newline).encode("utf-8", "surrogateescape"))
    found = dict(groups).get("# found here", [])
    return Mend("gitignore", (change,) if change else (), _told(found), tuple(_secrets(site.poc)))


def rubbish(poc: Poc) -> list[str]:
    """The paths that should not be in version control, as lines of the file."""
    junk = [sighting.value for sighting in poc.seen("junk")]
    stores = [file.path for file in poc.data if file.format == "MLflow store"]
    return [f"/{path}" for path in sorted({*junk, *stores})]


def _wanted(poc: Poc) -> Iterator[tuple[str, Iterable[str]]]:
    yield "# made by running it", (*PYTHON, *(R if "R" in poc.languages else ()))
    yield "# this machine's own: environments, secrets, state", PRIVATE
    yield "# found here", rubbish(poc)


def _written(groups: Iterable[tuple[str, list[str]]]) -> list[str]:
    blocks = ["\n".join([title, *lines]) for title, lines in groups if lines]
    return ["\n\n".join(blocks)] if blocks else []


def _bare(line: str) -> str:
    return line.strip().strip("/")


def _covers(line: str) -> str:
    """A broader line that says the same."""
    if line == "*.py[cod]":
        return "*.pyc"
    return f"*{posixpath.splitext(line)[1]}" if line.startswith("/") else ""


def _told(found: list[str]) -> tuple[str, ...]:
    if not found:
        return ()
    names = shlex.join(path.lstrip("/") for path in found)
    return (f"What git tracks already stays tracked: git rm -r --cached -- {names}",)


def _secrets(poc: Poc) -> Iterator[Left]:
    """Files that hold a secret and are ignored from now on: ignoring takes nothing back."""
    for sighting in poc.seen("secret"):
        if posixpath.basename(sighting.at.path).startswith(".env"):
            yield Left("withdraw this secret where it was issued: the history keeps it", _place(sighting.at))


def _place(at: Evidence) -> Evidence:
    return Evidence(at.path, line=at.line)

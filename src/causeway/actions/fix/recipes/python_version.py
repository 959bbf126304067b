"""The version of Python that it was last run with, written where tools look for it."""

import re

from causeway.actions.fix.change import Left, Mend
from causeway.actions.fix.site import Site
from causeway.core.errors import UsageError

FILE = ".python-version"
SURE = 0.8
_VERSION = re.compile(r"3\.\d{1,2}(?:\.\d{1,2})?")


def mend(site: Site) -> Mend:
    """The file, from a notebook's kernel or the person's own word."""
    poc = site.poc
    if (poc.python and poc.python.certainty >= SURE) or site.has(FILE) or "Python" not in poc.languages:
        return Mend("python")
    if site.wish.python and not _VERSION.fullmatch(site.wish.python):
        raise UsageError(f"{site.wish.python} is no version of Python", hint="for example: --python 3.11")
    version = site.wish.python or poc.python.value
    if not version:
        return Mend("python", left=(Left("nothing here tells which Python it was made with: --python 3.11"),))
    change = site.change(FILE, f"{version}\n".encode())
    seen = f"{poc.python.at} was run with {version}." if not site.wish.python and poc.python.at else ""
    return Mend("python", (change,) if change else (), (seen,) if seen else ())

"""Passwords of databases that are the default of their maker, in code or in a compose file."""
# ruff: noqa: SIM905 - a list of words reads best as words

import re
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_text
from causeway.intake.files.walk import Entry
from causeway.intake.private.secret_forms import DATABASE
from causeway.intake.python.code import Code

MAX_BYTES = 100_000
_DEFAULTS = frozenset("postgres password root admin mysql guest secret changeme 1234 123456".split())
_SET = re.compile(
    r"(?m)^[ \t-]*(?:POSTGRES|MYSQL_ROOT|MYSQL|MARIADB_ROOT|MARIADB|MONGO_INITDB_ROOT)_PASSWORD"
    r"[ \t]*[:=][ \t]*[\"']?(?:\$\{\w+:-)?([\w!@#-]+)"
)
_ASIDE = re.compile(r"(^|/)(tests?|\.github|docs?|examples?)/|(^|/)(test_[^/]*|conftest\.py)$")


def default_passwords(codes: Iterable[Code], entries: Iterable[Entry]) -> Iterator[Sighting]:
    """Where a database is given a password that anybody would try first."""
    for code in codes:
        if code.notebook is None and not _ASIDE.search(code.path):
            for block in code.blocks:
                yield from _set(DATABASE, code.path, block.text)
    for entry in entries:
        composed = re.match(r"(?:docker-)?compose[\w.-]*\.ya?ml$", entry.name)
        if composed and entry.size < MAX_BYTES and not _ASIDE.search(entry.path):
            yield from _set(_SET, entry.path, read_text(entry.full, MAX_BYTES).text)


def _set(pattern: re.Pattern[str], path: str, text: str) -> Iterator[Sighting]:
    for matched in pattern.finditer(text) if "://" in text or "PASSWORD" in text else ():
        if matched[1].lower() in _DEFAULTS:
            line = text.count("\n", 0, matched.start(1)) + 1
            yield Sighting("default_password", matched[1], Evidence(path, line=line))

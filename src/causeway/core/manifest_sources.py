"""What cannot be in a `[[data]]` that comes from outside the folder."""

import re
from collections.abc import Iterator
from typing import cast

from causeway.core.manifest_rules import Problem

FORMS = (".csv", ".tsv", ".parquet", ".pq")
"""The endings of files that an outside source can be brought to."""

_DATABASE = re.compile(
    r"(postgres(ql)?|sqlite|mysql|mariadb|mssql|oracle|duckdb|snowflake|redshift|bigquery|trino)([+][^:]*)?:",
    re.IGNORECASE,
)

Tables = dict[str, object]


def source_problems(tables: Tables) -> Iterator[Problem]:
    """Every problem of sources, in the order in which they stand."""
    value = tables.get("data")
    parts = cast("list[object]", value) if isinstance(value, list) else []
    for index, part in enumerate(parts):
        if isinstance(part, dict):
            for key, words, hint in _problems(_texts(cast("Tables", part))):
                yield Problem(("data", index, key), words, hint)


def _texts(part: Tables) -> dict[str, str]:
    return {key: value for key, value in part.items() if isinstance(value, str)}


def _problems(part: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    origin = part.get("from", "")
    if not origin:
        for key in ("query", "table", "secret"):
            if key in part:
                yield key, f"`{key}` speaks of a source outside, and there is none", "name it: from = ..."
        return
    if "owner" not in part:
        yield (
            "from",
            "a source from outside has no `owner`",
            'name who may grant its use: owner = "data office"',
        )
    yield from _bad_place(part.get("path", ""))
    if "query" in part and "table" in part:
        yield "table", "`query` and `table` are both there", "keep one of the two"
    elif is_database(origin) and not ("query" in part or "table" in part):
        yield "from", "what to read of this database is not said", 'write: table = "subscribers", or a query'


def is_database(origin: str) -> bool:
    """Whether this address is that of a database."""
    return _DATABASE.match(origin) is not None


def _bad_place(path: str) -> Iterator[tuple[str, str, str]]:
    parts = path.replace("\\", "/").split("/")
    if not path:
        yield "from", "a source from outside has no `path`", 'say what the training reads: path = "data.csv"'
    elif path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        yield "path", f'`path` cannot be "{path}"', "the training reads it inside the folder: a relative path"
    elif not path.lower().endswith(FORMS):
        yield (
            "path",
            f'a source from outside cannot become "{path}"',
            f"end it with one of {', '.join(FORMS)}",
        )

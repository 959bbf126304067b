"""What may be asked of a database: one statement that only reads."""

import re

from causeway.core.errors import Refused, UsageError

_HIDDEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_CHANGES = re.compile(
    r"\b(insert|update|delete|merge|replace\s+into|into|truncate|create|alter|drop|grant|revoke|attach|detach|"
    r"pragma|vacuum|copy|call|execute|lock)\b",
    re.IGNORECASE,
)
_READS = re.compile(r"\s*\(*\s*(select|with|values|table)\b", re.IGNORECASE)
MAX_QUERY_CHARACTERS = 100_000


def checked(query: str, *, where: str) -> str:
    """The query, if it is one statement that reads; databases are told to refuse the rest besides."""
    text = query.strip().removesuffix(";").rstrip()
    if len(text) > MAX_QUERY_CHARACTERS or "\0" in text:
        raise UsageError("the query is too long to be read by anybody", where=where, hint="make a view of it")
    if ";" in text or "/*!" in text:
        raise Refused(
            "the query is more than one statement",
            where=where,
            hint="write one SELECT, without a semicolon; a semicolon in a text is char(59)",
        )
    plain = _HIDDEN.sub(" ", text)
    changing = _CHANGES.search(plain)
    if changing or not _READS.match(plain):
        what = f"it says {changing[1].upper()}" if changing else "it does not begin with SELECT or WITH"
        raise Refused(
            f"the query may only read: {what}",
            where=where,
            hint="write one SELECT; a column of such a name stands in double quotes",
        )
    return text


def whole_table(table: str, *, quote: str = '"') -> str:
    """The query of all of a table, whose name is nothing but a name."""
    names = [name for name in table.split(".") if name]
    if not names or len(names) > len(("database", "schema", "table")):
        raise UsageError(f"`table` cannot be {table!r}", hint='write: table = "schema.table"')
    return "SELECT * FROM " + ".".join(quote + name.replace(quote, quote * 2) + quote for name in names)  # noqa: S608 - names are quoted

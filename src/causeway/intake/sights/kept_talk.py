"""What an app kept of its users in a database that lies in the folder: their names, what they wrote."""

import re
import sqlite3
from collections.abc import Iterable, Iterator

from causeway.core.finding import Evidence
from causeway.core.poc import DataFile, Sighting
from causeway.intake.data.databases import opened, table_names
from causeway.intake.files.walk import Entry

MAX_TABLES = 40
_PEOPLE = re.compile(
    r"(?i)^(?:app_|chat_|tbl_)?(?:users?|customers?|clients?|patients?|members?|employees?|accounts?|user_profiles?)$"
)
_NAMES = {"name", "username", "user_name", "full_name", "fullname", "first_name", "email", "phone"}
_WRITTEN = {"content", "message", "text", "body", "question", "prompt", "user_message"}
_SPOKEN = {"role", "sender", "user_id", "session_id", "conversation_id", "chat_id", "answer", "response"}
_TALK = re.compile(r"(?i)message|chat|conversation|history|interaction")


def kept_talk(data: Iterable[DataFile], entries: Iterable[Entry]) -> Iterator[Sighting]:
    """Each database with people's names or conversations, and how many."""
    by_path = {entry.path: entry for entry in entries}
    for file in data:
        if file.format == "SQLite" and file.records and file.path in by_path:
            said = _said(by_path[file.path])
            if said:
                yield Sighting("people_in_text", " and ".join(said), Evidence(file.path))


def _said(entry: Entry) -> list[str]:
    try:
        with opened(entry.full) as database:
            found = [_of_table(database, table) for table in table_names(database)[:MAX_TABLES]]
    except (sqlite3.Error, OSError):
        return []
    return [said for said in found if said]


def _of_table(database: sqlite3.Connection, table: str) -> str:
    name = '"' + table.replace('"', '""') + '"'
    columns = {str(row[1]).lower() for row in database.execute(f"pragma table_info({name})")}
    naming = sorted(columns & _NAMES) if _PEOPLE.match(table) else []
    talk = _TALK.search(table) and columns & _WRITTEN and columns & _SPOKEN
    if not naming and not talk:
        return ""
    count = database.execute(f"select count(*) from {name}").fetchone()[0]  # noqa: S608 - quoted
    if not count:
        return ""
    rows = "row" if count == 1 else "rows"
    if naming:
        filled = database.execute(f"select count(*) from {name} where \"{naming[0]}\" <> ''").fetchone()[0]  # noqa: S608 - quoted
        return f"{naming[0]} of {filled:,} in table {table}" if filled else ""
    return f"{count:,} {rows} of conversation (table {table})"

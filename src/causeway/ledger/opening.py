"""Opens the ledger that an address names."""

from pathlib import Path

from causeway.core.errors import MissingExtra, UsageError
from causeway.ledger.ledger import Ledger
from causeway.ledger.sqlite import SqliteDatabase
from causeway.ledger.store import SqlLedger

POSTGRES = ("postgresql://", "postgres://")
SQLITE = "sqlite://"


def open_ledger(url: str | Path, *, only_read: bool = False) -> Ledger:
    """The ledger at a path, `sqlite:///path` or `postgresql://...`; made there if there is none.

    With `only_read` an SQLite ledger must be there, and no byte beside or in it is changed.
    """
    address = str(url)
    if address.startswith(POSTGRES):
        return _open_postgres(address)
    if "://" in address and not address.startswith(SQLITE):
        raise UsageError(
            f"no ledger can be kept at {address.partition('://')[0]}://",
            hint="use a path, sqlite:///path or postgresql://...",
        )
    return SqlLedger(SqliteDatabase(Path(address.removeprefix(SQLITE)), only_read=only_read))


def _open_postgres(url: str) -> Ledger:
    try:
        # an optional extra, imported when it is wanted
        from causeway.ledger.postgres import PostgresDatabase  # noqa: PLC0415 - optional extra
    except ImportError as error:
        raise MissingExtra(
            "a ledger in PostgreSQL needs psycopg", hint='install with: pip install "causeway[postgres]"'
        ) from error
    return SqlLedger(PostgresDatabase(url))

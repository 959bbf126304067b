"""A product that is live, and commands in processes of their own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
import shipyard
from causeway.cli.main import main


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A folder whose release is live, and the keys that signed it; nobody changes them."""
    place = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("CAUSEWAY_LEDGER", raising=False)
        patched.setenv("CAUSEWAY_KEYS", str(place / "keys"))
        folder = folders.churn(shipyard.poc(place / "poc"))
        shipyard.release(folder)
        assert CliRunner().invoke(main, ["ship", str(folder), "--yes"]).exit_code == 0
    return place


@pytest.fixture
def place(template, monkeypatch):
    """A place of this test alone, which other users may enter; its keys are the ones in use."""
    place = Path(tempfile.mkdtemp(prefix="causeway-test-"))
    place.chmod(0o755)
    shutil.copytree(template / "keys", place / "keys")
    monkeypatch.setenv("CAUSEWAY_KEYS", str(place / "keys"))
    monkeypatch.setenv("TMPDIR", str(place))
    for name in ("CAUSEWAY_LEDGER", "CAUSEWAY_ACTOR"):
        monkeypatch.delenv(name, raising=False)
    yield place
    for folder in (place, *place.rglob("*")):
        if folder.is_dir() and not folder.is_symlink():
            folder.chmod(0o755)
    shutil.rmtree(place)


@pytest.fixture
def live(template, place):
    """The live product's folder."""
    return shutil.copytree(template / "poc", place / "poc")


class Apart:
    """Commands in processes of their own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("apart.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def run(self, *words, **how):
        """One command; its exit code and what it wrote."""
        return self.ask({"words": [str(word) for word in words], **self.here(how)})

    def together(self, commands):
        """Commands at the same time; their exit codes."""
        return self.ask([{"words": [str(word) for word in words], **self.here({})} for words in commands])

    def here(self, how):
        names = ("CAUSEWAY_KEYS", "TMPDIR")
        return how | {"env": {name: os.environ[name] for name in names} | how.get("env", {})}

    def ask(self, asked):
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="session")
def apart():
    """Where commands run in processes of their own."""
    apart = Apart()
    yield apart
    apart.process.stdin.close()
    apart.process.stdout.close()
    apart.process.wait()

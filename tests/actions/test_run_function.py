"""What no rule explains is made by one function that the manifest names, proven like the rules."""

import shutil
import sys
from pathlib import Path

import pytest
from functions import name, write_poc

from causeway.actions.run import run
from causeway.actions.ship import Blocked, ship
from causeway.actions.workspace import open_workspace
from causeway.adapters import registry
from causeway.core.environment import Environment
from causeway.core.errors import NotFound, Refused
from causeway.core.routes import read_routes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]


class Shop:
    """The real doors, but the environment is the interpreter that runs the tests, under a name of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.python = folder / "bin" / "python"

    def build_environment(self, _, **__):
        self.python.parent.mkdir(parents=True, exist_ok=True)
        if not self.python.exists():
            self.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
            self.python.chmod(0o755)
        (self.folder / "overlay").mkdir(exist_ok=True)
        (self.folder / "overlay" / ".ready").touch()
        version = ".".join(map(str, sys.version_info[:3]))
        return Environment(str(self.python), version, {"scikit-learn": "1"}, (), "this", str(self.folder))

    def __getattr__(self, door):
        return getattr(registry, door)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_KEYS", str(tmp_path_factory.mktemp("keys")))
        patch.delenv("CAUSEWAY_LEDGER", raising=False)
        yield


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def poc(keys, tmp_path_factory):
    return write_poc(tmp_path_factory.mktemp("poc") / "orders")


@pytest.fixture(scope="module")
def encoded(poc, shop):
    name(poc, "")
    return run(open_workspace(poc), poc, workshop=shop)


@pytest.fixture(scope="module")
def report(poc, shop, encoded):
    name(poc, "prepare:features")
    return run(open_workspace(poc), poc, workshop=shop)


def test_without_a_function_the_finding_names_column_line_and_what_to_write(poc, encoded):
    name(poc, "")
    assert encoded.blocks == ("encoded-input",)
    finding = encoded.findings[0]
    assert "encode code (made at train.py:12) themselves" in finding.title
    assert 'out["code"] = [sum(ord(c)' in finding.evidence[0].text
    assert '[model] features = "module:function" (below causeway.toml:10)' in finding.remedy.words
    with pytest.raises(Blocked, match="encoded-input"):
        ship(open_workspace(poc), poc, release=encoded.release, agree=lambda _: True)


def test_with_a_function_the_release_takes_raw_rows_and_holds_its_modules(report):
    assert (report.encoded_input, report.blocks) == (False, ())
    assert (report.parity.rows, report.parity.rows_equal, report.parity.label_flips) == (234, 234, 0)
    assert [stage.stage for stage in report.stages if not stage.cached] == ["features", "compile", "package"]
    bundle = registry_release(report)
    assert (bundle.model.features, bundle.model.columns) == ("prepare:features", ("amount", "code"))
    assert [(f.name, f.kind, f.required) for f in bundle.signature.inputs] == [
        ("reference", "text", True),
        ("amount", "number", True),
    ]
    modules = {path for path in bundle.files if path.startswith("features/")}
    assert modules == {"features/prepare.py", "features/words.py"}


def registry_release(report):
    import msgspec  # noqa: PLC0415 - only here

    from causeway.core.release import Release  # noqa: PLC0415 - the same

    return msgspec.json.decode((Path(report.bundle) / "release.json").read_bytes(), type=Release)


@pytest.mark.parametrize(
    ("function", "error", "said"),
    [
        ("prepare:ranked", Refused, "prepare:ranked makes other values .* beside it: amount"),
        ("prepare:shifted", Refused, r"code differs in \d+ of 234 rows; in row \d+ of orders.csv it is"),
        ("prepare:nothing", Refused, "prepare:nothing failed: AttributeError"),
        ("missing:features", NotFound, "there is no missing.py"),
    ],
)
def test_a_function_that_does_not_do_is_refused_by_name(poc, shop, function, error, said):
    name(poc, function)
    with pytest.raises(error, match=said):
        run(open_workspace(poc), poc, workshop=shop)


def test_the_route_names_the_python_and_ship_refuses_when_it_is_gone(poc, shop, report):
    name(poc, "prepare:features")
    work = open_workspace(poc)
    ship(work, poc, agree=lambda _: True)
    served = read_routes(work.routes.read_bytes()).routes[0].served
    assert [each.python for each in served] == [str(shop.python)]

    shutil.rmtree(shop.python.parent)
    with pytest.raises(Refused, match="environment in which prepare:features runs is gone") as refused:
        ship(work, poc, agree=lambda _: True)
    assert "causeway run" in refused.value.hint
    again = run(work, poc, workshop=shop)
    assert (again.status, again.release) == ("already_made", report.release)
    assert ship(work, poc, agree=lambda _: True).status == "already_live"

"""`causeway init`: what it finds, what it writes, and what it leaves alone."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
from causeway.actions.init import init
from causeway.cli.main import main
from causeway.core.contract_text import read_contract
from causeway.core.errors import OutsideError
from causeway.core.manifest_text import parse_manifest


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_drafts_manifest_and_contract_and_nothing_else(tmp_path):
    before = names(folders.churn(tmp_path / "My PoC (1)"))
    report = init(tmp_path / "My PoC (1)")
    assert report.status == "drafted"
    assert report.written == ("causeway.toml", "contracts/people.odcs.yaml")
    assert names(tmp_path / "My PoC (1)") == sorted([*before, *report.written])
    text = (tmp_path / "My PoC (1)" / "causeway.toml").read_text()
    manifest = parse_manifest(text, where="causeway.toml")
    assert (manifest.product.name, manifest.product.kind, manifest.product.owner) == (
        "my-poc-1",
        "binary",
        "",
    )
    (data,) = manifest.data
    assert (data.path, data.target, data.positive, data.identifiers) == (
        "people.csv",
        "left",
        "yes",
        ("person_id",),
    )
    assert manifest.model.train == "train.py"
    contract = read_contract((tmp_path / "My PoC (1)" / data.contract).read_text(), where=data.contract)
    assert [item.name for item in contract.schema[0].properties] == ["person_id", "tenure", "plan", "left"]
    written = text.splitlines()
    assert all('= "?"' in written[question.line - 1] for question in report.questions)
    assert len(report.questions) == 3


def test_leaves_a_manifest_as_it_is(tmp_path):
    folders.churn(tmp_path, **{"causeway.toml": '[product]\nname = "mine"\nowner = "dana"\n'})
    before = names(tmp_path)
    report = init(tmp_path)
    assert (report.status, report.written) == ("already_drafted", ())
    assert names(tmp_path) == before
    assert (tmp_path / "causeway.toml").read_text().startswith('[product]\nname = "mine"')


def test_a_second_write_that_fails_takes_the_first_back(tmp_path, monkeypatch):
    before = names(folders.churn(tmp_path))
    real = Path.replace

    def full(path, target):
        if str(target).endswith("causeway.toml"):
            raise OSError(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutsideError, match="No space left"):
        init(tmp_path)
    assert names(tmp_path) == before
    assert not (tmp_path / "contracts").exists()


def test_without_data_only_the_manifest_is_drafted(tmp_path):
    report = init(folders.write(tmp_path, {"app.py": "import streamlit\n"}))
    assert report.written == ("causeway.toml",)
    assert 'kind = "?"' in (tmp_path / "causeway.toml").read_text()


def test_command_line(tmp_path):
    folders.churn(tmp_path)
    told = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert told.exit_code == 0
    assert max(map(len, told.output.splitlines())) <= 80 or str(tmp_path) in told.output
    assert "nothing was run or unpickled" in told.output.replace("\n", " ")
    assert f"Next: causeway check {tmp_path}" in told.output
    again = CliRunner().invoke(main, ["init", str(tmp_path), "--json"])
    assert again.exit_code == 0
    assert '"status":"already_drafted"' in again.output
    missing = CliRunner().invoke(main, ["init", str(tmp_path / "no")])
    assert (missing.exit_code, "error: there is no such folder" in missing.output) == (2, True)

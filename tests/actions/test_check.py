"""`causeway check`: verdict, findings, questions, next command; it writes nothing."""

import json
import os
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
from causeway.actions.check import check
from causeway.actions.init import init
from causeway.cli.main import VERBS, main
from causeway.core.errors import BadManifest, UsageError

POCS = Path(os.environ.get("CAUSEWAY_POCS", "/nowhere"))


def invoke(*arguments):
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_needs_no_manifest_and_writes_nothing(tmp_path):
    folders.churn(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    report = check(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (report.stage, report.ready, report.manifest) == ("sandbox", False, False)
    assert [question.line for question in report.questions] == [None, None, None]
    assert report.next == f"causeway init {tmp_path}"


def test_uses_a_manifest_that_is_there(tmp_path):
    folders.churn(tmp_path)
    init(tmp_path)
    path = tmp_path / "causeway.toml"
    path.write_text(path.read_text().replace('owner = "?"', 'owner = "dana"', 1))
    report = check(tmp_path)
    assert [question.key for question in report.questions] == ["kpi.name", "kpi.right_decision"]
    assert report.findings[0].code == "NO-KPI"
    assert report.next == f"causeway run {tmp_path}"


def test_a_manifest_that_cannot_be_names_its_line(tmp_path):
    folders.churn(tmp_path, **{"causeway.toml": '[product]\nname = "a"\nownr = "b"\n'})
    with pytest.raises(BadManifest) as caught:
        check(tmp_path)
    assert caught.value.where.endswith("causeway.toml:3")
    assert invoke(tmp_path).exit_code == 2


def test_exit_code_is_one_while_something_blocks(tmp_path):
    folders.churn(tmp_path)
    assert invoke(tmp_path).exit_code == 1
    (tmp_path / "causeway.toml").write_text('[product]\nname = "a"\nowner = "b"\n[kpi]\nname = "c"\n')
    assert invoke(tmp_path).exit_code == 0


def test_text_fits_eighty_columns_and_speaks_verdict_first(tmp_path, monkeypatch):
    monkeypatch.chdir(folders.churn(tmp_path))
    lines = invoke(".").output.splitlines()
    assert lines[0].startswith("Not ready for a pilot: 1 blocker, ")
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)
    verb = shlex.split(lines[-1].removeprefix("Next: "))[1]
    assert verb in VERBS


def test_next_command_survives_odd_names(tmp_path):
    folder = folders.churn(tmp_path / "a b'c")
    assert shlex.split(check(folder).next)[-1] == str(folder)


def test_json_has_a_stable_shape(tmp_path):
    folders.churn(tmp_path)
    shape = json.loads(invoke(tmp_path, "--json").output)
    assert set(shape) == {
        "ok", "folder", "sentence", "sources", "stage", "ready", "verdict", "findings", "questions",
        "readiness", "next", "reach", "kind", "forecast",
    }  # fmt: skip
    assert {"code", "severity", "title", "remedy"} <= set(shape["findings"][0])
    assert set(shape["verdict"]) == {"blockers", "fixes", "notes"}


def test_markdown(tmp_path):
    folders.churn(tmp_path)
    text = invoke(tmp_path, "--md").output
    assert text.startswith("## Not ready for a pilot")
    assert "| blocker | Nobody is named as owner" in text


def test_bad_input_is_one_clear_error(tmp_path):
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    for path, words in (
        ("none", "no such folder"),
        ("file.txt", "a file, not a folder"),
        ("empty", "is empty"),
    ):
        told = invoke(tmp_path / path)
        assert (told.exit_code, told.output.count("error:"), words in told.output) == (2, 1, True)
        assert json.loads(invoke(tmp_path / path, "--json").output)["ok"] is False
    with pytest.raises(UsageError, match="no stage called"):
        check(folders.churn(tmp_path / "poc"), stage="moon")


@pytest.mark.poc
@pytest.mark.skipif(not POCS.is_dir(), reason="CAUSEWAY_POCS names no folder")
def test_real_folders_are_named_quickly_and_left_alone():
    for folder in sorted(path for path in POCS.iterdir() if path.is_dir()):
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        report = check(folder)
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
        assert report.reach.seconds < 5
        assert "not known" not in report.sentence
        assert not any(finding.code == "SECRET" for finding in report.findings)


def two_proofs(folder):
    folders.churn(folder / "who leaves")
    folders.write(
        folder / "prices",
        {
            "fit.py": "import pandas as pd\nfrom sklearn.linear_model import LinearRegression\n"
            'df = pd.read_csv("homes.csv")\nLinearRegression().fit(df[["rooms"]], df["price"])\n',
            "homes.csv": "rooms,price\n" + "".join(f"{n % 7},{n * 9}\n" for n in range(50)),
        },
    )
    return folders.write(folder, {"LICENSE": "Apache License\nVersion 2.0\n"})


def test_several_proofs_of_concept_in_one_folder_are_told_apart(tmp_path):
    report = check(two_proofs(tmp_path))
    assert [Path(proof.path).name for proof in report.proofs] == ["who leaves", "prices"]
    assert shlex.split(report.proofs[1].command) == ["causeway", "check", str(tmp_path / "prices")]
    assert report.folder == str(tmp_path / "who leaves")
    assert report.sentence.startswith("Binary classification of left")
    assert {place.path for finding in report.findings for place in finding.evidence} <= {
        "train.py",
        "people.csv",
        "requirements.txt",
    }
    assert "NO-LICENCE" not in {finding.code for finding in report.findings}
    assert "2 proofs of concept here; this is about the largest" in invoke(tmp_path).output
    assert not check(tmp_path / "prices").proofs


def test_a_manifest_says_that_the_folder_is_one_product(tmp_path):
    (two_proofs(tmp_path) / "causeway.toml").write_text('[product]\nname = "a"\n')
    assert not check(tmp_path).proofs


def test_parts_and_copies_of_one_attempt_are_no_proofs_of_their_own(tmp_path):
    for name in ("notebooks", "src/training", "attempt one", "attempt two"):
        folders.churn(tmp_path / name)
    assert not check(tmp_path).proofs

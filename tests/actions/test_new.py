"""`causeway new`: a whole folder that passes the check, or nothing."""

import json
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from causeway.actions.check import check
from causeway.actions.new import TEMPLATES, Answers, new
from causeway.assess.evidence import Facts
from causeway.assess.made_good import still_open
from causeway.cli.main import main
from causeway.core.contract_text import read_contract
from causeway.core.errors import OutsideError, UsageError
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.manifest_text import read_manifest
from causeway.example.golden import data_of, rehearsal_of

ANSWERS = Answers('dana "d" \\', "share of orders that come back", "Returns fall by a tenth.")


def held(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_passes_the_check_before_it_has_run(tmp_path, template):
    written = new("returns", template, into=tmp_path, answers=ANSWERS)

    folder = tmp_path / "returns"
    assert set(written.files) == held(folder)
    assert {"train.py", "README.md", "LICENSE", ".gitignore", "tests/test_train.py"} <= set(written.files)
    assert ".github/workflows/tests.yml" in written.files
    manifest = read_manifest((folder / "causeway.toml").read_bytes(), where="causeway.toml")
    assert (manifest.product.owner, manifest.kpi.name) == (ANSWERS.owner, ANSWERS.kpi)
    read_contract((folder / manifest.data[0].contract).read_text(), where="contract")
    assert "simulated" in (folder / "README.md").read_text()
    assert not [path for path in written.files if "<<" in (folder / path).read_text()]
    found = check(folder).findings
    # what a run keeps, and what ship deploys
    assert {finding.code for finding in found} == {"MODEL-ABSENT", "NO-CONTAINER"}
    assert {finding.severity for finding in found} == {Severity.NOTE}


def test_what_was_not_answered_stays_a_question_and_a_finding(tmp_path):
    written = new("returns", "tabular", into=tmp_path, answers=Answers())

    assert {"product.owner", "kpi.name", "product.success", "product.sponsor"} <= set(written.open)
    codes = {finding.code for finding in check(tmp_path / "returns").findings}
    assert codes == {"MODEL-ABSENT", "NO-CONTAINER", "NO-OWNER"}  # which asks for the measure too


def test_every_open_line_can_be_answered_at_once(tmp_path):
    others = {
        "product.sponsor": "head of sales", "product.risk_tier": "minimal", "kpi.family": "margin",
        "kpi.unit": "order", "kpi.unit_value": "12.5", "kpi.currency": "EUR", "kpi.baseline": "0.29",
        "kpi.target": "0.25", "kpi.source": "report 7", "budget.run_per_month": "90",
        "budget.currency": "EUR", "budget.until": "2030-12-31", "kpi.query": "select avg(value) from orders",
        "budget.predictions_per_month": "20000", "budget.day_rate": "640", "budget.upkeep_days": "1.5",
        "budget.tools_per_month": "0", "data.owner": "ana",
    }  # fmt: skip
    words = [word for key, value in others.items() for word in ("--set", f"{key}={value}")]
    asked = [
        "new",
        "returns",
        "--template",
        "tabular",
        "--in",
        str(tmp_path),
        "--owner",
        "dana",
        "--kpi",
        "k",
    ]

    result = CliRunner().invoke(main, [*asked, "--success", "Fewer.", *words, "--json"])

    assert json.loads(result.stdout)["open"] == []
    checks = {each.id: each.grade for each in check(tmp_path / "returns").readiness.checks}
    assert {checks[name] for name in ("OWN-1", "OWN-2", "OWN-3", "VAL-1", "GOV-4")} == {0.5}


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_rehearsed_with_was_never_trained_on(template):
    data, rehearsed = data_of(template)[1].splitlines(), rehearsal_of(template).splitlines()
    assert data[0] == rehearsed[0]
    inputs = [{line.rpartition(",")[0] for line in table[1:]} for table in (data, rehearsed)]
    assert len(rehearsed) > 70
    assert not inputs[0] & inputs[1]


def test_the_data_is_the_same_on_every_machine():
    assert data_of("tabular") == data_of("tabular")
    assert data_of("tabular")[1].startswith(
        "items,value,discount,delivery_days,orders_before,category,payment,returned\n2,114.35,0.0,8,1,fashion"
    )


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        (["x", "--template", "tabula"], "no template tabula; did you mean tabular?", "--template forecast:"),
        (["x"], "which template?", "--template regression:"),
        (["My Shop", "--template", "text"], "My Shop cannot be a product's name", "perhaps my-shop"),
        (["x", "--template", "text", "--set", "kpi.unti=a"], "kpi.unti is not open", "kpi.unit, "),
        (["x", "--template", "text", "--set", "kpi.unit"], "kpi.unit does not say", "--set kpi.unit=order"),
        (
            ["x", "--template", "text", "--set", "kpi.currency=euro"],
            'cannot be "euro"',
            "three capital letters",
        ),
        (["x", "--template", "text", "--in", "nowhere"], "no folder nowhere", "--in DIR"),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, monkeypatch, words, said, hint):
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["new", *words, "--json"])

    answer = json.loads(result.stdout)
    assert result.exit_code == 2
    assert said in answer["error"]
    assert hint in answer["hint"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["file", "full", "link"])
def test_what_is_there_is_never_touched(tmp_path, there):
    taken = tmp_path / "returns"
    if there == "link":
        taken.symlink_to(tmp_path / "nowhere")
    elif there == "file":
        taken.write_text("mine")
    else:
        taken.mkdir()
        (taken / "notes.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(UsageError, match="is there already"):
        new("returns", "text", into=tmp_path, answers=ANSWERS)

    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_of_that_name_is_filled(tmp_path):
    (tmp_path / "returns").mkdir()

    new("returns", "text", into=tmp_path, answers=ANSWERS)

    assert (tmp_path / "returns" / "train.py").is_file()


def test_a_place_that_may_not_be_written_to_is_said(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)

    with pytest.raises(OutsideError, match="Permission denied"):
        new("returns", "text", into=tmp_path, answers=ANSWERS)


def test_whoever_is_killed_midway_leaves_no_folder_of_that_name(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path; from causeway.actions import new as verb; "
        "verb._contract = lambda *_: os.kill(os.getpid(), signal.SIGKILL); "
        "verb.new('returns', 'text', into=Path(sys.argv[1]), answers=verb.Answers())"
    )
    ended = subprocess.run([sys.executable, "-c", program, tmp_path], env=os.environ, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert not (tmp_path / "returns").exists()
    assert new("returns", "text", into=tmp_path, answers=ANSWERS).files


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("causeway.actions.new.write_contract", refuse)

    with pytest.raises(OutsideError, match="No space left"):
        new("returns", "text", into=tmp_path, answers=ANSWERS)

    assert not list(tmp_path.iterdir())


def test_a_live_release_makes_good_only_what_it_keeps_and_deploys():
    note = Finding("MODEL-ABSENT", Severity.NOTE, "Nothing saves it.", Remedy(""))
    fix = Finding("MODEL-ABSENT", Severity.FIX, "The app loads what is not there.", Remedy(""))
    container = Finding("NO-CONTAINER", Severity.NOTE, "No container.", Remedy(""))
    found = (fix, note, container)

    assert still_open(found, Facts()) == found
    assert still_open(found, Facts(judged_before_live=True)) == (fix, note)
    assert still_open(found, Facts(judged_before_live=False)) == found

"""A template, what persons say about it, and what can be tried: then every check of a pilot is met."""

import json
import os
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from test_run_real import ThisInterpreter

from causeway.actions.access import grant
from causeway.actions.agree import agree
from causeway.actions.check import check
from causeway.actions.new import Answers, new
from causeway.actions.past import facts_in_ledger
from causeway.actions.prove.prove import prove
from causeway.actions.run import run
from causeway.actions.ship import ship
from causeway.actions.workspace import open_workspace
from causeway.cli.main import main
from causeway.core.errors import UsageError
from causeway.core.manifest_text import read_manifest

OTHERS = {
    "product.sponsor": "lee", "product.risk_tier": "minimal", "kpi.family": "margin", "kpi.unit": "order",
    "kpi.unit_value": "12.5", "kpi.currency": "EUR", "kpi.baseline": "0.29", "kpi.target": "0.25",
    "kpi.source": "the shop's orders", "kpi.query": "select avg(returned = 'yes') from orders",
    "budget.run_per_month": "90", "budget.currency": "EUR", "budget.until": "2030-12-31",
    "budget.predictions_per_month": "20000", "budget.day_rate": "640", "budget.upkeep_days": "1",
    "budget.tools_per_month": "0", "data.owner": "ana",
}  # fmt: skip
PERSON = ("-c", "user.name=dana", "-c", "user.email=dana@example.org")


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)


@pytest.fixture
def folder(tmp_path):
    answers = Answers("dana", "orders that come back", "Returns fall by a tenth.", OTHERS)
    assert new("returns", "tabular", into=tmp_path, answers=answers).open == ()
    return tmp_path / "returns"


def longer(path):
    path.write_text(path.read_text() + "\n# more\n")


def asked(folder):
    return {each.id: each for each in check(folder).readiness.checks}


def open_checks(folder):
    return {name: each.why or each.evidence for name, each in asked(folder).items() if each.grade < 1}


def signed(folder, who, *roles, because=""):
    work = open_workspace(folder, actor=who)
    found = agree(work, folder, roles, because=because)
    work.ledger.close()
    return found


def said_by_people(folder):
    grant(open_workspace(folder, actor="ana"), folder, "orders", days=365)
    signed(folder, "dana", "data science", "risk", because="nobody is judged")
    signed(folder, "kim", "engineering")
    signed(folder, "lee", "business", "sponsor")


def committed(folder, message="Orders\n\nReviewed-by: Kim <kim@example.org>"):
    for words in (["init", "-q"], ["add", "."], [*PERSON, "commit", "-q", "-m", message]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=os.environ)


@pytest.mark.integration
@pytest.mark.timeout(300)
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_every_check_of_a_pilot_is_met_and_none_for_nothing(folder, tmp_path, monkeypatch):
    committed(folder)
    said_by_people(folder)
    monkeypatch.setenv("CAUSEWAY_ACTOR", "dana")
    ours, report = ThisInterpreter(tmp_path / "environment"), tmp_path / "report.json"
    looked_up = {"dependencies": [{"name": "scikit-learn", "version": "1", "vulns": []}]}
    report.write_text(json.dumps(looked_up))

    run(open_workspace(folder), folder, workshop=ours)
    before = open_checks(folder)
    proved = prove(folder, report=report, say=lambda _: None, workshop=ours)
    ship(open_workspace(folder), folder, agree=lambda _: True)

    assert set(before) == {
        "VAL-1", "VAL-2", "CST-1", "CST-2", "CST-3", "MOD-1", "PIP-2", "MON-2", "DEP-1", "GOV-1", "GOV-3",
        "GOV-6", "MON-4",
    }  # fmt: skip
    assert [(part.name, part.holds) for part in proved.parts] == [
        (name, True) for name in ("baseline", "again", "tests", "endpoint", "rehearsal", "scan", "anchor")
    ]
    assert (open_checks(folder), check(folder).readiness.score) == ({}, 1.0)
    _rehearsed_and_called(folder, tmp_path)

    longer(folder / "train.py")
    assert {"MOD-2"} <= set(open_checks(folder))
    longer(folder / "causeway.toml")
    assert {"OWN-2", "OWN-3", "GOV-4"} <= set(open_checks(folder))


def _rehearsed_and_called(folder, tmp_path):
    """What was rehearsed stays a rehearsal: it is counted once, and never beside what callers asked."""
    rehearsal = "150 of 150 answers to rehearsal.csv have an outcome"
    assert rehearsal in asked(folder)["MON-4"].evidence
    again = prove(folder, only=["rehearsal"], say=lambda _: None)
    assert again.parts[0].says.startswith("150 of 150 rows of rehearsal.csv answered; 150 have")
    _called_and_labelled(folder, tmp_path)
    seen = facts_in_ledger(folder, read_manifest((folder / "causeway.toml").read_bytes(), where=""))
    assert (seen.predictions, seen.joined, seen.due) == (900, 900, 0)
    assert (seen.rehearsal.answered, seen.rehearsal.known) == (150, 150)
    assert rehearsal in asked(folder)["MON-4"].evidence
    own = (folder / "orders.csv").read_text().splitlines(keepends=True)
    (folder / "rehearsal.csv").write_text("".join([own[0], own[7]]))
    refused = prove(folder, only=["rehearsal"], say=lambda _: None)
    assert refused.parts[0].says.startswith("1 row of rehearsal.csv also in orders.csv")


def _called_and_labelled(folder, tmp_path):
    scored, orders = str(tmp_path / "scored.csv"), str(folder / "orders.csv")
    for words in (
        ["score", "live", str(folder), "--from", orders, "--to", scored, "--keep", "returned"],
        ["label", scored, "--folder", str(folder), "--id", "prediction_id", "--outcome", "returned"],
    ):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output


def test_who_agrees_twice_says_nothing_new_and_another_manifest_is_another(folder):
    first, second = (signed(folder, "kim", "engineering") for _ in range(2))
    assert (first.status, second.status, first.by) == ("agreed", "already_agreed", "kim")
    assert first.to == ("success: Returns fall by a tenth.",)

    longer(folder / "causeway.toml")
    third = signed(folder, "kim", "engineering")
    assert (third.status, third.manifest != first.manifest) == ("agreed", True)


@pytest.mark.parametrize(
    ("roles", "because", "said"),
    [
        (("engineer",), "", "there is no role engineer"),
        (("risk",), "", "whom it may harm"),
        (("business",), "x" * 501, "too long"),
    ],
)
def test_what_nobody_can_agree_to_is_said(folder, roles, because, said):
    with pytest.raises(UsageError, match=said):
        signed(folder, "kim", *roles, because=because)


def test_a_role_agrees_only_to_what_is_written(tmp_path):
    new("bare", "text", into=tmp_path, answers=Answers("dana", "k"))
    for role in ("business", "sponsor", "risk"):
        with pytest.raises(UsageError, match="says nothing that the role"):
            signed(tmp_path / "bare", "kim", role, because="so")

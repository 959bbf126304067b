"""verify, backup and restore as people use them."""

import json
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from causeway.actions.workspace import open_workspace
from causeway.cli.main import main
from causeway.core.events import RunFinished
from causeway.ledger import open_ledger, verify

# a line separator inside a text must not be taken for the end of a line
REASON = "no\u2028data"


@pytest.fixture(autouse=True)
def keys(tmp_path, monkeypatch):
    """Each test has signing keys of its own, and its ledger beside its state."""
    monkeypatch.setenv("CAUSEWAY_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    return tmp_path / "keys"


@pytest.fixture
def folder(tmp_path):
    """A workspace with two products of three events each, and one artefact."""
    place = tmp_path / "product"
    place.mkdir()
    fill(place)
    return place


def fill(place: Path) -> None:
    work = open_workspace(place)
    for product in ("churn", "house"):
        for number in range(3):
            fact = RunFinished(run=f"r{number}", status="failed", reason=REASON)
            work.ledger.append(product, [fact], actor=work.actor, at=work.clock.now())
    work.artifacts.put(b"model")
    work.ledger.close()


def causeway(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert not isinstance(done.exception, Exception), done.exception
    return done


def tamper(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / ".causeway" / "ledger.db") as connection:
        connection.execute(statement)
    connection.close()


def test_a_whole_ledger_says_what_is_proven_within_80_columns(folder):
    done = causeway("verify", folder)
    assert done.exit_code == 0
    assert done.stdout.startswith("Whole: 6 events of 2 products.\n  proven")
    assert "not proven" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def lying_in(folder: Path) -> dict[str, tuple[int, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


def test_proving_changes_no_byte_of_the_workspace_so_it_may_be_read_only(folder, tmp_path):
    before = lying_in(folder)
    assert causeway("verify", folder, "--export", tmp_path / "all.jsonl").exit_code == 0
    work = open_workspace(folder)
    work.ledger.append(
        "churn", [RunFinished(run="r9", status="failed", reason="")], actor=work.actor, at=work.clock.now()
    )
    open_elsewhere = lying_in(folder)
    assert open_elsewhere.keys() > before.keys()
    assert causeway("verify", folder).stdout.startswith("Whole: 7 events")
    assert lying_in(folder) == open_elsewhere
    work.ledger.close()


def test_a_lost_ledger_is_not_taken_for_a_whole_one(folder):
    (folder / ".causeway" / "ledger.db").unlink()
    done = causeway("verify", folder)
    assert (done.exit_code, "there is no ledger" in done.stderr) == (2, True)
    assert not (folder / ".causeway" / "ledger.db").exists()


def test_a_tampered_event_is_named_and_judged(folder):
    tamper(folder, "UPDATE events SET text = replace(text, 'failed', 'made') WHERE product='house' AND seq=2")
    done = causeway("verify", folder, "--json")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert (answer["ok"], answer["bad"]["product"], answer["bad"]["seq"]) == (False, "house", 2)
    assert "event 2 of house was changed" in causeway("verify", folder).stdout


def test_the_anchor_sees_a_cut_that_the_ledger_cannot(folder, tmp_path):
    anchor = tmp_path / "anchor.json"
    assert causeway("verify", folder, "--export-anchor", anchor).exit_code == 0
    tamper(folder, "DELETE FROM events WHERE product='churn' AND seq=3")
    tamper(folder, "DELETE FROM checkpoints")
    assert causeway("verify", folder).exit_code == 0
    done = causeway("verify", folder, "--anchor", anchor)
    assert (done.exit_code, "event 3 of churn was removed" in done.stdout) == (1, True)


def test_a_checkpoint_is_made_only_when_something_is_new(folder):
    for count in (1, 1):
        causeway("verify", folder, "--checkpoint")
        assert json.loads(causeway("verify", folder, "--json").stdout)["checkpoints"] == count
    fill(folder)
    causeway("verify", folder, "--checkpoint")
    assert json.loads(causeway("verify", folder, "--json").stdout)["checkpoints"] == 2


def test_nothing_is_signed_over_a_ledger_that_is_not_whole(folder, tmp_path):
    tamper(folder, "DELETE FROM events WHERE product='churn' AND seq=2")
    anchor = tmp_path / "anchor.json"
    assert causeway("verify", folder, "--checkpoint", "--export-anchor", anchor).exit_code == 1
    assert not anchor.exists()
    done = causeway("backup", folder, "--to", tmp_path / "b.zip", "--json")
    assert (done.exit_code, json.loads(done.stdout)["code"]) == (1, "not_whole")
    assert not (tmp_path / "b.zip").exists()


def test_an_export_and_its_verifier_need_nothing_of_ours(folder, tmp_path):
    written = [tmp_path / name for name in ("ledger.jsonl", "verify.py", "anchor.json")]
    words = ["--export", written[0], "--export-verifier", written[1], "--export-anchor", written[2]]
    assert causeway("verify", folder, *words).exit_code == 0
    asked = [sys.executable, "-I", "-S", str(written[1]), str(written[0]), "--anchor", str(written[2])]
    assert subprocess.run(asked, check=False, capture_output=True).returncode == 0
    tamper(folder, "UPDATE events SET at = at + 1 WHERE product='churn' AND seq=1")
    causeway("verify", folder, "--export", written[0])
    assert subprocess.run(asked, check=False, capture_output=True).returncode == 1


def test_an_export_names_no_person(folder, tmp_path):
    work = open_workspace(folder)
    work.ledger.actor_for("Xaverius Quint", "xq@example.org")
    work.ledger.close()
    causeway("verify", folder, "--export", tmp_path / "export.jsonl")
    assert "Xaverius" not in (tmp_path / "export.jsonl").read_text()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["verify", "nowhere"], 2),
        (["verify", "{folder}", "--anchor", "nowhere.json"], 2),
        (["verify", "{folder}", "--anchor", "{folder}/.causeway/.gitignore"], 2),
        (["verify", "{folder}", "--export", "/proc/export"], 3),
        (["backup", "nowhere"], 2),
        (["backup", "{folder}", "--to", "/proc/b.zip"], 3),
        (["restore", "nowhere.zip"], 2),
        (["restore", "{folder}/.causeway/ledger.db"], 2),
    ],
)
def test_what_is_wrong_is_one_clear_error(folder, words, code):
    done = causeway(*[word.format(folder=folder) for word in words], "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["ok"]) == (code, False)
    assert answer["error"]
    assert answer["hint"]


def test_a_backup_comes_back_as_it_was(folder, tmp_path):
    done = causeway("backup", folder, "--to", tmp_path / "b.zip", "--json")
    made = json.loads(done.stdout)
    assert (done.exit_code, made["events"], made["products"], made["artifacts"]) == (0, 6, 2, 1)
    done = causeway("restore", tmp_path / "b.zip", "--into", tmp_path / "new", "--json")
    back = json.loads(done.stdout)
    assert (done.exit_code, back["events"], len(back["unproven"]), back["untrusted_keys"]) == (0, 6, 1, [])
    assert len(back["missing_artifacts"]) == 1
    old, new = (open_ledger(place / ".causeway" / "ledger.db") for place in (folder, tmp_path / "new"))
    assert (old.rows(), old.checkpoints(), old.actors()) == (new.rows(), new.checkpoints(), new.actors())
    old.close()
    new.close()


def test_a_backup_is_never_written_over_anything(folder, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    assert causeway("backup", folder, "--to", tmp_path / "b.zip").exit_code == 2
    assert (tmp_path / "b.zip").read_text() == "mine"
    made = Path(json.loads(causeway("backup", folder, "--to", tmp_path, "--json").stdout)["file"])
    assert (made.parent, made.suffix) == (tmp_path, ".zip")


def test_a_ledger_in_use_is_never_overwritten(folder, tmp_path):
    causeway("backup", folder, "--to", tmp_path / "b.zip")
    before = (folder / ".causeway" / "ledger.db").read_bytes()
    done = causeway("restore", tmp_path / "b.zip", "--into", folder)
    assert (done.exit_code, "is not empty" in done.stderr) == (1, True)
    assert (folder / ".causeway" / "ledger.db").read_bytes() == before


def repacked(path: Path, changes: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()} | changes
    made = path.with_name("repacked.zip")
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made


def test_a_damaged_backup_is_refused_before_anything_is_made(folder, tmp_path):
    causeway("backup", folder, "--to", tmp_path / "b.zip")
    whole = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    damaged = [tmp_path / "half.zip", repacked(tmp_path / "b.zip", {"ledger.jsonl": b"{}\n"})]
    for file in damaged:
        done = causeway("restore", file, "--into", tmp_path / "new")
        assert (done.exit_code, "no whole backup" in done.stderr) == (2, True)
        assert not (tmp_path / "new").exists()


def test_a_backup_whose_maker_is_unknown_is_refused_until_somebody_vouches_for_it(folder, tmp_path, keys):
    causeway("verify", folder, "--export-anchor", tmp_path / "anchor.json")
    causeway("backup", folder, "--to", tmp_path / "b.zip")
    shutil.rmtree(keys)
    done = causeway("restore", tmp_path / "b.zip", "--into", tmp_path / "one")
    assert (done.exit_code, "--trust-keys" in done.stderr) == (1, True)
    assert not (tmp_path / "one").exists()
    words = ("--into", tmp_path / "one", "--anchor", tmp_path / "anchor.json")
    done = causeway("restore", tmp_path / "b.zip", *words)
    assert (done.exit_code, "not trusted here" in done.stdout) == (0, True)
    done = causeway("restore", tmp_path / "b.zip", "--into", tmp_path / "two", "--trust-keys", "--json")
    assert json.loads(done.stdout)["untrusted_keys"] == []


def test_a_kept_anchor_proves_that_a_backup_is_not_an_older_one(folder, tmp_path):
    causeway("backup", folder, "--to", tmp_path / "old.zip")
    fill(folder)
    causeway("verify", folder, "--export-anchor", tmp_path / "anchor.json")
    causeway("backup", folder, "--to", tmp_path / "new.zip")
    words = ["--anchor", tmp_path / "anchor.json", "--into", tmp_path / "back", "--json"]
    done = causeway("restore", tmp_path / "old.zip", *words)
    assert (done.exit_code, "event 4 of churn was removed" in done.stdout) == (1, True)
    assert not (tmp_path / "back").exists()
    done = causeway("restore", tmp_path / "new.zip", *words)
    assert (done.exit_code, json.loads(done.stdout)["unproven"]) == (0, [])


def test_a_backup_signed_by_a_stranger_is_refused(folder, tmp_path, keys):
    causeway("backup", folder, "--to", tmp_path / "b.zip")
    shutil.rmtree(keys)
    other = tmp_path / "other"
    other.mkdir()
    fill(other)
    causeway("verify", other, "--checkpoint")
    # the anchor that came with the backup does not make its key ours
    done = causeway("restore", tmp_path / "b.zip", "--into", tmp_path / "new")
    assert (done.exit_code, "--trust-keys" in done.stderr) == (1, True)
    assert causeway("restore", tmp_path / "b.zip", "--into", tmp_path / "new", "--trust-keys").exit_code == 0


@pytest.mark.integration
def test_a_backup_of_one_store_comes_back_into_the_other(tmp_path, postgres_url, monkeypatch):
    (tmp_path / "there").mkdir()
    monkeypatch.setenv("CAUSEWAY_LEDGER", postgres_url)
    fill(tmp_path / "there")
    assert causeway("backup", tmp_path / "there", "--to", tmp_path / "b.zip").exit_code == 0
    monkeypatch.delenv("CAUSEWAY_LEDGER")
    assert causeway("restore", tmp_path / "b.zip", "--into", tmp_path / "here").exit_code == 0
    ledger = open_ledger(tmp_path / "here" / ".causeway" / "ledger.db")
    assert verify(ledger, keys={}).events == 6
    ledger.close()

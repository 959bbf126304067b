"""Where a fix goes and how it is taken back: folder, branch, patch; killed, read-only, changed since."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

import folders
from causeway.actions.fix import journal
from causeway.actions.fix.change import Change
from causeway.actions.fix.journal import apply, undo
from causeway.cli.main import main
from causeway.core.errors import OutsideError, Refused
from causeway.core.ids import digest_of

GIT = shutil.which("git")
APP = "import flask\n\napp = flask.Flask(__name__)\napp.run(debug=True)\n"
OFF = APP.replace("True", "False")
KILLED = """
import os, signal, sys
from pathlib import Path
from causeway.actions.fix import journal
from causeway.actions.fix.change import Change

real, folder = journal.write_whole, Path(sys.argv[1])

def dies(path, content, **more):
    if path == folder / "b.txt":
        os.kill(os.getpid(), signal.SIGKILL)
    real(path, content, **more)

journal.write_whole = dies
changes = [Change("a.txt", b"1", b"11"), Change("b.txt", b"2", b"22"), Change("d/c.txt", None, b"3")]
journal.apply(folder, ["x"], changes)
"""


def invoke(*arguments, **more):
    return CliRunner().invoke(main, ["fix", *map(str, arguments)], **more)


@pytest.fixture
def folder(tmp_path):
    return folders.write(tmp_path / "poc", {"app.py": APP, "a.txt": "1", "b.txt": "2"})


def test_without_a_name_it_lists_what_it_would_do_and_writes_nothing(folder):
    before = sorted(folder.rglob("*"))
    told = invoke(folder)
    assert told.exit_code == 0
    assert "+1 -1 in app.py [DEBUG]" in told.output
    assert max(map(len, told.output.splitlines()[:-1])) <= 80
    listed = json.loads(invoke("--json", folder).output)
    assert "debug" in [offer["name"] for offer in listed["offers"]]
    assert sorted(folder.rglob("*")) == before


def test_nobody_there_to_ask_means_nothing_changed(folder):
    told = invoke("debug", folder)
    assert told.exit_code == 1
    assert "-app.run(debug=True)\n+app.run(debug=False)" in told.output
    assert (folder / "app.py").read_text() == APP
    assert not (folder / ".causeway").exists()
    answer = json.loads(invoke("debug", folder, "--json").output)
    assert (answer["ok"], answer["status"], answer["files"]) == (False, "declined", ["app.py"])


def test_yes_writes_it_and_undo_takes_it_back(folder):
    assert invoke("debug", folder, "--yes").exit_code == 0
    assert (folder / "app.py").read_text() == OFF
    assert invoke("debug", folder, "--yes").output == "debug: nothing to mend.\n"
    told = invoke("--undo", folder)
    assert (told.exit_code, told.output) == (0, "Undone: debug. Back as they were: app.py.\n")
    assert (folder / "app.py").read_text() == APP
    assert invoke("--undo", folder).output == "There is no fix to undo here.\n"


@pytest.mark.parametrize(
    ("words", "near"), [(["degub"], "debug"), (["nonsense"], "fixes are"), (["debug", "x", "y"], "one of")]
)
def test_a_wrong_word_is_usage(folder, monkeypatch, words, near):
    monkeypatch.chdir(folder)
    told = invoke(*words)
    assert told.exit_code == 2
    assert near in told.output


def test_fixes_are_undone_the_last_one_first(folder):
    first = apply(folder, ["x"], [Change("a.txt", b"1", b"11")])
    second = apply(folder, ["y"], [Change("a.txt", b"11", b"111")])
    assert first < second
    assert undo(folder).id == second
    assert (folder / "a.txt").read_text() == "11"
    assert undo(folder).id == first
    assert (folder / "a.txt").read_text() == "1"


def test_a_fix_killed_half_way_is_undone(folder):
    killed = subprocess.run([sys.executable, "-c", KILLED, folder], check=False, capture_output=True)
    assert killed.returncode == -9
    assert (folder / "a.txt").read_text() == "11"
    assert invoke("--undo", folder).exit_code == 0
    assert {p.name: p.read_text() for p in folder.glob("?.txt")} == {"a.txt": "1", "b.txt": "2"}
    assert not (folder / "d").exists()
    assert not list(folder.glob(".a.txt*"))


def test_a_file_changed_since_is_not_overwritten_unless_forced(folder):
    invoke("debug", folder, "--yes")
    (folder / "app.py").write_text("mine")
    told = invoke("--undo", folder)
    assert told.exit_code == 1
    assert "app.py was changed after the fix" in told.output
    assert (folder / "app.py").read_text() == "mine"
    assert invoke("--undo", "--force", folder).exit_code == 0
    assert (folder / "app.py").read_text() == APP
    assert [p.read_text() for p in (folder / ".causeway/fixes/replaced").rglob("app.py")] == ["mine"]


FORGED = {
    "an id elsewhere": {"id": "{outside}"},
    "an original elsewhere": {
        "files": [{"path": "app.py", "after": "{app}", "before": "{app}", "original": "../../../../secret"}]
    },
    "an original that is another": {
        "files": [{"path": "app.py", "after": "{app}", "before": "{app}", "original": "plan.json"}]
    },
    "a file elsewhere": {"files": [{"path": "../new.txt", "after": ""}]},
    "a folder elsewhere": {"made_folders": ["../outside"]},
    "no plan": {"files": 1},
}


@pytest.mark.parametrize("case", FORGED)
def test_a_plan_that_came_with_the_folder_leads_nowhere_else(case, folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "secret").write_text("s")
    plan = {"id": "0001-x", "names": ["x"], "folder": ".", "files": []} | FORGED[case]
    text = json.dumps(plan).replace("{outside}", str(outside)).replace("{app}", digest_of(APP.encode()))
    folders.write(folder, {".causeway/fixes/0001-x/plan.json": text})
    told = invoke("--undo", folder)
    assert (told.exit_code, "no fix that can be taken back" in told.output) == (1, True)
    assert outside.is_dir()
    assert (folder / "app.py").read_text() == APP


def test_of_two_fixes_at_once_the_later_sees_what_the_first_wrote(folder, monkeypatch):
    checked = journal._check_all

    def another_is_quicker(place, changes):
        checked(place, changes)
        (folder / "a.txt").write_text("first")
        monkeypatch.setattr(journal, "_check_all", checked)

    monkeypatch.setattr(journal, "_check_all", another_is_quicker)
    with pytest.raises(Refused, match="changed meanwhile"):
        apply(folder, ["x"], [Change("a.txt", b"1", b"second")])
    assert (folder / "a.txt").read_text() == "first"


def test_a_read_only_file_stops_the_whole_fix(folder):
    (folder / "b.txt").chmod(0o444)
    with pytest.raises(OutsideError, match=r"b\.txt is read-only; nothing was changed"):
        apply(folder, ["x"], [Change("a.txt", b"1", b"11"), Change("b.txt", b"2", b"22")])
    assert (folder / "a.txt").read_text() == "1"


def test_a_full_disk_leaves_every_file_as_it_was(folder, monkeypatch):
    real = journal.write_whole

    def full(path, content, **more):
        if path == folder / "b.txt" and content == b"22":
            raise OutsideError("cannot write: no space")
        real(path, content, **more)

    monkeypatch.setattr(journal, "write_whole", full)
    with pytest.raises(OutsideError):
        apply(folder, ["x"], [Change("a.txt", b"1", b"11"), Change("b.txt", b"2", b"22")])
    assert (folder / "a.txt").read_text() == "1"
    assert undo(folder) is None


def test_nothing_is_written_through_a_link(folder, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "tests").symlink_to(outside)
    told = invoke("tests", folder, "--yes")
    assert told.exit_code == 1
    assert "is a link or lies behind one" in told.output
    assert not list(outside.iterdir())


def test_a_file_changed_while_asking_is_refused(folder):
    with pytest.raises(Refused, match=r"a\.txt was changed meanwhile"):
        apply(folder, ["x"], [Change("a.txt", b"other", b"11")])


def test_a_patch_is_one_that_patch_takes(folder, tmp_path):
    patch = tmp_path / "fix.patch"
    assert invoke("debug", "gitignore", folder, "--patch", patch, "--yes").exit_code == 0
    assert (folder / "app.py").read_text() == APP
    if GIT is None:
        pytest.skip("no git")
    subprocess.run([GIT, "init", "-q", folder], check=True)
    subprocess.run([GIT, "-C", folder, "apply", patch], check=True)
    assert (folder / "app.py").read_text() == OFF
    assert ".venv/" in (folder / ".gitignore").read_text()


@pytest.mark.skipif(GIT is None, reason="no git")
def test_a_branch_leaves_the_working_tree_alone(folder):
    def git(*words):
        who = ["-c", "user.name=Dana", "-c", "user.email=d@x"]
        done = subprocess.run([GIT, "-C", folder, *who, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    git("add", "app.py", "a.txt")
    git("commit", "-qm", "first")
    (folder / "a.txt").write_text("my own work")
    status = git("status", "--porcelain")
    who = {f"GIT_{role}_{part}": "dana" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    told = invoke("debug", folder, "--branch", "--yes", env=who)
    assert told.exit_code == 0, told.output
    assert (folder / "app.py").read_text() == APP
    assert (git("status", "--porcelain"), git("branch", "--show-current")) == (status, "main")
    assert git("diff", "--name-only", "main", "causeway/fix-debug") == "app.py"
    assert git("show", "causeway/fix-debug:app.py") == OFF.strip()
    (folder / "app.py").write_text(f"{APP}# mine\n")
    git("branch", "-D", "causeway/fix-debug")
    told = invoke("debug", folder, "--branch", "--yes", env=who)
    assert (told.exit_code, "commit it first" in told.output) == (1, True)


def test_a_folder_without_git_cannot_take_a_branch(tmp_path):
    folder = folders.write(tmp_path, {"app.py": APP})
    apart = {"GIT_CEILING_DIRECTORIES": os.fspath(tmp_path.parent)}
    told = invoke("debug", folder, "--branch", "--yes", env=apart)
    assert (told.exit_code, "no git repository" in told.output) == (2, True)

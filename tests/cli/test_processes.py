"""Commands as processes: killed, crowded, without room, without permission, without anybody who reads."""

import json
import os
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
import shipyard
from causeway.actions.ship import ship
from causeway.cli.main import main
from causeway.core.clock import FixedClock
from causeway.core.records import Record, frame

pytestmark = pytest.mark.integration

NOON_NS = 1_777_896_000_000_000_000
KILLS = 6


def causeway(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert not isinstance(done.exception, Exception)
    return done


def answer(*words):
    return json.loads(causeway(*words, "--json").stdout)


def recorded(folder, *, rows=500):
    """Predictions that wait to be sealed, and a file with their outcomes."""
    log = folder / ".causeway" / "records" / "churn" / "a.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    outputs = {"label": "stay", "probability": 0.25}
    records = [
        Record(f"p{n}", NOON_NS, "churn", "sha256:0", "champion", "team", {"tenure": 1.5}, outputs, 9)
        for n in range(rows)
    ]
    log.write_bytes(b"".join(map(frame, records)))
    lines = ["id,outcome", *(f"p{n},stay" for n in range(rows))]
    (folder / "outcomes.csv").write_text("\n".join(lines) + "\n")


def taken_back(folder):
    causeway("roll", "back", folder)


def undrafted(folder):
    (folder / "causeway.toml").unlink()
    shutil.rmtree(folder / ".causeway")


def as_it_is(_):
    pass


ACTS = {
    "init": (["init", "{at}"], undrafted),
    "ship": (["ship", "{at}", "--yes"], taken_back),
    "key issue": (["key", "issue", "bob", "--folder", "{at}"], as_it_is),
    "seal": (["seal", "{at}"], recorded),
    "label": (["label", "{at}/outcomes.csv", "--folder", "{at}"], recorded),
    "backup": (["backup", "{at}", "--to", "{at}/b.zip"], as_it_is),
}


def prepared(act, live, place, *, name="trial"):
    """A fresh copy of the product, made ready for the act; it and the words to say."""
    words, prepare = ACTS[act]
    folder = Path(shutil.copytree(live, place / name))
    prepare(folder)
    return folder, [word.format(at=folder) for word in words]


def assert_whole(act, folder):
    if act == "init":
        for drafted in folder.glob("causeway.toml"):
            assert causeway("manifest", drafted).exit_code == 0
        return
    verified = causeway("verify", folder)
    assert verified.exit_code == 0, verified.output
    checkup = answer("doctor", folder)
    assert checkup["healthy"], checkup["findings"]


@pytest.mark.parametrize("act", ACTS)
def test_killed_in_the_middle_it_is_whole_and_can_be_repeated(act, live, place, apart):
    chance = random.Random(act)
    for trial in range(KILLS):
        folder, words = prepared(act, live, place, name=f"trial{trial}")
        killed = apart.run(*words, kill_after=chance.random() * 0.15)
        assert killed["code"] in {0, -9}, killed
        assert_whole(act, folder)
        if act == "backup" and (folder / "b.zip").exists():
            assert causeway("restore", folder / "b.zip", "--into", folder / "new").exit_code == 0
            (folder / "b.zip").unlink()
        again = causeway(*words)
        assert again.exit_code == 0, again.output
        assert_whole(act, folder)
        if act == "label":
            assert answer(*words)["duplicates"] == 500


@pytest.mark.parametrize("act", ACTS)
def test_three_at_once_lose_nothing(act, live, place, apart):
    folder, words = prepared(act, live, place)
    before = 0 if act == "init" else len(answer("key", "list", "--folder", folder)["keys"])
    codes = apart.together([words] * 3)
    # whoever came too late to what they had read is told so: 3, and 2 for the file that is there already
    assert 0 in codes
    assert set(codes) <= {"ship": {0, 3}, "backup": {0, 2}}.get(act, {0})
    assert_whole(act, folder)
    if act == "key issue":
        assert len(answer("key", "list", "--folder", folder)["keys"]) == before + 3
    if act == "label":
        assert answer(*words)["duplicates"] == 500


@pytest.mark.parametrize("largest", [0, 3000, 40_000])
@pytest.mark.parametrize("act", ACTS)
def test_without_room_it_fails_clearly_or_not_at_all(act, largest, live, place, apart):
    folder, words = prepared(act, live, place)
    done = apart.run(*words, "--json", largest_file=largest)
    shape = json.loads(done["out"])
    assert (done["code"], shape["ok"]) in {(0, True), (3, False)}, done
    assert done["code"] == 3 or largest
    assert done["code"] == 0 or "hint" not in shape or shape["hint"]
    assert "defect" not in done["out"] + done["err"]
    assert_whole(act, folder)
    assert not [path for path in folder.iterdir() if path.name.startswith(".") and path.name != ".causeway"]
    if done["code"]:
        again = causeway(*words)
        assert again.exit_code == 0, again.output


@pytest.fixture
def small_disk(place):
    """A file system of two megabytes."""
    disk = place / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield disk
    # lazily: this process may still hold a file of it
    subprocess.run(["umount", "--lazy", disk], check=True)


def test_on_a_full_disk_nothing_is_half_written(small_disk, live, apart):
    folder = Path(shutil.copytree(live, small_disk / "poc"))
    taken_back(folder)
    undrafted(fresh := Path(shutil.copytree(folder, small_disk / "fresh")))
    events = answer("verify", folder)["events"]
    with (small_disk / "filling").open("wb", buffering=0) as filling:
        try:
            while filling.write(bytes(4096)):
                pass
        except OSError:
            pass
    for words in (
        ["init", fresh],
        ["ship", folder, "--yes"],
        ["backup", folder, "--to", small_disk / "kept.zip"],
        ["key", "issue", "x", "--folder", folder],
    ):
        done = apart.run(*words, "--json")
        shape = json.loads(done["out"])
        assert (done["code"], shape["ok"], bool(shape.get("hint"))) == (3, False, True), (words, done)
        assert "disk" in shape["error"] or "space" in shape["error"]
    assert sorted(path.name for path in fresh.iterdir()) == ["people.csv", "requirements.txt", "train.py"]
    (small_disk / "filling").unlink()
    assert answer("verify", folder)["events"] == events
    assert causeway("ship", folder, "--yes").exit_code == 0


def test_without_permission_it_says_where(live, place, apart):
    fresh = folders.churn(place / "fresh")
    fresh.chmod(0o555)
    shut = folders.churn(place / "shut")
    shut.chmod(0)
    (live / ".causeway").chmod(0)
    for words, where in (
        (["init", fresh], fresh),
        (["run", live], live),
        (["check", shut], shut),
        (["run", shut], shut),
        (["verify", live], live),
        (["ship", live, "--yes"], live),
        (["backup", live, "--to", place / "b.zip"], live),
    ):
        done = apart.run(*words, "--json", nobody=True)
        shape = json.loads(done["out"])
        assert (done["code"], shape["ok"], bool(shape.get("hint"))) == (3, False, True), (words, done)
        assert shape["code"] == "outside"
        assert str(where) in shape["where"] + shape["error"]
    assert sorted(path.name for path in fresh.iterdir()) == ["people.csv", "requirements.txt", "train.py"]


def test_keys_that_may_not_be_read_stop_what_needs_them(live, place, apart):
    for path in (live, *live.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (place / "keys").chmod(0)
    done = apart.run("ship", live, "--yes", "--json", nobody=True)
    shape = json.loads(done["out"])
    assert (done["code"], shape["where"]) == (3, str(place / "keys")), shape
    assert "CAUSEWAY_KEYS" in shape["hint"]


@pytest.mark.parametrize(
    "words", [["check", "{at}"], ["manifest"], ["verify", "{at}", "--json"], ["nonsense"]]
)
def test_nobody_reads_and_nothing_breaks(words, live, apart):
    words = [word.format(at=live) for word in words]
    closed = apart.run(*words, stdout="closed pipe")
    assert closed["code"] == (2 if words == ["nonsense"] else 0)
    assert "Traceback" not in closed["err"]
    full = apart.run(*words, stdout="full")
    assert full["code"] == (2 if words == ["nonsense"] else 3)
    assert full["err"].count("error: ") == 1
    assert "Traceback" not in full["err"]


def test_without_a_terminal_or_any_input_nobody_is_asked(live, apart):
    taken_back(live)
    for stdin in ("", "closed"):
        done = apart.run("ship", live, "--json", stdin=stdin)
        assert done["code"] == 2
        assert json.loads(done["out"])["hint"] == "say yes in advance: --yes"
    assert not answer("roll", "back", live)["live"]


@pytest.mark.parametrize("verb", ["check", "doctor"])
def test_a_locale_without_letters_is_no_obstacle(verb, place):
    poc = folders.churn(place / "naïve é")
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for more in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "causeway", verb, os.fsencode(poc), *more],
            env=os.environ | bare,
            capture_output=True,
            check=False,
        )
        assert done.returncode in {0, 1}, done.stderr
    assert json.loads(done.stdout)


def test_a_clock_that_goes_back_breaks_no_chain(live):
    for at in (datetime(2040, 1, 1, tzinfo=UTC), datetime(1971, 1, 1, tzinfo=UTC)):
        work = shipyard.workspace(live, at=at)
        assert isinstance(work.clock, FixedClock)
        taken_back(live)
        assert ship(work, live, agree=lambda _: True).status == "shipped"
        work.ledger.close()
    assert_whole("ship", live)
    assert causeway("tick", live).exit_code == 0

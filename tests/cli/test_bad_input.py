"""Bad input gets one clear error and its exit code, with --json one object; nothing is changed by it."""

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import folders
from causeway.cli.main import main

# every verb that works on a folder, at the place {at}
VERBS = {
    "init": ["init", "{at}"],
    "check": ["check", "{at}"],
    "run": ["run", "{at}"],
    "ship": ["ship", "{at}", "--yes"],
    "roll back": ["roll", "back", "{at}"],
    "up": ["up", "{at}", "--port", "0", "--console-port", "0"],
    "up in the background": ["up", "{at}", "--background", "--port", "0", "--console-port", "0"],
    "up --stop": ["up", "{at}", "--stop"],
    "key issue": ["key", "issue", "bob", "--folder", "{at}"],
    "key list": ["key", "list", "--folder", "{at}"],
    "key revoke": ["key", "revoke", "key-1", "--folder", "{at}"],
    "seal": ["seal", "{at}"],
    "tick": ["tick", "{at}"],
    "label": ["label", "outcomes.csv", "--folder", "{at}"],
    "lineage": ["lineage", "abcd", "{at}"],
    "verify": ["verify", "{at}"],
    "backup": ["backup", "{at}", "--to", "{place}"],
    "doctor": ["doctor", "{at}"],
}
LEDGERED = [verb for verb in VERBS if verb not in {"init", "doctor"}]


def causeway(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def files(place):
    """What lies there, less the notes of who is at work, which hold nothing else."""
    return {
        path: held(path)
        for path in place.rglob("*")
        if path.is_file()
        and not path.name.endswith(("-wal", "-shm", ".lock"))
        and path.parent.name != "leases"
    }


def held(path):
    """The events of a ledger, the bytes of any other file."""
    if path.name != "ledger.db":
        return path.read_bytes()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as ledger:
            return ledger.execute("SELECT text FROM events ORDER BY product, seq").fetchall()
    except sqlite3.Error:
        return path.read_bytes()


def refused(words, *, code, says, place):
    """Asks twice, for a person and for a program: the same error, once, and nothing changed."""
    before = files(place)
    done = causeway(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.output
    assert done.stderr.startswith("error: ")
    assert says in done.stderr
    asked = causeway(*words, "--json")
    shape = json.loads(asked.stdout)
    assert (asked.exit_code, asked.stdout.count("\n"), shape["ok"]) == (code, 1, False)
    assert shape["hint"], shape
    assert shape["code"] != "defect"
    assert files(place) == before


def filled(verb, place, *, at):
    return [word.format(at=at, place=place) for word in VERBS[verb]]


@pytest.mark.parametrize("verb", VERBS)
def test_a_folder_that_is_not_there(verb, place):
    refused(filled(verb, place, at=place / "nowhere"), code=2, says="there is no", place=place)


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_instead_of_a_folder(verb, place):
    (place / "train.py").write_text("x = 1\n")
    refused(filled(verb, place, at=place / "train.py"), code=2, says="is a file, not a folder", place=place)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if not verb.startswith("up") and verb != "doctor"])
def test_an_empty_folder(verb, place):
    (place / "empty").mkdir()
    before = files(place)
    done = causeway(*filled(verb, place, at=place / "empty"))
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) in {2, 3}
    # seal and label would have to make a workspace to find out; they leave none that holds anything
    assert {path for path in files(place).keys() - before.keys() if path.suffix != ".db"} <= {
        place / "empty" / ".causeway" / ".gitignore"
    }


def truncated(path):
    path.write_bytes(path.read_bytes()[:5000])


def emptied(path):
    path.write_bytes(b"")


def garbled(path):
    path.write_bytes(b"garbage " * 1000)


def of_a_later_version(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


def a_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    truncated: "damaged",
    emptied: "cut to nothing",
    garbled: "damaged",
    of_a_later_version: "later version",
    a_folder: "cannot be opened",
}


def spoil(folder, damage):
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (folder / ".causeway" / name).unlink(missing_ok=True)
    damage(folder / ".causeway" / "ledger.db")


@pytest.mark.parametrize("verb", LEDGERED)
def test_a_truncated_ledger(verb, live, place):
    (place / "outcomes.csv").write_text("id,outcome\np1,1\n")
    spoil(live, truncated)
    refused(filled(verb, place, at=live), code=3, says="causeway restore FILE", place=place)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_ledger_in_every_way(damage, live, place):
    spoil(live, damage)
    refused(["ship", live, "--yes"], code=3, says=DAMAGES[damage], place=place)
    done = causeway("doctor", live)
    assert done.exit_code == 1
    assert DAMAGES[damage] in done.stdout


MANIFESTS = {
    "unknown key": ('[product]\nname = "x"\nownr = "dana"\n', "did you mean `owner`?"),
    "unknown table": ('[product]\nname = "x"\n[prodct]\n', "did you mean [product]?"),
    "wrong type": ("[product]\nname = 3\n", "is a whole number, not text"),
    "impossible": ('[product]\nname = "x"\n[serving]\nrequests_per_minute = -1\n', "it is at least 1"),
    "not UTF-8": (b"[product]\nname = '\xff\xfe'\n", "is not UTF-8 text"),
    "empty": ("", "the manifest is empty"),
    "binary": (bytes(range(256)) * 10, "UTF-8"),
    "nested": ("a = " + "[" * 5000, "nested too deeply"),
    "a path for a name": ('[product]\nname = "../x"\n', "lower-case letters"),
    "thousands of problems": ("[product]\nname = 'x'\n" + "".join(f"k{n} = 1\n" for n in range(300)), "more"),
}


@pytest.mark.parametrize("manifest", MANIFESTS)
@pytest.mark.parametrize("verb", ["check", "run", "ship", "seal"])
def test_a_manifest_with_errors(verb, manifest, live, place):
    content, says = MANIFESTS[manifest]
    file = live / "causeway.toml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(filled(verb, place, at=live), code=2, says=says, place=place)
    shown = causeway("manifest", file)
    assert (shown.exit_code, says in shown.stderr, str(file) in shown.stderr) == (2, True, True)
    assert len(shown.stderr) < 8000


CONTRACTS = {
    "missing": (None, "which is not there"),
    "empty": ("", "the contract is empty"),
    "garbled": ("{{{:", "not YAML"),
    "binary": (b"\xff\xfe\x00", "not UTF-8"),
    "another document": ("a: 1\n", "required property"),
    "a bomb of aliases": ("a: &a [1]\nb: [*a, *a]\n", "aliases"),
}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_contract_that_is_none_stops_the_run_before_it_begins(contract, place):
    content, says = CONTRACTS[contract]
    poc = folders.churn(place / "poc")
    assert causeway("init", poc).exit_code == 0
    (file,) = (poc / "contracts").iterdir()
    file.unlink()
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    causeway("run", poc)
    refused(["run", poc], code=2, says=says, place=place)


@pytest.mark.parametrize("content", [b"", b"{ no json", b"\x00\x01", b'{"cells": 3}', b"[" * 50_000, b"[]"])
def test_a_broken_notebook_is_read_as_far_as_it_goes(content, place):
    poc = folders.write(place / "poc", {"book.ipynb": content, "train.py": "import pandas\n"})
    for verb in ("check", "init"):
        done = causeway(verb, poc)
        assert done.exit_code in {0, 1}, done.output
    alone = folders.write(place / "alone", {"book.ipynb": content})
    assert causeway("check", alone, "--json").exit_code in {0, 1, 2}


@pytest.mark.parametrize("content", [b"", b"\x00" * 3000, os.urandom(3000), b"a,b\n"])
def test_data_that_is_none_is_no_error_of_reading(content, place):
    poc = folders.churn(place / "poc", **{"people.csv": content})
    assert causeway("check", poc).exit_code in {0, 1}


CASES = {
    "ship --release nobody": (["ship", "{live}", "--release", "ffff", "--yes"], 2, "releases of churn: "),
    "ship --release of nothing": (["ship", "{live}", "--release", "", "--yes"], 2, "there is no release"),
    "ship --waive unknown": (
        ["ship", "{live}", "--waive", "x", "--because", "y", "--yes"],
        2,
        "does not stop",
    ),
    "check --stage unknown": (["check", "{live}", "--stage", "prod"], 2, "one of: sandbox"),
    "key revoke unknown": (["key", "revoke", "key-0", "--folder", "{live}"], 2, "causeway key list"),
    "key issue nobody": (["key", "issue", " ", "--folder", "{live}"], 2, "causeway key issue NAME"),
    "key issue escapes": (["key", "issue", "a\x1b[31m", "--folder", "{live}"], 2, "printable"),
    "manifest of nothing": (["manifest", "{place}/none.toml"], 2, "causeway init FOLDER"),
    "manifest of a folder": (["manifest", "{place}/dir.toml"], 2, "causeway init FOLDER"),
    "backup onto a file": (["backup", "{live}", "--to", "{live}/train.py"], 2, "never overwritten"),
    "backup below a file": (["backup", "{live}", "--to", "{live}/train.py/b.zip"], 3, "use another name"),
    "restore nothing": (["restore", "{place}/none.zip", "--into", "{place}/new"], 2, "there is no file"),
    "restore garbage": (["restore", "{place}/garbage", "--into", "{place}/new"], 2, "no whole backup"),
    "restore an empty zip": (["restore", "{place}/empty.zip", "--into", "{place}/new"], 2, "no whole backup"),
    "restore a folder": (["restore", "{live}", "--into", "{place}/new"], 3, "name a file"),
    "restore onto a ledger": (["restore", "{place}/good.zip", "--into", "{live}"], 1, "not empty"),
    "restore half": (["restore", "{place}/half.zip", "--into", "{place}/new"], 2, "no whole backup"),
    "restore into a file": (["restore", "{place}/good.zip", "--into", "{live}/train.py"], 3, "File exists"),
    "anchor of nothing": (["verify", "{live}", "--anchor", "{place}/none"], 2, "there is no file"),
    "anchor of garbage": (["verify", "{live}", "--anchor", "{place}/garbage"], 2, "--export-anchor wrote"),
    "anchor of a folder": (["verify", "{live}", "--anchor", "{live}"], 3, "name a file"),
    "export to a folder": (["verify", "{live}", "--export", "{live}"], 3, "name a file"),
    "label nothing": (["label", "{place}/none.csv", "--folder", "{live}"], 2, "there is no file"),
    "label a folder": (["label", "{live}", "--folder", "{live}"], 2, "is none of .csv"),
    "a name too long": (["check", "{place}/" + "y" * 300], 3, "File name too long"),
    "a path too long": (["verify", "{place}/" + "/".join(["x" * 200] * 30)], 3, "shorter name"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_case_of_its_own(case, live, place):
    words, code, says = CASES[case]
    assert causeway("backup", live, "--to", place / "good.zip").exit_code == 0
    packed = (place / "good.zip").read_bytes()
    (place / "half.zip").write_bytes(packed[: len(packed) // 2])
    (place / "garbage").write_bytes(b"\xff\x00garbage" * 50)
    with zipfile.ZipFile(place / "empty.zip", "w"):
        pass
    refused([word.format(live=live, place=place) for word in words], code=code, says=says, place=place)
    assert not (place / "new").exists()


LABELS = {
    "other columns": (b"a,b\n1,2\n", "its columns: a, b"),
    "empty": (b"", "save it as CSV"),
    "binary": (bytes(range(256)), "save it as CSV"),
    "no rows": (b"id,outcome\n", "has no rows"),
    "more cells than columns": (b"id,outcome\n1,2,3\n", "save it as CSV"),
    "no outcome": (b"id,outcome\np1,\n", "row 1 has no outcome"),
    "unknown ids": (b"id,outcome\np1,1\n", "ask the endpoint first"),
}


@pytest.mark.parametrize("file", LABELS)
def test_a_file_of_outcomes_that_is_none(file, live, place):
    content, says = LABELS[file]
    (place / "outcomes.csv").write_bytes(content)
    words = ["label", place / "outcomes.csv", "--folder", live]
    causeway(*words)
    refused(words, code=2, says=says, place=place)


BUNDLES = {
    ("release.json", None): "missing from the bundle",
    ("release.json", b""): "never edit a bundle",
    ("release.sig", b""): "release.sig cannot be read",
    ("model.onnx", b"other"): "is not the file that was released",
}


@pytest.mark.parametrize(("file", "content"), BUNDLES)
def test_a_bundle_that_was_edited(file, content, live, place):
    (bundle,) = (live / ".causeway" / "releases").iterdir()
    (bundle / file).unlink()
    if content is not None:
        (bundle / file).write_bytes(content)
    refused(["ship", live, "--yes"], code=1, says=BUNDLES[file, content], place=place)


@pytest.mark.parametrize("content", [b"", b"garbage", b"{}"])
def test_notes_beside_the_ledger_are_made_anew_when_they_are_spoilt(content, live):
    for name in ("routes.json", "up.json"):
        (live / ".causeway" / name).write_bytes(content)
    assert causeway("ship", live, "--yes").exit_code == 0
    assert json.loads((live / ".causeway" / "routes.json").read_bytes())["routes"]


def test_a_folder_of_any_name_works(place):
    poc = folders.churn(Path(place, "naïve PoC é 😀 'x"))
    for verb in ("init", "check", "manifest", "doctor"):
        assert causeway(verb, poc).exit_code in {0, 1}
        assert json.loads(causeway(verb, poc, "--json").stdout)


def test_what_lies_in_a_folder_may_be_anything(place):
    poc = folders.churn(place / "poc")
    os.mkfifo(poc / "pipe.csv")
    (poc / "endless.csv").symlink_to("/dev/zero")
    (poc / "round").symlink_to(".")
    (poc / "dead.py").symlink_to("nowhere")
    Path(os.fsdecode(os.fsencode(poc) + b"/caf\xe9.py")).write_text("import pandas\n")
    for verb in ("check", "init"):
        done = causeway(verb, poc, "--json")
        assert done.exit_code in {0, 1}
        assert json.loads(done.stdout)["sentence"]

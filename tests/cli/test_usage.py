"""What is typed wrong is told in one shape; every help fits its page; our own mistakes are named as such."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from causeway.cli.main import VERBS, main
from causeway.cli.verb import answered

COMMANDS = [[verb] for verb in VERBS] + [
    ["roll", "back"],
    ["key", "issue"],
    ["key", "list"],
    ["key", "revoke"],
    ["contract", "infer"],
    ["contract", "check"],
    ["contract", "diff"],
]
GROUPS = {"bill", "contract", "key", "roll"}


def causeway(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["shpi"], "there is no command shpi; did you mean ship?"),
        (["frobnicate"], "there is no command frobnicate\n"),
        (["ship", "--yess"], "Did you mean '--yes'?"),
        (["key", "isue", "x"], "Did you mean 'issue'?"),
        (["label"], "name a file or a query"),
        (["up", "--port", "99999"], "99999 is not in the range"),
        (["up", "--port", "http"], "'http' is not a valid integer"),
        (["up", "--stop", "--background"], "--background and --stop are two things"),
        (["ship", "--because", "x"], "--because without --waive"),
    ],
)
def test_what_is_typed_wrong_is_one_error_with_a_way_out(words, says):
    done = causeway(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert says in done.stderr
    shape = json.loads(causeway(*words, "--json").stdout)
    assert (shape["ok"], shape["code"], shape["status"]) == (False, "usage", 400)
    assert shape["hint"]


@pytest.mark.parametrize("words", [[], ["key"], ["roll"], ["contract"]], ids=" ".join)
def test_a_group_without_its_command_shows_what_there_is(words):
    done = causeway(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Commands:" in done.stderr


@pytest.mark.parametrize("words", [[], *COMMANDS], ids=" ".join)
def test_help_fits_eighty_columns_and_ends_well(words, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = causeway(*words, "--help")
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout.startswith("Usage: causeway ")


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] not in GROUPS or words[1:]])
def test_every_command_has_json(words):
    assert "--json  " in causeway(*words, "--help").stdout


def test_a_mistake_of_ours_is_named_and_its_traceback_kept(tmp_path, monkeypatch):
    def fails(_):
        raise KeyError("tenure")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("causeway.actions.doctor.examine", fails)
    done = causeway("doctor", tmp_path, "--json")
    shape = json.loads(done.stdout)
    assert (done.exit_code, shape["code"], shape["status"]) == (3, "defect", 500)
    assert "Traceback" not in done.output
    assert "KeyError: 'tenure'" in shape["error"]
    assert "KeyError: 'tenure'" in Path(shape["where"]).read_text()


def test_interrupting_says_what_is_kept(tmp_path, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("causeway.actions.doctor.examine", interrupted)
    done = causeway("doctor", tmp_path)
    assert (done.exit_code, done.stderr) == (130, "interrupted; what was finished is kept\n")


def test_a_caller_of_the_group_gets_clicks_own_errors():
    with pytest.raises(click.UsageError):
        main(["shpi"], standalone_mode=False)


def test_a_missing_extra_is_named_with_the_command_that_brings_it(capsys):
    def needs_a_server():
        raise ModuleNotFoundError("No module named 'uvicorn'", name="uvicorn")

    assert answered(needs_a_server, as_json=True) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["code"], said["hint"]) == ("missing_extra", 'install with: pip install "causeway[serve]"')


def test_names_of_folders_do_not_command_the_terminal(tmp_path):
    done = causeway("check", tmp_path / "a\x1b[2Jb")
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr
    assert "a\\x1b[2Jb" in done.stderr

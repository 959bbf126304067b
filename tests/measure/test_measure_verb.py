"""`causeway measure` and its words, as a person and a program read them."""

import json

import pytest
from click.testing import CliRunner
from simulated import product
from test_benefit import told

from causeway.cli.main import main


@pytest.fixture
def ask(folder, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_ACTOR", "a1")
    work = product(folder, live=False)
    work.ledger.close()

    def run(*words):
        words = [*words, "--folder", str(folder)]
        done = CliRunner().invoke(main, ["measure", *words], catch_exceptions=False)
        return done.exit_code, done.stdout

    return run


def test_from_a_baseline_to_what_is_booked(ask, folder):
    recorded = "churn: the baseline is recorded: 0.3 subscribers who cancel\n"
    assert ask("baseline", "0.30", "--source", "report 12", "--who", "Ada") == (0, recorded)
    assert "was recorded already" in ask("baseline", "0.30", "--source", "report 12", "--who", "Ada")[1]
    code, text = ask("value", "180", "--approver", "M. Lind", "--source", "study", "--low", "160", "--json")
    assert (code, json.loads(text)["words"]) == (0, "one subscriber kept is worth 180 EUR")
    assert ask("realisation", "--cashable", "0.5", "--approver", "M. Lind", "--source", "x")[0] == 0
    work = product(folder)
    told(work)
    work.ledger.close()
    code, text = ask()
    assert code == 0
    assert text.startswith("From 2026-03-02 to ")
    for words in ("grade        A: caused", "booked", "baseline     0.3 subscribers", "on record as event"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 80
    told_ = json.loads(ask("--json")[1])
    assert (told_["ok"], told_["status"], told_["benefit"]["grade"]) == (True, "measured", "A")
    assert told_["benefit"]["effect"]["low"] < -0.02


@pytest.mark.parametrize("words", [["churn", "--json"], ["--json", "churn"], ["POC", "--json"]])
def test_a_product_is_named_as_a_report_names_it(ask, folder, monkeypatch, words):
    monkeypatch.chdir(folder)
    words = [str(folder) if each == "POC" else each for each in words]
    done = CliRunner().invoke(main, ["measure", *words], catch_exceptions=False)
    told_ = json.loads(done.stdout)
    assert (done.exit_code, told_["status"], told_["product"]) == (0, "nothing_yet", "churn")
    gone = CliRunner().invoke(main, ["measure", "chrun", "--json"], catch_exceptions=False)
    assert "no product of this name here" in json.loads(gone.stdout)["error"]


def test_nothing_yet_is_no_failure(ask):
    code, text = ask()
    assert code == 0
    assert "Nothing was asked of it in this period" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["value", "nan", "--approver", "A", "--source", "x"], "nan is no amount"),
        (
            ["value", "180", "--approver", "A", "--source", "x", "--low", "190"],
            "no amount between its bounds",
        ),
        (["baseline", "0.3", "--since", "tomorrow"], "tomorrow is no day"),
        (["baseline", "0.3", "--source", "x", "--who", "A", "--low", "0.4"], "between its bounds"),
        (["baseline", "inf", "--source", "x", "--who", "A"], "no finite number"),
        (["baseline", "0.3", "--source", "x"], "nothing says who read it"),
        (["baseline", "0.3", "--source", "x", "--who", "A", "--rows", "-5"], "-5 is no number of units"),
        (["value", "1e500", "--approver", "A", "--source", "x"], "is no amount"),
        (["value", "1e-500", "--approver", "A", "--source", "x"], "no amount that anybody pays"),
        (["--since", "2026-05-01", "--until", "2026-04-01"], "ends before it begins"),
        (["--since", "9998-01-01", "--until", "9999-12-31"], "ends before it begins"),
        (["--from", "none.csv"], "not measured from a table"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(ask, words, said):
    group = words[0].startswith("--")
    code, text = ask(*words, "--json") if not group else ask("--json", *words)
    told_ = json.loads(text)
    assert code in (1, 2)
    assert said in told_["error"]
    assert told_["hint"]

"""`causeway label` by entity and time, from a file or a query over the sources."""

import json
import re

import pytest
from click.testing import CliRunner
from simulated import customers, predicted, product

from causeway.cli.main import main

MORE = '[[data]]\nname = "orders"\npath = "orders.csv"\n'


@pytest.fixture
def ask(folder, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_ACTOR", "a1")
    work = product(folder, more=MORE)
    names, at, held = customers(20)
    predicted(work, names, at, held)
    work.ledger.close()
    (folder / "orders.csv").write_text("customer,day,amount\nC00001,2026-06-01,5\nC00002,2026-06-01,7.5\n")

    def run(*words):
        done = CliRunner().invoke(main, ["label", "--folder", str(folder), *words], catch_exceptions=False)
        return done.exit_code, done.stdout

    return run


def test_a_file_by_entity_and_time(ask, folder):
    words = [str(folder / "orders.csv"), "--entity", "customer", "--at", "day", "--kpi", "amount"]
    code, text = ask(*words)
    assert code == 0
    assert "churn: outcomes taken" in text
    assert "2 taken, of them 0 corrections (2 kpi)" in text
    again = json.loads(ask(*words, "--json")[1])
    assert again["status"] == "already_received"


def test_a_query_over_the_sources(ask):
    query = "select customer as entity, day as at, amount as kpi from orders where amount > 6"
    code, text = ask("--query", query, "--entity", "entity", "--at", "at", "--json")
    assert code == 0
    assert json.loads(text)["names"] == {"kpi": 1}
    code, text = ask("--query", "delete from orders", "--entity", "entity", "--json")
    assert code == 2
    assert json.loads(text)["error"].startswith("the query fails: not authorized")


def test_minutes_by_prediction_where_the_file_has_no_outcome(ask, folder, tmp_path):
    file = tmp_path / "handled.csv"
    file.write_text("id,minutes,decision\np-C00001,4.5,accept\np-C00002,,escalate\nnone,1,accept\n")
    code, text = ask(str(file), "--json")
    assert code == 0
    told = json.loads(text)
    assert told["names"] == {"decision": 2, "minutes": 1}
    assert told["unmatched"] == 2


def test_neither_a_file_nor_a_query_is_refused(ask):
    assert ask()[0] == 2


HEAD = b"customer,day,amount\n"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nul.csv", HEAD + b"C0\x001,2026-06-01,5\n", "a NUL byte"),
        ("holes.csv", HEAD + b"C00001,2026-06-01,5\n" + b"\0" * 512, "a NUL byte"),
        ("cut.csv", HEAD + b"C00001,2026-06-01,5\nC00002,2026-06", "2 of 3 columns, so it seems cut short"),
        ("twice.csv", b"customer,day,customer,amount\nC00001,2026-06-01,C2,5\n", "'customer' twice"),
        ("latin.csv", HEAD + "Ä,2026-06-01,5\n".encode("latin-1"), "utf"),
        ("deep.jsonl", b'{"customer":' + b"[" * 100_000, "recursion"),
        ("half.jsonl", b'{"customer":"C00001","day":"2026-06-01","amo', "truncated"),
        ("cut.parquet", b"PAR1", "PAR1|12 bytes|footer"),
    ],
)
def test_a_damaged_file_is_refused_and_nothing_of_it_is_taken(ask, folder, name, content, says):
    file = folder / name
    file.write_bytes(content)
    words = [str(file), "--entity", "customer", "--at", "day", "--kpi", "amount"]
    code, text = ask(*words, "--json")
    told = json.loads(text)
    assert (code, told["where"]) == (2, str(file))
    assert re.search(says, told["error"])
    whole = [str(folder / "orders.csv"), *words[1:]]
    assert json.loads(ask(*whole, "--json")[1])["taken"] == 2

"""Scoring: all rows of a table, each answered as the gateway would, or set apart with the reason."""

import asyncio
import json
import os
import resource
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import polars as pl
import psycopg
import pytest
import scoring
from click.testing import CliRunner
from scoring import PART_ROWS, release, rows_as_csv

import shipyard
from causeway.actions.access import grant
from causeway.actions.bundles import trusted_keys
from causeway.actions.score.score import Wanted, score
from causeway.actions.segments import segment_files
from causeway.cli.main import main
from causeway.core.access import NoAccess
from causeway.core.assignment import Lots
from causeway.core.errors import OutsideError, UsageError
from causeway.core.events import DataRead, ScoreFinished, ScorePartFinished, ScoreStarted, TrafficRouted
from causeway.core.ids import short
from causeway.core.routes import Route, Served
from causeway.gateway.answers.plane import flagged
from causeway.gateway.models.bundles import load_bundle
from causeway.gateway.protocols.invocations import rows_of_csv
from causeway.gateway.refusals import Invalid

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
ROWS = 300


@pytest.fixture
def here(folder, monkeypatch):
    """A product's folder with rows to be answered, from which one works."""
    (folder / "rows.csv").write_text(rows_as_csv(ROWS))
    monkeypatch.chdir(folder)
    return folder


def scored(folder, digest, *, source="rows.csv", target="out.parquet", part_rows=ROWS, **more):
    return score(
        shipyard.workspace(folder), folder, Wanted(digest, source, target, part_rows=part_rows, **more)
    )


def facts(folder, kind):
    events = shipyard.workspace(folder).ledger.read("churn")
    return [event.fact for event in events if isinstance(event.fact, kind)]


def records(folder):
    files = segment_files(shipyard.workspace(folder), "churn", "predictions")
    return pl.concat([pl.read_parquet(file) for file in files], how="diagonal_relaxed")


def of_the_gateway(folder, digest, text):
    """What the gateway answers to each row alone: outputs and flags, or None where it refuses."""
    work = shipyard.workspace(folder)
    served = Served(digest, str(work.bundle(digest)), 100)
    loaded = load_bundle(served, Route("churn", (served,), (), trusted_keys=trusted_keys()))

    class Variant:
        pass

    variant = Variant()
    variant.loaded = loaded
    head, *lines = text.splitlines()
    drop = head.split(",").index("customer")
    for line in lines:
        fields, cells = head.split(","), line.split(",")
        del fields[drop], cells[drop]
        body = ",".join(fields) + "\n" + ",".join(cells)
        try:
            checked = loaded.schema.check(rows_of_csv(body.encode(), loaded.release.signature.inputs))
            predicted = asyncio.run(loaded.predict(checked.rows))
            yield (
                {n: v[0] for n, v in predicted.answers.items()},
                flagged(checked.flags, predicted.problems, variant)[0],
            )
        except Invalid:
            yield None


@pytest.mark.parametrize("policy", ["refuse", "flag"])
def test_every_row_gets_the_gateways_own_answer_or_its_refusal(here, policy):
    digest = release(here, contract="", missing=policy, unseen=policy)
    report = scored(here, short(digest))
    found = {row["row"]: row for row in pl.read_parquet("out.parquet").iter_rows(named=True)}
    apart = pl.read_parquet("out.set-aside.parquet")
    assert report.status == "scored"
    assert (report.rows, report.scored, report.set_apart) == (ROWS, len(found), len(apart))
    assert not set(found) & set(apart["causeway.row"])
    for number, expected in enumerate(of_the_gateway(here, digest, Path("rows.csv").read_text()), start=1):
        if expected is None:
            assert number not in found
            continue
        answers, flags = expected
        got = found[number]
        assert got["label"] == answers["label"]
        assert [got["probability_No"], got["probability_Yes"]] == pytest.approx(
            answers["probability"] or [None] * 2, abs=1e-7
        )
        assert (got["flags"] or "") == "|".join(flags)


def test_rows_that_break_the_contract_are_set_apart_with_the_rule_and_their_values(here):
    report = scored(here, release(here)[7:])
    apart = pl.read_parquet("out.set-aside.parquet")
    assert report.scored + report.set_apart == ROWS
    assert report.rules["tenure: maximum 90"] == len(apart.filter(pl.col("tenure") == "95"))
    assert set(apart.columns) == {"causeway.row", "causeway.rules", "customer", "tenure", "Contract"}
    assert any("each value once" in each for each in report.unchecked)
    assert any("rowCount" in each for each in report.unchecked)
    assert not any("Churn" in each for each in report.rules)


def test_records_are_those_of_the_gateway(here):
    digest = release(here)
    report = scored(here, digest[7:], consumer="nightly", part_rows=PART_ROWS)
    found, sealed = pl.read_parquet("out.parquet"), records(here)
    assert sealed.sort("id")["id"].to_list() == found.sort("prediction_id")["prediction_id"].to_list()
    assert set(sealed.columns) == {
        "id", "request", "at", "release", "arm", "consumer", "latency_us", "flags",
        "in_tenure", "in_Contract", "out_label", "out_probability",
    }  # fmt: skip
    assert set(sealed["consumer"]) == {"nightly"}
    assert set(sealed["arm"]) == {"named"}
    assert set(sealed["release"]) == {digest}
    assert len(facts(here, ScorePartFinished)) == report.parts == 8
    assert facts(here, ScoreStarted)[0].rows == ROWS
    assert facts(here, ScoreFinished)[0].scored == report.scored
    assert facts(here, DataRead)[0].rows == ROWS


def test_again_is_already_scored_and_another_target_makes_no_second_record(here):
    digest = release(here)[7:]
    first = scored(here, digest)
    events = len(shipyard.workspace(here).ledger.read("churn"))
    assert scored(here, digest).status == "already_scored"
    assert len(shipyard.workspace(here).ledger.read("churn")) == events
    kept = pl.read_parquet("out.parquet")
    Path("out.parquet").unlink()
    assert scored(here, digest).status == "scored"
    assert pl.read_parquet("out.parquet").equals(kept)
    scored(here, digest, target="out.csv")
    assert len(records(here)) == first.scored
    again = pl.read_csv("out.csv")
    assert again["prediction_id"].to_list() == kept["prediction_id"].to_list()
    assert not list((here / ".causeway" / "scores").iterdir())


def found_in(target):
    """The rows of a target, in their order."""
    if not target.startswith("sqlite:"):
        return pl.read_parquet(target)
    with sqlite3.connect("out.db") as connection:
        found = connection.execute("SELECT row, prediction_id FROM answers ORDER BY row").fetchall()
    connection.close()
    return pl.DataFrame(found, schema=["row", "prediction_id"], orient="row")


@pytest.mark.parametrize("target", ["out.parquet", "sqlite:///out.db#answers"])
def test_killed_midway_it_goes_on_where_it_stopped(here, target):
    digest = release(here)[7:]
    command = [sys.executable, scoring.__file__, str(here), digest, "rows.csv", target, "3"]
    environment = {**os.environ, "PYTHONPATH": str(Path(shipyard.__file__).parent)}
    killed = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=200)
    assert killed.returncode == -9, killed.stderr.decode()
    assert not Path("out.parquet").exists()
    assert len(facts(here, ScorePartFinished)) == 3
    report = scored(here, digest, target=target, part_rows=PART_ROWS)
    assert (report.status, report.parts) == ("scored", 8)
    assert report.taken_up >= 3
    found, sealed = found_in(target), records(here)
    assert found["row"].is_sorted()
    assert found["prediction_id"].n_unique() == len(found) == report.scored
    assert sorted(sealed["id"]) == sorted(found["prediction_id"])
    assert sorted(fact.part for fact in facts(here, ScorePartFinished)) == list(range(8))


def test_live_arms_are_drawn_as_the_gateway_draws_them(here):
    first, second = release(here, weight=0.05), release(here, weight=-0.3)
    shares = {first: 70, second: 30}
    routed = TrafficRouted(shares=shares, reason="try", stage="pilot")
    work = shipyard.workspace(here)
    work.ledger.append("churn", [routed], actor="a1", at=work.clock.now())
    report = scored(here, "live", unit="customer", keep=("customer",))
    found = pl.read_parquet("out.parquet")
    for row in found.iter_rows(named=True):
        place = Lots("churn", (70, 30)).release(row["customer"])
        assert (row["release"], row["arm"]) == [(first, "champion"), (second, "canary")][place]
    assert report.arms == dict(found["arm"].value_counts().iter_rows())
    assert len(set(report.arms)) == 2


def test_a_folder_of_files_and_typed_columns(here):
    digest = release(here)[7:]
    table = pl.DataFrame(
        {
            "customer": ["a", "b", "c", "d"],
            "tenure": [3, 12, None, 70],
            "Contract": ["One year", "Two year", "One year", "weird"],
        }
    )
    Path("many").mkdir()
    table.head(2).write_parquet("many/1.parquet")
    table.tail(2).write_parquet("many/2.parquet")
    report = scored(here, digest, source="many", target="answers")
    assert (report.scored, report.set_apart, report.parts) == (2, 2, 2)
    assert pl.read_parquet("answers/*.parquet")["row"].to_list() == [1, 2]
    assert pl.read_parquet("answers.set-aside/*.parquet")["causeway.row"].to_list() == [3, 4]


SOURCE = """
[[data]]
name = "customers"
from = "sqlite:///crm.db"
table = "customers"
path = "customers.csv"
owner = "a1"
purpose = "retention calls"
"""


def test_a_database_is_read_under_a_grant_and_answers_go_to_another(here):
    digest = release(here)[7:]
    with sqlite3.connect("crm.db") as connection:
        connection.execute("CREATE TABLE customers (customer, tenure INTEGER, Contract)")
        rows = [(f"c{i}", i % 73, ("One year", "weird")[i % 5 == 0]) for i in range(100)]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", rows)
    connection.close()
    source, target = "sqlite:///crm.db#customers", "sqlite:///out.db#answers"
    with pytest.raises(NoAccess, match="names no source"):
        scored(here, digest, source=source, target=target)
    (here / "causeway.toml").write_text((here / "causeway.toml").read_text() + SOURCE)
    with pytest.raises(NoAccess, match="nobody has granted churn to read customers"):
        scored(here, digest, source=source, target=target)
    grant(shipyard.workspace(here), here, "customers", days=3)
    report = scored(here, digest, source=source, target=target)
    assert (report.scored, report.set_apart) == (80, 20)
    assert scored(here, digest, source="customers", target=target).status == "already_scored"
    with sqlite3.connect("out.db") as connection:
        assert connection.execute(
            "SELECT count(*), count(DISTINCT prediction_id) FROM answers"
        ).fetchone() == (80, 80)
        assert connection.execute("SELECT min(row), count(*) FROM answers_set_aside").fetchone() == (1, 20)
    connection.close()
    assert facts(here, DataRead)[0].grant.startswith("grant-")


def test_answers_go_to_postgresql_once(here, postgres_url):
    digest = release(here)[7:]
    report = scored(here, digest, target=f"{postgres_url}#answers")
    assert scored(here, digest, target=f"{postgres_url}#answers").status == "already_scored"
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (report.scored,)
        assert connection.execute("SELECT count(*) FROM answers_set_aside").fetchone() == (report.set_apart,)
        connection.execute("CREATE TABLE other (a INTEGER)")
    with pytest.raises(UsageError, match="is something else"):
        scored(here, digest, target=f"{postgres_url}#other")


def lacking(folder):
    (folder / "rows.csv").write_text("customer,tenure\na,3\n")


def cut(folder):
    pl.DataFrame({"tenure": [1], "Contract": ["One year"]}).write_parquet(folder / "rows.csv")
    (folder / "rows.csv").write_bytes((folder / "rows.csv").read_bytes()[:-20])


def ragged(folder):
    (folder / "rows.csv").write_text("customer,tenure,Contract\na,3,One year\nb,3\n")


def empty(folder):
    (folder / "rows.csv").write_text("customer,tenure,Contract\n")


def taken(folder):
    (folder / "out.parquet").write_text("mine")


def no_table(folder):
    (folder / "rows.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lacking, "lacks what release .* takes: Contract"),
        (cut, "cut short"),
        (ragged, "ragged"),
        (empty, "has no rows"),
        (taken, "is there already"),
        (no_table, "."),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_cannot_be_scored_is_told_at_once_and_nothing_is_written(here, spoil, said):
    digest = release(here)[7:]
    spoil(here)
    before = {path: path.read_bytes() for path in here.iterdir() if path.is_file()}
    with pytest.raises(UsageError, match=said):
        scored(here, digest)
    assert {path: path.read_bytes() for path in here.iterdir() if path.is_file()} == before
    assert not facts(here, ScoreStarted)
    assert not list((here / ".causeway" / "scores").glob("*"))


def test_a_full_disk_is_told_and_nothing_half_written_stays(here):
    digest = release(here)[7:]
    (here / "rows.csv").write_text(rows_as_csv(20_000))
    # so large that no file may be the source's copy
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "causeway",
            "score",
            digest,
            "--from",
            "rows.csv",
            "--to",
            "out.parquet",
            "--json",
        ],
        capture_output=True,
        check=False,
        timeout=200,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["code"]) == (3, "outside"), told
    assert not [path for path in here.iterdir() if "out" in path.name]


def test_the_command_tells_progress_in_plain_lines_and_the_result_as_json(here):
    digest = release(here)[7:]
    told = CliRunner().invoke(
        main, ["score", digest, "--from", "rows.csv", "--to", "out.csv", "--keep", "customer", "--json"]
    )
    report = json.loads(told.stdout)
    assert (told.exit_code, report["ok"], report["rows"]) == (0, True, ROWS)
    assert f"{ROWS} of {ROWS} rows" in told.stderr
    assert pl.read_csv("out.csv").columns[:3] == ["prediction_id", "row", "customer"]
    shown = CliRunner().invoke(
        main, ["score", digest, "--from", "rows.csv", "--to", "out.csv", "--keep", "customer"]
    )
    assert shown.stdout.startswith("churn: already scored:")


def test_nothing_can_be_written_there(here):
    digest = release(here)[7:]
    with pytest.raises(UsageError, match="there is no folder"):
        scored(here, digest, target="nowhere/out.parquet")
    with pytest.raises(UsageError, match="answers cannot go to"):
        scored(here, digest, target="out.xlsx")
    with pytest.raises(OutsideError, match="cannot be written"):
        scored(here, digest, target="sqlite:////proc/out.db#answers")


def test_ids_sort_by_row(here):
    scored(here, release(here)[7:])
    ids = pl.read_parquet("out.parquet")["prediction_id"]
    assert all(one < other for one, other in pairwise(ids))

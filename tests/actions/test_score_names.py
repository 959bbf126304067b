"""Scoring beside what is there already: columns and files of the same names, grants that changed."""

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import psycopg
import pytest
import scoring
from scoring import release, rows_as_csv
from test_score import SOURCE, here, scored  # noqa: F401 - a fixture

import shipyard
from causeway.actions.access import grant, revoke
from causeway.actions.score.score import Wanted, score
from causeway.actions.score.target import target_of
from causeway.core.access import NoAccess
from causeway.core.errors import UsageError
from causeway.core.events import TrafficRouted
from causeway.core.features import Features, Map, Numeric, write_features
from causeway.core.release import Output, Signature

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def with_classes(folder, classes, weight):
    outputs = tuple(Output(name, name, classes, "Yes") for name in ("label", "probability"))
    features = Features(
        columns=("tenure", "Contract_One year"),
        rules=(Numeric("tenure"), Map("Contract", "one-hot", {"One year": 1.0}, rest=0.0)),
        domains={"Contract": scoring.FIELDS[1].categories},
    )
    return shipyard.release(
        folder,
        seed=shipyard._logistic(weight),
        files={"features.json": write_features(features)},
        signature=Signature(scoring.FIELDS, outputs),
    )


def test_releases_that_order_their_classes_otherwise_keep_their_probabilities(here):  # noqa: F811 - the fixture
    one, other = with_classes(here, ("No", "Yes"), 0.05), with_classes(here, ("Yes", "No"), -0.3)
    work = shipyard.workspace(here)
    routed = TrafficRouted(shares={one: 50, other: 50}, reason="try", stage="pilot")
    work.ledger.append("churn", [routed], actor="a1", at=work.clock.now())
    scored(here, "live")
    found = pl.read_parquet("out.parquet")
    assert found["release"].n_unique() == 2
    for row in found.filter(pl.col("probability_Yes").is_not_null()).iter_rows(named=True):
        assert row["label"] == ("Yes" if row["probability_Yes"] > row["probability_No"] else "No")


def with_column(name):
    head, *lines = rows_as_csv(40).splitlines()
    Path("rows.csv").write_text("\n".join([f"{head},{name}", *(f"{line},x" for line in lines)]) + "\n")


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("row", "out.csv"),
        ("label", "out.csv"),
        ("probability_Yes", "out.csv"),
        ("score", "sqlite:///out.db#a"),
    ],
)
def test_a_column_is_not_kept_under_the_name_of_an_answer(here, name, target):  # noqa: F811 - the fixture
    with_column(name)
    with pytest.raises(UsageError, match=f"the column {name} cannot be kept"):
        scored(here, release(here)[7:], target=target, keep=(name,))


def test_rows_that_were_set_apart_can_be_sent_again(here):  # noqa: F811 - the fixture
    digest = release(here)[7:]
    scored(here, digest, target="out.csv")
    again = scored(here, digest, source="out.set-aside.csv", target="again.csv")
    told = pl.read_csv("again.set-aside.csv")
    assert again.set_apart == len(told)
    assert told["causeway.row"].to_list()[:3] == [1, 2, 3]


@pytest.mark.parametrize(("target", "apart"), [("out.csv", "out.set-aside.csv"), ("out", "out.set-aside")])
def test_what_lies_where_rows_are_set_aside_is_not_overwritten(here, target, apart):  # noqa: F811 - the fixture
    mine = Path(apart)
    if mine.suffix != ".csv":
        mine.mkdir()
        mine = mine / "mine"
    mine.write_text("mine")
    with pytest.raises(UsageError, match=r"set-aside.* is there already"):
        scored(here, release(here)[7:], target=target)
    assert mine.read_text() == "mine"


def test_an_address_without_a_table_is_told_without_its_password():
    with pytest.raises(UsageError) as told:
        target_of("postgresql://me:hunter2@host/db")
    assert "hunter2" not in str(told.value)


def test_kept_columns_of_any_kind_go_to_a_database(here, postgres_url):  # noqa: F811 - the fixture
    tokyo = pl.Series([datetime(2026, 1, 1, 12, tzinfo=UTC)]).dt.convert_time_zone("Asia/Tokyo")
    kept = {
        "cat": pl.Series(["a"], dtype=pl.Categorical),
        "price": pl.Series([Decimal("1.50")]),
        "at": tokyo,
        "hour": pl.Series(["12:00:00"]).str.to_time(),
        "listed": pl.Series([[1, 2]]),
    }
    pl.DataFrame({"tenure": [3], "Contract": ["One year"], **kept}).write_parquet("one.parquet")
    digest = release(here)[7:]
    for target in (f"{postgres_url}#a", "sqlite:///out.db#a"):
        assert scored(here, digest, source="one.parquet", target=target, keep=tuple(kept)).scored == 1
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute("SELECT cat, price, at, hour, listed FROM a").fetchone()
    assert found[:3] == ("a", Decimal("1.50"), datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert found[3:] == ("12:00:00", "[1, 2]")


def test_columns_that_no_csv_file_holds_go_as_text(here):  # noqa: F811 - the fixture
    table = pl.DataFrame(
        {
            "customer": ["c1", "c2"],
            "tenure": [3, 4],
            "Contract": ["One year", "weird"],
            "visits": [[1, 2], None],
            "photo": [None, b"\xff"],
        }
    )
    table.write_parquet("rows.parquet")
    report = scored(
        here, release(here)[7:], source="rows.parquet", target="out.csv", keep=("visits", "photo")
    )
    assert (report.scored, report.set_apart) == (1, 1)
    assert pl.read_csv("out.csv")["visits"].to_list() == ["[1, 2]"]
    assert pl.read_csv("out.set-aside.csv")["photo"].to_list() == ["b'\\xff'"]


def test_rows_that_were_read_under_other_terms_are_not_gone_on_with(here):  # noqa: F811 - the fixture
    digest = release(here)[7:]
    with sqlite3.connect("crm.db") as connection:
        connection.execute("CREATE TABLE customers (customer, tenure INTEGER, Contract, secret)")
        rows = [(f"c{i}", i % 73, "One year", "s") for i in range(40)]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", rows)
    connection.close()
    (here / "causeway.toml").write_text((here / "causeway.toml").read_text() + SOURCE)
    grant(shipyard.workspace(here), here, "customers", days=3)
    wanted = Wanted(digest, "customers", "out.parquet", keep=("secret",))

    def stop(*_):
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        score(shipyard.workspace(here), here, wanted, watch=stop)
    revoke(shipyard.workspace(here), here, "customers", because="too much")
    with pytest.raises(NoAccess):
        score(shipyard.workspace(here), here, wanted)
    assert list((here / ".causeway" / "scores").iterdir()) == []
    grant(shipyard.workspace(here), here, "customers", days=3, columns=("customer", "tenure", "Contract"))
    with pytest.raises(UsageError, match="has no column secret"):
        score(shipyard.workspace(here), here, wanted)
    assert not Path("out.parquet").exists()
    grant(shipyard.workspace(here), here, "customers", days=9)
    assert score(shipyard.workspace(here), here, wanted).scored == 40
    assert pl.read_parquet("out.parquet")["secret"].unique().to_list() == ["s"]

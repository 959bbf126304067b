"""Each kind of place brings the same rows, changes nothing, and tells no password."""

import secrets
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import fsspec
import polars as pl
import psycopg
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from causeway.adapters import registry
from causeway.adapters.sources.frames import lazy
from causeway.adapters.sources.landing import Landing
from causeway.adapters.sources.places import read_secret
from causeway.core.errors import CausewayError, MissingExtra, NotFound, OutsideError, Refused, UsageError
from causeway.core.manifest import DataPart

ROWS = [(1, "Ana", 2.5, "2026-01-31"), (2, None, None, "2026-02-01"), (3, 'O"Brien; drop', 7.25, None)]
CREATE = "CREATE TABLE people (id integer, name text, spend {real}, joined {date})"
CSV = 'id,name,spend,joined\n1,Ana,2.5,2026-01-31\n2,,,2026-02-01\n3,"O""Brien; drop",7.25,\n'
PASSWORD = "hunter2/&?secret"  # noqa: S105 - the one that must appear nowhere


def source(folder, origin, *, path="people.parquet", **said):
    part = DataPart("people", path=path, origin=origin, owner="dana", **said)
    return registry.open_source(part, folder, scratch=folder / "scratch")


def brought(folder, origin, *, path="people.parquet", masked=None, columns=None, key=b"key", **said):
    opened = source(folder, origin, path=path, **said)
    file = folder / "landed" / path
    names = columns or list(opened.kinds())
    rows = opened.land(file, columns=names, masked=masked or {}, key=key)
    assert not list(file.parent.glob("*.part"))
    frame = pl.read_parquet(file) if path.endswith("parquet") else pl.read_csv(file, infer_schema=False)
    assert len(frame) == rows
    return frame


@pytest.fixture
def database(tmp_path):
    file = tmp_path / "people.db"
    with sqlite3.connect(file) as connection:
        connection.execute(CREATE.format(real="real", date="text"))
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    return file


@pytest.fixture
def warehouse(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        connection.execute(CREATE.format(real="numeric", date="date"))
        connection.cursor().executemany("INSERT INTO people VALUES (%s, %s, %s, %s)", ROWS)
        connection.execute(
            "CREATE TABLE kinds AS SELECT true AS yes, timestamptz '2026-01-31 12:00+02' AS at, "
            "'{\"a\": 1}'::json AS more, 7::smallint AS small"
        )
        connection.execute("CREATE SEQUENCE counter")
    return postgres_url


@pytest.fixture
def memory():
    name = secrets.token_hex(4)
    with fsspec.open(f"memory://{name}/people.csv", "w") as file:
        file.write(CSV)
    yield f"memory://{name}/people.csv"
    MemoryFileSystem.store.clear()


def origins(request, tmp_path, kind):
    match kind:
        case "sqlite":
            assert request.getfixturevalue("database").is_file()
            return {"origin": "sqlite:///people.db", "table": "people"}
        case "sqlalchemy":
            file = request.getfixturevalue("database")
            return {"origin": f"sqlite+pysqlite:///{file}", "query": "select * from people where id < 100"}
        case "postgresql":
            return {"origin": request.getfixturevalue("warehouse"), "table": "public.people"}
        case "sqlalchemy-postgresql":
            url = request.getfixturevalue("warehouse").replace("postgresql:", "postgresql+psycopg:")
            return {"origin": url, "table": "people"}
        case "memory":
            return {"origin": request.getfixturevalue("memory")}
        case _:
            file = tmp_path / "outside" / "people.csv"
            file.parent.mkdir()
            file.write_text(CSV)
            return {"origin": file.as_uri() if kind == "file-url" else "outside/people.csv"}


KINDS = (
    "sqlite",
    "sqlalchemy",
    pytest.param("postgresql", marks=pytest.mark.integration),
    pytest.param("sqlalchemy-postgresql", marks=pytest.mark.integration),
    "memory",
    "file-url",
    "file",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_place_brings_the_same_rows(request, tmp_path, kind):
    said = origins(request, tmp_path, kind)
    origin = said.pop("origin")
    frame = brought(tmp_path, origin, **said)
    assert frame.columns == ["id", "name", "spend", "joined"]
    assert frame["id"].to_list() == [1, 2, 3]
    assert frame["name"].to_list() == ["Ana", None, 'O"Brien; drop']
    assert frame["spend"].to_list() == [2.5, None, 7.25]
    assert [str(each)[:10] for each in frame["joined"]] == ["2026-01-31", "2026-02-01", "None"]
    as_csv = brought(tmp_path, origin, path="people.csv", **said)
    assert as_csv["name"].to_list() == ["Ana", None, 'O"Brien; drop']


@pytest.mark.integration
def test_types_of_a_warehouse_stay_what_they_are(warehouse, tmp_path):
    frame = brought(tmp_path, warehouse, table="kinds")
    assert frame.row(0) == (True, datetime(2026, 1, 31, 10, tzinfo=UTC), "{'a': 1}", 7)
    assert brought(tmp_path, warehouse, table="people")["joined"][0] == date(2026, 1, 31)


def test_a_column_of_several_types_is_text(database, tmp_path):
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO people VALUES ('four', x'00ff', 3, 7)")
    connection.close()
    frame = brought(tmp_path, "sqlite:///people.db", table="people")
    assert frame["id"].to_list() == ["1", "2", "3", "four"]
    assert frame["name"][3] == "00ff"
    assert frame["spend"][3] == 3.0


STATEMENTS = [
    "select 1; drop table people",
    "select 1;;",
    "drop table people",
    "delete from people",
    "update people set id = 0",
    "insert into people values (9, 'x', 1, '')",
    "with gone as (delete from people returning *) select * from gone",
    "select * into other from people",
    "attach database 'other.db' as other",
    "pragma journal_mode = delete",
    "vacuum into 'copy.db'",
    "create table other as select * from people",
    "explain select 1",
    "/*! drop table people */ select 1",
    "-- only a remark",
]


@pytest.mark.parametrize("query", STATEMENTS)
@pytest.mark.parametrize("kind", ["sqlite", "sqlalchemy", "postgresql"])
def test_a_query_that_does_more_than_read_is_refused_before_anybody_is_asked(tmp_path, database, kind, query):
    origin = {
        "sqlite": "sqlite:///people.db",
        "sqlalchemy": f"sqlite+pysqlite:///{database}",
        "postgresql": "postgresql://nobody@127.0.0.1:1/none",
    }[kind]
    before = database.read_bytes()
    with pytest.raises(Refused) as caught:
        brought(tmp_path, origin, query=query)
    assert "[[data]] people" in caught.value.where
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "query", ["select 'a; b'", "select 'delete' as what", 'select 1 as "update" -- insert']
)
def test_words_in_texts_and_names_are_no_statements(tmp_path, database, query):
    if ";" in query:
        with pytest.raises(Refused):
            brought(tmp_path, "sqlite:///people.db", query=query)
    else:
        assert len(brought(tmp_path, "sqlite:///people.db", query=query)) == 1


@pytest.mark.parametrize(
    "table", ['people"; DROP TABLE people; --', "people where 1=1", "(select 1)", "main.people x"]
)
def test_a_table_is_nothing_but_a_name(tmp_path, database, table):
    with pytest.raises(OutsideError, match="no such table"):
        brought(tmp_path, "sqlite:///people.db", table=table)
    assert len(brought(tmp_path, "sqlite:///people.db", table="main.people")) == 3


def test_functions_that_reach_out_of_sqlite_are_denied(tmp_path, database):
    with pytest.raises(OutsideError, match="not authorized"):
        brought(tmp_path, "sqlite:///people.db", query="select load_extension('evil.so')")


@pytest.mark.integration
@pytest.mark.parametrize("driver", ["postgresql:", "postgresql+psycopg:"])
def test_postgres_lets_a_query_change_nothing_however_it_is_hidden(warehouse, tmp_path, driver):
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM people; SELECT 1'"
        )
    for query in ("select nextval('counter')", "select wipe()", "select lo_create(0)"):
        with pytest.raises((Refused, OutsideError), match=r"read-only|would change"):
            brought(tmp_path, warehouse.replace("postgresql:", driver), query=query)
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (3,)


def test_two_columns_of_one_name_are_told_apart_by_a_person(tmp_path, database):
    with pytest.raises(UsageError, match="two columns called id"):
        brought(tmp_path, f"sqlite+pysqlite:///{database}", query="select id, id from people")


MASKS = {
    "id": ("pseudonym", None),
    "name": ("partial", ["***", None, 'O"***']),
    "spend": ("band", [3.0, None, 7.0]),
    "joined": ("year", [2026, 2026, None]),
}


@pytest.mark.parametrize(
    "kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration), "file"]
)
def test_masks_make_the_same_of_every_place(request, tmp_path, kind):
    said = origins(request, tmp_path, kind)
    origin = said.pop("origin")
    frame = brought(tmp_path, origin, masked={name: how for name, (how, _) in MASKS.items()}, **said)
    for name, (_, wanted) in MASKS.items():
        if wanted:
            assert frame[name].to_list() == wanted
    assert frame["id"].n_unique() == 3
    assert all(len(each) == 20 for each in frame["id"])
    months = brought(tmp_path, origin, masked={"joined": "month", "name": "null", "spend": "drop"}, **said)
    assert months.columns == ["id", "name", "joined"]
    assert [str(each)[:10] for each in months["joined"]] == ["2026-01-01", "2026-02-01", "None"]
    assert months["name"].null_count() == 3


def test_a_masked_identifier_still_joins_other_sources_and_only_under_the_same_key(tmp_path, database):
    (tmp_path / "orders.csv").write_text("person,amount\n3,10\n1,20\n1.0,5\n")
    masked = {"person": "pseudonym"}
    orders = brought(tmp_path, "orders.csv", path="orders.parquet", masked=masked)
    texts = brought(tmp_path, "orders.csv", path="orders.csv", masked=masked)
    people = brought(tmp_path, "sqlite:///people.db", table="people", masked={"id": "pseudonym"})
    assert orders.join(people, left_on="person", right_on="id")["amount"].sort().to_list() == [5, 10, 20]
    assert texts["person"].to_list()[:2] == orders["person"].to_list()[:2]
    other = brought(tmp_path, "sqlite:///people.db", table="people", masked={"id": "pseudonym"}, key=b"other")
    assert not set(other["id"]) & set(people["id"])


def test_only_the_granted_columns_come(tmp_path, database):
    frame = brought(tmp_path, "sqlite:///people.db", table="people", columns=["spend", "id"])
    assert frame.columns == ["spend", "id"]


def test_an_unmasked_file_comes_byte_by_byte(tmp_path):
    content = 'id;name\n1;"a"\n2;  b\n'
    (tmp_path / "odd.csv").write_text(content)
    brought(tmp_path, "odd.csv", path="copy.csv")
    assert (tmp_path / "landed" / "copy.csv").read_text() == content


def test_what_fails_midway_leaves_nothing_half_written(tmp_path):
    def chunks():
        yield [(1,)]
        raise OutsideError("the database went away")

    class Rows:
        def frame(self, *, typed):  # noqa: ARG002 - the port has it
            return lazy({"id": pl.Int64()}, chunks)

    file = tmp_path / "landed" / "people.parquet"
    with pytest.raises(OutsideError, match="went away"):
        Landing(Rows(), told="rows").land(file, columns=["id"], masked={}, key=b"")
    assert list(file.parent.iterdir()) == []


def test_the_same_rows_make_the_same_bytes(tmp_path, database):
    digests = set()
    for _ in range(2):
        brought(tmp_path, "sqlite:///people.db", table="people", masked={"id": "pseudonym"})
        digests.add((tmp_path / "landed" / "people.parquet").read_bytes())
    assert len(digests) == 1


class Leaky(MemoryFileSystem):
    """A store whose errors repeat the keys it was given."""

    protocol = "leaky"

    def __init__(self, **options):
        super().__init__()
        self.options = options

    def _open(self, path, *_, **__):
        raise RuntimeError(f"denied for {self.options} at {path}")


def test_no_error_repeats_the_password(tmp_path, monkeypatch):
    fsspec.register_implementation("leaky", Leaky, clobber=True)
    monkeypatch.setenv("STORE", f'{{"key": "AKIA123", "secret": "{PASSWORD}"}}')
    monkeypatch.setenv("DATABASE", PASSWORD)
    tried = [
        ("leaky://bucket/a.csv", {"secret": "env:STORE"}),
        ("postgresql://reader@127.0.0.1:1/sales", {"secret": "env:DATABASE", "table": "t"}),
        ("postgresql+psycopg://reader@127.0.0.1:1/sales", {"secret": "env:DATABASE", "table": "t"}),
        ("postgresql://reader@127.0.0.1:1/sales?bad option", {"secret": "env:DATABASE", "table": "t"}),
        ("mysql+none://reader@127.0.0.1:1/sales", {"secret": "env:DATABASE", "table": "t"}),
    ]
    for origin, said in tried:
        with pytest.raises(CausewayError) as caught:
            brought(tmp_path, origin, **said)
        told = f"{caught.value.message} {caught.value.where} {caught.value.hint}"
        for hidden in (PASSWORD, "hunter2", "AKIA123"):
            assert hidden not in told, origin
            assert hidden not in repr(caught.value), origin


def test_a_secret_lies_where_it_is_said_or_the_error_says_what_is_missing(tmp_path):
    (tmp_path / "secret").write_text("word\n")
    assert read_secret("file:secret", tmp_path, environment={}) == "word"
    assert read_secret("env:A", tmp_path, environment={"A": "word"}) == "word"
    with pytest.raises(NotFound, match="env:A is not set"):
        read_secret("env:A", tmp_path, environment={})
    with pytest.raises(OutsideError, match="file:none cannot be read"):
        read_secret("file:none", tmp_path, environment={})


@pytest.mark.parametrize(
    ("origin", "said", "words"),
    [
        ("nowhere.csv", {}, "there is no file nowhere.csv"),
        ("sqlite:///nowhere.db", {"table": "t"}, "there is no database"),
        ("memory://nowhere/a.csv", {}, "there is no file memory://nowhere/a.csv"),
        ("nowhere.csv", {"query": "select 1"}, "is no database"),
        ("memory://nowhere/a.xlsx", {}, "there is no file"),
        ("gopher://host/a.csv", {}, "cannot be read"),
    ],
)
def test_what_is_not_there_is_one_clear_error(tmp_path, origin, said, words):
    with pytest.raises(CausewayError, match=words) as caught:
        brought(tmp_path, origin, **said)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("module", "origin", "extra"),
    [
        ("causeway.adapters.sources.alchemy", "mysql://host/d", "sources"),
        ("causeway.adapters.sources.postgres", "postgresql://host/d", "postgres"),
        ("fsspec", "s3://bucket/a.csv", "sources"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, module, origin, extra):
    monkeypatch.setitem(sys.modules, module, None)
    said = {} if origin.startswith("s3") else {"table": "t"}
    with pytest.raises(MissingExtra) as caught:
        brought(tmp_path, origin, **said)
    assert f'"causeway[{extra}]"' in caught.value.hint


def test_the_file_of_a_source_is_never_written(tmp_path, database):
    database.chmod(0o400)
    Path(tmp_path / "people.db").parent.chmod(0o700)
    before = (database.stat().st_mtime_ns, database.read_bytes())
    brought(tmp_path, "sqlite:///people.db", table="people")
    assert (database.stat().st_mtime_ns, database.read_bytes()) == before


KILLED = """
import sys
from pathlib import Path
from causeway.adapters import registry
from causeway.core.manifest import DataPart
folder = Path(sys.argv[1])
part = DataPart("people", path="people.csv", origin="sqlite:///many.db", table="people", owner="dana")
source = registry.open_source(part, folder, scratch=folder / "scratch")
source.land(folder / "landed" / "people.csv", columns=list(source.kinds()), masked={}, key=b"")
"""


@pytest.mark.integration
def test_who_is_killed_midway_leaves_no_file_of_that_name(tmp_path):
    with sqlite3.connect(tmp_path / "many.db") as connection:
        connection.execute("CREATE TABLE people (id, note)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) "
            "INSERT INTO people SELECT i, 'somebody' FROM n"
        )
    connection.close()
    landed = tmp_path / "landed"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    try:
        while process.poll() is None and not any(landed.glob(".people.csv.part")):
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -9
    assert not (landed / "people.csv").exists()

"""Contracts against files: what is refused with one clear error, and what is asked beyond single values."""

import io
import socket
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from causeway.actions.contracts import check as check_contract
from causeway.adapters import registry
from causeway.adapters.contracts import blank_lines
from causeway.adapters.contracts.queries import forbidden
from causeway.adapters.contracts.sources import uneven
from causeway.core.contract import Contract, Options, Property, Quality, Relationship, SchemaObject, Sla
from causeway.core.contract_text import read_contract
from causeway.core.errors import UsageError

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def contract(*columns, quality=(), levels=(), others=(), relationships=()):
    table = SchemaObject("t", properties=columns, quality=quality, relationships=relationships)
    return Contract(id="c", version="1", schema=(table, *others), sla_properties=levels)


def check(content, promised, folder, *, name="t.csv", **asked):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return registry.validate_file(promised, path, name="t", **asked)


def whole_parquet():
    target = io.BytesIO()
    pl.DataFrame({"a": list(range(1000)), "b": ["x"] * 1000}).write_parquet(target)
    return target.getvalue()


PARQUET = whole_parquet()
LATE = "a,b\n" + "1,x\n" * 80_000
DAMAGED = {
    "empty": ("t.csv", b"", "is empty"),
    "blank": ("t.csv", b"\n \n", "is empty"),
    "header twice": ("t.csv", b"a,b, a\n1,2,3\n", "column a twice"),
    "too many fields": ("t.csv", b"a,b\n1,2\n1,2,3\n", "record 2 has 3 fields, the header 2"),
    "too few fields": ("t.csv", b"a,b,c\n1,2,3\n4,5\n6,7,8\n9\n", r"record 2 has 2 fields.*1 more"),
    "open quote": ("t.csv", b'a,b\n1,"x\n2,3\n', "quotation mark"),
    "mixed encodings": (
        "t.csv",
        "a,b\nä,ö\n".encode() + LATE[4:].encode() + b"1,\xe4\n",
        "not UTF-8 throughout",
    ),
    "few mixed encodings": ("t.csv", "a,b\nä,1\n".encode() + b"\xe4,2\nx,3\n", "not UTF-8 throughout"),
    "cut within a character": (
        "t.csv",
        "a,b\nä,1\n1,ä".encode()[:-1],
        "cut short: it ends within a character",
    ),
    "lines of a typewriter": ("t.csv", b"a,b\r1,2\r3,4\r", "end each line with a line feed|read in two ways"),
    "half UTF-16": ("t.csv", "a,b\n1,2\n".encode("utf-16")[:-1], "not whole text"),
    "cut Parquet": ("t.parquet", PARQUET[:-20], "cut short"),
    "hollow Parquet": ("t.parquet", PARQUET[:4] + bytes(len(PARQUET) - 8) + PARQUET[-4:], "cannot read"),
    "no Parquet": ("t.parquet", b"a,b\n1,2\n", "no Parquet"),
    "a workbook": ("t.xlsx", b"PK\x03\x04", "cannot check"),
    "binary": ("t.csv", b"\x00\x01\x02\x03" * 50, "no text"),
}


@pytest.mark.parametrize(("name", "content", "words"), DAMAGED.values(), ids=DAMAGED)
def test_a_file_that_is_not_whole_gets_one_clear_error(name, content, words, tmp_path):
    with pytest.raises(UsageError, match=words) as caught:
        check(content, contract(Property("a"), Property("b")), tmp_path, name=name)
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_empty_last_fields_are_no_short_records(tmp_path):
    report = check('a,b\n1,\n"2,\n3",\n\n4,x\r\n', contract(Property("a"), Property("b")), tmp_path)
    assert (report.passed, report.rows) == (True, 3)


@pytest.mark.parametrize("size", [1, 3, 4_000_000])
def test_a_record_of_empty_fields_is_one_and_an_empty_line_is_none(size, tmp_path, monkeypatch):
    monkeypatch.setattr(blank_lines, "CHUNK_BYTES", size)
    content = b'\r\na,b\n1,"x\n\ny"\n\r\n,\n\n2,z\r\n\r\n"",""\n'
    promised = contract(Property("a", required=True), Property("b"))
    seen = check(content, promised, tmp_path, into=tmp_path / "out", good=True)
    assert (seen.rows, seen.set_apart) == (4, 2)
    assert pl.read_parquet(tmp_path / "out" / "good.parquet")["b"].to_list() == ["x\n\ny", "z"]
    assert pl.read_parquet(tmp_path / "out" / "quarantine.parquet")["causeway.row"].to_list() == [2, 4]


def test_rows_that_were_set_apart_are_checked_again(tmp_path):
    promised = contract(Property("a", required=True), Property("b"))
    check(b"a,b\n,1\n,2\n", promised, tmp_path, into=tmp_path / "out")
    pl.read_parquet(tmp_path / "out" / "quarantine.parquet").select("a", "b", "causeway.row").write_csv(
        tmp_path / "again.csv"
    )
    again = (tmp_path / "again.csv").read_bytes().replace(b"\n,1", b"\nx,1")
    seen = check(again, promised, tmp_path, into=tmp_path / "then")
    assert (seen.rows, seen.set_apart, seen.extra_columns) == (2, 1, ())
    assert pl.read_parquet(tmp_path / "then" / "quarantine.parquet")["causeway.row"].to_list() == [2]


def test_windows_text_far_down_is_read_as_such(tmp_path):
    report = check(LATE.encode() + b"1,\xe4\n", contract(Property("b", required=True)), tmp_path)
    assert (report.rows, report.read_as) == (80_001, "Windows-1252")


def test_uneven_counts_records_across_the_pieces_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("causeway.adapters.contracts.sources.CHUNK_BYTES", 5)
    path = tmp_path / "t.csv"
    path.write_text('aa,b\n1,"x,\n,y"\n\n2,3,4\n5\n6,7')
    found = uneven(path, ",")
    assert found is not None
    assert (found.record, found.fields, found.width, found.count) == (2, 3, 2, 2)


def test_warnings_are_told_and_set_no_row_apart(tmp_path):
    rule = Quality(metric="nullValues", must_be=0, severity="Warning")
    report = check("a,b\n1,\n2,3\n", contract(Property("b", quality=(rule,))), tmp_path)
    assert (report.passed, report.holds, report.set_apart) == (False, True, 0)


def test_rows_are_not_at_fault_when_there_should_be_more_of_them(tmp_path):
    rule = Quality(metric="invalidValues", arguments={"validValues": ["x"]}, must_be_greater_than=5)
    report = check("a,b\n1,y\n2,x\n", contract(Property("b", quality=(rule,))), tmp_path)
    assert (report.violations[0].measured, report.set_apart, report.holds) == (1, 0, False)


OPERATORS = [
    ({"must_be": 2}, True),
    ({"must_be": 1}, False),
    ({"must_not_be": 1}, True),
    ({"must_not_be": 2}, False),
    ({"must_be_greater_than": 1}, True),
    ({"must_be_greater_than": 2}, False),
    ({"must_be_greater_or_equal_to": 2}, True),
    ({"must_be_less_than": 2}, False),
    ({"must_be_less_or_equal_to": 2}, True),
    ({"must_be_between": (2, 3)}, True),
    ({"must_be_between": (3, 4)}, False),
    ({"must_not_be_between": (3, 4)}, True),
    ({"must_not_be_between": (1, 2)}, False),
    ({"must_be": 50, "unit": "percent"}, True),
    ({"must_be_less_than": 50, "unit": "percent"}, False),
]


@pytest.mark.parametrize(("demand", "kept"), OPERATORS)
def test_every_operator_and_unit(demand, kept, tmp_path):
    rule = Quality(metric="missingValues", arguments={"missingValues": ["?", None]}, **demand)
    assert (
        check("a,b\n1,?\n2,\n3,-\n4,x\n", contract(Property("b", quality=(rule,))), tmp_path).passed is kept
    )


FORMATS = [
    ("email", "a.b@x.org", "a@b"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
    ("uri", "https://x.org/a", "x org"),
    ("hostname", "db-1.x.org", "-x-"),
    ("ipv4", "10.0.255.1", "10.0.256.1"),
    ("ipv6", "fe80::1", "fe80"),
    ("i8", "-128", "128"),
    ("u16", "65535", "-1"),
]


@pytest.mark.parametrize(("form", "good", "bad"), FORMATS)
def test_formats(form, good, bad, tmp_path):
    kind = "integer" if form[1:].isdigit() and form[0] in "iu" and form[:2] != "ip" else "string"
    column = Property("b", logical_type=kind, logical_type_options=Options(format=form))
    found = check(f"a,b\n1,{good}\n2,{bad}\n3,\n", contract(column), tmp_path).violations
    assert [(each.rule, each.first_rows) for each in found] == [("format", (2,))]


def test_lists_records_maps_and_vectors_in_parquet(tmp_path):
    frame = pl.DataFrame(
        {
            "tags": [["a", "a"], ["a"], [], None],
            "vector": [[1.0, 2.0], [1.0], [1.0, 2.0], None],
            "record": [{"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}],
            "map": [[{"key": "a", "value": 1}]] * 4,
            "plain": [1, 2, 3, 4],
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    options = Options(min_items=1, max_items=1, unique_items=True)
    promised = contract(
        Property("tags", logical_type="array", logical_type_options=options),
        Property("vector", logical_type="vector", logical_type_options=Options(dimensions=2)),
        Property("record", logical_type="object"),
        Property("map", logical_type="map"),
        Property("plain", logical_type="array"),
    )
    report = registry.validate_file(promised, tmp_path / "t.parquet")
    assert {(each.column, each.rule, each.first_rows) for each in report.violations} == {
        ("tags", "minItems", (3,)),
        ("tags", "maxItems", (1,)),
        ("tags", "uniqueItems", (1,)),
        ("vector", "dimensions", (2,)),
        ("plain", "type", (1, 2, 3)),
    }


def test_texts_of_a_typed_file_are_taken_as_they_stand(tmp_path):
    pl.DataFrame({"a": ["NA", "", None, " "]}).write_parquet(tmp_path / "t.parquet")
    report = registry.validate_file(contract(Property("a", required=True)), tmp_path / "t.parquet")
    assert report.violations[0].first_rows == (3,)


def test_a_measure_is_no_column(tmp_path):
    report = check(
        "a,b\n1,2\n", contract(Property("total", semantic_type="measure", required=True)), tmp_path
    )
    assert report.passed
    assert "total" in report.unchecked[0]


AGES = [
    (Sla("freshness", 2, "d", "t.day"), True),
    (Sla("freshness", 12, "hours", "t.day"), True),
    (Sla("latency", "11", "h", "day"), False),
    (Sla("retention", 1, "y", "t.day"), False),
    (Sla("retention", 3, "y", "t.day"), True),
]


@pytest.mark.parametrize(("level", "kept"), AGES)
def test_how_old_data_may_be(level, kept, tmp_path):
    promised = contract(Property("day", logical_type="date"), levels=(level,))
    assert check("day,x\n2024-02-01,1\n2026-03-09,2\n,3\n", promised, tmp_path, now=NOW).passed is kept


def test_levels_of_the_service_are_named_and_not_checked(tmp_path):
    levels = (
        Sla("generalAvailability", "2026-01-01"),
        Sla("freshness", 1, "moon", "t.day"),
        Sla("freshness", 1, "d", "u.x"),
    )
    promised = contract(Property("day", logical_type="date"), levels=levels)
    report = check("day,x\n2000-01-01,1\n", promised, tmp_path, now=NOW)
    assert report.passed
    assert len(report.unchecked) == 2


CUSTOMERS = SchemaObject("customers", properties=(Property("id", logical_type="integer"), Property("land")))


def test_values_must_stand_in_the_other_table(tmp_path):
    pl.DataFrame({"id": [1, 2], "land": ["DE", "FR"]}).write_parquet(tmp_path / "customers.parquet")
    column = Property("customer", logical_type="integer", relationships=(Relationship("customers.id"),))
    pair = Relationship(("customers.id", "customers.land"), ("t.customer", "t.land"))
    promised = contract(column, Property("land"), others=(CUSTOMERS,), relationships=(pair,))
    rows = "customer,land\n1,DE\n2.0,DE\n,XX\n7,FR\n"
    beside = {"customers": tmp_path / "customers.parquet"}
    found = check(rows, promised, tmp_path, others=beside).violations
    assert [(each.rule, each.column, each.first_rows) for each in found] == [
        ("reference", "customer", (4,)),
        ("reference", "customer, land", (2, 4)),
    ]
    without = check(rows, promised, tmp_path)
    assert without.passed
    assert all("no file of customers" in note for note in without.unchecked)


def test_a_relationship_to_another_document_is_never_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was opened"))
    text = """
kind: DataContract
apiVersion: v3.2.0
id: c
version: 1.0.0
servers: [{server: s, type: s3, location: "https://example.org/t.csv"}]
authoritativeDefinitions: [{url: "https://example.org/d", type: definition}]
schema:
- name: t
  physicalName: https://example.org/t.csv
  properties:
  - {name: a, relationships: [{to: "https://example.org/x.yaml#schema/t/properties/id"}]}
- name: u
  physicalName: https://example.org/u.csv
  properties: [{name: id}, {name: b, relationships: [{to: t.a}]}]
"""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n")
    (tmp_path / "c.yaml").write_text(text)
    checked = check_contract(tmp_path / "c.yaml", path, table="t")
    assert checked.status == "kept"
    assert "example.org/x.yaml" in checked.unchecked[0]
    assert read_contract(text, where="c").objects[1].physical_name == "https://example.org/u.csv"


SQL = [
    ("SELECT COUNT(*) FROM ${table} WHERE ${column} < 0", {"must_be": 1}, True),
    ("select sum(a) from t;", {"must_be_between": (5, 7)}, True),
    ("SELECT COUNT(*) FROM \"t\" WHERE a > 2 AND day >= CAST('2024-01-02' AS DATE)", {"must_be": 1}, True),
    ("WITH x AS (SELECT a FROM t) SELECT MAX(a) FROM x", {"must_be_less_than": 5}, False),
]


@pytest.mark.parametrize(("query", "demand", "kept"), SQL)
def test_queries_see_the_columns_with_their_types(query, demand, kept, tmp_path):
    rule = Quality(type="sql", query=query, **demand)
    promised = contract(
        Property("a", logical_type="integer", quality=(rule,)), Property("day", logical_type="date")
    )
    report = check("a,day\n-1,2024-01-01\n2,2024-01-02\n5,2024-01-03\n", promised, tmp_path)
    assert report.unchecked == ()
    assert report.passed is kept


REFUSED = [
    "DELETE FROM t",
    "SELECT 1; DROP TABLE t",
    "CREATE TABLE u AS SELECT * FROM t",
    "SELECT COUNT(*) FROM read_csv('/etc/passwd')",
    "SELECT COUNT(*) FROM \"read_parquet\"('x.parquet')",
    "SELECT COUNT(*) FROM READ_JSON ('x')",
    "SELECT COUNT(*) FROM scan_parquet('x')",
    "SELECT COUNT(*) FROM 'x.csv'",
    "SELECT 1 -- FROM t",
    "SELECT /* x */ 1",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "SELECT * INTO u FROM t",
    "SELECT COUNT(*) FROM t CROSS JOIN t u",
    "",
    "SELECT 1" + " " * 20_000,
]


@pytest.mark.parametrize("query", REFUSED)
def test_anything_but_one_harmless_select_is_refused(query, tmp_path):
    assert forbidden(query)
    rule = Quality(type="sql", query=query, must_be=1)
    report = check("a,b\n1,2\n", contract(Property("a"), quality=(rule,)), tmp_path)
    assert report.passed
    assert "the query is not run" in report.unchecked[0]


def test_words_within_quotes_are_no_statements():
    assert not forbidden("SELECT COUNT(*) FROM t WHERE a = 'drop table x; -- /*' OR \"set\" = 'read_csv('")


@pytest.mark.parametrize(
    "query", ["SELECT a FROM t", "SELECT nothing FROM t", "SELECT COUNT(*) FROM u", "SELECT 'x' FROM t"]
)
def test_a_query_without_one_number_is_said_to_be_unread(query, tmp_path):
    rule = Quality(type="sql", query=query, must_be=1)
    other = SchemaObject("u", properties=(Property("a"),))
    report = check("a,b\n1,2\n2,3\n", contract(Property("a"), quality=(rule,), others=(other,)), tmp_path)
    assert (report.passed, len(report.unchecked)) == (True, 1)


def test_a_link_that_somebody_names_is_followed_and_missing_files_are_told(tmp_path):
    (tmp_path / "real.csv").write_text("a,b\n1,2\n")
    Path(tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert registry.validate_file(contract(Property("a")), tmp_path / "link.csv").passed
    for name in ("nothing.csv", ""):
        with pytest.raises(UsageError):
            registry.validate_file(contract(Property("a")), tmp_path / name)

"""Data held against a contract: every rule finds its rows, and what cannot be checked is said."""

import codecs
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from causeway.adapters import registry
from causeway.core.contract import (
    Allowed,
    Contract,
    ContractReport,
    Options,
    Property,
    Quality,
    SchemaObject,
    Violation,
)
from causeway.core.contract_draft import contract_of_table
from causeway.core.errors import NotFound, UsageError
from causeway.core.table import Number, Table, Text


def contract(*columns: Property, quality: tuple[Quality, ...] = ()) -> Contract:
    return Contract(id="c", version="1", schema=(SchemaObject("t", properties=columns, quality=quality),))


def check(text: str | bytes, promised: Contract, folder: Path, *, suffix: str = ".csv") -> ContractReport:
    path = folder / f"data{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return registry.validate_file(promised, path)


def only(report: ContractReport) -> Violation:
    assert len(report.violations) == 1, report
    return report.violations[0]


ROWS = "id,age,plan,day\n1,30,basic,2024-01-31\n2,,gold,2024-02-30\n2,-5,Basic,\n4,x,basic,2024-03-01\n"
BROKEN = {
    "required": (Property("age", required=True), 1, (2,), ("nothing",)),
    "unique": (Property("id", unique=True), 1, (3,), ("2",)),
    "primaryKey": (Property("id", primary_key=True), 1, (3,), ("2",)),
    "type": (Property("age", logical_type="integer"), 1, (4,), ("x",)),
    "type ": (Property("day", logical_type="date"), 1, (2,), ("2024-02-30",)),
    "minimum": (Property("age", logical_type_options=Options(minimum=0)), 1, (3,), ("-5",)),
    "maximum": (Property("age", logical_type_options=Options(maximum=29.5)), 1, (1,), ("30",)),
    "exclusiveMinimum": (
        Property("age", logical_type_options=Options(exclusive_minimum=-5)),
        1,
        (3,),
        ("-5",),
    ),
    "exclusiveMaximum": (
        Property("age", logical_type_options=Options(exclusive_maximum=30)),
        1,
        (1,),
        ("30",),
    ),
    "maximum ": (
        Property("day", logical_type_options=Options(maximum="2024-02-30")),
        1,
        (4,),
        ("2024-03-01",),
    ),
    "multipleOf": (Property("age", logical_type_options=Options(multiple_of=10)), 1, (3,), ("-5",)),
    "minLength": (Property("plan", logical_type_options=Options(min_length=5)), 1, (2,), ("gold",)),
    "maxLength": (
        Property("plan", logical_type_options=Options(max_length=4)),
        3,
        (1, 3, 4),
        ("basic", "Basic"),
    ),
    "pattern": (Property("plan", logical_type_options=Options(pattern="^[a-z]+$")), 1, (3,), ("Basic",)),
    "enum": (Property("plan", enum=(Allowed("basic"), Allowed("gold"))), 1, (3,), ("Basic",)),
    "enum ": (Property("id", enum=(Allowed(1), Allowed(2.0))), 1, (4,), ("4",)),
    "nullValues": (
        Property("age", quality=(Quality(metric="nullValues", must_be=0),)),
        1,
        (2,),
        ("nothing",),
    ),
    "duplicateValues": (
        Property("plan", quality=(Quality(metric="duplicateValues", must_be_less_than=1),)),
        1,
        (4,),
        ("basic",),
    ),
    "invalidValues": (
        Property(
            "plan",
            quality=(Quality(metric="invalidValues", must_be=0, arguments={"validValues": ["basic"]}),),
        ),
        2,
        (2, 3),
        ("gold", "Basic"),
    ),
    "invalidValues ": (
        Property(
            "plan", quality=(Quality(metric="invalidValues", must_be=0, arguments={"pattern": "^[a-z]+$"}),)
        ),
        1,
        (3,),
        ("Basic",),
    ),
    "missingValues": (
        Property(
            "age",
            quality=(Quality(metric="missingValues", must_be=0, arguments={"missingValues": ["x", None]}),),
        ),
        2,
        (2, 4),
        ("nothing", "x"),
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named_with_its_rows(rule: str, tmp_path: Path):
    column, rows, first, examples = BROKEN[rule]
    found = only(check(ROWS, contract(column), tmp_path))
    assert found.rule == rule.strip()
    assert (found.rows, found.first_rows, found.examples) == (rows, first, examples)


KEPT = [
    Property("age"),
    Property("age", logical_type="string"),
    Property("plan", quality=(Quality(metric="nullValues", must_be=0),)),
    Property("age", quality=(Quality(metric="nullValues", must_be_less_or_equal_to=25, unit="percent"),)),
    Property("plan", logical_type_options=Options(pattern="asi|old")),
]


@pytest.mark.parametrize("column", KEPT)
def test_data_that_keeps_the_rule_passes(column: Property, tmp_path: Path):
    report = check(ROWS, contract(column), tmp_path)
    assert report.passed
    assert report.rows == 4
    assert set(report.extra_columns) == {"id", "age", "plan", "day"} - {column.name}


def test_a_column_that_is_not_there_is_a_violation_and_its_other_rules_are_left_out(tmp_path: Path):
    found = only(check(ROWS, contract(Property("salary", required=True)), tmp_path))
    assert (found.rule, found.column, found.rows) == ("present", "salary", 4)


def test_the_physical_name_is_what_the_file_calls_it(tmp_path: Path):
    assert check(ROWS, contract(Property("years", physical_name="age")), tmp_path).passed


def test_rules_about_the_whole_table(tmp_path: Path):
    rules = (
        Quality(metric="rowCount", must_be_greater_than=4),
        Quality(metric="duplicateValues", arguments={"properties": ["id", "plan"]}, must_be=0),
    )
    found = only(check(ROWS, contract(Property("id"), Property("plan"), quality=rules), tmp_path))
    assert (found.rule, found.measured, found.expected) == ("rowCount", 4, "rowCount > 4")


def test_a_key_of_several_columns(tmp_path: Path):
    keys = (Property("a", primary_key=True, primary_key_position=2), Property("b", primary_key=True))
    found = only(check("a,b\n1,1\n1,2\n1,1\n", contract(*keys), tmp_path))
    assert (found.column, found.rows, found.examples) == ("b, a", 1, ("1, 1",))


def test_what_is_not_checked_is_said(tmp_path: Path):
    column = Property(
        "plan",
        logical_type="string",
        logical_type_options=Options(pattern="(?=x)"),
        quality=(Quality(type="sql", name="freshness"), Quality(type="text", description="Ask Dana.")),
    )
    nested = Property("age", logical_type="object")
    dates = Property(
        "day", logical_type="date", logical_type_options=Options(format="EEE d", maximum="Fri 1")
    )
    report = check(ROWS, contract(column, nested, dates), tmp_path)
    told = " ".join(report.unchecked)
    assert all(word in told for word in ("(?=x)", "freshness", "Ask Dana.", "object", "EEE d"))


@pytest.mark.parametrize(
    ("kind", "form", "good", "bad"),
    [
        ("date", None, "2024-02-29", "29.02.2024"),
        ("date", "dd.MM.yyyy", "29.02.2024", "2024-02-29"),
        ("timestamp", None, "2024-02-29T10:00:00Z", "noon"),
        ("timestamp", None, "2024-02-29 10:00:00", "2024-02-30 10:00:00"),
        ("time", None, "10:30", "25:00"),
        ("boolean", None, "True", "maybe"),
        ("number", None, "1e3", "1,5"),
        ("integer", None, "3.0", "3.5"),
    ],
)
def test_types_are_read_from_text(kind: str, form: str | None, good: str, bad: str, tmp_path: Path):
    options = Options(format=form) if form else None
    promised = contract(Property("x", logical_type=kind, logical_type_options=options), Property("y"))
    assert only(check(f'x,y\n"{good}",1\n"{bad}",2\n', promised, tmp_path)).first_rows == (2,)


ENCODINGS = {
    "byte order mark": codecs.BOM_UTF8 + b"id,name\n1,\xc3\xa4\n",
    "UTF-16": "id,name\n1,ä\n".encode("utf-16"),
    "Windows": "id,name\n1,ä\n".encode("cp1252"),
    "semicolons": "id;name\n1;ä\n".encode(),
    "tabs": "id\tname\n1\tä\n".encode(),
    "Windows line ends": "id,name\r\n1,ä\r\n".encode(),
    "blanks around names": " id , name\n1, ä\n".encode(),
    "empty lines": "id,name\n\n1,ä\n\n".encode(),
}


@pytest.mark.parametrize("content", ENCODINGS.values(), ids=ENCODINGS)
def test_files_are_read_as_they_come(content: bytes, tmp_path: Path):
    promised = contract(Property("id", logical_type="integer"), Property("name", enum=(Allowed("ä"),)))
    report = check(content, promised, tmp_path)
    assert (report.passed, report.rows, report.extra_columns) == (True, 1, ())


def test_a_record_may_span_lines(tmp_path: Path):
    report = check(
        'id,text\n1,"two\nlines"\n2,"one, ""quoted"""\n', contract(Property("id", required=True)), tmp_path
    )
    assert (report.rows, report.passed) == (2, True)


def test_a_file_without_a_header_is_read_by_position(tmp_path: Path):
    columns = (Property("column 0", logical_type="integer"), Property("column 1", logical_type="string"))
    report = check("1,a\n2,b\n", contract(*columns), tmp_path)
    assert (report.rows, report.passed) == (2, True)


def test_parquet_keeps_its_types(tmp_path: Path):
    path = tmp_path / "data.parquet"
    pl.DataFrame({"n": [1.5, float("nan")], "s": ["a", None], "d": [None, None]}).write_parquet(path)
    promised = contract(
        Property("n", logical_type="integer"),
        Property("s", logical_type="string", required=True),
        Property("d"),
    )
    broken = {
        (found.rule, found.column, found.rows) for found in registry.validate_file(promised, path).violations
    }
    assert broken == {("type", "n", 1), ("required", "s", 1)}


TABLE = Table(
    {
        "count": Number(np.array([1.0, 2.0, np.nan]), "float"),
        "flag": Number(np.array([0.0, 1.0, 1.0]), "boolean"),
        "plan": Text(["a", None, "b"]),
    }
)


def test_a_table_in_memory_is_checked_like_a_file():
    promised = contract(
        Property("count", logical_type="integer", required=True),
        Property("flag", logical_type="boolean"),
        Property("plan", enum=(Allowed("a"),)),
    )
    report = registry.validate_table(promised, TABLE)
    assert {(found.rule, found.first_rows) for found in report.violations} == {
        ("required", (3,)),
        ("enum", (3,)),
    }


def test_data_keeps_the_contract_that_was_drafted_from_it():
    generator = np.random.default_rng(7)
    table = Table(
        {
            "id": Text([f"c{n}" for n in range(500)]),
            "spend": Number(np.where(generator.random(500) < 0.1, np.nan, generator.gamma(2, 30, 500))),
            "plan": Text([str(value) for value in generator.choice(["basic", "gold", "?"], 500)]),
        }
    )
    assert registry.validate_table(contract_of_table("churn", "t", table), table).passed


def test_an_empty_table_keeps_everything_but_the_row_count():
    empty = Table({"a": Text([])})
    report = registry.validate_table(contract_of_table("p", "t", empty), empty)
    assert only(report).rule == "rowCount"


def test_clear_errors_where_nothing_can_be_read(tmp_path: Path):
    promised = contract(Property("a"))
    with pytest.raises(NotFound, match="no file"):
        registry.validate_file(promised, tmp_path / "nothing.csv")
    for name, content in (("empty.csv", b""), ("torn.parquet", b"PAR1 torn"), ("book.xlsx", b"PK")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UsageError):
            registry.validate_file(promised, tmp_path / name)
    with pytest.raises(NotFound, match="no table"):
        registry.validate_table(Contract(id="c", version="1"), TABLE, name="t")

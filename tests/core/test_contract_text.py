"""Data contracts: read, held to the standard, written back whole, drafted from data."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causeway.core.contract import Contract, Quality
from causeway.core.contract_draft import contract_of_file, contract_of_table, infer_contract
from causeway.core.contract_quality import expected_of, holds
from causeway.core.contract_text import document_of, read_contract, write_contract
from causeway.core.contract_yaml import load_yaml
from causeway.core.errors import BadContract
from causeway.core.poc import ColumnProfile, DataFile
from causeway.core.table import Number, Table, Text

WHERE = "data/orders.odcs.yaml"
HEAD = "kind: DataContract\napiVersion: v3.2.0\nid: orders\nversion: 1.0.0\n"
FULL = (
    HEAD
    + """\
status: active
tenant: shop
team:
  name: crew
  members: [{username: dana, role: Owner}]
schema:
- name: orders
  physicalName: orders.csv
  businessName: Orders
  properties:
  - name: id
    logicalType: integer
    primaryKey: true
    required: false
    criticalDataElement: true
    logicalTypeOptions: {minimum: 1, format: i64}
  - name: placed
    logicalType: date
    examples: [2024-02-30, "2024-03-01"]
  - name: paid
    logicalType: string
    enum:
    - {value: yes, label: Paid}
    - {value: no}
    quality:
    - metric: invalidValues
      arguments: {validValues: [yes, no], other: kept}
      mustBe: 0
      businessImpact: operational
    - type: sql
      query: count the orders
      mustBeGreaterThan: 3
slaProperties:
- property: latency
  value: 4
  unit: d
"""
)


def refusal(text: str) -> BadContract:
    with pytest.raises(BadContract) as caught:
        read_contract(text, where=WHERE)
    return caught.value


def test_what_is_not_modelled_is_written_back():
    again = write_contract(read_contract(FULL, where=WHERE))
    assert load_yaml(again, where="again") == load_yaml(FULL, where="given")


def test_dates_and_yes_stay_texts_and_are_written_in_quotes():
    contract = read_contract(FULL, where=WHERE)
    paid = contract.objects[0].columns[2]
    assert [allowed.value for allowed in paid.enum or ()] == ["yes", "no"]
    text = write_contract(contract)
    assert "value: 'yes'" in text
    assert "'2024-02-30'" in text


def test_a_contract_survives_being_written():
    contract = read_contract(FULL, where=WHERE)
    assert read_contract(write_contract(contract), where="again") == contract


MISTAKES = {
    "empty": ("", 1, "empty"),
    "not YAML": (f"{HEAD}schema: [", 5, "not YAML"),
    "a tab": (f"{HEAD}schema:\n\t- name: a\n", 6, "not YAML"),
    "no version": ("kind: DataContract\napiVersion: v3.2.0\nid: a\n", 1, '"version" is a required'),
    "a number for a text": (HEAD.replace("1.0.0", "1.0"), 4, '`version`: 1.0 is not of type "string"'),
    "unknown key": (f"{HEAD}schema:\n- name: a\n  colour: red\n", 6, "'colour' was unexpected"),
    "wrong metric": (
        f"{HEAD}schema:\n- name: a\n  quality:\n  - metric: nulls\n    mustBe: 0\n",
        8,
        '"nulls" is not one of',
    ),
    "the same key twice": (f"{HEAD}id: b\n", 5, "`id` stands here twice"),
    "an alias": (f"{HEAD}tags: &t [a]\ndescription: *t\n", 6, "aliases"),
    "a number as key": (f"{HEAD}1: a\n", 1, ""),
    "code": (f"{HEAD}name: !!python/object/apply:os.getcwd []\n", 5, "not YAML"),
    "nested without end": ("[" * 5000, None, "not YAML"),
}


@pytest.mark.parametrize(("text", "line", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_line(text: str, line: int | None, words: str):
    error = refusal(text)
    assert words in error.message
    if words:
        assert error.where == (f"{WHERE}:{line}" if line else WHERE)


def test_several_mistakes_are_told_at_once():
    error = refusal("kind: DataContract\napiVersion: v9\nid: a\nversion: 1\n")
    assert f"{WHERE}:2" in error.message
    assert f"{WHERE}:4" in error.message


def test_bytes_with_a_byte_order_mark_are_read_and_other_encodings_are_not():
    assert read_contract(b"\xef\xbb\xbf" + HEAD.encode(), where=WHERE).id == "orders"
    with pytest.raises(BadContract, match="not UTF-8") as caught:
        read_contract(HEAD.encode() + b"name: T\xfcr\n", where=WHERE)
    assert caught.value.where == f"{WHERE}:5"


COMPARISONS = [
    (Quality(metric="rowCount", must_be=3), 3.0, True, "rowCount = 3"),
    (Quality(metric="rowCount", must_be=3), 4.0, False, "rowCount = 3"),
    (Quality(metric="rowCount", must_not_be=0), 0.0, False, "rowCount not 0"),
    (Quality(metric="rowCount", must_be_greater_than=3), 3.0, False, "rowCount > 3"),
    (Quality(metric="rowCount", must_be_greater_or_equal_to=3), 3.0, True, "rowCount >= 3"),
    (Quality(metric="nullValues", must_be_less_than=5, unit="percent"), 5.0, False, "nullValues < 5 percent"),
    (Quality(metric="nullValues", must_be_less_or_equal_to=5), 5.0, True, "nullValues <= 5"),
    (Quality(metric="rowCount", must_be_between=(1, 3)), 3.0, True, "rowCount between 1 and 3"),
    (Quality(metric="rowCount", must_not_be_between=(1, 3)), 2.0, False, "rowCount not between 1 and 3"),
]


@pytest.mark.parametrize(("rule", "value", "kept", "words"), COMPARISONS)
def test_operators_compare_as_the_standard_says(rule: Quality, value: float, kept: bool, words: str):  # noqa: FBT001 - a table
    assert holds(rule, value) is kept
    assert expected_of(rule) == words


def drafted(*columns: ColumnProfile, rows: int = 100, whole: bool = True) -> Contract:
    contract = infer_contract("churn", "customers", columns=columns, rows=rows, whole=whole)
    assert read_contract(write_contract(contract), where="draft") == contract
    return contract


def test_a_draft_says_what_was_seen():
    contract = drafted(
        ColumnProfile("id", "text", distinct=100, unique=True, personal="pseudonym"),
        ColumnProfile("age", "integer", nulls=13, distinct=40, minimum=18, maximum=91, personal="protected"),
        ColumnProfile("plan", "text", distinct=2, categories={"basic": 60, "no": 40}),
        ColumnProfile("left", "boolean", distinct=2, categories={"Yes": 30, "No": 70}),
        ColumnProfile("blank", "empty", nulls=100),
    )
    identity, age, plan, left, blank = contract.objects[0].columns
    assert (identity.unique, identity.required, identity.classification) == (True, True, "confidential")
    assert age.logical_type_options is not None
    assert (age.logical_type_options.minimum, age.logical_type_options.maximum) == (18, 91)
    assert age.required is None
    assert age.classification == "restricted"
    assert [rule.must_be_less_or_equal_to for rule in age.quality or ()] == [15]
    assert [allowed.value for allowed in plan.enum or ()] == ["basic", "no"]
    assert (left.logical_type, [allowed.value for allowed in left.enum or ()]) == ("string", ["No", "Yes"])
    assert (blank.logical_type, blank.required, blank.quality) == ("string", None, None)


def test_a_sample_is_not_taken_for_the_whole():
    (age, plan) = (
        drafted(
            ColumnProfile("age", "integer", distinct=40, minimum=18, maximum=91),
            ColumnProfile("plan", "text", distinct=2, categories={"basic": 97, "rare": 3}),
            whole=False,
        )
        .objects[0]
        .columns
    )
    assert (age.required, age.logical_type_options) == (None, None)
    assert plan.enum is None


def test_measurements_that_never_repeat_are_no_names_of_rows():
    contract = drafted(ColumnProfile("charge", "float", distinct=100, unique=True, minimum=0.5, maximum=9.5))
    assert contract.objects[0].columns[0].unique is None


def test_a_file_is_drafted_with_its_path_and_target():
    file = DataFile(
        "data/a.csv", "csv", 10, 4, exact=True, sampled=4, columns=(ColumnProfile("y", "integer"),)
    )
    described = contract_of_file("churn", "a", file, target="y").objects[0]
    assert described.physical_name == "data/a.csv"
    assert described.columns[0].description == "The column to predict."


def test_a_table_in_memory_is_drafted_alike():
    table = Table(
        {
            "count": Number(np.array([1.0, 2.0, np.nan]), "float"),
            "flag": Number(np.array([0.0, 1.0, 1.0]), "boolean"),
            "plan": Text(["a", "a", "?"]),
        }
    )
    count, flag, plan = contract_of_table("churn", "t", table).objects[0].columns
    assert (count.logical_type, count.required) == ("integer", None)
    assert (flag.logical_type, flag.required) == ("boolean", True)
    assert ([allowed.value for allowed in plan.enum or ()], plan.required) == (["a"], None)


profiles = st.builds(
    ColumnProfile,
    name=st.text(min_size=1, max_size=8).filter(lambda name: name.isprintable()),
    kind=st.sampled_from(["integer", "float", "boolean", "date", "text", "empty"]),
    nulls=st.integers(0, 100),
    distinct=st.integers(0, 100),
    minimum=st.none() | st.floats(-1e9, 1e9),
    maximum=st.none() | st.floats(-1e9, 1e9) | st.just(float("inf")),
    categories=st.dictionaries(st.text(max_size=5), st.integers(1, 90), max_size=6),
    unique=st.booleans(),
    personal=st.sampled_from(["", "direct", "protected", "pseudonym"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(profiles, max_size=4))
def test_every_draft_is_a_document_of_the_standard(columns: list[ColumnProfile]):
    contract = infer_contract("churn", "customers", columns=columns, rows=100)
    read_contract(write_contract(contract), where="draft")


def test_the_open_examples_of_the_standard_are_read_and_written_whole():
    folder = os.environ.get("CAUSEWAY_STANDARDS")
    examples = sorted(Path(folder).rglob("*.odcs.yaml")) if folder else []
    if not examples:
        pytest.skip("CAUSEWAY_STANDARDS does not name a folder with *.odcs.yaml files")
    for path in examples:
        text = path.read_text()
        contract = read_contract(text, where=str(path))
        assert document_of(contract) == load_yaml(text, where=str(path)), path


def test_the_example_in_the_docs_is_a_contract():
    page = (Path(__file__).parents[2] / "docs" / "contracts.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]
    assert read_contract(example, where="docs").objects[0].columns[1].name == "age"

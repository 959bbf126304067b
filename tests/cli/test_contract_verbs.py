"""`causeway contract`: draft, check, compare; exit codes, JSON, lines that fit."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

from causeway.cli.main import main

ROWS = "id,age,plan\n1,30,basic\n2,,gold\n2,-5,Basic\n4,x,basic\n"
CONTRACT = """
kind: DataContract
apiVersion: v3.2.0
id: people
version: 1.0.0
schema:
- name: people
  physicalName: people.csv
  properties:
  - {name: id, primaryKey: true}
  - {name: age, logicalType: integer, logicalTypeOptions: {minimum: 0}}
  - name: plan
    enum: [{value: basic}, {value: gold}]
    quality: [{metric: nullValues, mustBe: 0, severity: warning}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(ROWS)
    (tmp_path / "people.yaml").write_text(CONTRACT)
    return tmp_path


def causeway(*words):
    return CliRunner().invoke(main, ["contract", *words])


def test_broken_data_ends_with_1_and_says_where(folder):
    ended = causeway("check", "people.yaml", "people.csv")
    assert ended.exit_code == 1
    assert ended.stdout.startswith("people breaks its contract: 4 rows, ")
    assert "1 row (row 3), seen: '-5'" in ended.stdout
    assert "good 2, at fault 2, together 4" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80


def test_rows_at_fault_and_good_ones_are_written_beside_the_report(folder):
    causeway("check", "people.yaml", "people.csv", "--into", "out", "--good")
    bad = pl.read_parquet("out/quarantine.parquet")
    assert bad["causeway.row"].to_list() == [3, 4]
    assert bad["causeway.rules"].to_list() == [
        ["age: minimum 0", "plan: enum, one of basic, gold", "id: primaryKey, each value once"],
        ["age: type, a whole number"],
    ]
    assert pl.read_parquet("out/good.parquet").rows() == [("1", "30", "basic"), ("2", None, "gold")]
    report = json.loads((folder / "out/report.json").read_text())
    assert (report["rows"], report["good"], report["set_apart"]) == (4, 2, 2)
    (folder / "people.csv").write_text("id,age,plan\n1,2,gold\n")
    told = causeway("check", "people.yaml", "people.csv", "--into", "out", "--json")
    assert json.loads(told.stdout)["files"] == ["out/report.json"]
    assert not (folder / "out/quarantine.parquet").exists()


def test_kept_and_warned_end_with_0(folder):
    (folder / "people.csv").write_text("id,age,plan\n1,2,gold\n2,3,\n")
    ended = causeway("check", "people.yaml", "people.csv", "--json")
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["ok"], told["status"]) == (0, True, "warned")
    assert "warning  plan: nullValues = 0" in causeway("check", "people.yaml", "people.csv").stdout
    (folder / "people.csv").write_text("id,age,plan\n1,2,gold\n")
    assert "keeps its contract: 1 row, " in causeway("check", "people.yaml", "people.csv").stdout


def test_a_drafted_contract_is_kept_and_never_overwritten(folder):
    assert causeway("infer", "people.csv", "--to", "draft.yaml").exit_code == 0
    assert causeway("check", "draft.yaml", "people.csv").exit_code == 0
    again = causeway("infer", "people.csv", "--to", "draft.yaml")
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    assert causeway("infer", "people.csv").stdout == (folder / "draft.yaml").read_text()
    assert json.loads(causeway("infer", "people.csv", "--json").stdout)["rows"] == 4


def test_a_file_without_a_header_is_drafted_and_kept(folder):
    (folder / "bare.csv").write_text("".join(f"{n},{n % 3}.5\n" for n in range(50)))
    causeway("infer", "bare.csv", "--to", "bare.yaml")
    assert causeway("check", "bare.yaml", "bare.csv").stdout.startswith("bare keeps its contract: 50 rows")


def test_a_diff_says_whom_it_breaks(folder):
    (folder / "new.yaml").write_text(CONTRACT.replace("minimum: 0", "minimum: 5"))
    ended = causeway("diff", "people.yaml", "new.yaml")
    assert ended.exit_code == 1
    assert "minimum 5, was 0\n    breaks: producer" in ended.stdout
    assert "does not say so" in ended.stdout
    assert causeway("diff", "people.yaml", "new.yaml", "--for", "consumer").exit_code == 0
    same = causeway("diff", "people.yaml", "people.yaml", "--json")
    assert (same.exit_code, json.loads(same.stdout)["status"]) == (0, "same")


@pytest.mark.parametrize(
    "words",
    [
        ["infer", "nothing.csv"],
        ["check", "nothing.yaml", "people.csv"],
        ["check", "people.yaml", "nothing.csv"],
        ["check", "people.csv", "people.csv"],
        ["check", "people.yaml", "people.csv", "--good"],
        ["check", "people.yaml", "people.csv", "--beside", "lands"],
        ["diff", "people.yaml", "https://example.org/people.yaml"],
    ],
)
def test_what_is_not_there_or_no_contract_is_one_clear_error(words, folder):
    ended = causeway(*words, "--json")
    told = json.loads(ended.stdout)
    assert (ended.exit_code, told["ok"]) == (2, False)
    assert told["hint"]

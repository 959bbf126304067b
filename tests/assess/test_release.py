import pytest
from msgspec.structs import replace

from causeway.assess.release import Drop, Leak, Proofs, Unexplained, blockers, judge
from causeway.core.contract import Violation
from causeway.core.environment import Problem
from causeway.core.finding import Severity
from causeway.core.release import Evaluation, Parity
from causeway.core.trace import TraceError

SKILLED = Evaluation(
    metric="AUC",
    value=0.83,
    low=0.80,
    high=0.86,
    baseline=0.5,
    baseline_name="always the commonest class",
    rows=993,
    method="five parts",
    gain_low=0.30,
    gain_high=0.36,
)
EQUAL = Parity(rows=993, rows_equal=993, largest_difference=1.6e-7, label_flips=0, tolerance=1e-5)
GOOD = Proofs(SKILLED, EQUAL)


def test_a_release_that_keeps_every_promise_has_no_findings():
    assert judge(GOOD) == ()


@pytest.mark.parametrize(
    ("proofs", "code"),
    [
        (replace(GOOD, evaluation=replace(SKILLED, gain_low=-0.01)), "NO-SKILL"),
        (replace(GOOD, evaluation=replace(SKILLED, gain_low=0.0)), "NO-SKILL"),
        (replace(GOOD, encoded_input=True, unexplained=(Unexplained("x", "no rule"),)), "ENCODED-INPUT"),
        (replace(GOOD, parity=replace(EQUAL, rows_equal=992)), "NO-PARITY"),
        (replace(GOOD, parity=replace(EQUAL, label_flips=1)), "NO-PARITY"),
        (replace(GOOD, parity=replace(EQUAL, rows=0, rows_equal=0)), "NO-PARITY"),
        (replace(GOOD, parity=replace(EQUAL, edge_rows=9, edge_rows_equal=8)), "NO-PARITY"),
        (replace(GOOD, leaks=(Leak("risk", "mean of the target in each category"),)), "TARGET-LEAK"),
    ],
)
def test_what_would_make_answers_wrong_blocks_shipping(proofs, code):
    findings = judge(proofs)

    assert blockers(findings) == (code,)
    assert findings[0].severity is Severity.BLOCKER
    assert findings[0].remedy.words.endswith(".")


def test_a_model_that_is_not_compiled_is_noted_with_its_reason_and_blocks_nothing():
    (finding,) = judge(replace(GOOD, not_compiled="there is no converter to ONNX for Net"))

    assert (finding.code, finding.severity, finding.blocks_ship) == ("NOT-COMPILED", Severity.NOTE, False)
    assert [str(each.text) for each in finding.evidence] == ["there is no converter to ONNX for Net"]


def test_the_evidence_of_no_skill_gives_both_numbers():
    finding = judge(replace(GOOD, evaluation=replace(SKILLED, value=0.195, baseline=0.204, gain_low=-0.1)))[0]

    assert "0.195 against 0.204" in finding.evidence[0].text


def test_encoded_input_names_the_columns_and_what_to_write():
    gaps = tuple(Unexplained(f"c{i}", "no rule fits") for i in range(7))

    finding = judge(replace(GOOD, encoded_input=True, unexplained=gaps))[0]

    assert "c0, c1, c2, c3, c4 and 2 more columns" in finding.title
    assert "features(table)" in finding.remedy.words
    assert len(finding.evidence) == 7


def test_encoded_input_says_where_the_column_is_made_and_where_to_name_the_function():
    gap = Unexplained("code", "no rule fits", "train.py:12")

    at = "below causeway.toml:10"
    finding = judge(replace(GOOD, encoded_input=True, unexplained=(gap,), features_at=at))[0]

    assert "code (made at train.py:12)" in finding.title
    assert finding.evidence[0].path == "train.py:12"
    assert '[model] features = "module:function" (below causeway.toml:10)' in finding.remedy.words


def test_broken_contract_rules_are_to_be_fixed_but_do_not_block():
    findings = judge(
        replace(GOOD, violations=(Violation("minimum", "age", 3, "0", ("-1",)),), contract="c.yaml")
    )

    assert [finding.code for finding in findings] == ["CONTRACT-VIOLATED"]
    assert findings[0].severity is Severity.FIX
    assert findings[0].title == "3 rows break the contract's rule minimum on age."
    assert findings[0].evidence[0].text == "expected 0; seen -1"
    assert blockers(findings) == ()


def test_an_inferred_contract_is_noted():
    findings = judge(replace(GOOD, contract_inferred=True))

    assert [(finding.code, finding.severity) for finding in findings] == [
        ("CONTRACT-INFERRED", Severity.NOTE)
    ]


def test_blocking_findings_come_first():
    proofs = replace(
        GOOD,
        contract_inferred=True,
        violations=(Violation("minimum", "age", 3),),
        parity=replace(EQUAL, rows_equal=1),
    )

    assert [finding.blocks_ship for finding in judge(proofs)] == [True, False, False]


def test_data_other_than_the_manifest_names_is_to_be_fixed():
    finding = judge(replace(GOOD, data_named="houses.csv", data_read="houses_2.csv"))[0]

    assert (finding.code, finding.severity) == ("OTHER-DATA", Severity.FIX)
    assert 'path = "houses_2.csv"' in finding.remedy.words
    assert judge(replace(GOOD, data_named="./houses.csv", data_read="houses.csv")) == ()


def test_rows_that_never_reached_the_model_are_noted_with_where_they_went():
    drops = (Drop("train.py:7", "table.dropna()", 6),)

    finding = judge(replace(GOOD, rows_in_source=999, rows_kept=993, drops=drops))[0]

    assert (finding.code, finding.severity) == ("ROWS-LEFT-OUT", Severity.NOTE)
    assert finding.title.startswith("6 of 999 rows never reached the model")
    assert finding.evidence[0].text == "6 rows: table.dropna()"


def test_a_run_that_did_not_go_as_written_says_where_and_what():
    failed = (
        TraceError("book.ipynb cell 4 line 1", "NameError: x"),
        TraceError("book.ipynb cell 4 line 2", "y"),
    )
    problems = (Problem("seaborn_missing", "no such package"),)
    first, second = judge(replace(GOOD, failed=failed, problems=problems))
    assert (first.code, second.code) == ("STATEMENTS-FAILED", "ENVIRONMENT-DIFFERS")
    assert first.title.startswith("The training failed at book.ipynb cell 4 line 1 and 1 more statement;")
    assert second.evidence[0].text == "seaborn_missing: no such package"

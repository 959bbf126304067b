from causeway.assess.measured_leaks import before_split, telling
from causeway.assess.target_leak import Telltale
from causeway.core.finding import Severity


def test_rows_resampled_before_the_split_are_found_under_the_code_that_reading_uses():
    (finding,) = before_split(["transformed-before-split", "resampled-before-split"])

    assert (finding.code, finding.severity, finding.blocks_ship) == ("LEAK-SPLIT", Severity.BLOCKER, True)
    assert finding.title.startswith("Rows were resampled before the split")


def test_a_transformer_fitted_before_the_split_is_found_and_milder():
    (finding,) = before_split(["transformed-before-split"])
    (graver,) = before_split(["resampled-before-split"])

    assert (finding.code, finding.severity, finding.blocks_ship) == ("LEAK-SPLIT", Severity.FIX, False)
    assert finding.damage < graver.damage
    assert before_split(["target-encoded"]) == ()


def test_a_telling_column_blocks_shipping_until_somebody_says_that_it_is_known():
    (finding,) = telling([Telltale("closed_on", "roc_auc", 0.9991, 996)])

    assert (finding.code, finding.severity, finding.blocks_ship) == ("TARGET-LEAK", Severity.BLOCKER, True)
    assert "closed_on" in finding.title
    assert "--waive TARGET-LEAK" in finding.remedy.words
    assert finding.evidence[0].text == "AUC 0.999 by itself, on 996 rows held out"

from datetime import UTC, datetime

import msgspec
import pytest

from causeway.assess.shipping import judge
from causeway.core.evaluation import CalibrationSeen
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import Evaluation, Field, Model, Output, Parity, Release, Signature
from causeway.views.product import Waiver

GOOD = Release(
    product="churn",
    task="binary",
    target="Churn",
    signature=Signature((Field("tenure", "integer"),), (Output("label", "label", ("No", "Yes")),)),
    model=Model("model.onnx", "matrix", "scikit-learn", "LogisticRegression"),
    evaluation=Evaluation(
        "f1", 0.62, 0.55, 0.69, 0.42, "always Yes", 200, "split first", gain_low=0.1, gain_high=0.3
    ),
    parity=Parity(rows=200, rows_equal=200, largest_difference=1e-7, label_flips=0, tolerance=1e-5),
    files={},
    inputs={},
)


def but(release=GOOD, **changes):
    return msgspec.structs.replace(release, **changes)


def evaluated(**changes):
    return but(evaluation=msgspec.structs.replace(GOOD.evaluation, **changes))


def compared(**changes):
    return but(parity=msgspec.structs.replace(GOOD.parity, **changes))


def finding(code, *, severity=Severity.BLOCKER, blocks_ship=False):
    return Finding(code, severity, code, Remedy("mend it"), blocks_ship=blocks_ship)


def waiver(code):
    return Waiver(code, "a demo", "a1", datetime(2026, 5, 4, tzinfo=UTC), 7)


def codes(findings):
    return [each.code for each in findings]


def test_a_release_with_skill_and_parity_may_ship():
    assert judge(GOOD, [], waivers=[], stage="sandbox").may_ship


@pytest.mark.parametrize(
    ("release", "code"),
    [
        (evaluated(gain_low=0.0), "NO-SKILL"),
        (evaluated(gain_low=-0.1), "NO-SKILL"),
        (compared(rows_equal=199), "NO-PARITY"),
        (compared(label_flips=1), "NO-PARITY"),
        (compared(rows=0, rows_equal=0), "NO-PARITY"),
        (but(encoded_input=True), "ENCODED-INPUT"),
        (but(findings=("TARGET-LEAK",)), "TARGET-LEAK"),
    ],
)
def test_what_makes_answers_wrong_blocks_and_can_be_waived(release, code):
    judgement = judge(release, [], waivers=[], stage="sandbox")
    assert codes(judgement.blocking) == [code]
    assert judgement.blocking[0].remedy.words
    waived = judge(release, [], waivers=[waiver(code)], stage="sandbox")
    assert waived.may_ship
    assert [each.waiver.because for each in waived.waived] == ["a demo"]


@pytest.mark.parametrize("stage", ["pilot", "production", "scaled"])
def test_paperwork_is_open_in_the_sandbox_and_blocks_later(stage):
    owner = finding("OWN-1")
    sandbox = judge(GOOD, [owner], waivers=[], stage="sandbox")
    assert (sandbox.may_ship, codes(sandbox.open)) == (True, ["OWN-1"])
    assert codes(judge(GOOD, [owner], waivers=[], stage=stage).blocking) == ["OWN-1"]


def test_notes_never_block():
    note = finding("TESTS", severity=Severity.NOTE)
    assert judge(GOOD, [note], waivers=[], stage="production").may_ship


def test_a_secret_blocks_in_the_sandbox_too():
    secret = finding("SECRET", blocks_ship=True)
    assert codes(judge(GOOD, [secret], waivers=[waiver("OTHER")], stage="sandbox").blocking) == ["SECRET"]


def test_a_scaler_fitted_before_the_split_is_answered_by_an_honest_measurement_with_skill():
    leak = finding("LEAK-SPLIT", severity=Severity.FIX)
    judgement = judge(GOOD, [leak], waivers=[], stage="sandbox")
    assert judgement.may_ship
    assert "measured again on 200 rows: split first" in judgement.answered[0].how
    assert codes(judge(evaluated(method=""), [leak], waivers=[], stage="sandbox").open) == ["LEAK-SPLIT"]


def test_a_training_without_rows_held_out_is_answered_by_an_honest_measurement_with_skill():
    code = "NO-HOLDOUT"
    leak = finding(code, blocks_ship=True)
    answered = judge(but(findings=(code,)), [leak], waivers=[], stage="sandbox")
    assert answered.may_ship
    assert "measured again on 200 rows: split first" in answered.answered[0].how
    assert codes(judge(evaluated(gain_low=-1.0), [leak], waivers=[], stage="sandbox").blocking) == [
        code,
        "NO-SKILL",
    ]
    assert codes(judge(evaluated(method=""), [leak], waivers=[], stage="sandbox").blocking) == [code]


def test_an_app_that_prepares_its_input_otherwise_is_answered_by_parity():
    skew = finding("SKEW", blocks_ship=True)
    assert judge(GOOD, [skew], waivers=[], stage="sandbox").may_ship
    unproven = judge(compared(rows_equal=199), [skew], waivers=[], stage="sandbox")
    assert codes(unproven.blocking) == ["SKEW", "NO-PARITY"]
    assert "SKEW" in codes(judge(but(encoded_input=True), [skew], waivers=[], stage="sandbox").blocking)


def test_figures_without_skill_in_a_notebook_are_answered_by_measured_skill_only():
    kept = finding("NO-SKILL", blocks_ship=True)
    assert judge(GOOD, [kept], waivers=[], stage="sandbox").may_ship
    assert (
        codes(judge(evaluated(gain_low=0.0), [kept], waivers=[], stage="sandbox").blocking)[0] == "NO-SKILL"
    )


def test_what_could_not_be_built_is_answered_by_having_been_built():
    assert judge(GOOD, [finding("REQ-MISSING")], waivers=[], stage="pilot").may_ship


@pytest.mark.parametrize("code", ["LEAK-SPLIT", "LEAK-SELECTION", "LEAK-TARGET", "TARGET-LEAK"])
def test_a_leak_that_blocks_is_for_a_person_to_take_on(code):
    leak = finding(code, blocks_ship=True)
    assert codes(judge(GOOD, [leak], waivers=[], stage="sandbox").blocking) == [code]
    assert judge(GOOD, [leak], waivers=[waiver(code)], stage="sandbox").may_ship


@pytest.mark.parametrize("trouble", ["STATEMENTS-FAILED", "ENVIRONMENT-DIFFERS"])
def test_a_run_with_trouble_answers_nothing_about_building(trouble):
    found = [finding("REQ-MISSING"), finding(trouble, severity=Severity.FIX)]
    assert codes(judge(GOOD, found, waivers=[], stage="pilot").blocking) == ["REQ-MISSING"]


def test_what_the_release_only_names_is_not_said_twice():
    found = [finding("SECRET", blocks_ship=True)]
    judgement = judge(but(findings=("SECRET",)), found, waivers=[], stage="sandbox")
    assert codes(judgement.blocking) == ["SECRET"]


def test_what_the_release_shows_and_the_run_found_is_said_once():
    off = evaluated(calibration=CalibrationSeen(0.2, 0.01, 0.1, 200))
    found = judge(off, [], waivers=(), stage="pilot").open
    assert codes(found) == ["CALIBRATION-OFF"]

    assert codes(judge(off, found, waivers=(), stage="pilot").open) == ["CALIBRATION-OFF"]


def test_a_release_keeps_the_model_and_describes_how_it_is_deployed():
    notes = [finding(code, severity=Severity.NOTE) for code in ("MODEL-ABSENT", "NO-CONTAINER")]
    app = finding("MODEL-ABSENT", severity=Severity.FIX)

    judged = judge(GOOD, [*notes, app], waivers=(), stage="pilot")

    assert codes(each.finding for each in judged.answered) == ["MODEL-ABSENT", "NO-CONTAINER"]
    assert judged.open == (app,)


def test_waivers_are_named_as_people_type_them():
    assert judge(but(encoded_input=True), [], waivers=[waiver("Encoded-Input")], stage="sandbox").may_ship


def test_a_retired_product_does_not_go_live():
    assert codes(judge(GOOD, [], waivers=[], stage="retired").blocking) == ["retired"]

"""What a trial showed, as findings, and which doubts of the text it answers."""

import pytest
from msgspec import structs

from causeway.assess.trial import answered_by, judge, with_trial
from causeway.core.finding import Finding, Remedy, Severity
from causeway.core.release import Evaluation
from causeway.core.trial import Apart, Entry, Measured, SavedModel, Serving, Trial, Worth

QUIET = Trial(10.0, 1.0)
GOOD = Evaluation(
    "roc_auc", 0.8, 0.7, 0.9, 0.5, "the same probability for all", 900, "5-fold", gain_low=0.2, gain_high=0.4
)
AGREES = Serving("app.py", "Flask", rows=100, agree=100, against="the rows that the training made")


def codes(trial: Trial) -> dict[str, Severity]:
    return {finding.code: finding.severity for finding in judge(trial, ())}


def doubt(code: str) -> Finding:
    return Finding(code, Severity.BLOCKER, "Perhaps.", Remedy("Look."))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"entries": (Entry("train", "a.py", ended=True),)}, {}),
        (
            {
                "entries": (
                    Entry("train", "a.py", ended=False, where="a.py:3", error="KeyError: 1", what="x"),
                )
            },
            {"TRY-FAILS": Severity.BLOCKER},
        ),
        (
            {"entries": (Entry("train", "a.py", ended=False, error="K: 1", what="x", fitted=("Ridge",)),)},
            {"TRY-FAILS": Severity.FIX},
        ),
        (
            {"entries": (Entry("train", "a.py", ended=False, error="TimeUp: late", what="late"),)},
            {"TRY-TIME": Severity.NOTE},
        ),
        ({"models": (SavedModel("m.pkl", "fails", error="e"),)}, {"TRY-MODEL-BROKEN": Severity.BLOCKER}),
        ({"models": (SavedModel("m.pkl", "loads", error="no row"),)}, {}),
        ({"measured": Measured(GOOD, "Ridge")}, {}),
        (
            {"measured": Measured(structs.replace(GOOD, gain_low=-0.1), "Ridge")},
            {"TRY-NO-SKILL": Severity.BLOCKER},
        ),
        (
            {
                "measured": Measured(
                    structs.replace(GOOD, claimed=0.9, claimed_how="F1 in README.md:1", others={"f1": 0.6}),
                    "Ridge",
                )
            },
            {"TRY-METRIC": Severity.FIX},
        ),
        (
            {"measured": Measured(GOOD, "Ridge", leaks=(Worth("duration", "roc_auc", 0.95, 0.8),))},
            {"TRY-LEAK": Severity.BLOCKER},
        ),
        ({"measured": Measured(GOOD, "Ridge", leaks=(Worth("age", "roc_auc", 0.8, 0.8),))}, {}),
        ({"serving": (AGREES,)}, {}),
        ({"serving": (structs.replace(AGREES, agree=99),)}, {"TRY-SKEW": Severity.FIX}),
        (
            {"serving": (structs.replace(AGREES, agree=43, apart=(Apart("bath", 57, 0, "0", "2"),)),)},
            {"TRY-SKEW": Severity.BLOCKER},
        ),
        (
            {"serving": (structs.replace(AGREES, broken_after=100, error="HTTP 500"),)},
            {"TRY-SERVE-FAILS": Severity.BLOCKER},
        ),
        ({"serving": (Serving("app.py", "Dash", reason="apps made with Dash are not driven"),)}, {}),
    ],
)
def test_each_finding_is_made_where_it_is_due(fields, expected):
    assert codes(structs.replace(QUIET, **fields)) == expected


def test_a_replay_answers_the_doubt_of_the_text_and_a_worth_that_of_a_leak():
    doubts = (doubt("SKEW"), doubt("LEAK-TARGET"), doubt("NO-OWNER"))
    leak = Measured(GOOD, "Ridge", leaks=(Worth("duration", "roc_auc", 0.95, 0.8),))
    trial = structs.replace(QUIET, serving=(AGREES,), measured=leak)
    assert answered_by(trial, doubts) == ("LEAK-TARGET", "SKEW")
    assert answered_by(QUIET, doubts) == ()


def test_the_report_keeps_what_was_not_answered_and_adds_what_was_found():
    trial = structs.replace(QUIET, answered=("SKEW",), findings=(doubt("TRY-SKEW"),))
    kept = with_trial((doubt("SKEW"), doubt("NO-OWNER")), trial)
    assert {finding.code for finding in kept} == {"NO-OWNER", "TRY-SKEW"}

"""What comes next of a release on trial, in words."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from causeway.assess.canary_next import harmful_sides, what_next
from causeway.core.canary import CanaryJudged, Criterion, KpiTrial, Limits
from causeway.views.canary import Canary

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CANARY = Canary("sha256:b", "sha256:a", Limits(), (25, 50), 7, NOON, 8, 25, NOON)
LAST = structs.replace(CANARY, percent=50)
LESS = KpiTrial("leavers", 0.01, 0, 1, more_is_better=False)


def criterion(name, verdict="open"):
    return Criterion(name, verdict, 0.2, 0.2, 0.0, -0.2, 0.2, 0.1, 50, 50, 0.01, "m")


def judged(verdict, because="3.0 of 30 minutes", *criteria):
    return CanaryJudged("sha256:b", verdict, because, 25, 3.0, 50, criteria)


@pytest.mark.parametrize(
    ("canary", "said", "words"),
    [
        (CANARY, judged("go on"), "It gets 50 % of the traffic at the next look."),
        (LAST, judged("promote"), "It gets all of the traffic at the next look."),
        (
            CANARY,
            judged("roll back", "errors"),
            "The live release gets everything back at the next look: errors.",
        ),
        (structs.replace(CANARY, held=True), judged("go on"), "It keeps its share"),
        (structs.replace(CANARY, held=True), judged("roll back"), "The live release gets everything back"),
        (CANARY, judged("hold", "too late"), "It waits: too late."),
        (
            CANARY,
            judged("not enough yet"),
            "It waits: 3.0 of 30 minutes. Once every measure lies within its limits it gets 50 %.",
        ),
        (CANARY, judged("not enough yet"), "Undecided by 2026-05-07 12:00 UTC, it stays as it is."),
        (LAST, judged("not enough yet"), "and outcomes are known it gets everything."),
        (
            structs.replace(LAST, limits=Limits(promote="approval", too_late="back")),
            judged("not enough yet"),
            "a person decides. Undecided by 2026-05-07 12:00 UTC, it is taken back.",
        ),
        (
            CANARY,
            judged("not enough yet", "errors is open, kpi is open", criterion("errors"), criterion("kpi")),
            "It waits: errors and the business measure may still lie beyond their limits.",
        ),
        (structs.replace(CANARY, steps=()), judged("not enough yet"), "only when somebody ships it."),
    ],
)
def test_what_happens_by_itself_is_said_and_when(canary, said, words):
    assert words in what_next(canary, said)


@pytest.mark.parametrize(
    ("name", "kpi", "sides"),
    [
        ("errors", None, (False, True)),
        ("worth", None, (True, False)),
        ("chance of Yes", None, (True, True)),
        ("kpi", LESS, (False, True)),
        ("kpi", structs.replace(LESS, more_is_better=True), (True, False)),
    ],
)
def test_harm_lies_on_the_side_that_is_worse(name, kpi, sides):
    assert harmful_sides(criterion(name), kpi) == sides

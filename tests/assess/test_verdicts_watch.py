"""What the last look at a product that runs says of its checks, and the findings that alarms are."""

from datetime import UTC, datetime, timedelta

import pytest

from causeway.assess.catalogue import catalogue
from causeway.assess.evidence import Facts, Looked
from causeway.assess.readiness import answer
from causeway.assess.verdict import How
from causeway.assess.verdicts_watch import alarming
from causeway.core.finding import Severity
from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, WARN, Alarm, Sight

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
CHECKS = {check.id: check for check in catalogue()}
YES, NO, BLANK = (1.0, How.VERIFIED), (0.0, How.VERIFIED), (0.0, How.NONE)


def sight(watches, verdict, *, about="", value=0.8):
    return Sight(
        watches,
        watches,
        verdict,
        AT - timedelta(days=7),
        AT,
        "as it says",
        about=about,
        value=value,
        rows=900,
    )


def looked(*sights, at=AT):
    return Facts(at=AT, looked=Looked(at, "r1", sights))


@pytest.mark.parametrize(
    ("check", "facts", "expected"),
    [
        ("MON-3", looked(sight("skew", OK, about="tenure"), sight("skew", NOTE, about="charge")), YES),
        ("MON-3", looked(sight("skew", OK, about="tenure"), sight("skew", WARN, about="charge")), NO),
        ("MON-3", looked(sight("skew", OK), at=AT - timedelta(days=8)), BLANK),
        ("MON-3", Facts(at=AT), BLANK),
        ("MON-5", looked(sight("quality", OK)), YES),
        ("MON-5", looked(sight("quality", ACT)), NO),
        ("MON-5", looked(sight("quality", OK, about="new customers")), BLANK),
        ("MON-5", looked(sight("quality", NOT_ENOUGH_DATA, value=None)), BLANK),
        ("MON-5", Facts(at=AT), BLANK),
    ],
)
def test_the_last_look_answers_a_check(check, facts, expected):
    found = answer(CHECKS[check], None, facts)
    assert (found.grade, found.how) == expected
    assert found.evidence if found.grade else found.why and found.remedy.words


def test_an_alarm_is_a_finding_as_heavy_as_it_is():
    alarm = Alarm("model", "drift", ACT, AT, AT, "sha256:1", "tenure drifted", likely="a new caller")
    note = Alarm("supply", "volume", NOTE, AT, AT, "sha256:1", "many rows")
    first, second = alarming((alarm, note))
    assert (first.severity, second.severity) == (Severity.FIX, Severity.NOTE)
    assert "tenure drifted" in first.title
    assert "a new caller" in first.remedy.words

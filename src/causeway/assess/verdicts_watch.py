"""What watching a product that runs says about its checks, and the findings that its alarms are."""

from collections.abc import Iterable

from causeway.assess.evidence import Facts, Looked, within
from causeway.assess.verdict import Verdict, refuted, unknown, verified
from causeway.assess.watch_outcomes import is_overall
from causeway.core.finding import Evidence, Finding, Remedy, Severity
from causeway.core.ids import counted, short
from causeway.core.manifest import Manifest
from causeway.core.watching import ACT, NOTE, OK, Alarm, Sight

LATELY = 7
_WATCH = "causeway watch"


def skew(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MON-3: what callers send looks like what the live release was made of."""
    sights = _seen(facts.looked, facts, "skew")
    if not sights:
        return unknown(
            "nobody looked lately at what callers send beside what the release was made of",
            "Let callers in, then look.",
            command=_WATCH,
        )
    apart = [each for each in sights if each.verdict not in (OK, NOTE)]
    rows = f"{max(each.rows for each in sights):,} rows"
    if apart:
        named = ", ".join(f"{each.about} ({each.why})" for each in apart[:3])
        return refuted(f"of {rows}, unlike what the release was made of: {named}", "See why.", command=_WATCH)
    return verified(f"{counted(len(sights), 'input')} of {rows} as the release was made of")


def quality(_promise: Manifest | None, facts: Facts) -> Verdict:
    """MON-5: outcomes say that the live release is as good as it was measured to be."""
    sights = [each for each in _seen(facts.looked, facts, "quality") if is_overall(each)]
    known = [each for each in sights if each.value is not None]
    if not known:
        return unknown(
            "no outcomes of the last days say how good the live release is",
            "Bring outcomes in, then look.",
            command=_WATCH,
        )
    last = max(known, key=lambda each: each.until)
    if last.verdict != OK:
        return refuted(last.why, "See why.", command=f"{_WATCH} --why")
    return verified(last.why)


def _seen(looked: Looked | None, facts: Facts, watches: str) -> list[Sight]:
    if looked is None or not within(looked.at, LATELY, at=facts.at):
        return []
    return [each for each in looked.sights if each.watches == watches]


def alarming(alarms: Iterable[Alarm]) -> tuple[Finding, ...]:
    """The alarms that are on, as findings."""
    return tuple(_finding(each) for each in alarms)


def _finding(alarm: Alarm) -> Finding:
    severity = Severity.NOTE if alarm.verdict == NOTE else Severity.FIX
    since = f"since {alarm.since:%Y-%m-%d %H:%M} UTC, release {short(alarm.release)}"
    return Finding(
        "ALARM",
        severity,
        f"What runs is alarming ({alarm.cause}, {alarm.verdict}): {alarm.because}",
        Remedy(f"Likely: {alarm.likely}." if alarm.likely else "See why.", alarm.command),
        (Evidence(text=since),),
        damage=0.9 if alarm.verdict == ACT else 0.6,
    )

"""What is the matter with a product that runs, in one sentence."""

from collections.abc import Sequence

from causeway.core.watching import ACT, NOT_ENOUGH_DATA, NOTE, OK, SILENT, WARN, Alarm, Sight

_BEGINS = {
    ACT: "Something should be done",
    WARN: "It is worth a look",
    NOTE: "Nobody needs to act; something changed",
}
_WHAT = {
    "drift": "what callers send",
    "output": "what they are answered",
    "quality": "what outcomes say",
    "volume": "how many rows come",
    "latency": "how long answers take",
}
"""What is told of in the sentence that nothing is the matter, and in this order."""

_NAMED = {"drift": "drift of", "output": "the answered", "skew": "unlike the training's rows,"}


def in_short(verdict: str, alarms: Sequence[Alarm], sights: Sequence[Sight]) -> str:
    """What is the matter, or that nothing is; what nobody can tell yet is never said to be fine."""
    if alarms:
        more = f" And {_counted(len(alarms) - 1)}." if len(alarms) > 1 else ""
        return f"{_BEGINS[alarms[0].verdict]}: {_why(alarms[0])}.{more}"
    if verdict not in (OK, NOTE, WARN, ACT, NOT_ENOUGH_DATA, SILENT):
        return "Nothing answers yet, so there is nothing to watch."
    fine, unknown = _judged(sights)
    if verdict != OK or not fine:
        why = next((each.why for each in sights if each.verdict == NOT_ENOUGH_DATA), "nothing was recorded")
        return f"Nobody can tell yet whether anything is the matter: {why.rstrip('.')}."
    rest = f" Nobody can tell yet: {_joined(unknown)}." if unknown else ""
    return f"Nothing is the matter: {_joined(fine)} {'are' if len(fine) > 1 else 'is'} as expected.{rest}"


def _why(alarm: Alarm) -> str:
    """What weighs most of it."""
    if not alarm.sights:
        return alarm.because.rstrip(".")
    first = alarm.sights[0]
    why = first.why.rstrip(".")
    return f"{_NAMED[first.watches]} {first.about}: {why}" if first.watches in _NAMED else why


def _judged(sights: Sequence[Sight]) -> tuple[list[str], list[str]]:
    """What was judged, and what there was too little of."""
    fine: list[str] = []
    unknown: list[str] = []
    for watches, words in _WHAT.items():
        said = {each.verdict for each in sights if each.watches == watches}
        if said & {OK, NOTE}:
            fine.append(words)
        elif said:
            unknown.append(words)
    return fine, unknown


def _joined(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]


def _counted(more: int) -> str:
    return "one more alarm is on" if more == 1 else f"{more} more alarms are on"

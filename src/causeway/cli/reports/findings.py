"""Findings as a person reads them: at eighty columns, the gravest first, the common ones in one line."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from causeway.actions.promise import Asked
from causeway.assess.poc.judging import Verdict
from causeway.assess.readiness import Readiness
from causeway.core.finding import Evidence, Finding, Severity
from causeway.core.poc import Reach

WIDTH = 80
GUTTER = 11
AFTER = {
    "sandbox": "for a pilot",
    "pilot": "for production",
    "production": "to be scaled",
    "scaled": "to go on",
}
COMMON = {
    "NO-TESTS": "tests",
    "NO-CI": "CI",
    "NO-LICENCE": "a licence",
    "NO-LOGGING": "logging",
    "NO-CONTAINER": "a container",
    "NO-PREDICTION-LOG": "a record of predictions",
    "PYTHON-UNSTATED": "a stated version of the language",
}


def opening(sentence: str, sources: Sequence[Evidence]) -> str:
    """The sentence with its count of sources, at the right margin where it fits."""
    lines = textwrap.wrap(sentence, WIDTH)
    count = f"[{len(sources)} source{'s' * (len(sources) != 1)}]"
    if len(lines[-1]) + len(count) + 2 <= WIDTH:
        lines[-1] = lines[-1].ljust(WIDTH - len(count)) + count
    else:
        lines.append(count.rjust(WIDTH))
    return "\n".join(lines)


def verdict_line(verdict: Verdict, stage: str) -> str:
    """Ready or not, and how many findings of each weight."""
    ready = "Ready" if verdict.ready else "Not ready"
    return f"{ready} {AFTER.get(stage, 'for its next stage')}: {counted(verdict)}."


def counted(verdict: Verdict) -> str:
    """How many of each weight: `2 blockers, 1 fix, 0 notes`."""
    words = (("blocker", "blockers"), ("fix", "fixes"), ("note", "notes"))
    counts = (verdict.blockers, verdict.fixes, verdict.notes)
    return ", ".join(
        f"{count} {one if count == 1 else many}" for count, (one, many) in zip(counts, words, strict=True)
    )


def listed(findings: Iterable[Finding]) -> Iterator[str]:
    """Each finding as a paragraph: weight, what is so, where, and what to do."""
    for finding in findings:
        label = finding.severity.value.upper().ljust(GUTTER - 4)
        where = places(
            [place for place in finding.evidence if not _named(place, finding.title)], said=finding.title
        )
        told = finding.title.rstrip(".") + (f" ({where})" if where else "") + "."
        yield textwrap.fill(
            told, WIDTH, initial_indent=f"  {label}  ", subsequent_indent=" " * GUTTER, break_on_hyphens=False
        )
        if finding.severity is not Severity.NOTE:
            yield _hung(f"{finding.code}: {finding.remedy.words}")


def _named(place: Evidence, title: str) -> bool:
    """Whether the title says the place already: a whole file, by its name."""
    return place.line is None and place.cell is None and place.path in title


def _says(text: str, path: str) -> bool:
    """Whether the text names this file, and not one whose name ends like it."""
    return bool(path) and re.search(rf"(?<![\w/.-]){re.escape(path)}", text) is not None


def _hung(text: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=" " * GUTTER, subsequent_indent=" " * GUTTER, break_on_hyphens=False
    )


def places(evidence: Sequence[Evidence], *, said: str = "") -> str:
    """The places, at most four; of a file repeated, or named in what was said, only line and cell."""
    told: list[str] = []
    before = ""
    alone = len({place.path for place in evidence}) == 1 and _says(said, evidence[0].path)
    for place in evidence[:4]:
        text = str(place)
        inside = text.removeprefix(place.path).strip() if place.path else ""
        if inside and place.path == before:
            text = inside
        elif inside and alone:
            text = inside.replace(":", "line ", 1) if inside.startswith(":") else inside
        told.append(text)
        before = place.path
    more = len(evidence) - 4
    return ", ".join(dict.fromkeys(told)) + (f" and {more} more" if more > 0 else "")


def common_line(findings: Sequence[Finding]) -> str:
    """What nine in ten lack, in one line; empty when nothing of it is missing here."""
    names = [COMMON.get(finding.code, finding.code) for finding in findings if finding.common]
    if not names:
        return ""
    text = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    mended = any("causeway fix" in finding.remedy.command for finding in findings if finding.common)
    line = f"Missing, as in most PoCs: {text}." + (" `causeway fix scaffold` adds most." if mended else "")
    return textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def questions_text(questions: Sequence[Asked]) -> str:
    """What only a person can answer, and on which lines of the manifest."""
    if not questions:
        return ""
    lines = [str(question.line) for question in questions if question.line]
    number = {1: "One question", 2: "Two questions", 3: "Three questions"}.get(len(questions), "Questions")
    where = f"   (causeway.toml line{'s' * (len(lines) > 1)} {', '.join(lines)})" if lines else ""
    body = textwrap.fill(
        "   ".join(question.words.replace(" ", "\0") for question in questions),
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    return f"{number} only you can answer{where}\n{body}".replace("\0", " ")


def readiness_text(readiness: Readiness) -> str:
    """The points of each theme over the checks asked at this stage, the weakest first."""
    themes = sorted(readiness.themes, key=lambda theme: (theme.score, theme.theme))
    parts = [f"{theme.theme} {_points(theme.points)}/{theme.asked}" for theme in themes]
    text = f"Checks asked at {readiness.stage}: {'; '.join(parts)}."
    return textwrap.fill(text, WIDTH, break_on_hyphens=False)


def _points(points: float) -> str:
    return f"{points:g}"


def reach_text(reach: Reach) -> str:
    """What was left out and which limits were hit; empty when everything was read."""
    told = [*(f"left out: {item}" for item in reach.skipped[:4]), *reach.limits]
    if len(reach.skipped) > 4:
        told.append(f"and {len(reach.skipped) - 4} more folders left out")
    return textwrap.fill(f"Not everything was read: {'; '.join(told)}.", WIDTH) if told else ""

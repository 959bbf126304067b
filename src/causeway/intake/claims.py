"""Qualities that are claimed: in the README, and in what notebooks kept of their output."""

import re
from collections.abc import Iterable, Iterator

from msgspec import structs

from causeway.core.finding import Evidence
from causeway.core.poc import Claim
from causeway.intake.flow.events import Judged
from causeway.intake.python.code import Block, Code

_METRIC = (
    r"(?P<metric>accuracy|f1(?:[- ]?score)?|r2(?:[ _-]?score)?|r\^2|r²|r-squared|roc[- _]?auc|"
    r"auc|precision|recall|"
    r"rmse|mae|mse|mape)"
)
_BETWEEN = r"[\s*:`|=~\u2248\u2013-]*"
_NUMBER = r"(?P<number>\d{1,3}(?:\.\d+)?)\s*(?P<percent>%)?"
_FORWARD = re.compile(
    rf"(?i)\b{_METRIC}\b{_BETWEEN}(?:score|of|is|was|on the test set|around|about)?{_BETWEEN}{_NUMBER}"
)
_BACKWARD = re.compile(rf"(?i){_NUMBER}\s*(?:\*\*)?\s*(?:test |overall |validation )?\b{_METRIC}\b")
_REPORT_ACCURACY = re.compile(r"^[ \t]*accuracy[ \t]+(\d\.\d+)[ \t]+(\d+)[ \t\r]*$", re.MULTILINE)
_REPORT_ROW = re.compile(
    r"^[ \t]*(\S[^\n]{0,200}?)[ \t]{2,}(\d\.\d+)[ \t]+(\d\.\d+)[ \t]+(\d\.\d+)[ \t]+(\d+)[ \t\r]*$",
    re.MULTILINE,
)
_LEADING = re.compile(r"^\(?[ \t]*(?:np\.float64\()?(\d\.\d{3,})", re.MULTILINE)
_UNBOUNDED = {"rmse", "mae", "mse", "mape"}
_NAMES = {
    "accuracy_score": "accuracy", "f1_score": "f1", "roc_auc_score": "auc", "r2_score": "r2",
    "precision_score": "precision", "recall_score": "recall",
}  # fmt: skip


def claimed_in_text(path: str, text: str) -> list[Claim]:
    """The qualities that a README states, one a line."""
    found: list[Claim] = []
    for number, line in enumerate(text.split("\n"), start=1):
        matched = _FORWARD.search(line) or _BACKWARD.search(line)
        if not matched:
            continue
        metric = _normal(matched["metric"])
        value = float(matched["number"]) / (100 if matched["percent"] else 1)
        if metric in _UNBOUNDED or 0.05 < value <= 1:
            found.append(Claim(metric, value, Evidence(path, line=number), "readme"))
    return found


def _normal(metric: str) -> str:
    lowered = re.sub(r"[\s_-]?score|[\s_-]", "", metric.lower())
    return {"r^2": "r2", "r²": "r2", "rsquared": "r2", "rocauc": "auc"}.get(lowered, lowered)


def claimed_in_output(code: Code, judged: Iterable[Judged]) -> list[Claim]:
    """The qualities that a notebook's saved output shows for rows that were held out."""
    by_cell: dict[int, list[Judged]] = {}
    for item in judged:
        if item.at.cell is not None:
            by_cell.setdefault(item.at.cell, []).append(item)
    return [
        claim
        for block in code.blocks
        if block.printed and block.cell in by_cell
        for claim in _of_cell(code, block, by_cell[block.cell])
    ]


def _of_cell(code: Code, block: Block, judged: list[Judged]) -> Iterator[Claim]:
    held_out = [item for item in judged if any(rows.part == "test" for rows in item.rows)]
    if not held_out or any(rows.part == "train" for item in judged for rows in item.rows):
        return
    at = Evidence(code.path, cell=block.cell, line=held_out[0].at.line)
    reports = list(_reports(block.printed.replace("\\n", "\n"), at))
    leading = _LEADING.search(block.printed)
    first = _NAMES.get(held_out[0].how, "")
    if len(reports) == 1 and leading and first == "accuracy":
        yield structs.replace(reports[0], value=float(leading[1]))
    elif reports:
        yield from reports
    elif leading and first:
        yield Claim(first, float(leading[1]), at, "output")


def _reports(text: str, at: Evidence) -> Iterator[Claim]:
    """The accuracy of every report of classes that was printed, with what its rows tell of the classes."""
    begin = 0
    for found in _REPORT_ACCURACY.finditer(text):
        rows = [row for row in _REPORT_ROW.finditer(text, begin, found.start()) if not _average(row)]
        begin = found.end()
        counts = [int(row[5]) for row in rows]
        if rows and sum(counts) == int(found[2]):
            balanced = sum(float(row[3]) for row in rows) / len(rows)
            share = max(counts) / sum(counts) if sum(counts) else None
            yield Claim("accuracy", float(found[1]), at, "output", share, balanced, len(rows))
        else:
            yield Claim("accuracy", float(found[1]), at, "output")


def _average(row: re.Match[str]) -> bool:
    return row[1].strip().endswith("avg")

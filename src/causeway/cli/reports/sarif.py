"""The report as SARIF 2.1.0, for code scanning; lines and cells where the files have them."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from causeway import __version__
from causeway.actions.check import CheckReport
from causeway.actions.placed import Placed, Spot
from causeway.assess.codes import Code, codes
from causeway.cli.reports.findings import verdict_line
from causeway.core.finding import Evidence, Finding, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "causewayFinding/v1"
LEVELS = {Severity.BLOCKER: "error", Severity.FIX: "warning", Severity.NOTE: "note"}
# what is hashed of such a line could be guessed
UNHASHED = frozenset({"SECRET", "PERSONAL-DATA"})

Json = dict[str, Any]


def sarif(report: CheckReport, places: Placed) -> str:
    """One run with a rule for every code that there is, and a result for every finding."""
    known = codes()
    rules = [*known, *sorted({finding.code for finding in report.findings} - set(known))]
    index = {code: number for number, code in enumerate(rules)}
    said = {finding.code: finding for finding in report.findings}
    run = {
        "tool": {
            "driver": {
                "name": "Causeway",
                "semanticVersion": __version__,
                "rules": [_rule(code, known.get(code), said.get(code)) for code in rules],
            }
        },
        "automationDetails": {"id": f"causeway/{places.prefix}"},
        "originalUriBaseIds": {
            "SRCROOT": {
                "description": {"text": "The root of the repository, else the folder that was judged."}
            }
        },
        "invocations": [{"executionSuccessful": True}],
        "results": list(_results(report.findings, places, index)),
        "properties": {
            "verdict": verdict_line(report.verdict, report.stage),
            "stage": report.stage,
            "sentence": report.sentence,
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(_encoded(log), indent=2).decode()


def _encoded(log: Json) -> bytes:
    try:
        return msgspec.json.encode(log)
    except UnicodeEncodeError:
        # a file's name need not be text, and a reader of SARIF may take nothing else
        return msgspec.json.encode(_as_text(log))


def _as_text(value: object) -> object:
    """The same with escapes for what is no text."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {key: _as_text(item) for key, item in value.items()}
        case list():
            return [_as_text(item) for item in value]
        case _:
            return value


def _rule(code: str, known: Code | None, found: Finding | None) -> Json:
    says = known.says if known else found.title if found else code
    matters = known.matters if known else found.remedy.words if found else ""
    short = f"{says[0].upper()}{says[1:].rstrip('.')}."
    return {
        "id": code,
        "name": code.title().replace("-", ""),
        "shortDescription": {"text": short},
        "fullDescription": {"text": f"{short} {matters}".strip()},
        "help": {
            "text": f"{short} {matters}".strip(),
            "markdown": f"**{short}** {matters}\n\nThe result says what to do in this very folder; "
            f"`causeway check` explains it, and its exit code says whether something blocks.",
        },
    }


def _results(findings: Sequence[Finding], places: Placed, index: dict[str, int]) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for finding in findings:
        spots = [(place, places.spot(place)) for place in finding.evidence]
        spots = spots or [(Evidence(), Spot(places.anchor))]
        name = _name(finding, spots[0][1])
        seen[name] += 1
        digest = hashlib.sha256(f"{name}\0{seen[name]}".encode("utf-8", "backslashreplace")).hexdigest()
        yield {
            "ruleId": finding.code,
            "ruleIndex": index[finding.code],
            "level": LEVELS[finding.severity],
            "message": {"text": message(finding)},
            "locations": [_location(*spots[0])],
            **_related(spots[1:]),
            "partialFingerprints": {FINGERPRINT: digest[:32]},
            "rank": round(100 * finding.damage * finding.certainty, 1),
            "properties": {
                "severity": finding.severity.value,
                "certainty": finding.certainty,
                "damage": finding.damage,
                "blocksShip": finding.blocks_ship,
            },
        }


def message(finding: Finding) -> str:
    """What is so, in which cell where a line alone would not tell, and what to do."""
    cells = dict.fromkeys(f"cell {place.cell}" for place in finding.evidence if place.cell is not None)
    where = f" ({', '.join(list(cells)[:4])})" if cells else ""
    return f"{finding.title.rstrip('.')}{where}. {finding.remedy.words}"


def _name(finding: Finding, spot: Spot) -> str:
    """What stays when lines move: the code, the file, and the line's text; without one, the title's words."""
    text = "" if finding.code in UNHASHED else "".join(spot.text.split())
    return "\0".join((finding.code, spot.path, text or re.sub(r"\d+", "", finding.title)))


def _location(place: Evidence, spot: Spot) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(spot.path), "uriBaseId": "SRCROOT"}}
    physical["region"] = {"startLine": spot.line or 1}
    if place.cell is None:
        return {"physicalLocation": physical}
    line = f"/line {place.line}" if place.line is not None else ""
    cell = {
        "name": f"cell {place.cell}",
        "fullyQualifiedName": f"{spot.path}/cell {place.cell}{line}",
        "kind": "cell",
    }
    return {"physicalLocation": physical, "logicalLocations": [cell]}


def _related(spots: Sequence[tuple[Evidence, Spot]]) -> Json:
    unique = list(dict.fromkeys(spots))
    if not unique:
        return {}
    told = [
        {"id": number, **_location(place, spot), "message": {"text": str(place)}}
        for number, (place, spot) in enumerate(unique, start=1)
    ]
    return {"relatedLocations": told}


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.encode("utf-8", "surrogateescape"), safe="/-._~!$&'()*+,;=@")

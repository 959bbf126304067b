"""Excel workbooks (.xlsx): sheets, records and values, from a bounded reading of the XML inside."""

import html
import posixpath
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from causeway.core.poc import DataFile
from causeway.intake.data.tabular import Sampled, Spread, named, sample_size
from causeway.intake.files.unpacking import DAMAGES, member
from causeway.intake.files.walk import Entry

MAX_SHEETS = 20
MAX_SHEET_BYTES = 24_000_000
MAX_ALL_BYTES = 48_000_000
MAX_TEXTS = 400_000
MAX_CELLS_A_ROW = 2_000
MAX_SECONDS = 2.0
_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_ROW = re.compile(r"<(?:\w+:)?row\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?row>)", re.DOTALL)
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_VALUE = re.compile(r"<(?:\w+:)?v\b[^>]*>(.*?)</(?:\w+:)?v>", re.DOTALL)
_TEXT = re.compile(r"<(?:\w+:)?t\b[^>]*>(.*?)</(?:\w+:)?t>", re.DOTALL)
_ITEM = re.compile(r"<(?:\w+:)?si\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_DATED = re.compile(r"yy|dd?[-/. ]|mmm|h:mm", re.IGNORECASE)
_DATES = {*range(14, 23), *range(45, 48)}


class Sheet(Struct, frozen=True):
    """One sheet's name and what it holds."""

    name: str
    sampled: Sampled | None


def is_text(head: bytes) -> bool:
    """Whether these first bytes are of a text, whatever the file is called."""
    plain = head[:4000]
    return bool(plain.strip()) and not plain.startswith((b"PK", b"\xd0\xcf", b"<")) and b"\0" not in plain


def read_excel(entry: Entry) -> tuple[Sheet, ...] | DataFile:
    """The sheets of a workbook, the one with most records first; a bare fact where it cannot be read."""
    head = entry.head
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        old = entry.suffix == ".xls"
        problem = "" if old else "is encrypted or of the old format, and was not opened"
        return DataFile(entry.path, "Excel (old format)" if old else "Excel", entry.size, problem=problem)
    try:
        with zipfile.ZipFile(entry.full) as archive:
            sheets = tuple(_sheets(archive))
    except DAMAGES:
        return DataFile(entry.path, "Excel", entry.size, problem="is damaged")
    filled = [sheet for sheet in sheets if sheet.sampled]
    return tuple(sorted(filled, key=lambda sheet: -(sheet.sampled.records if sheet.sampled else 0)))


def _sheets(archive: zipfile.ZipFile) -> Iterator[Sheet]:
    targets = {
        _attribute(tag, "Id"): _attribute(tag, "Target")
        for tag in _RELATION.findall(_read(archive, "xl/_rels/workbook.xml.rels", 1_000_000))
    }
    texts = [_plain(item) for item in _ITEM.findall(_read(archive, "xl/sharedStrings.xml"))[:MAX_TEXTS]]
    dates = _date_styles(_read(archive, "xl/styles.xml", 4_000_000))
    left = MAX_ALL_BYTES
    for tag in _SHEET.findall(_read(archive, "xl/workbook.xml", 1_000_000))[:MAX_SHEETS]:
        target = targets.get(_attribute(tag, "r:id") or _attribute(tag, "id"), "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        text = _read(archive, path, min(MAX_SHEET_BYTES, left))
        left -= len(text)
        yield Sheet(_attribute(tag, "name"), _sampled(text, texts, dates))


def _read(archive: zipfile.ZipFile, name: str, limit: int = MAX_SHEET_BYTES) -> str:
    return member(archive, name, limit).decode("utf-8", "replace") if limit > 0 else ""


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def _plain(item: str) -> str:
    return html.unescape("".join(_TEXT.findall(item)))[:2000]


def _date_styles(text: str) -> set[int]:
    own = {
        int(_attribute(tag, "numFmtId") or 0): _attribute(tag, "formatCode")
        for tag in re.findall(r"<(?:\w+:)?numFmt\b[^>]*>", text)[:2000]
    }
    used = re.search(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", text, re.DOTALL)
    formats = re.findall(r"<(?:\w+:)?xf\b[^>]*>", used[0])[:5000] if used else []
    numbers = [int(_attribute(tag, "numFmtId") or 0) for tag in formats]
    return {
        place
        for place, number in enumerate(numbers)
        if number in _DATES or _DATED.search(re.sub(r'"[^"]*"|\[[^\]]*\]', "", own.get(number, "")))
    }


def _sampled(text: str, texts: list[str], dates: set[int]) -> Sampled | None:
    rows = (_cells(found[1] or "", texts, dates) for found in _ROW.finditer(text))
    first = next((row for row in rows if any(row)), None)
    if first is None:
        return None
    spread = Spread(sample_size(len(first)))
    until, late = time.monotonic() + MAX_SECONDS, False
    for row in rows:
        if any(row):
            spread.add((row + [""] * len(first))[: len(first)])
        late = not spread.seen % 1024 and time.monotonic() > until
        if late:
            break
    whole = not late and bool(re.search(r"</(?:\w+:)?sheetData>", text))
    return named(first, spread, exact=whole, encoding="utf-8", delimiter="Excel")


def _cells(row: str, texts: list[str], dates: set[int]) -> list[str]:
    found: list[str] = []
    for attributes, inner in _CELL.findall(row)[:MAX_CELLS_A_ROW]:
        place = _column(_attribute(attributes, "r"))
        # empty cells are left out of the file
        while len(found) < min(place, MAX_CELLS_A_ROW):
            found.append("")
        found.append(_value(attributes, inner, texts, dates))
    return found


def _column(reference: str) -> int:
    place = 0
    for char in reference[:3]:
        if not char.isalpha():
            break
        place = place * 26 + ord(char.upper()) - 64
    return place - 1


def _value(attributes: str, inner: str, texts: list[str], dates: set[int]) -> str:
    kind = _attribute(attributes, "t")
    if kind == "inlineStr":
        return _plain(inner)
    value = _VALUE.search(inner)
    plain = html.unescape(value[1]) if value else ""
    if kind == "s":
        return texts[int(plain)] if plain.isdigit() and int(plain) < len(texts) else ""
    if kind == "b":
        return "true" if plain == "1" else "false"
    style = _attribute(attributes, "s")
    return _date(plain) if style.isdigit() and int(style) in dates else plain[:2000]


def _date(serial: str) -> str:
    try:
        # Excel counts days from the end of 1899, because it takes 1900 for a leap year
        moment = datetime(1899, 12, 30) + timedelta(days=float(serial))  # noqa: DTZ001 - Excel knows no zone
    except (ValueError, OverflowError):
        return serial
    return moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")

"""A notebook as the text that it is: sources of cells are replaced where they stand, nothing else moves."""

import json
import re
from collections.abc import Iterator, Mapping
from json.decoder import JSONDecoder

_BLANK = re.compile(r"[ \t\n\r]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DECODER = JSONDecoder()


class NotebookText:
    """The text of a notebook and where in it each cell's source lies."""

    def __init__(self, text: str) -> None:
        self.text = text
        document = json.loads(text)
        self.cells = document["cells"]
        self.spans = dict(enumerate(_sources(text), start=1))
        if len(self.spans) != len(self.cells):
            raise ValueError("a cell without a source")

    def code_cells(self) -> list[tuple[int, str]]:
        """Each code cell's number among all cells, from 1, and its text."""
        return [
            (number, source_of(cell))
            for number, cell in enumerate(self.cells, start=1)
            if cell.get("cell_type") == "code"
        ]

    def with_cells(self, texts: Mapping[int, str]) -> str:
        """The notebook's text with other sources in these cells."""
        made = self.text
        for number in sorted(texts, reverse=True):
            start, end = self.spans[number]
            made = made[:start] + _written(self.text[start:end], texts[number]) + made[end:]
        return made


def source_of(cell: Mapping[str, object]) -> str:
    """A cell's source as one text, however it is kept."""
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _sources(text: str) -> Iterator[tuple[int, int]]:
    """Where the value of `source` lies in each cell."""
    blank = _BLANK.match(text)
    for key, start in _members(text, blank.end() if blank else 0):
        if key == "cells":
            for cell in _elements(text, start):
                for name, begin in _members(text, cell):
                    if name == "source":
                        yield begin, _DECODER.raw_decode(text, begin)[1]


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Each key of the object at `start`, with where its value begins; none where no object is."""
    if not text.startswith("{", start):
        return
    place = _skip(text, start + 1)
    while text[place] != "}":
        key, place = _DECODER.raw_decode(text, place)
        begin = _skip(text, _skip(text, place) + 1)
        yield key, begin
        place = _next(text, _DECODER.raw_decode(text, begin)[1])


def _elements(text: str, start: int) -> Iterator[int]:
    """Where each element of the array at `start` begins; none where no array is."""
    if not text.startswith("[", start):
        return
    place = _skip(text, start + 1)
    while text[place] != "]":
        yield place
        place = _next(text, _DECODER.raw_decode(text, place)[1])


def _next(text: str, place: int) -> int:
    place = _skip(text, place)
    return _skip(text, place + 1) if text[place] == "," else place


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _written(before: str, text: str) -> str:
    """The new source in the form of the old one: one string, or a list of lines with its indentation."""
    ascii_only = before.isascii() and "\\u" in before
    if not before.startswith("["):
        return json.dumps(text, ensure_ascii=ascii_only)
    spans = _spans(before)
    raw = [before[start:end] for start, end in spans]
    head, tail = _kept(raw, text)
    middle = text[len(_joined(raw[:head])) : len(text) - len(_joined(raw[len(raw) - tail :]))]
    made = [json.dumps(line, ensure_ascii=ascii_only) for line in _LINE.findall(middle)]
    written = [*raw[:head], *made, *raw[len(raw) - tail :]]
    first, between, last = _around(before, spans)
    return f"[{first}{between.join(written)}{last}]" if written else "[]"


def _kept(raw: list[str], text: str) -> tuple[int, int]:
    """How many elements at the beginning and at the end stay as they are written."""
    head = tail = 0
    begin, end = 0, len(text)
    while head < len(raw) and text.startswith(piece := json.loads(raw[head]), begin) and piece.endswith("\n"):
        head, begin = head + 1, begin + len(piece)
    while tail < len(raw) - head:
        piece = json.loads(raw[-1 - tail])
        if (
            end - len(piece) < begin
            or not text.endswith(piece, begin, end)
            or not _whole(text, end - len(piece))
        ):
            break
        tail, end = tail + 1, end - len(piece)
    return head, tail


def _whole(text: str, place: int) -> bool:
    """Whether a line begins here."""
    return place == 0 or text[place - 1] == "\n"


def _joined(raw: list[str]) -> str:
    return "".join(json.loads(piece) for piece in raw)


def _spans(array: str) -> list[tuple[int, int]]:
    return [(start, _DECODER.raw_decode(array, start)[1]) for start in _elements(array, 0)]


def _around(array: str, spans: list[tuple[int, int]]) -> tuple[str, str, str]:
    """What stands before the first element, between two, and after the last."""
    if not spans:
        return "\n    ", ",\n    ", "\n   "
    first = array[1 : spans[0][0]]
    alone = f",{first}" if first else ", "
    between = array[spans[0][1] : spans[1][0]] if len(spans) > 1 else alone
    return first, between, array[spans[-1][1] : -1]

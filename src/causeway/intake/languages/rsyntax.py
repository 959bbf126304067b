"""R as text: comments blanked, calls with their arguments, and what each name was last made of."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from causeway.core.finding import Evidence
from causeway.intake.files.text import searchable

MAX_ARGUMENTS = 3_000
MAX_CALLS = 5_000
MAX_HOPS = 12
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|#[^\n]*")
_CALL = re.compile(r"(?<![\w.$@])(?:[\w.]+::)?([A-Za-z][\w.]*)[ \t]*\(")
_MADE = re.compile(r"(?m)^[ \t]*([A-Za-z][\w.]*)((?:\$[\w.]+|\[[^\n\]]*\]+)*)[ \t]*(?:<<?-|=(?!=))[ \t]*")
_NAME = re.compile(r"[A-Za-z][\w.]*")
_STRING = re.compile(r"[\"']([^\"'\n]*)[\"']")
_FENCE = re.compile(r"(?m)^[ \t]*```+[ \t]*(\{r\b[^\n]*\})?[^\n]*$")
_OPENING, _CLOSING = "([{", ")]}"


class Call(Struct, frozen=True):
    """One call: its name, the arguments by position and by name, and where it starts."""

    name: str
    plain: tuple[str, ...]
    named: dict[str, str]
    position: int

    def argument(self, name: str, place: int = -1) -> str:
        """The argument of this name or, if it is not named, at this place; empty when there is none."""
        if name in self.named:
            return self.named[name]
        return self.plain[place] if 0 <= place < len(self.plain) else ""


class RText:
    """The R of one file, in pieces that are the whole file or a notebook's cells."""

    def __init__(self, path: str, pieces: Sequence[tuple[int | None, str]]) -> None:
        self.path = path
        self.text = "\n".join(searchable(text) for _, text in pieces)
        self.plain = _TOKEN.sub(_blank, self.text)
        self._breaks = [found.start() for found in re.finditer("\n", self.text)]
        self._cells = [cell for cell, _ in pieces]
        self._starts: list[int] = []
        start = 0
        for _, text in pieces:
            self._starts.append(start)
            start += len(searchable(text)) + 1
        self._calls: tuple[Call, ...] | None = None
        self._made: dict[str, list[tuple[int, str]]] | None = None

    def at(self, position: int) -> Evidence:
        """The cell, where there are any, and the line."""
        piece = max(bisect_right(self._starts, position) - 1, 0)
        start = self._starts[piece] if self._starts else 0
        line = bisect_left(self._breaks, position) - bisect_left(self._breaks, start) + 1
        return Evidence(self.path, line=line, cell=self._cells[piece] if self._cells else None)

    def calls(self) -> tuple[Call, ...]:
        """Every call outside comments, in order."""
        if self._calls is None:
            self._calls = tuple(self._found_calls())
        return self._calls

    def made(self, name: str, before: int) -> tuple[int, str] | None:
        """The last assignment to the name before this position, with its right side."""
        if self._made is None:
            self._made = {}
            inside = self._inside()
            for found in islice(_MADE.finditer(self.plain), MAX_CALLS):
                if found.start() in inside:
                    continue
                # a change of a part is made of the rest too
                right = (f"{found[1]} " if found[2] else "") + _statement(self.plain, found.end())
                self._made.setdefault(found[1], []).append((found.start(), right))
        earlier = [item for item in self._made.get(name, ()) if item[0] < before]
        return earlier[-1] if earlier else None

    def origins(self, expression: str, before: int) -> Iterator[tuple[int, str]]:
        """The assignments that the expression goes back to, nearest first."""
        waiting, seen = [(expression, before)], set[int]()
        while waiting and len(seen) < MAX_HOPS:
            words, limit = waiting.pop(0)
            for name in dict.fromkeys(_NAME.findall(_STRING.sub("", words))):
                made = self.made(name, limit)
                if made and made[0] not in seen:
                    seen.add(made[0])
                    yield made
                    waiting.append((made[1], made[0]))

    def _inside(self) -> set[int]:
        """Where lines start within parentheses: what looks like an assignment there is an argument."""
        found: set[int] = set()
        depth = position = 0
        for line in _TOKEN.sub(lambda quoted: "_" * len(quoted[0]), self.plain).split("\n"):
            if depth > 0:
                found.add(position)
            depth = max(depth + line.count("(") - line.count(")"), 0)
            position += len(line) + 1
        return found

    def _found_calls(self) -> Iterator[Call]:
        for found in islice(_CALL.finditer(self.plain), MAX_CALLS):
            if found[1] in {"if", "for", "while", "function"}:
                continue
            plain: list[str] = []
            named: dict[str, str] = {}
            for part in _parts(self.plain, found.end()):
                key, sign, value = part.partition("=")
                if sign and _NAME.fullmatch(key.strip()) and not value.startswith("="):
                    named[key.strip()] = value.strip()
                elif part.strip():
                    plain.append(part.strip())
            yield Call(found[1], tuple(plain), named, found.start())


def literals(expression: str) -> list[str]:
    """The string constants in it, as R reads them."""
    return [found.replace("\\\\", "\\") for found in _STRING.findall(expression)]


def only_chunks(text: str) -> str:
    """A document's R, everything between its chunks blanked; lines keep their numbers."""
    kept: list[str] = []
    inside = chunks = False
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if fence:
            inside = bool(fence[1]) and not inside
            chunks = chunks or inside
        kept.append(line if inside and not fence else "")
    return "\n".join(kept) if chunks else text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0]) if found[0].startswith("#") else found[0]


def _parts(text: str, start: int) -> Iterator[str]:
    """The arguments of a call whose parenthesis opens just before `start`."""
    depth, begun, quoted = 0, start, ""
    for position in range(start, min(len(text), start + MAX_ARGUMENTS)):
        sign = text[position]
        if quoted:
            quoted = "" if sign == quoted and text[position - 1] != "\\" else quoted
        elif sign in "\"'":
            quoted = sign
        elif sign in _OPENING:
            depth += 1
        elif sign in _CLOSING:
            depth -= 1
            if depth < 0:
                yield text[begun:position]
                return
        elif sign == "," and depth == 0:
            yield text[begun:position]
            begun = position + 1


def _statement(text: str, start: int) -> str:
    """What is assigned: to the end of the line, further where brackets or a pipe stay open."""
    depth, end = 0, start
    while (line_end := text.find("\n", end)) >= 0 and line_end - start < MAX_ARGUMENTS:
        line = text[end:line_end]
        depth += sum(map(line.count, _OPENING)) - sum(map(line.count, _CLOSING))
        if depth <= 0 and not line.rstrip().endswith(("%>%", "|>", "+", ",", "<-", "=")):
            return text[start:line_end]
        end = line_end + 1
    return text[start : start + MAX_ARGUMENTS]

"""Which part of a text stands for its category: its first letter, what is before a comma, a word."""

import re
from collections.abc import Callable

Part = Callable[[str], str | None]
"""Gives the part; None where the text has none."""

BLANKS = re.compile(r"\s+")
LETTERS = re.compile(r"[A-Za-z]+")


def _first(text: str) -> str | None:
    return text[:1] or None


def _last(text: str) -> str | None:
    return text[-1:] or None


def _head(text: str) -> str | None:
    return text[:2] or None


def _letters(text: str) -> str | None:
    found = LETTERS.search(text)
    return found[0] if found else None


def _first_word(text: str) -> str | None:
    words = text.split()
    return words[0] if words else None


def _last_word(text: str) -> str | None:
    words = text.split()
    return words[-1] if words else None


_PLAIN: dict[str, Part] = {
    "": lambda text: text,
    "strip": lambda text: text.strip(),
    "lower": lambda text: text.strip().lower(),
    "first": _first,
    "last": _last,
    "head": _head,
    "letters": _letters,
    "first word": _first_word,
    "last word": _last_word,
}
WORDS = {
    "strip": "without outer blanks",
    "lower": "in lower case",
    "first": "its first character",
    "last": "its last character",
    "head": "its first two characters",
    "letters": "its first letters",
    "first word": "its first word",
    "last word": "its last word",
}
PARTS = ("lower", "first", "last", "head", "letters", "first word", "last word")
"""What is tried on every text; `before`, `after` and `between` name marks that the texts have."""


def part_of(part: str) -> Part:
    """The function that takes this part of a text."""
    if part in _PLAIN:
        return _PLAIN[part]
    how, marks = part.split(" ", 1)
    if how == "before":
        return lambda text: text.split(marks, 1)[0].strip() if marks in text else None
    if how == "after":
        return lambda text: text.rsplit(marks, 1)[1].strip() if marks in text else None
    left, right = marks[0], marks[1]
    return lambda text: _between(text, left, right)


def _between(text: str, left: str, right: str) -> str | None:
    _, found, rest = text.partition(left)
    inner, ended, _ = rest.partition(right)
    return inner.strip() if found and ended else None


def part_in_words(part: str) -> str:
    """What the part is, for people."""
    if part in WORDS or not part:
        return WORDS.get(part, "")
    how, marks = part.split(" ", 1)
    return f"between {marks[0]!r} and {marks[1]!r}" if how == "between" else f"{how} {marks!r}"

"""What may stand in `causeway.toml`: types from the structs, everything else from the annotated reference."""

import pkgutil
import re
from datetime import date
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from msgspec import Struct, structs

from causeway.core.manifest import Manifest
from causeway.core.toml_lines import lines_of

# how each type is called when a value is of another
TYPE_NAMES: dict[object, str] = {
    str: "text",
    float: "a number",
    int: "a whole number",
    Decimal: "an amount",
    bool: "true or false",
    date: "a date",
    tuple: "a list of texts",
}


class KeyRule(Struct, frozen=True, omit_defaults=True):
    """What the reference says about one key."""

    section: str
    name: str
    field: str
    """What the struct calls it."""
    type: Any
    """One of the types named in TYPE_NAMES."""
    words: str
    example: str
    """How one writes it, `name = value`."""
    required: bool = False
    unique: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    pattern: str = ""
    pattern_words: str = ""
    secret: bool = False
    bare_of_secrets: bool = False
    question: str = ""
    """What to ask a person when nobody knows it yet."""

    @property
    def dotted(self) -> str:
        """`section.name`."""
        return f"{self.section}.{self.name}"


class SectionRule(Struct, frozen=True):
    """One table of the manifest; `many` when it may be repeated."""

    name: str
    many: bool
    words: str
    keys: dict[str, KeyRule]

    @property
    def header(self) -> str:
        """How one writes it."""
        return f"[[{self.name}]]" if self.many else f"[{self.name}]"


def reference_text() -> str:
    """The annotated reference: every key, in plain words, with its allowed values and an example."""
    content = pkgutil.get_data("causeway.core", "reference/causeway.toml")
    return (content or b"").decode()


@cache
def schema() -> dict[str, SectionRule]:
    """The rules for every table of the manifest, in the order of the reference."""
    text = reference_text()
    comments = _comments_above(text)
    return {field.name: _section(field.name, field.type, comments) for field in structs.fields(Manifest)}


def keys_named_in_reference() -> set[str]:
    """Every `section.key` that the reference shows."""
    paths = [[str(part) for part in path if not isinstance(part, int)] for path in lines_of(reference_text())]
    return {".".join(path) for path in paths if len(path) == 2}


class _Note(Struct, frozen=True):
    """What stands above a key, and the key's own line."""

    comments: tuple[str, ...]
    line: str


def _comments_above(text: str) -> dict[str, _Note]:
    lines = text.splitlines()
    notes: dict[str, _Note] = {}
    for path, number in lines_of(text).items():
        name = ".".join(part for part in path if isinstance(part, str))
        first = number - 1
        while first > 0 and lines[first - 1].startswith("#"):
            first -= 1
        comments = tuple(line.removeprefix("#").strip() for line in lines[first : number - 1])
        notes.setdefault(name, _Note(comments, lines[number - 1]))
    return notes


def _section(name: str, annotation: object, notes: dict[str, _Note]) -> SectionRule:
    many = get_origin(annotation) is tuple
    part: type[Struct] = get_args(annotation)[0] if many else annotation  # pyright: ignore[reportAssignmentType]
    keys = {field.encode_name: _rule(name, field, notes) for field in structs.fields(part)}
    return SectionRule(name, many, " ".join(notes[name].comments) if name in notes else "", keys)


def _rule(section: str, field: structs.FieldInfo, notes: dict[str, _Note]) -> KeyRule:
    note = notes.get(f"{section}.{field.encode_name}", _Note((), ""))
    marks = dict(_mark(comment) for comment in note.comments)
    low, high = _range(marks.get("range", ""))
    return KeyRule(
        section=section,
        name=field.encode_name,
        field=field.name,
        type=_plain_type(field.type),
        words=" ".join(words for words in note.comments if not _mark(words)[0]),
        example=note.line,
        required="required" in marks,
        unique="unique" in marks,
        choices=tuple(re.findall(r"[^,\s]+", marks.get("one of", ""))),
        low=low,
        high=high,
        pattern=marks.get("pattern", ""),
        pattern_words=marks.get("in words", ""),
        secret="reference to a secret" in marks,
        bare_of_secrets="without a secret" in marks,
        question=marks.get("asks", ""),
    )


_MARK = re.compile(
    r"(one of|range|pattern|in words|asks): (.+)|(required|unique|reference to a secret|without a secret)"
)


def _mark(comment: str) -> tuple[str, str]:
    """The mark in a comment and what it says; two empty strings for plain words."""
    match = _MARK.fullmatch(comment)
    if not match:
        return "", ""
    return (match[1], match[2]) if match[1] else (match[3], "")


def _range(text: str) -> tuple[float | None, float | None]:
    low, _, high = text.partition("..")
    return (float(low) if low else None), (float(high) if high else None)


def _plain_type(annotation: object) -> object:
    """The type itself: `X | None` without the None, `tuple[str, ...]` as tuple."""
    origin = get_origin(annotation)
    if origin in {UnionType, Union}:
        return next(part for part in get_args(annotation) if part is not type(None))
    return origin or annotation

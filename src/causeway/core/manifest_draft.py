"""A commented `causeway.toml` in which what is known stands written, and the rest is asked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from msgspec import Struct, structs

from causeway.core.manifest import Manifest
from causeway.core.manifest_schema import KeyRule, SectionRule, schema
from causeway.core.manifest_text import UNKNOWN, parse_manifest

ONLY_A_PERSON = ("product.owner", "kpi.name", "kpi.right_decision")
"""Where the three questions are asked that no reading of files can answer."""

_HEADING = """\
# What this product promises. Drafted from what was found in this folder.
# A value of "?" is not known yet: write it in, or leave it and go on.
# `causeway manifest` shows every key with its allowed values and an example.
"""


class Question(Struct, frozen=True):
    """Something to ask about one key, such as `data.target`."""

    key: str
    words: str


def standing_questions() -> tuple[Question, ...]:
    """What every draft asks when it is not known, in the order of the reference."""
    rules = (rule for section in schema().values() for rule in section.keys.values())
    return tuple(Question(rule.dotted, rule.question) for rule in rules if rule.question)


def draft_manifest(
    manifest: Manifest, *, questions: Sequence[Question] = (), notes: Mapping[str, str] | None = None
) -> str:
    """The text of a manifest with these known values; `open_questions` finds the lines of the rest.

    `questions` are asked beside the standing ones; `notes` say beside a known key, such as
    `model.train`, where its value was seen. The text parses to the same manifest.
    """
    asked = {question.key: question.words for question in (*standing_questions(), *questions)}
    blocks = [_HEADING]
    for section in schema().values():
        value = getattr(manifest, section.name)
        parts = value if section.many else (value,)
        blocks.extend(_block(section, part, asked, notes or {}) for part in cast("tuple[Struct, ...]", parts))
    text = "\n".join(block for block in blocks if block)
    parse_manifest(text, where="the draft")
    return text


def shown(manifest: Manifest) -> Manifest:
    """The same promise, fit for any screen: not even the name of a secret's place is told."""
    return structs.replace(
        manifest,
        data=tuple(structs.replace(part, secret=_masked(part.secret)) for part in manifest.data),
        integrations=tuple(
            structs.replace(part, secret=_masked(part.secret)) for part in manifest.integrations
        ),
    )


def _masked(secret: str) -> str:
    scheme, mark, _ = secret.partition(":")
    return f"{scheme}:***" if mark else ""


def _block(section: SectionRule, part: Struct, asked: Mapping[str, str], notes: Mapping[str, str]) -> str:
    lines = [line for rule in section.keys.values() for line in _lines(rule, part, asked, notes)]
    if not lines:
        return ""
    return "\n".join([f"# {section.words}", section.header, *lines, ""])


def _lines(rule: KeyRule, part: Struct, asked: Mapping[str, str], notes: Mapping[str, str]) -> Iterator[str]:
    value: object = getattr(part, rule.field)
    if value in (None, "", ()):
        if rule.dotted in asked:
            choices = f" One of: {', '.join(rule.choices)}." if rule.choices else ""
            yield f"# {_one_line(asked[rule.dotted])}{choices}"
            yield f'{rule.name} = "{UNKNOWN}"'
    elif rule.required or _is_said(rule, part, value):
        note = f"  # {_one_line(notes[rule.dotted])}" if rule.dotted in notes else ""
        yield f"{rule.name} = {_toml(value)}{note}"


def _is_said(rule: KeyRule, part: Struct, value: object) -> bool:
    """Whether the value says more than its default; the stage is always worth a line."""
    default = next(field.default for field in structs.fields(part) if field.name == rule.field)
    return value != default or rule.dotted == "product.stage"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return format(value, "f")
        case int() | float():
            return repr(value)
        case date():
            return value.isoformat()
        case tuple():
            items = cast("tuple[object, ...]", value)
            return f"[{', '.join(_toml(item) for item in items)}]"
        case _:
            # a JSON string is a TOML basic string, but for the delete character, which TOML wants escaped;
            # half a surrogate pair, from a file's name that is no text, cannot be written at all
            text = str(value).encode(errors="replace").decode()
            return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

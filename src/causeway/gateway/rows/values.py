"""One value as a field of the release takes it: as it stands, or as what it plainly means."""

import math
import re
from collections.abc import Callable, Mapping

from causeway.core.features_read import key_of
from causeway.core.records import Value
from causeway.core.release import Field
from causeway.gateway.refusals import Invalid

MAX_SHOWN = 60
INTEGER_RANGE = range(-(2**63), 2**63)
Read = Callable[[object, Field, int], Value]
"""A value that was sent, its field and its row's number: what it is, or why it is none."""

PLAIN: dict[str, type] = {"number": float, "integer": int, "boolean": bool, "text": str}


def _number(value: object, field: Field, number: int) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(value, field, number)
    try:
        real = float(value)
    except OverflowError:
        real = math.inf
    if not math.isfinite(real):
        raise Invalid(
            f"{at(field.name, number)}: not a finite number",
            hint="leave the field out, or send null, where there is no value",
        )
    return real


def _integer(value: object, field: Field, number: int) -> Value:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong_type(value, field, number)
    if value not in INTEGER_RANGE:
        raise Invalid(f"{at(field.name, number)}: too large", hint="send an integer of at most 64 bits")
    return value


def _boolean(value: object, field: Field, number: int) -> Value:
    if not isinstance(value, bool):
        raise _wrong_type(value, field, number)
    return value


def _text(value: object, field: Field, number: int) -> Value:
    if not isinstance(value, str):
        raise _wrong_type(value, field, number)
    return value


def _text_or_number(value: object, field: Field, number: int) -> Value:
    """Text whose every use is a number may be sent as one; whether it is so, the features know."""
    return _number(value, field, number) if isinstance(value, int | float) else _text(value, field, number)


KINDS: Mapping[str, Read] = {"number": _number, "integer": _integer, "boolean": _boolean, "text": _text}
"""Each kind's values as they stand."""
JUDGED = {**KINDS, "text": _text_or_number}
"""The same where features look at the values afterwards."""

_NUMERAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)
_LONGEST = 400
_LARGEST = 1e300
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def meant(value: object, field: Field) -> object:
    """What a value plainly means that is not of its field's kind; itself, where that is not plain."""
    if field.kind == "text":
        return _text_of(value)
    if field.kind == "boolean":
        return _truth_of(value)
    if isinstance(value, str) and len(value) <= _LONGEST and _NUMERAL.fullmatch(value):
        text = value.strip()
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    return value


def _text_of(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    plain = isinstance(value, int | float) and -_LARGEST < value < _LARGEST
    return key_of(value) if plain and isinstance(value, int | float) else value


def _truth_of(value: object) -> object:
    if isinstance(value, bool):
        return value
    said = str(int(value)) if isinstance(value, int | float) and value in (0, 1) else value
    return _TRUTHS.get(said.strip().lower(), value) if isinstance(said, str) else value


def _wrong_type(value: object, field: Field, number: int) -> Invalid:
    hint = f"send a JSON {_JSON_NAMES[field.kind]}"
    if isinstance(value, str) and field.kind in ("number", "integer"):
        hint += ", without quotation marks"
    return Invalid(f"{at(field.name, number)}: expected {field.kind}, got {shown(value)}", hint=hint)


_JSON_NAMES = {
    "number": "number",
    "integer": "number without a fraction",
    "boolean": "true or false",
    "text": "string",
}


def at(name: str, number: int) -> str:
    """Where in a request a value stands."""
    return f"row {number}, field {name!r}"


def shown(value: object) -> str:
    """A value as an error names it: never more than some sixty characters of it."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value[: MAX_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."

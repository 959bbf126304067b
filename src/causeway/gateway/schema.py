"""Rows as the release takes them, or one clear refusal that names the field and the row."""

import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from causeway.core.features_read import key_of
from causeway.core.records import Value
from causeway.core.release import Field, Release
from causeway.core.typed_rows import TypedRows
from causeway.gateway.plain_bodies import MAX_ROWS, plain_bodies_of
from causeway.gateway.refusals import Invalid, TooLarge

MAX_SHOWN = 60
INTEGER_RANGE = range(-(2**63), 2**63)

Row = dict[str, Value]


class Checked(Struct, frozen=True):
    """Rows with every field present and of its type, and what is remarkable about each."""

    rows: Sequence[Row]
    flags: list[tuple[str, ...]]


class Schema:
    """A release's signature, compiled once.

    Where the release has features, they judge the values (`judged`): what is missing, unseen or out
    of range; here it is only seen to that every field was sent, and as what.
    """

    def __init__(self, release: Release, *, judged: bool) -> None:
        self.fields = release.signature.inputs
        self._judged = judged
        self.plain = plain_bodies_of(release) if judged and not release.model.apart else None
        """Reads bodies on whose types there is nothing to say; None where each value has to be looked at."""
        self.names = frozenset(field.name for field in self.fields)
        self.flag_missing = release.missing == "flag"
        self.flag_unseen = release.unseen == "flag"
        kinds = _KINDS | {"text": _text_or_number} if judged else _KINDS
        self._checks = [(field.name, kinds[field.kind], field, _bounds(field)) for field in self.fields]
        self._order = tuple(field.name for field in self.fields)
        self._plain = [_PLAIN[field.kind] for field in self.fields] if judged else []
        self._floats = [place for place, kind in enumerate(self._plain) if kind is float]
        self._integers = [place for place, kind in enumerate(self._plain) if kind is int]
        self._categories = {f.name: frozenset(f.categories) for f in self.fields if f.categories}

    def check(self, rows: Sequence[Mapping[str, object]]) -> Checked:
        """The same rows in the signature's order, or the first reason why not."""
        if isinstance(rows, TypedRows) and self.plain and rows.kind is self.plain.kind:
            return Checked(rows, [()] * len(rows))
        if not rows:
            raise Invalid("there are no rows", hint="send at least one row")
        if len(rows) > MAX_ROWS:
            raise TooLarge(
                f"{len(rows):,} rows in one request", hint=f"send at most {MAX_ROWS:,} rows at a time"
            )
        checked: list[Row] = []
        flags: list[tuple[str, ...]] = []
        for number, row in enumerate(rows):
            if (plain := self._as_sent(row)) is not None:
                checked.append(plain)
                flags.append(())
                continue
            if not row.keys() <= self.names:
                self._refuse_unknown(row, number)
            raised: list[str] = []
            checked.append(self._row(row, number, raised))
            flags.append(tuple(raised))
        return Checked(checked, flags)

    def _as_sent(self, row: Mapping[str, object]) -> Row | None:
        """The row, where every field is there and just as it should be; so it is nearly always."""
        if not self._plain or len(row) != len(self._order):
            return None
        values: tuple[Any, ...] = tuple(map(row.get, self._order))
        if list(map(type, values)) != self._plain:
            return None
        if not all(map(math.isfinite, map(values.__getitem__, self._floats))):
            return None
        if not all(map(INTEGER_RANGE.__contains__, map(values.__getitem__, self._integers))):
            return None
        return dict(zip(self._order, values, strict=True))

    def _row(self, row: Mapping[str, object], number: int, raised: list[str]) -> Row:
        out: Row = {}
        for name, read, field, bounds in self._checks:
            sent = row.get(name)
            if sent is None:
                out[name] = self._missing(field, number, raised, sent=name in row)
                continue
            value = out[name] = read(sent, field, number)
            if not self._judged:
                self._judge(value, field, bounds, number, raised)
        return out

    def _missing(self, field: Field, number: int, raised: list[str], *, sent: bool) -> None:
        if not field.required or (self._judged and sent):
            return
        if not self.flag_missing:
            raise Invalid(
                f"{at(field.name, number)}: {'a value' if sent else 'the field'} is missing",
                hint=f"send a {field.kind}; this release refuses rows without {field.name}",
            )
        raised.append(f"missing:{field.name}")

    def _judge(
        self, value: Value, field: Field, bounds: tuple[float, float], number: int, raised: list[str]
    ) -> None:
        if isinstance(value, int | float) and not bounds[0] <= value <= bounds[1]:
            raised.append(f"range:{field.name}")
        known = self._categories.get(field.name)
        if known is not None and _category(value) not in known:
            self._unseen(field, value, number, raised)

    def _unseen(self, field: Field, value: Value, number: int, raised: list[str]) -> None:
        if self.flag_unseen:
            raised.append(f"unseen:{field.name}")
            return
        known = sorted(field.categories)
        near = get_close_matches(str(value)[:MAX_SHOWN], known, n=1)
        raise Invalid(
            f"{at(field.name, number)}: {shown(value)} was never seen by this release",
            hint=(f"did you mean {near[0]!r}? " if near else "") + f"known: {_listed(known)}",
        )

    def _refuse_unknown(self, row: Mapping[str, object], number: int) -> None:
        unknown = next(name for name in row if name not in self.names)
        near = get_close_matches(unknown[:MAX_SHOWN], self.names, n=1)
        raise Invalid(
            f"row {number}: there is no field {shown(unknown)}",
            hint=(f"did you mean {near[0]!r}? " if near else "")
            + f"fields: {_listed([field.name for field in self.fields])}",
        )


_PLAIN: dict[str, type] = {"number": float, "integer": int, "boolean": bool, "text": str}


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


_KINDS: dict[str, Callable[[object, Field, int], Value]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "text": _text,
}


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


def _category(value: Value) -> str:
    return key_of(value) if isinstance(value, float) else str(value)


def _bounds(field: Field) -> tuple[float, float]:
    return (
        -math.inf if field.minimum is None else field.minimum,
        math.inf if field.maximum is None else field.maximum,
    )


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


def _listed(names: Sequence[str], most: int = 20) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest

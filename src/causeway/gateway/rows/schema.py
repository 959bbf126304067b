"""Rows as the release takes them, or one clear refusal that names the field and the row."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from causeway.core.features_read import key_of
from causeway.core.records import FLAG_SEPARATOR, Value
from causeway.core.release import Field, Release
from causeway.core.typed_rows import TypedRows
from causeway.gateway.refusals import Invalid, TooLarge
from causeway.gateway.rows.plain_bodies import MAX_ROWS, plain_bodies_of
from causeway.gateway.rows.value_limits import limits_of
from causeway.gateway.rows.values import INTEGER_RANGE, JUDGED, KINDS, MAX_SHOWN, PLAIN, at, meant, shown

STRICT, COERCE, FLAG = "strict", "coerce", "flag"
MOST_UNKNOWN = 5
"""So many unknown fields of a row are named in its flags."""

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

    def __init__(self, release: Release, *, judged: bool, validation: str = STRICT) -> None:
        self.fields = release.signature.inputs
        self._judged = judged
        self._validation = validation
        self.plain = plain_bodies_of(release) if judged and not release.model.apart else None
        """Reads bodies on whose types there is nothing to say; None where each value has to be looked at."""
        self.names = frozenset(field.name for field in self.fields)
        self.flag_missing = release.missing == "flag"
        self.flag_unseen = release.unseen == "flag"
        kinds = JUDGED if judged else KINDS
        self._checks = [(field.name, kinds[field.kind], field, _bounds(field)) for field in self.fields]
        self._order = tuple(field.name for field in self.fields)
        self._plain = [PLAIN[field.kind] for field in self.fields] if judged else []
        self._floats = [place for place, kind in enumerate(self._plain) if kind is float]
        self._integers = [place for place, kind in enumerate(self._plain) if kind is int]
        self._limits = limits_of(self.fields)
        self._categories = {f.name: frozenset(f.categories) for f in self.fields if f.categories}

    def check(self, rows: Sequence[Mapping[str, object]]) -> Checked:
        """The same rows in the signature's order, or the first reason why not."""
        if isinstance(rows, TypedRows) and self.plain and rows.kind is self.plain.kind:
            return Checked(rows, self._typed_flags(rows) if self._limits else [()] * len(rows))
        if not rows:
            raise Invalid("there are no rows", hint="send at least one row")
        if len(rows) > MAX_ROWS:
            raise TooLarge(
                f"{len(rows):,} rows in one request", hint=f"send at most {MAX_ROWS:,} rows at a time"
            )
        checked: list[Row] = []
        flags: list[tuple[str, ...]] = []
        for number, row in enumerate(rows):
            raised: list[str] = []
            plain = self._as_sent(row)
            if plain is None:
                known = row if row.keys() <= self.names else self._known(row, number, raised)
                plain = self._row(known, number, raised)
            if self._limits:
                self._limit(plain, number, raised)
            checked.append(plain)
            flags.append(tuple(raised))
        return Checked(checked, flags)

    def _typed_flags(self, rows: TypedRows) -> list[tuple[str, ...]]:
        limits = self._limits
        numbers = rows.numbers(limits.names) if limits else None
        if limits and numbers is not None and limits.kept(numbers):
            return [()] * len(rows)
        flags: list[tuple[str, ...]] = []
        for number, row in enumerate(rows):
            raised: list[str] = []
            self._limit(row, number, raised)
            flags.append(tuple(raised))
        return flags

    def _limit(self, row: Row, number: int, raised: list[str]) -> None:
        for name, low, high in self._limits.broken_by(row) if self._limits else ():
            if self._validation != FLAG:
                raise Invalid(
                    f"{at(name, number)}: {shown(row[name])} is not what the contract allows",
                    hint=f"the contract allows {low:g} to {high:g}",
                )
            raised.append(f"range:{name}")

    def _known(self, row: Mapping[str, object], number: int, raised: list[str]) -> Mapping[str, object]:
        """The row without what the release does not know, where that may be left out."""
        if self._validation == STRICT:
            self._refuse_unknown(row, number)
        unknown = [name for name in row if name not in self.names]
        raised += [f"unknown:{_flag_name(name)}" for name in unknown[:MOST_UNKNOWN]]
        return {name: value for name, value in row.items() if name in self.names}

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
            if self._validation == COERCE:
                sent = self._meant(sent, field, raised)
            value = out[name] = read(sent, field, number)
            if not self._judged:
                self._judge(value, field, bounds, number, raised)
        return out

    def _meant(self, sent: object, field: Field, raised: list[str]) -> object:
        made = meant(sent, field)
        if made is not sent:
            raised.append(f"coerced:{field.name}")
        return made

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
        raise Invalid(
            f"{at(field.name, number)}: {shown(value)} was never seen by this release",
            hint=f"{_near(str(value), known)}known: {_listed(known)}",
        )

    def _refuse_unknown(self, row: Mapping[str, object], number: int) -> None:
        unknown = next(name for name in row if name not in self.names)
        raise Invalid(
            f"row {number}: there is no field {shown(unknown)}",
            hint=f"{_near(unknown, self.names)}fields: {_listed([field.name for field in self.fields])}",
        )


def _category(value: Value) -> str:
    return key_of(value) if isinstance(value, float) else str(value)


def _bounds(field: Field) -> tuple[float, float]:
    return (
        -math.inf if field.minimum is None else field.minimum,
        math.inf if field.maximum is None else field.maximum,
    )


def _near(word: str, known: Collection[str]) -> str:
    """Asks for the one that was meant, where one is near; else empty."""
    from difflib import get_close_matches  # noqa: PLC0415 - for what is refused, and a gateway is to be small

    near = get_close_matches(word[:MAX_SHOWN], known, n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def _flag_name(name: str) -> str:
    # flags lie beside each other in one column
    return name[:MAX_SHOWN].replace(FLAG_SEPARATOR, "/")


def _listed(names: Sequence[str], most: int = 20) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest

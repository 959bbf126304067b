"""Outcomes as people and programs write them: JSON objects, or rows of a table; each becomes its values."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from causeway.actions.label import number_told, time_told
from causeway.actions.measure.received import NoOutcome, Sent
from causeway.adapters import registry
from causeway.core.assignment import unit_of
from causeway.core.errors import UsageError
from causeway.core.value import DECISION, DECISIONS, KPI, MINUTES

MOST_OUTCOMES = 10_000
PRODUCT = "product"
_ABOUT = frozenset({"entity", "id", "at", "key", PRODUCT})
_YES_OR_NO = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}


class Columns(Struct, frozen=True):
    """What a table calls them."""

    entity: str = ""
    id: str = "id"
    at: str = "at"
    kpi: str = KPI
    minutes: str = MINUTES
    decision: str = DECISION
    key: str = "key"
    guardrails: tuple[str, ...] = ()


class Told(Struct, frozen=True):
    """What a body tells."""

    product: str
    """Empty where it names none."""
    sent: list[Sent]


def outcomes_in(body: bytes) -> list[Sent]:
    """The values in a body: an object, a list of them, `{"outcomes": [...]}`, or a line for each."""
    return told_in(body).sent


def told_in(body: bytes) -> Told:
    """The same with the product that it names, beside `outcomes` or in each of them."""
    said, rows = _rows(body)
    if len(rows) > MOST_OUTCOMES:
        raise NoOutcome(
            f"{len(rows):,} outcomes at once", hint=f"send at most {MOST_OUTCOMES:,} at a time, or a file"
        )
    sent = [value for number, row in enumerate(rows, start=1) for value in _values(row, number)]
    return Told(_product(said, rows), sent)


def _product(said: object, rows: Sequence[Mapping[str, Any]]) -> str:
    """The one product that is named; refused where there are two."""
    named = {
        _name(said, PRODUCT, 0),
        *(_name(row.get(PRODUCT), PRODUCT, at) for at, row in enumerate(rows, 1)),
    }
    several = sorted(named - {""})
    if len(several) > 1:
        raise NoOutcome(
            f"these are outcomes of {len(several)} products: {', '.join(several[:3])}",
            hint="send those of each product by themselves",
        )
    return several[0] if several else ""


def outcomes_of(file: Path, columns: Columns) -> list[Sent]:
    """The values in a table of CSV, JSON lines or Parquet."""
    who = columns.entity or columns.id
    measures = {
        KPI: columns.kpi,
        MINUTES: columns.minutes,
        DECISION: columns.decision,
        **{name: name for name in columns.guardrails},
    }
    named = [who, *([columns.at] if columns.entity else [])]
    wanted = dict.fromkeys([*named, columns.at, columns.key, *measures.values()])
    # the reader insists on the first two
    texts = registry.segment_files().read_texts(file, [*named, *([who] if len(named) == 1 else []), *wanted])
    there = {name: texts[column] for name, column in measures.items() if column in texts}
    if not there:
        raise UsageError(
            f"{file.name} has none of the columns {', '.join(measures.values())}",
            where=str(file),
            hint="name the one with the business measure: --kpi COLUMN",
        )
    nothing: Sequence[str | None] = [None] * len(texts[who])
    ats, keys = texts.get(columns.at, nothing), texts.get(columns.key, nothing)
    sent: list[Sent] = []
    for row, (name, at, key) in enumerate(zip(texts[who], ats, keys, strict=True), start=1):
        if not (name or "").strip():
            raise UsageError(f"row {row} has no {who}", where=str(file), hint="every row names whom it is of")
        told = {
            each: _told(values[row - 1], each, measures[each], row, file) for each, values in there.items()
        }
        sent += _each(
            {each: value for each, value in told.items() if value is not None},
            unit=_plain(name) if columns.entity else "",
            prediction="" if columns.entity else _plain(name),
            at=time_told(at, row, file),
            key=_plain(key),
        )
    return sent


def _rows(body: bytes) -> tuple[object, list[dict[str, Any]]]:
    """The product that the body names as a whole, and its outcomes."""
    text = body.strip()
    try:
        if text[:1] == b"[":
            return None, msgspec.json.decode(text, type=list[dict[str, Any]])
        if b"\n" in text and text.split(b"\n", 1)[0].strip().endswith(b"}"):
            lines = [line for line in text.splitlines() if line.strip()]
            return None, [msgspec.json.decode(line, type=dict[str, Any]) for line in lines]
        whole = msgspec.json.decode(text, type=dict[str, Any])
        if "outcomes" in whole:
            rows = msgspec.convert(whole["outcomes"], type=list[dict[str, Any]])
            return whole.get(PRODUCT), rows
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise NoOutcome(
            f"this is no outcome: {error}", hint='send JSON: {"entity": "C-17", "at": "...", "kpi": 1}'
        ) from error
    return None, [whole]


def _values(row: Mapping[str, Any], number: int) -> Iterator[Sent]:
    told = {name: _number(value, name, number) for name, value in row.items() if name not in _ABOUT}
    if not any(value is not None for value in told.values()):
        raise NoOutcome(f"outcome {number} tells nothing", hint='send a value: "kpi": 1')
    yield from _each(
        {name: value for name, value in told.items() if value is not None},
        unit=_name(row.get("entity"), "entity", number),
        prediction=_name(row.get("id"), "id", number),
        at=_at(row.get("at"), number),
        key=_name(row.get("key"), "key", number),
    )


def _each(
    told: Mapping[str, float], *, unit: str, prediction: str, at: datetime | None, key: str
) -> Iterator[Sent]:
    for name, value in told.items():
        yield Sent(name=name, value=value, unit=unit, prediction=prediction, at=at, key=key)


def _told(text: str | None, name: str, column: str, row: int, file: Path) -> float | None:
    if name != DECISION:
        return number_told(text, column, row, file)
    said = (text or "").strip().lower()
    if not said:
        return None
    if said not in DECISIONS:
        raise UsageError(
            f"row {row}: {text!r} is no decision", where=str(file), hint=f"one of: {', '.join(DECISIONS)}"
        )
    return float(DECISIONS.index(said))


def _number(value: object, name: str, number: int) -> float | None:
    match value:
        case None:
            return None
        case str() if name == DECISION and value.lower() in DECISIONS:
            return float(DECISIONS.index(value.lower()))
        case str() if value.lower() in _YES_OR_NO and name != DECISION:
            return _YES_OR_NO[value.lower()]
        case bool() | int() | float() if name != DECISION and abs(value) < 1e300:
            return float(value)
        case _:
            hint = f"one of: {', '.join(DECISIONS)}" if name == DECISION else "send a number, true or false"
            raise NoOutcome(f"outcome {number}: {str(value)[:80]!r} is no {name}", hint=hint)


def _name(value: object, key: str, number: int) -> str:
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int | float)):
        raise NoOutcome(f"outcome {number}: its {key} names nobody", hint="send a text or a number")
    return unit_of(value).strip()


def _at(value: object, number: int) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(cast("str", value))
    except (TypeError, ValueError):
        raise NoOutcome(
            f"outcome {number}: {str(value)[:80]!r} is no time", hint="send 2026-01-31T12:00:00Z"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _plain(text: str | None) -> str:
    """The text as the name of a unit: 17.0 of a float column is 17."""
    said = (text or "").strip()
    whole, _, rest = said.partition(".")
    return whole if rest and not rest.strip("0") and whole.lstrip("-").isdigit() else said

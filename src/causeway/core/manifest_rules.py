"""What is wrong with the values of a manifest: type, allowed values, range, pattern, secrets."""

import math
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import cast

import msgspec
from msgspec import Struct

from causeway.core.cron import read_cron
from causeway.core.manifest_schema import TYPE_NAMES, KeyRule, SectionRule, schema
from causeway.core.quiet import read_quiet
from causeway.core.records import Value
from causeway.core.toml_lines import Path

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*")
_PASSWORD_IN_URL = re.compile(
    r"//[^/\s]*:[^/\s]*@|[?&;](?:[a-z_-]*(?:password|passwd|secret|token|api_?key|access_?key)|pwd|sig)=",
    re.IGNORECASE,
)
_LARGEST_INTEGER = 2**63 - 1
_EVENTS = ("alarm", "data", "outcomes", "release")
# what a monitor may watch, and words for several of these
_WATCHED = (
    "drift", "quality", "decay", "estimate", "calibration", "fairness", "output", "missing", "unseen",
    "schema", "skew", "contract", "volume", "freshness", "labels", "latency", "errors", "slo", "uptime",
    "throughput", "kpi", "cost",
)  # fmt: skip

_CLAIMED = ("account", "resource", "tag", "service", "category")

Tables = dict[str, object]


class Problem(Struct, frozen=True):
    """Something that cannot be, where, and what to write instead."""

    path: Path
    words: str
    hint: str


def problems_of(tables: Tables) -> Iterator[Problem]:
    """Every problem of known keys, section by section."""
    for section in schema().values():
        value = tables.get(section.name, [] if section.many else {})
        if section.many:
            yield from _many(section, value)
        else:
            yield from _one(section, (section.name,), value)
    yield from _triggers_without_cause(tables)
    yield from _actions_without_means(tables)
    yield from _no_answer(tables)
    yield from _no_budget(tables)
    yield from _claims_of_nothing(tables)


def _many(section: SectionRule, value: object) -> Iterator[Problem]:
    if not isinstance(value, list):
        words = f"`{section.name}` may be repeated, so it is written with two brackets"
        yield Problem((section.name,), words, f"write: {section.header}")
        return
    tables = cast("list[object]", value)
    for index, table in enumerate(tables):
        yield from _one(section, (section.name, index), table)
    for rule in section.keys.values():
        if rule.unique:
            yield from _repeated(rule, tables)


def _one(section: SectionRule, path: Path, table: object) -> Iterator[Problem]:
    if not isinstance(table, dict):
        yield Problem(path, f"`{section.name}` is a table", f"write: {section.header}")
        return
    values = cast("Tables", table)
    for rule in section.keys.values():
        if rule.name in values:
            yield from _value(rule, (*path, rule.name), values[rule.name])
        elif rule.required:
            yield Problem(path, f"{section.header} has no `{rule.name}`", f"write: {rule.example}")


def _value(rule: KeyRule, path: Path, value: object) -> Iterator[Problem]:
    if not _is_of_type(value, rule.type):
        yield Problem(path, f"{_key(rule)} {_is(value, rule)}", _how_to_write(rule, value))
    elif rule.secret and not _REFERENCE.fullmatch(str(value)):
        # the value itself must never reach a screen or a log
        words = f"{_key(rule)} holds something else than a reference to a secret"
        yield Problem(
            path, words, f"keep the secret in an environment variable or a file, and write: {rule.example}"
        )
    elif rule.bare_of_secrets and _PASSWORD_IN_URL.search(str(value)):
        words = f"{_key(rule)} has a secret in it"
        yield Problem(path, words, 'take it out, and name where it lies: secret = "env:NAME"')
    else:
        yield from _impossible(rule, path, value)


def _impossible(rule: KeyRule, path: Path, value: object) -> Iterator[Problem]:
    if rule.choices and value not in rule.choices:
        near = get_close_matches(str(value), rule.choices, n=1, cutoff=0.5)
        hint = f'did you mean "{near[0]}"? ' if near else ""
        words = f'{_key(rule)} cannot be "{value}"'
        yield Problem(path, words, f"{hint}it is one of: {', '.join(rule.choices)}")
    elif rule.pattern and not re.fullmatch(rule.pattern, str(value)):
        words = f'{_key(rule)} cannot be "{value}"'
        yield Problem(path, words, f"it is made of {rule.pattern_words}; write: {rule.example}")
    elif isinstance(value, int | float) and not _within(rule, value):
        words = f"{_key(rule)} cannot be {value}"
        yield Problem(path, words, f"{_bounds(rule)}; {rule.words}")


def _within(rule: KeyRule, value: float) -> bool:
    if not math.isfinite(value) or abs(value) > _LARGEST_INTEGER:
        return False
    return (rule.low is None or value >= rule.low) and (rule.high is None or value <= rule.high)


def _bounds(rule: KeyRule) -> str:
    low = f"at least {rule.low:g}" if rule.low is not None else ""
    high = f"at most {rule.high:g}" if rule.high is not None else ""
    return f"it is {' and '.join(bound for bound in (low, high) if bound) or 'a finite number'}"


def _repeated(rule: KeyRule, tables: list[object]) -> Iterator[Problem]:
    seen: set[object] = set()
    for index, table in enumerate(tables):
        value = cast("Tables", table).get(rule.name) if isinstance(table, dict) else None
        if isinstance(value, str) and value in seen:
            words = f'two of [[{rule.section}]] have the {rule.name} "{value}"'
            yield Problem((rule.section, index, rule.name), words, "give each its own")
        if isinstance(value, str):
            seen.add(value)


def _triggers_without_cause(tables: Tables) -> Iterator[Problem]:
    """Triggers that wait for something that the manifest does not have."""
    monitors = [str(part.get("name")) for part in _parts(tables, "monitors")]
    for index, part in enumerate(_parts(tables, "triggers")):
        on = part.get("on")
        yield from _no_quiet(index, part.get("quiet"))
        if isinstance(on, str) and on.startswith("schedule:"):
            yield from _no_schedule(index, on.removeprefix("schedule:"))
            continue
        if not isinstance(on, str) or on in {*monitors, *_EVENTS, *_WATCHED}:
            continue
        near = get_close_matches(on, [*monitors, *_EVENTS, *_WATCHED], n=1)
        hint = f'did you mean "{near[0]}"? ' if near else ""
        yield Problem(
            ("triggers", index, "on"),
            f'there is no monitor named "{on}"',
            f"{hint}name one of [[monitors]], or write data, outcomes, release or schedule:CRON",
        )


def _actions_without_means(tables: Tables) -> Iterator[Problem]:
    """What follows by itself, and could never be done with what this manifest allows."""
    asked = [(("triggers", at, "do"), part.get("do")) for at, part in enumerate(_parts(tables, "triggers"))]
    lacking = dict(_lacking(tables))
    for path, do in asked:
        if isinstance(do, str) and do in lacking:
            words, hint = lacking[do]
            yield Problem(path, f'"{do}" can never be done: {words}', hint)


def _lacking(tables: Tables) -> Iterator[tuple[str, tuple[str, str]]]:
    """By action what it lacks, and what to write."""
    serving, stage = _table(tables, "serving"), _table(tables, "product").get("stage", "sandbox")
    if serving.get("requests_per_minute") is None and stage != "sandbox":
        words = "nobody says how many requests a minute are let in, so it cannot be half of them"
        yield "shed", (words, "write under [serving], for instance: requests_per_minute = 600")
    workers, most = serving.get("workers", 1), serving.get("workers_most", 0)
    if isinstance(workers, int) and isinstance(most, int) and most <= workers:
        hint = f"write under [serving], for instance: workers_most = {workers + 1}"
        yield "scale", ("`workers_most` lets the gateway have no process more than `workers`", hint)


def _table(tables: Tables, section: str) -> Tables:
    value = tables.get(section)
    return cast("Tables", value) if isinstance(value, dict) else {}


def _no_schedule(index: int, line: str) -> Iterator[Problem]:
    try:
        read_cron(line)
    except ValueError as error:
        yield Problem(
            ("triggers", index, "on"),
            f'"{line.strip()}" is no cron line: {error}',
            "write minute, hour, day of the month, month and day of the week: schedule:30 4 * * 1",
        )


def _no_quiet(index: int, quiet: object) -> Iterator[Problem]:
    try:
        read_quiet(quiet if isinstance(quiet, str) else "")
    except ValueError as error:
        hint = 'name a time zone as the tz database has it: "22:00-06:00 Europe/Berlin"'
        yield Problem(("triggers", index, "quiet"), f"`quiet` cannot be: {error}", hint)


def _no_answer(tables: Tables) -> Iterator[Problem]:
    """A `fallback` that no caller could get."""
    said = _table(tables, "serving").get("fallback")
    if not isinstance(said, str):
        return
    try:
        msgspec.json.decode(said, type=dict[str, Value])
    except msgspec.DecodeError as error:
        words = f"`fallback` under [serving] is no JSON object of plain values: {error}"
        rule = schema()["serving"].keys["fallback"]
        yield Problem(("serving", "fallback"), words, f"write, for instance: {rule.example}")


def _no_budget(tables: Tables) -> Iterator[Problem]:
    """Callers refused once a budget is spent that nobody named."""
    budget = _table(tables, "budget")
    lacking = [name for name in ("run_per_month", "currency") if name not in budget]
    if budget.get("enforce") == "refuse" and lacking:
        words = f'`enforce = "refuse"` under [budget], and no {" and no ".join(lacking)}'
        rule = schema()["budget"].keys[lacking[0]]
        yield Problem(("budget", "enforce"), words, f"write, for instance: {rule.example}")


def _claims_of_nothing(tables: Tables) -> Iterator[Problem]:
    """A part of the bills that is named by nothing."""
    for index, part in enumerate(_parts(tables, "costs")):
        if not any(name in part for name in _CLAIMED):
            words = "[[costs]] that names nothing on a bill claims nothing"
            yield Problem(("costs", index), words, f"write one of: {', '.join(_CLAIMED)}")


def _parts(tables: Tables, section: str) -> list[Tables]:
    value = tables.get(section)
    parts = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Tables", part) for part in parts if isinstance(part, dict)]


def _is_of_type(value: object, wanted: object) -> bool:
    # a truth value is an integer to Python, and a moment is a date
    if isinstance(value, bool) or wanted is bool:
        return isinstance(value, bool) and wanted is bool
    if wanted is tuple:
        return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value))
    if wanted is date:
        return isinstance(value, date) and not isinstance(value, datetime)
    return isinstance(value, _ACCEPTED.get(wanted, str))


_ACCEPTED: dict[object, type | tuple[type, ...]] = {int: int, float: (int, float), Decimal: (int, float)}


def _key(rule: KeyRule) -> str:
    return f"`{rule.name}` under [{rule.section}]"


def _is(value: object, rule: KeyRule) -> str:
    return f"is {_type_name(value)}, not {TYPE_NAMES[rule.type]}"


def _type_name(value: object) -> str:
    # a truth value is an integer to Python, and a moment is a date: the narrower type first
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (datetime, "a date with a time"),
        (date, "a date"),
        (list, "a list"),
        (dict, "a table"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "something else")


def _how_to_write(rule: KeyRule, value: object) -> str:
    if rule.type is str and not rule.secret and isinstance(value, int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'write it in quotes: {rule.name} = "{text}"'
    if rule.type is tuple and isinstance(value, str):
        return f'write: {rule.name} = ["{value}"]'
    return f"write: {rule.example}"

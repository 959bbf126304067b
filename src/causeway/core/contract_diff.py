"""Two versions of a contract compared: what changed, and whom it breaks.

One rule set. A change that demands more of the data breaks the producer, who may now deliver what is
refused; a change that promises less of it breaks the consumer, who may now meet what was ruled out;
what is neither more nor less (another type, another name, another pattern) breaks both; words,
owners, prices and addresses break nobody.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from msgspec import UNSET, Struct, structs, to_builtins

from causeway.core.contract import Contract, Options, Property, Quality, SchemaObject, Sla

MORE, LESS, OTHER, WORDS = "more", "less", "other", "words"
BREAKS = {MORE: ("producer",), LESS: ("consumer",), OTHER: ("producer", "consumer"), WORDS: ()}

_WIDER = {
    ("integer", "number"),
    ("date", "timestamp"),
    ("vector", "array"),
    *((narrow, "string") for narrow in ("integer", "number", "date", "timestamp", "time", "boolean")),
}
_UPPER = {"maximum", "exclusive_maximum", "max_length", "max_items"}
_LOWER = {"minimum", "exclusive_minimum", "min_length", "min_items"}
_FLAGS = ("required", "unique", "primary_key")
_ABOUT_WORDS = ("description", "classification", "name", "dimension")
_AT_MOST = ("must_be_less_than", "must_be_less_or_equal_to")
_AT_LEAST = ("must_be_greater_than", "must_be_greater_or_equal_to")


class Change(Struct, frozen=True):
    """One difference: where, what, and whom it breaks (`producer`, `consumer`)."""

    at: str
    what: str
    breaks: tuple[str, ...]


class ContractDiff(Struct, frozen=True):
    """Everything in which two versions differ."""

    old: str
    new: str
    changes: tuple[Change, ...]

    def breaking(self, side: str = "") -> tuple[Change, ...]:
        """The changes that break this side, or anybody."""
        return tuple(change for change in self.changes if (side in change.breaks if side else change.breaks))

    @property
    def understated(self) -> bool:
        """Whether something breaks and the version's first number does not say so."""
        return bool(self.breaking()) and _major(self.old) == _major(self.new)


def diff(old: Contract, new: Contract) -> ContractDiff:
    """What changed from the old version to the new one."""
    changes = [
        *_tables(old.objects, new.objects),
        *_levels(old.sla_properties or (), new.sla_properties or ()),
    ]
    rest = ("schema", "sla_properties", "version", "api_version")
    if _without(old, *rest) != _without(new, *rest):
        changes.append(_change("contract", "what is said about it changed", WORDS))
    return ContractDiff(old.version, new.version, tuple(changes))


def _major(version: str) -> str:
    return version.lstrip("v").split(".")[0]


def _change(at: str, what: str, sort: str) -> Change:
    return Change(at, what, BREAKS[sort])


def _without(struct: Struct, *names: str) -> object:
    fields: dict[str, object] = {
        field.name: getattr(struct, field.name) for field in structs.fields(struct) if field.name not in names
    }
    return to_builtins({name: value for name, value in fields.items() if value is not UNSET})


def _tables(old: Sequence[SchemaObject], new: Sequence[SchemaObject]) -> Iterator[Change]:
    after = {table.name: table for table in new}
    for table in old:
        if table.name not in after:
            yield _change(table.name, "the table is gone", LESS)
        else:
            yield from _table(table, after[table.name])
    known = {table.name for table in old}
    yield from (_change(table.name, "the table is new", MORE) for table in new if table.name not in known)


def _table(old: SchemaObject, new: SchemaObject) -> Iterator[Change]:
    yield from _columns(old.name, old.columns, new.columns)
    yield from _rules(old.name, old.quality or (), new.quality or ())
    yield from _relations(old.name, old.relationships or (), new.relationships or ())
    if old.physical_name != new.physical_name:
        words = f"the file or table is {new.physical_name or new.name}, was {old.physical_name or old.name}"
        yield _change(old.name, words, OTHER)
    rest = ("properties", "quality", "relationships", "physical_name")
    if _without(old, *rest) != _without(new, *rest):
        yield _change(old.name, "what is said about it changed", WORDS)


def _columns(at: str, old: Sequence[Property], new: Sequence[Property]) -> Iterator[Change]:
    before, after = {each.name: each for each in old}, {each.name: each for each in new}
    gone = [column for column in old if column.name not in after]
    come = [column for column in new if column.name not in before]
    for column in gone:
        successor = next((each for each in come if _is_same(column, each)), None)
        if successor is None:
            yield _change(f"{at}.{column.name}", "the column is gone", LESS)
            continue
        come.remove(successor)
        yield _change(f"{at}.{column.name}", f"the column is called {successor.name} now", OTHER)
        yield from _column(f"{at}.{successor.name}", column, successor)
    yield from (_change(f"{at}.{each.name}", "the column is new", MORE) for each in come)
    for column in old:
        if column.name in after:
            yield from _column(f"{at}.{column.name}", column, after[column.name])


def _is_same(old: Property, new: Property) -> bool:
    """Whether a column of another name is the same: by its id, or by its name in the data."""
    known = old.rest.get("id")
    return (known is not None and known == new.rest.get("id")) or old.column == new.column


def _column(at: str, old: Property, new: Property) -> Iterator[Change]:
    if old.column != new.column and old.name == new.name:
        yield _change(at, f"in the data it is called {new.column}, was {old.column}", OTHER)
    if old.logical_type != new.logical_type:
        yield _change(
            at, f"type {new.logical_type or 'any'}, was {old.logical_type or 'any'}", _retyped(old, new)
        )
    for flag in _FLAGS:
        was, now = bool(getattr(old, flag)), bool(getattr(new, flag))
        if was != now:
            words = flag.replace("primary_key", "part of the primary key")
            yield _change(at, f"{words} now" if now else f"no longer {words}", MORE if now else LESS)
    yield from _enum(at, old, new)
    yield from _limits(at, old.logical_type_options or Options(), new.logical_type_options or Options())
    yield from _rules(at, old.quality or (), new.quality or ())
    yield from _relations(at, old.relationships or (), new.relationships or ())
    yield from _columns(at, old.properties or (), new.properties or ())
    if _said(old) != _said(new):
        yield _change(at, "what is said about it changed", WORDS)


def _said(column: Property) -> object:
    return _without(
        column, "name", "physical_name", "logical_type", *_FLAGS, "enum", "logical_type_options", "quality",
        "relationships", "properties",
    )  # fmt: skip


def _retyped(old: Property, new: Property) -> str:
    was, now = old.logical_type, new.logical_type
    if was is None or now is None:
        return MORE if was is None else LESS
    if (was, now) in _WIDER:
        return LESS
    return MORE if (now, was) in _WIDER else OTHER


def _enum(at: str, old: Property, new: Property) -> Iterator[Change]:
    if old.enum is None or new.enum is None:
        if old.enum != new.enum:
            closed = new.enum is not None
            yield _change(
                at, "a closed set of values" if closed else "no closed set any more", MORE if closed else LESS
            )
        return
    was, now = [each.value for each in old.enum], [each.value for each in new.enum]
    if lost := [value for value in was if value not in now]:
        yield _change(at, f"no longer allowed: {_some(lost)}", MORE)
    if added := [value for value in now if value not in was]:
        yield _change(at, f"newly allowed: {_some(added)}", LESS)


def _some(values: Sequence[object]) -> str:
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return ", ".join(str(value) for value in values[:5]) + more


def _limits(at: str, old: Options, new: Options) -> Iterator[Change]:
    for field in structs.fields(Options):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was == now:
            continue
        words = f"{field.encode_name} {'none' if now is None else now}, was {'none' if was is None else was}"
        yield _change(at, "options changed" if field.name == "rest" else words, _moved(field.name, was, now))


def _moved(limit: str, was: object, now: object) -> str:
    if limit == "rest":
        return WORDS
    if was is None or now is None:
        return MORE if was is None else LESS
    if limit in _UPPER | _LOWER and isinstance(was, str) == isinstance(now, str):
        less, more = cast("float", now) < cast("float", was), cast("float", now) > cast("float", was)
        return MORE if (less if limit in _UPPER else more) else LESS
    return OTHER


def _rules(at: str, old: Sequence[Quality], new: Sequence[Quality]) -> Iterator[Change]:
    before, after = {_key(rule): rule for rule in old}, {_key(rule): rule for rule in new}
    for key, rule in before.items():
        if key not in after:
            yield _change(at, f"the rule {_called(rule)} is gone", LESS if _acts(rule) else WORDS)
        elif (sort := _compared(rule, after[key])) is not None:
            words = {MORE: "is stricter", LESS: "is looser"}.get(sort, "changed")
            yield _change(at, f"the rule {_called(rule)} {words}", sort)
    for key, rule in after.items():
        if key not in before:
            yield _change(at, f"the rule {_called(rule)} is new", MORE if _acts(rule) else WORDS)


def _key(rule: Quality) -> object:
    """What makes two rules the same one: its id or name, else what it measures."""
    named = rule.rest.get("id") or rule.name
    return named or (
        rule.metric,
        rule.query,
        rule.description if not _acts(rule) else "",
        repr(rule.arguments),
    )


def _called(rule: Quality) -> str:
    return str(rule.name or rule.metric or rule.type or rule.description or "without a name")


def _acts(rule: Quality) -> bool:
    return rule.is_library or rule.type in {"sql", "custom"}


def _compared(old: Quality, new: Quality) -> str | None:
    if old == new:
        return None
    if _without(old, *_ABOUT_WORDS, "severity", "rest") == _without(new, *_ABOUT_WORDS, "severity", "rest"):
        return WORDS
    both = (*_AT_MOST, *_AT_LEAST, *_ABOUT_WORDS, "severity", "rest")
    if _without(old, *both) != _without(new, *both):
        return OTHER
    for names, stricter in ((_AT_MOST, -1), (_AT_LEAST, 1)):
        moved = [(getattr(old, name), getattr(new, name)) for name in names]
        known = [(was, now) for was, now in moved if was is not None and now is not None and was != now]
        if len(known) == 1 and all(was == now or (was, now) in known for was, now in moved):
            was, now = known[0]
            return MORE if (now - was) * stricter > 0 else LESS
    return OTHER


def _relations(at: str, old: Sequence[Struct], new: Sequence[Struct]) -> Iterator[Change]:
    was, now = [_without(each, "rest") for each in old], [_without(each, "rest") for each in new]
    if any(each not in was for each in now):
        yield _change(at, "refers to another table now, or to other columns", MORE)
    if any(each not in now for each in was):
        yield _change(at, "no longer refers to another table, or not to the same columns", LESS)


def _levels(old: Sequence[Sla], new: Sequence[Sla]) -> Iterator[Change]:
    before = {(level.property, level.element): level for level in old}
    after = {(level.property, level.element): level for level in new}
    for key, level in before.items():
        if key not in after:
            yield _change("slaProperties", f"{level.property} is promised no more", LESS)
        elif (was := (level.value, level.unit)) != (now := (after[key].value, after[key].unit)):
            words = (
                f"{level.property} {now[0]} {now[1] or ''}".strip()
                + f", was {was[0]} {was[1] or ''}".rstrip()
            )
            yield _change("slaProperties", words, OTHER)
    for key, level in after.items():
        if key not in before:
            yield _change("slaProperties", f"{level.property} is promised now", MORE)

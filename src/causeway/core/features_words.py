"""A rule in words: what people read where they ask how a column of the model is made."""

from msgspec import Struct

from causeway.core.features_cleaning import in_words as in_steps
from causeway.core.features_parts import part_in_words
from causeway.core.features_plan import raw_columns_of
from causeway.core.features_rules import (
    Constant,
    Derived,
    Features,
    Filled,
    Map,
    NumberElseMap,
    Numeric,
    Pair,
    Rule,
    Step,
    Sum,
    Words,
)

SHOWN = 4
NO_RULE = "no rule over the raw columns makes it"
KINDS = {
    "label-encoder": "code by alphabet",
    "factorize": "code in order of appearance",
    "frequency": "how often the category stands in the table",
    "code-map": "a number for each category",
}
BASES = {
    "range_mean": "its number, or the middle of a range",
    "first_number": "its first number",
    "amount": "its amount",
    "length": "its number of characters",
    "count.words": "its number of words",
    "count.different_words": "its number of different words",
    "count.capitals": "its number of capital letters",
    "count.digits": "its number of digits",
    "count.marks": "its number of punctuation marks",
    "mean.word_length": "the mean length of its words",
    "date.dayofweek": "its weekday, Monday 0",
    "date.dayofyear": "its day of the year",
    "date.days": "its days since the year 1",
    "date.seconds": "its seconds since 1970",
    "date.days_in_month_left": "the days left in its month",
}
SIGNS = {"ratio": "/", "product": "*", "sum": "+", "difference": "-"}


class ColumnMade(Struct, frozen=True, omit_defaults=True):
    """How one column of the model is made: of which raw columns, by what rule, in which line of the code.

    `rows` is the number of stored rows on which the rule was proven; 0 where there is none.
    """

    column: str
    rule: str
    of: tuple[str, ...] = ()
    made_at: str = ""
    rows: int = 0


def columns_made(features: Features) -> tuple[ColumnMade, ...]:
    """Each column of the model's matrix, in its order."""
    places = features.made_at or ("",) * len(features.columns)
    return tuple(
        ColumnMade(
            name, in_words(features, j), raw_columns_of(features, j), places[j], features.rules[j].support
        )
        for j, name in enumerate(features.columns)
    )


def in_words(features: Features, position: int) -> str:
    """How this column of the model's matrix is made."""
    rule = features.rules[position]
    if isinstance(rule, Derived):
        left, right = (features.columns[parent] for parent in rule.of)
        return _scaled(_pair(left, right, rule), rule.a, rule.b) + " of the model's own columns"
    return _alone(rule)


def _alone(rule: Rule) -> str:  # noqa: PLR0911 - one answer a kind of rule
    match rule:
        case Constant():
            return f"always {rule.value:g}"
        case Numeric():
            return _numeric(rule)
        case Map():
            return _map(rule)
        case NumberElseMap():
            return "the number it is; other text by its shape" + _missing(
                rule.missing, keeps=rule.keeps_missing
            )
        case Step():
            return _step(rule)
        case Pair():
            return _scaled(_pair(*rule.columns, rule), rule.a, rule.b)
        case Sum() | Filled():
            return _sum(rule) if isinstance(rule, Sum) else _filled(rule)
        case Words():
            return _words(rule)
        case Derived():
            return ""


def _numeric(rule: Numeric) -> str:
    if rule.a == 0:
        return f"{rule.b:g} where there is a value" + _missing(rule.missing, keeps=rule.keeps_missing)
    base = _base(rule.base, rule.format)
    text = base if rule.fn == "id" else f"{rule.fn} of {base}"
    text = _scaled(text, rule.a, rule.b)
    if rule.low is not None:
        text += f", at least {rule.low:g}"
    if rule.high is not None:
        text += f", at most {rule.high:g}"
    absent = _missing(rule.missing, keeps=rule.keeps_missing)
    return text + (absent.replace("missing", "missing or unreadable") if rule.coerce else absent)


def _base(base: str, layout: str) -> str:
    if base == "number":
        return "its value"
    if base in {"count.text", "count.lower_text"}:
        cased = "" if base == "count.text" else ", in any case"
        return f"how often it has {layout!r}{cased}"
    return BASES.get(base) or f"its {base.removeprefix('date.')}"


def _scaled(text: str, a: float, b: float) -> str:
    if (a, b) == (1.0, 0.0):
        return text
    times = text if a == 1 else f"{a:.4g} * {text}"
    return times if not b else f"{times} {'+' if b > 0 else '-'} {abs(b):.4g}"


def _missing(value: float | None, *, keeps: bool) -> str:
    if value is not None:
        return f"; {value:.6g} where missing"
    return "; left empty where missing" if keeps else ""


def _map(rule: Map) -> str:
    absent = _missing(rule.missing, keeps=rule.keeps_missing)
    part = part_in_words(rule.key)
    of = f" of {rule.column}, {part}" if part else ""
    if rule.what == "join":
        return f"{rule.source}, looked up by {rule.column} ({len(rule.values):,} keys){absent}"
    if rule.what in Features.INDICATORS:
        return _indicator(rule, of) + absent
    text = KINDS.get(rule.what, rule.what) + of
    few = sorted(rule.values.items(), key=lambda pair: pair[1])[:SHOWN]
    shown = ", ".join(f"{key} {value:.4g}" for key, value in few)
    more = f" and {len(rule.values) - len(few)} more" if len(rule.values) > len(few) else ""
    return f"{text} ({shown}{more}){absent}"


def _indicator(rule: Map, of: str) -> str:
    keys = sorted(rule.values)
    if not keys:
        return f"{rule.rest or 0:g} where there is a value"
    value = max(rule.values.values())
    named = " or ".join(keys[:SHOWN]) + (f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else "")
    return f"{value:g} where it is {named}{of and f' ({of.strip()})'}, else {rule.rest or 0:g}"


def _step(rule: Step) -> str:
    cuts = ", ".join(f"{cut:g}" for cut in rule.cuts[:SHOWN])
    more = f" and {len(rule.cuts) - SHOWN} more" if len(rule.cuts) > SHOWN else ""
    values = ", ".join(f"{value:.4g}" for value in rule.values[: SHOWN + 1])
    bins = f"a number for each range of {_base(rule.base, rule.format)}, cut at {cuts}{more} ({values})"
    return bins + _missing(rule.missing, keeps=rule.keeps_missing)


def _pair(left: str, right: str, rule: Pair | Derived) -> str:
    other = f"({right} + {rule.plus:g})" if rule.plus else right
    return f"{left} {SIGNS[rule.operation]} {other}"


def _sum(rule: Sum) -> str:
    parts = zip(rule.columns, rule.weights, strict=True)
    terms = [name if weight == 1 else f"{weight:.4g} * {name}" for name, weight in parts]
    text = " + ".join([*terms, *([f"{rule.b:.4g}"] if rule.b else [])])
    fills = [
        f"{fill:.6g} where {name} is missing"
        for name in rule.columns
        if (fill := rule.fill_of(name)) is not None
    ]
    return "; ".join([text, *fills])


def _filled(rule: Filled) -> str:
    few = list(rule.fills.items())[:SHOWN]
    more = f" and {len(rule.fills) - len(few)} more" if len(rule.fills) > len(few) else ""
    known = ", ".join(f"{value:.6g} for {key}" for key, value in few)
    return f"{_scaled('its value', rule.a, rule.b)}; where missing, by {rule.by}: {known}{more}"


def _words(rule: Words) -> str:
    if rule.values is not None:
        return f"its text, replaced category by category ({len(rule.values)} known)"
    if rule.steps or rule.words is not None:
        return "its text, " + ", ".join(filter(None, (in_steps(rule.steps), _word_by_word(rule))))
    return "its text without outer blanks" if rule.strip else "its text as it is"


def _word_by_word(rule: Words) -> str:
    known = rule.words or {}
    gone = sum(not word for word in known.values())
    changed = sum(bool(new) and new != old for old, new in known.items())
    parts = [f"{gone} words left out" if gone else "", f"{changed} words in another form" if changed else ""]
    return ", ".join(filter(None, parts))

"""What is seen of drift in one column, in the words that a person gets."""

from collections.abc import Sequence

from msgspec import Struct

from causeway.stats.drift import Difference

RANKS = {"ok": 0, "not-enough-data": 1, "note": 2, "warn": 3, "act": 4}


class DriftRules(Struct, frozen=True):
    """From where on a change counts."""

    effect: float = 0.05
    """Of a distance between 0 and 1."""
    unimportant: float = 0.1
    """The same for a feature that the model hardly uses."""
    q: float = 0.01
    """The share of false ones among what is noticed."""
    alpha: float = 0.01
    """How often a window may have anything held for certain that is not so."""
    relation: float = 0.1
    """The same of a rank correlation."""
    least_rows: int = 200
    of_three: int = 2
    horizons: tuple[int, ...] = (1, 6, 24)
    strict: bool = True
    """Whether what is certain holds whatever the distributions; else as in a sample of both together."""
    lesser: float = 0.1
    """A feature of less than this share of the largest importance is hardly used."""
    ignored: float = 0.01
    """A feature of this share of it at most is not used."""


class Aspect(Struct, frozen=True):
    """One way in which a column may change."""

    name: str
    effect: float
    p: float
    always: bool = False
    """Whether it counts however small it is."""


class Looked(Struct, frozen=True):
    """A column's difference, every way in which it was looked at, and those in which it is no chance."""

    difference: Difference
    aspects: tuple[Aspect, ...]
    noticed: tuple[Aspect, ...] = ()


class ColumnSeen(Struct, frozen=True):
    """What is seen of drift in one column of one window."""

    name: str
    verdict: str
    effect: float
    """The largest of its changes, 0 to 1."""
    low: float
    """The least that it may be, over `windows` last windows together."""
    windows: int
    p: float
    psi: float
    psi_by_chance: float
    missing: float
    aspects: tuple[str, ...]
    """In what it changed: "shape", "missing", "strange", "varies", "type"."""
    weight: float
    """Its importance as a share of the largest."""
    why: str
    difference: Difference


def looked_at(difference: Difference) -> Looked:
    """The ways in which a column is looked at."""
    missing = Aspect("missing", difference.missing.effect, difference.missing.p)
    if difference.kind in {"empty", "uncounted"}:
        return Looked(difference, (missing,))
    if difference.kind == "type":
        return Looked(difference, (Aspect("type", 1.0, difference.p, always=True), missing))
    strange, varies = difference.strange, difference.varies
    return Looked(
        difference,
        (
            Aspect("shape", difference.effect, difference.p),
            missing,
            Aspect("strange", strange.effect, strange.p),
            Aspect("varies", varies.effect, varies.p, always=True),
        ),
    )


def floor_of(weight: float, rules: DriftRules) -> float:
    """From which effect on the change of a column of this importance counts."""
    return rules.unimportant if weight < rules.lesser else rules.effect


def worded(name: str, looked: Looked, *, verdict: str, low: float, windows: int, weight: float) -> ColumnSeen:
    """The column as it is shown."""
    found = looked.difference
    largest = max(looked.noticed or looked.aspects, key=lambda each: each.effect)
    return ColumnSeen(
        name=name,
        verdict=verdict,
        effect=largest.effect,
        low=low,
        windows=windows,
        p=largest.p,
        psi=found.psi,
        psi_by_chance=found.psi_by_chance,
        missing=found.missing.seen,
        aspects=tuple(each.name for each in looked.noticed),
        weight=weight,
        why=_why(looked, verdict=verdict, low=low, windows=windows),
        difference=found,
    )


def summary(columns: Sequence[ColumnSeen], *, rows: int, reference_rows: int) -> str:
    """One sentence on all columns."""
    moved = [each for each in columns if RANKS[each.verdict] >= RANKS["warn"]]
    beside = f"{rows:,} rows beside {reference_rows:,} of the reference"
    if not moved:
        return f"nothing that lasts or is large changed ({beside})"
    named = ", ".join(each.name for each in moved[:3]) + (
        f" and {len(moved) - 3} more" if len(moved) > 3 else ""
    )
    return f"{named} changed: {moved[0].why} ({beside})"


def _why(looked: Looked, *, verdict: str, low: float, windows: int) -> str:
    if verdict == "not-enough-data":
        if looked.difference.kind == "uncounted":
            return "nothing to compare: an earlier version counted too few of so many different texts"
        return "nothing to compare: one of both has no values"
    if not looked.noticed and verdict != "act":
        return "as the reference, within what chance does"
    said = [_said(aspect, looked.difference) for aspect in looked.noticed] or [
        "changed a little in every window"
    ]
    if verdict == "act":
        over = f" over {windows} windows" if windows > 1 else ""
        said.append(f"by {low:.2f} at least{over}")
    return "; ".join(said)


def _said(aspect: Aspect, found: Difference) -> str:
    match aspect.name:
        case "missing":
            return f"missing in {found.missing.seen:.1%} of rows, was {found.missing.reference:.1%}"
        case "strange" if found.kind == "text":
            return f"{found.strange.seen:.1%} of rows have a text that the reference never had"
        case "strange":
            return f"{found.strange.seen:.1%} of rows lie beyond the reference's range"
        case "varies":
            return f"{found.varies.seen:.1%} of rows differ from the one value that the reference has"
        case "type":
            return "numbers became texts, or texts numbers"
        case _:
            return _shape(found)


def _shape(found: Difference) -> str:
    if found.kind == "text":
        named = ", ".join(f"{each.name!r} {each.before:.1%} to {each.now:.1%}" for each in found.moved)
        return f"shares changed by {found.effect:.2f}: {named}"
    return f"mean {found.reference_mean:.4g} to {found.mean:.4g}, distance {found.effect:.2f}"

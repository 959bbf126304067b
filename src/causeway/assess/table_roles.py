"""Which column of a table of scored rows is what, by what it is called and what it holds."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from causeway.core.errors import UsageError

NUMBER, TEXT, TIME, OTHER = "number", "text", "time", "other"
FEW = 30
"""Answers of more different values are no classes."""
LEAST_UNLIKE = 50
NEARLY_ALL = 0.9
"""Texts of which so many are different ones name rows, or are written by hand."""

_TIMES = re.compile(
    r"(.*_)?(time|timestamp|datetime|date|ts|at|when|time_?stamp_?ms|timestamp_ms|.*date|.*time|.*_at)"
)
_SCORES = re.compile(
    r"(.*_)?(probability|proba|prob|chance|confidence|likelihood)(_.*)?|(y_)?score|p_hat|p|.*_score"
)
_PREDICTIONS = re.compile(
    r"prediction|predictions|predicted(_.*)?|pred(_.*)?|y_?pred|y_?hat|.*_pred|.*_prediction|.*_predicted"
    r"|answer|output|score|decision|model_output|scored_labels?|predicted_?label"
)
_OUTCOMES = re.compile(
    r"outcome|actual(_.*)?|y_?true|truth|ground_?truth|true_?label|label(_value)?|target|class|y|.*_actual|response"
)
_IDS = re.compile(
    r"id|.*_id|.*[a-z]Id|uuid|guid|key|index|\(index\)|row|row_?(number|id)|unnamed.*|request|prediction_?key",
    re.IGNORECASE,
)
_YES = ("1", "true", "yes", "y", "positive", "pos", "bad", "default", "churn", "fraud")


class ColumnFacts(Struct, frozen=True):
    """What one column of a table holds."""

    name: str
    kind: str
    """One of `NUMBER`, `TEXT`, `TIME`, `OTHER`; what is `OTHER` cannot be compared."""
    rows: int
    missing: int
    distinct: int
    """About so many different values."""
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = False
    """Whether all numbers are whole ones."""
    said: str = ""
    """Of which type it is, where it cannot be compared."""

    @property
    def count(self) -> int:
        """The rows that have a value."""
        return self.rows - self.missing


class Asked(Struct, frozen=True):
    """What somebody named; empty where it is to be inferred, `none` where there is no such column."""

    time: str = ""
    prediction: str = ""
    score: str = ""
    outcome: str = ""
    id: str = ""
    positive: str = ""
    ignore: tuple[str, ...] = ()


class Roles(Struct, frozen=True):
    """Which column is what; empty where there is none."""

    time: str = ""
    prediction: str = ""
    score: str = ""
    """The chance of one class."""
    outcome: str = ""
    id: str = ""
    features: tuple[str, ...] = ()
    left_out: Mapping[str, str] = {}
    """Columns that are not compared, and why."""
    inferred: tuple[str, ...] = ()
    """The roles that nobody named."""

    @property
    def answers(self) -> tuple[str, ...]:
        """What the model said."""
        return tuple(filter(None, (self.prediction, self.score)))


def roles_of(columns: Sequence[ColumnFacts], asked: Asked) -> Roles:
    """The roles as they were named, and the others by name and content."""
    known = {each.name: each for each in columns}
    for name in (*_named(asked).values(), *asked.ignore):
        if name not in known:
            there = ", ".join(list(known)[:20])
            raise UsageError(f"the rows have no column {name}", hint=f"their columns: {there}")
    roles: dict[str, str] = {}
    for role, fits in _FITS.items():
        given = getattr(asked, role)
        taken = {*roles.values(), *asked.ignore, *_named(asked).values()}
        free = [each for each in columns if each.name not in taken]
        fitting = next((each.name for fit in fits for each in free if fit(each)), "")
        roles[role] = "" if given == NONE else given or fitting
    _check(known, roles)
    held = {name: role for role, name in roles.items() if name}
    left = {**_ignored(asked), **{name: _SAID[role] for name, role in held.items()}}
    features: list[str] = []
    for each in columns:
        if each.name in left:
            continue
        if why := _no_feature(each):
            left[each.name] = why
        else:
            features.append(each.name)
    named = _named(asked)
    inferred = tuple(role for role, name in roles.items() if name and role not in named)
    return structs.replace(
        Roles(roles["time"], roles["prediction"], roles["score"], roles["outcome"], roles["id"]),
        features=tuple(features),
        left_out=left,
        inferred=inferred,
    )


NONE = "none"
_SAID = {
    "time": "the time",
    "prediction": "the answer",
    "score": "the chance",
    "outcome": "the outcome",
    "id": "names rows",
}


def _named(asked: Asked) -> dict[str, str]:
    roles = {role: getattr(asked, role) for role in _SAID}
    return {role: name for role, name in roles.items() if name and name != NONE}


def _ignored(asked: Asked) -> dict[str, str]:
    return dict.fromkeys(asked.ignore, "as asked")


def _check(known: Mapping[str, ColumnFacts], roles: Mapping[str, str]) -> None:
    score = known.get(roles["score"])
    if score is not None and (score.kind != NUMBER or not _is_share(score)):
        raise UsageError(
            f"{score.name} is no chance: {_range(score)}",
            hint="name a column of numbers between 0 and 1; labels and values: --prediction",
        )
    time = known.get(roles["time"])
    if time is not None and time.kind != TIME:
        raise UsageError(
            f"{time.name} holds no times", hint="write them as 2026-01-31T12:00:00Z, or in seconds since 1970"
        )


def _range(column: ColumnFacts) -> str:
    if column.kind != NUMBER:
        return (
            f"it holds {'texts' if column.kind == TEXT else 'times' if column.kind == TIME else column.said}"
        )
    return f"its numbers go from {column.minimum:g} to {column.maximum:g}"


def _plain(name: str) -> str:
    """As names are compared: `predictionDate` is `prediction_date`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip()).lower().replace(" ", "_").replace("-", "_")


def _is_share(column: ColumnFacts) -> bool:
    low, high = column.minimum, column.maximum
    return low is not None and high is not None and low >= 0 and high <= 1


def _is_time(column: ColumnFacts) -> bool:
    return column.kind == TIME


def _is_named_time(column: ColumnFacts) -> bool:
    return column.kind == TIME and bool(_TIMES.fullmatch(_plain(column.name)))


def _is_score(column: ColumnFacts) -> bool:
    number = column.kind == NUMBER and _is_share(column) and not column.whole
    return number and bool(_SCORES.fullmatch(_plain(column.name)))


def _is_prediction(column: ColumnFacts) -> bool:
    return column.kind in {NUMBER, TEXT} and bool(_PREDICTIONS.fullmatch(_plain(column.name)))


def _is_outcome(column: ColumnFacts) -> bool:
    return column.kind in {NUMBER, TEXT} and bool(_OUTCOMES.fullmatch(_plain(column.name)))


def _is_id(column: ColumnFacts) -> bool:
    unlike = column.distinct >= NEARLY_ALL * column.count or column.kind == OTHER
    return unlike and bool(_IDS.fullmatch(column.name.strip()))


_FITS = {
    "time": (_is_named_time, _is_time),
    "score": (_is_score,),
    "prediction": (_is_prediction,),
    "outcome": (_is_outcome,),
    "id": (_is_id,),
}
"""By role, in the order in which columns are given away, the best fit first."""


def _no_feature(column: ColumnFacts) -> str:
    """Why the column is not compared; empty where it is."""
    if column.kind == OTHER:
        return f"of type {column.said}"
    if column.kind == TIME:
        return "a time"
    if _is_id(column) and column.count >= LEAST_UNLIKE and (column.whole or column.kind == TEXT):
        return _SAID["id"]
    unlike = column.count >= LEAST_UNLIKE and column.distinct >= NEARLY_ALL * column.count
    return "nearly every row has its own" if column.kind == TEXT and unlike else ""


def positive_of(classes: Sequence[str], *, asked: str, score: str) -> str:
    """The class whose chance the score is, of two."""
    if asked:
        if asked not in classes:
            raise UsageError(f"there is no class {asked}", hint=f"there are: {', '.join(classes)}")
        return asked
    words = _plain(score).split("_")
    named = [each for each in classes if _plain(each) in words]
    if len(named) == 1:
        return named[0]
    usual = [each for each in classes if each.lower() in _YES]
    return usual[0] if len(usual) == 1 else max(classes)

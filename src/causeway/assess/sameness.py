"""Whether two releases are the same, and if not, what differs and why."""

from collections.abc import Iterator

from msgspec import Struct

from causeway.core.metrics import spoken
from causeway.core.release import Release

INPUTS = {
    "manifest": "causeway.toml",
    "data": "the data",
    "code": "the code",
    "environment": "the packages it is trained with",
    "contract": "the data contract",
}
WHOLE_FOLDER = "source"
"""The digest of code and data together, which says nothing that they do not."""


class Difference(Struct, frozen=True):
    """What differs, and which way: `input` is a cause, `result` what came of it."""

    kind: str
    words: str


def differences(old: Release, new: Release) -> tuple[Difference, ...]:
    """What is different in the new release, causes first; nothing where both have one digest."""
    if old.digest == new.digest:
        return ()
    inputs = tuple(Difference("input", words) for words in _inputs(old, new))
    results = tuple(Difference("result", words) for words in _results(old, new))
    if inputs or not results:
        return (*inputs, *results)
    unseeded = "nothing that it is made from differs, so the training itself does not repeat: fix its seeds"
    return (Difference("input", unseeded), *results)


def _inputs(old: Release, new: Release) -> Iterator[str]:
    names = [name for name in {**INPUTS, **old.inputs, **new.inputs} if name != WHOLE_FOLDER]
    for name in names:
        if old.inputs.get(name) != new.inputs.get(name):
            yield f"{INPUTS.get(name, name)} changed"


def _results(old: Release, new: Release) -> Iterator[str]:
    if old.signature != new.signature:
        yield _fields(old, new)
    for path in sorted(old.files.keys() | new.files.keys()):
        if path not in new.files:
            yield f"{path} is gone"
        elif path not in old.files:
            yield f"{path} is new"
        elif old.files[path] != new.files[path]:
            yield f"{path} has other bytes"
    if old.evaluation != new.evaluation:
        name = spoken(new.evaluation.metric)
        yield f"{name} is {new.evaluation.value:.6g}, was {old.evaluation.value:.6g}"
    if old.parity != new.parity:
        yield f"parity is {_rows(new)}, was {_rows(old)}"


def _fields(old: Release, new: Release) -> str:
    before, after = ({field.name for field in each.signature.inputs} for each in (old, new))
    if before == after:
        return "the input columns have other limits or categories"
    parts = [f"no {name}" for name in sorted(before - after)] + [
        f"{name} besides" for name in sorted(after - before)
    ]
    return f"callers send {', '.join(parts)}"


def _rows(release: Release) -> str:
    return f"{release.parity.rows_equal:,} of {release.parity.rows:,} rows"

"""Ways in which the rows that a model was fitted on knew of those held out, or of the target."""

from collections.abc import Sequence

from msgspec import Struct

from causeway.core.features import Map
from causeway.core.table import Number
from causeway.core.trace import Link
from causeway.recover.identity import Reached
from causeway.recover.loaded import LoadedTrace
from causeway.recover.search import Explanation


class Leak(Struct, frozen=True):
    """One such way: `resampled-before-split`, `transformed-before-split`, or `target-encoded`.

    `detail` is the matrix column that holds the target's means.
    """

    kind: str
    detail: str = ""


def leaks_of(
    loaded: LoadedTrace, rows: Reached, columns: Sequence[str], explained: Sequence[Explanation]
) -> tuple[Leak, ...]:
    """The leaks that the way of the rows and the rules show."""
    path = rows.lineage.path(rows.fit.matrix)
    before = _before_split(path)
    found: list[Leak] = []
    if any(link.how == "fit_resample" for link in before):
        found.append(Leak("resampled-before-split"))
    if any(link.how == "fit_transform" for link in before) or _moved_in(loaded, path):
        found.append(Leak("transformed-before-split"))
    for name, one in zip(columns, explained, strict=True):
        if isinstance(one.rule, Map) and one.rule.target_encoded:
            found.append(Leak("target-encoded", name))
    return tuple(found)


def _before_split(path: Sequence[Link]) -> Sequence[Link]:
    """The links from the split up to the root."""
    splits = [at for at, link in enumerate(path) if link.how == "train_test_split"]
    return path[splits[-1] + 1 :] if splits else []


def _moved_in(loaded: LoadedTrace, path: Sequence[Link]) -> bool:
    """Whether the matrix that was split holds columns that a transformer had been fitted to make."""
    split = next((link.parent for link in path if link.how == "train_test_split"), None)
    if split is None:
        return False
    held = _contents(loaded, split)
    made = [link.child for link in loaded.trace.links if link.how == "fit_transform"]
    return any(child in loaded.matrices and _contents(loaded, child) <= held for child in made)


def _contents(loaded: LoadedTrace, name: str) -> set[bytes]:
    columns = loaded.matrices[name].columns.values()
    return {column.values.tobytes() for column in columns if isinstance(column, Number)} or {b""}

"""Removes the files of segments that others replaced, once nobody can be reading them any more."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from causeway.actions.segments import remove_segment
from causeway.actions.workspace import Workspace, write_whole
from causeway.core.events import SegmentSealed
from causeway.core.keeping import SegmentErased
from causeway.views.segments import follow

GRACE = timedelta(hours=1)


def expect_removal(work: Workspace, product: str) -> None:
    """Says that files will have to be removed, before the ledger says that they are replaced."""
    write_whole(_waiting(work, product), b"")


def removal_due(work: Workspace, product: str) -> bool:
    """Whether files lie there that nobody can be reading any more."""
    try:
        asked = _waiting(work, product).stat().st_mtime
    except (FileNotFoundError, NotADirectoryError):
        return False
    return work.clock.now().timestamp() - asked > GRACE.total_seconds()


def remove_replaced(work: Workspace, product: str, *, grace: timedelta = GRACE, again: bool = False) -> None:
    """Removes what was replaced or erased longer ago than this; what was removed before only `again`."""
    until, done = work.clock.now() - grace, 0 if again else _done(work, product)
    live: dict[str, list[SegmentSealed]] = {}
    gone: list[str] = []
    last, later = done, False
    for event in work.ledger.read(product):
        fact = event.fact
        if not isinstance(fact, SegmentSealed | SegmentErased):
            continue
        replaced = follow(live.setdefault(fact.stream, []), fact)
        if not replaced or event.body.seq <= done:
            continue
        later = later or event.body.at > until
        if not later:
            gone += [each.path for each in replaced]
            last = event.body.seq
    there = {fact.path for segments in live.values() for fact in segments}
    for path in gone:
        if path not in there:
            remove_segment(work, path)
    if last != done:
        write_whole(_mark(work, product), str(last).encode())
    if not later:
        _waiting(work, product).unlink(missing_ok=True)


def _done(work: Workspace, product: str) -> int:
    """The event up to which everything replaced was removed."""
    with suppress(FileNotFoundError, ValueError):
        return int(_mark(work, product).read_bytes())
    return 0


def _mark(work: Workspace, product: str) -> Path:
    return work.state / "segments" / product / "removed"


def _waiting(work: Workspace, product: str) -> Path:
    return work.state / "segments" / product / "removing"

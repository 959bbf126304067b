"""Back from a prediction to its sources: what a name means, and the walk from there."""

import difflib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from causeway.actions.decide import product_state
from causeway.actions.lineage import FOLDER, events_told
from causeway.actions.lineage_received import own_file, owned_datasets, received_events
from causeway.actions.seal import log_folder
from causeway.actions.segments import PREDICTIONS, segment_source, segments_of
from causeway.actions.workspace import Workspace
from causeway.adapters import registry
from causeway.core.errors import NotFound, UsageError
from causeway.core.events import SegmentSealed
from causeway.core.ids import DIGEST_PREFIX, is_product_name, short
from causeway.core.lineage import OURS
from causeway.core.lineage_events import EventSeen, Key, event_of
from causeway.core.records import Record, frames
from causeway.core.table import Number
from causeway.views.lineage import (
    Graph,
    Node,
    RunTold,
    Walker,
    columns_of,
    dataset_of_column,
    graph_of,
    release_of,
    used_by,
)
from causeway.views.product import Made

SHOWN = 5
SLACK = timedelta(minutes=5)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DIGITS = re.compile(r"(sha256:)?[0-9a-f]{4,64}")


class Walked(Struct, frozen=True):
    """The way back from what was asked for; `used_by` are the jobs that read it, where it is a dataset."""

    target: str
    kind: str
    """`prediction`, `release`, `run` or `dataset`."""
    column: str
    way: Node
    used_by: tuple[Node, ...] = ()


class Answered(Struct, frozen=True):
    """A prediction that was found: which release of which product gave it, and when."""

    id: str
    product: str
    release: str
    at: datetime
    arm: str


class Lineage:
    """The graph of a workspace, drawn again only when something was told since."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._drawn: tuple[object, Graph] | None = None

    def graph(self) -> Graph:
        """What was made from what."""
        folder = self._work.state / FOLDER
        stands = (self._work.ledger.heads(), folder.stat().st_mtime_ns if folder.is_dir() else 0)
        if self._drawn is None or self._drawn[0] != stands:
            told = [event_of(event) for event in events_told(self._work)]
            runs, jobs = {event.run for event in told}, {event.job for event in told}
            # what our own runs read and made is told by nobody but them
            sent = (e for e in received_events(self._work) if e.run not in runs and e.job not in jobs)
            events = [*told, *sent]
            self._drawn = (stands, graph_of(events, same=self._own_files(events)))
        return self._drawn[1]

    def walk(self, target: str, *, column: str = "") -> Walked:
        """The way back from a prediction, a run, a release (by its first digits) or a dataset."""
        wanted = target.strip()
        graph = self.graph()
        if _UUID.fullmatch(wanted.lower()):
            return self._from_id(graph, wanted.lower(), column)
        if _DIGITS.fullmatch(wanted.lower()) and (found := self._release(wanted.lower())):
            product, made = found
            return self._from_release(graph, product, made, column, target=made.release)
        return _from_dataset(graph, _dataset(graph, wanted), column)

    def _own_files(self, events: Sequence[EventSeen]) -> dict[Key, Key]:
        owned = owned_datasets(self._work)
        keys = {dataset.key for event in events for dataset in event.datasets}
        found = ((key, own_file(self._work, owned, key)) for key in keys)
        return {key: here for key, here in found if here}

    def _from_id(self, graph: Graph, name: str, column: str) -> Walked:
        if name in graph.runs:
            run = graph.runs[name]
            product = run.job[1].partition(".")[0]
            return Walked(name, "run", column, _way(graph, run, product, column))
        answered = find_prediction(self._work, name)
        if answered is None:
            raise NotFound(
                f"no prediction and no run is called {name}", hint="ids are in the answers of the endpoint"
            )
        made = product_state(self._work, answered.product).releases.get(answered.release)
        behind = (
            self._from_release(graph, answered.product, made, column, target=name).way
            if made
            else Node("release", short(answered.release), answered.product, "not made in this workspace")
        )
        arm = f", arm {answered.arm}" if answered.arm else ""
        told = f"of {answered.product}, {answered.at:%Y-%m-%d %H:%M}{arm}"
        way = Node("prediction", name, answered.product, told, children=(behind,))
        return Walked(name, "prediction", column, way)

    def _from_release(self, graph: Graph, product: str, made: Made, column: str, *, target: str) -> Walked:
        run = graph.runs.get(made.run) or _run_that_made(graph, made.release, product)
        live = product_state(self._work, product).shares.get(made.release)
        told = f"of {product}, made {made.at:%Y-%m-%d %H:%M}{f', live {live} %' if live else ''}"
        behind = (
            _way(graph, run, product, column)
            if run
            else Node("run", made.run, OURS, "it told nothing of what it read")
        )
        way = Node("release", short(made.release), product, told, children=(behind,))
        return Walked(target, "release", column, way)

    def _release(self, digits: str) -> tuple[str, Made] | None:
        bare = digits.removeprefix(DIGEST_PREFIX)
        found = [
            (product, made)
            for product in self._work.products()
            for release, made in product_state(self._work, product).releases.items()
            if release.removeprefix(DIGEST_PREFIX).startswith(bare)
        ]
        if len(found) > 1:
            raise UsageError(f"several releases start with {bare}", hint="name more of its digits")
        return found[0] if found else None


def find_prediction(work: Workspace, name: str) -> Answered | None:
    """The prediction of this id, in sealed segments or in logs that are still open."""
    for product in filter(is_product_name, work.products()):
        found = _in_segments(work, product, name) or _in_logs(work, product, name)
        if found:
            return found
    return None


def _in_segments(work: Workspace, product: str, name: str) -> Answered | None:
    segments = segments_of(work, product, PREDICTIONS)
    files = [segment_source(work, fact) for fact in segments if _may_hold(fact, name)]
    if not files:
        return None
    table = registry.segment_files().matching(files, [name], columns=["id", "at", "release", "arm"])
    if not len(table):
        return None
    at = table.columns["at"]
    moment = float(at.values[0]) / 1e6 if isinstance(at, Number) else 0.0
    release, arm = (str(table.columns[each].values[0] or "") for each in ("release", "arm"))
    return Answered(name, product, release, datetime.fromtimestamp(moment, UTC), arm)


def _may_hold(fact: SegmentSealed, name: str) -> bool:
    """Whether an id of this time can lie in the segment; only one of version 7 tells its time."""
    if name[14] != "7" or fact.first_at is None or fact.last_at is None:
        return True
    at = datetime.fromtimestamp(int(name.replace("-", "")[:12], 16) / 1000, UTC)
    return fact.first_at - SLACK <= at <= fact.last_at + SLACK


def _in_logs(work: Workspace, product: str, name: str) -> Answered | None:
    for log in sorted(log_folder(work, product).glob("*")):
        if not log.is_file() or name.encode() not in (content := log.read_bytes()):
            continue
        for record in frames(content):
            if isinstance(record, Record) and record.id == name:
                at = datetime.fromtimestamp(record.at_ns / 1e9, UTC)
                return Answered(name, product, record.release, at, record.arm)
    return None


def _run_that_made(graph: Graph, release: str, product: str) -> RunTold | None:
    runs = [run for run in graph.runs.values() if release_of(run, product) == release]
    return max(runs, key=lambda run: run.at, default=None)


def _way(graph: Graph, run: RunTold, product: str, column: str) -> Node:
    walker = Walker(graph)
    if not column:
        return walker.run(run.run, product=product)
    key = dataset_of_column(run, product, column)
    if key is None:
        raise _no_column(column, columns_of(run))
    return walker.column(key, column, of=run)


def _from_dataset(graph: Graph, key: Key, column: str) -> Walked:
    walker = Walker(graph)
    target = "/".join(key)
    if not column:
        return Walked(target, "dataset", column, walker.dataset(key), used_by(graph, key))
    if column not in graph.datasets[key].columns:
        raise _no_column(column, list(graph.datasets[key].columns))
    return Walked(target, "dataset", column, walker.column(key, column))


def _dataset(graph: Graph, wanted: str) -> Key:
    """The dataset that goes by this name, with its namespace before it or without."""
    keys = sorted(graph.datasets)
    for matches in (
        [key for key in keys if wanted in {"/".join(key), ":".join(key)}],
        [key for key in keys if key[1] == wanted],
        [key for key in keys if re.split(r"[/.]", key[1])[-1] == wanted or key[1].endswith(f"/{wanted}")],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            named = ", ".join("/".join(key) for key in matches[:SHOWN])
            raise UsageError(f"several datasets are called {wanted}", hint=f"name one: {named}")
    near = difflib.get_close_matches(wanted, [key[1] for key in keys], n=1)
    known = near or [key[1] for key in keys[:SHOWN]]
    hint = f"did you mean {near[0]}?" if near else f"datasets: {', '.join(known) or 'none yet'}"
    raise NotFound(f"no prediction, release, run or dataset is called {wanted}", hint=hint)


def datasets_known(graph: Graph) -> Iterator[tuple[Key, int]]:
    """Every dataset with the number of jobs that made or read it."""
    for key in sorted(graph.datasets):
        runs = (*graph.makers.get(key, ()), *graph.readers.get(key, ()))
        yield key, len({graph.runs[run].job for run in runs})


def _no_column(column: str, known: list[str]) -> NotFound:
    near = difflib.get_close_matches(column, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"columns: {', '.join(known[: SHOWN * 4]) or 'none told'}"
    return NotFound(f"there is no column {column}", hint=hint)

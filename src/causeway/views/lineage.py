"""What was made from what, as events tell it: a graph of runs and datasets, and walks back through it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, structs

from causeway.core.ids import counted, short
from causeway.core.lineage import OURS, answers_of, features_of, job_of, model_of
from causeway.core.lineage_events import DatasetSeen, EventSeen, Key, StepSeen

MAX_DEPTH = 40
MAX_NODES = 3000


class Node(Struct, frozen=True, omit_defaults=True):
    """A place on the way; `above` where it was shown already, with all that lies behind it."""

    kind: str
    """`prediction`, `release`, `run`, `job`, `dataset`, `columns` or `column`."""
    name: str
    namespace: str = ""
    told: str = ""
    above: bool = False
    children: tuple["Node", ...] = ()


class RunTold(Struct):
    """A run as all its events tell it; a job that is told of without a run counts as one."""

    run: str
    job: Key
    at: datetime
    state: str = ""
    parent: str = ""
    scheduler: str = ""
    commit: str = ""
    reason: str = ""
    inputs: dict[Key, DatasetSeen] = {}
    outputs: dict[Key, DatasetSeen] = {}


class Graph(Struct):
    """Everything that is known; only `graph_of` writes to it."""

    runs: dict[str, RunTold] = {}
    makers: dict[Key, list[str]] = {}
    readers: dict[Key, list[str]] = {}
    datasets: dict[Key, DatasetSeen] = {}
    same: dict[Key, Key] = {}
    """Another name of a dataset, and the one that it goes by here."""

    def named(self, key: Key) -> Key:
        """The one name of a dataset."""
        passed: set[Key] = set()
        while key in self.same and key not in passed:
            passed.add(key)
            key = self.same[key]
        return key


def graph_of(events: Iterable[EventSeen], *, same: Mapping[Key, Key]) -> Graph:
    """The graph that these events draw; later ones of a run overrule earlier ones."""
    graph = Graph(same=dict(same))
    told = sorted(events, key=lambda event: event.at)
    for event in told:
        for dataset in event.datasets:
            for alias in dataset.aliases:
                if alias != dataset.key:
                    graph.same.setdefault(alias, dataset.key)
    for event in told:
        _add(graph, event)
    makers: defaultdict[Key, list[str]] = defaultdict(list)
    readers: defaultdict[Key, list[str]] = defaultdict(list)
    for run in graph.runs.values():
        for key in run.outputs:
            makers[key].append(run.run)
        for key in run.inputs:
            readers[key].append(run.run)
    graph.makers, graph.readers = dict(makers), dict(readers)
    return graph


def _add(graph: Graph, event: EventSeen) -> None:
    for dataset in event.datasets:
        key = graph.named(dataset.key)
        graph.datasets[key] = _merged(graph.datasets.get(key), structs.replace(dataset, key=key))
    if event.form == "dataset":
        return
    name = event.run or "/".join(event.job)
    run = graph.runs.setdefault(name, RunTold(name, event.job, event.at))
    run.at = event.at
    for field in ("state", "parent", "scheduler", "commit", "reason"):
        if said := getattr(event, field):
            setattr(run, field, said)
    for known, told in ((run.inputs, event.inputs), (run.outputs, event.outputs)):
        for dataset in told:
            key = graph.named(dataset.key)
            known[key] = _merged(known.get(key), structs.replace(dataset, key=key))


def _merged(before: DatasetSeen | None, now: DatasetSeen) -> DatasetSeen:
    if before is None:
        return now
    return DatasetSeen(
        now.key,
        now.columns or before.columns,
        now.steps or before.steps,
        now.version or before.version,
        now.rows if now.rows is not None else before.rows,
    )


class Walker:
    """Walks back from a run or a dataset; what was shown once is not shown again, so every walk ends."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._shown: set[tuple[str, ...]] = set()
        self._nodes = 0

    def run(self, name: str, *, product: str = "") -> Node:
        """A run with what it read; one of ours with the columns of its model too."""
        run = self._graph.runs[name]
        kind = "run" if run.job == (OURS, job_of(product)) else "job"
        columns = _columns(run, product) if kind == "run" else None
        inputs = tuple(self.dataset(key, of=run) for key in sorted(run.inputs))
        return self._made_of_run(run, kind, (columns, *inputs) if columns else inputs)

    def dataset(self, key: Key, *, of: RunTold | None = None, depth: int = 0) -> Node:
        """A dataset with the jobs that made it; `of` is the run that read it."""
        seen = (of.inputs.get(key) if of else None) or self._graph.datasets.get(key) or DatasetSeen(key)
        node = Node("dataset", key[1], key[0], _told_of_dataset(seen))
        if key in self._shown or self._too_far(depth):
            return structs.replace(node, above=key in self._shown)
        self._shown.add(key)
        jobs = tuple(
            self._job(run, depth=depth + 1, made=key) for run in self._makers(key, of=of) if run is not of
        )
        return structs.replace(node, children=jobs)

    def column(
        self, key: Key, name: str, *, of: RunTold | None = None, depth: int = 0, how: str = ""
    ) -> Node:
        """A column of a dataset with the columns that it is made of."""
        place = (*key, name)
        node = Node("column", name, f"{key[0]}/{key[1]}", how)
        if place in self._shown or self._too_far(depth):
            return structs.replace(node, above=place in self._shown)
        self._shown.add(place)
        # what a run made itself, no other run made for it
        runs = [of] if of and key in of.outputs else self._makers(key, of=of)
        made = [(run, run.outputs[key].steps.get(name, ())) for run in runs]
        steps = tuple(
            self.column(self._graph.named(step.dataset), step.column, of=run, depth=depth + 1, how=step.rule)
            for run, found in made
            for step in found
        )
        return structs.replace(node, children=steps)

    def _job(self, run: RunTold, *, depth: int, made: Key) -> Node:
        others = sorted(key for key in run.inputs if key != made)
        inputs = tuple(self.dataset(key, of=run, depth=depth + 1) for key in others)
        return self._made_of_run(run, "job", inputs)

    def _made_of_run(self, run: RunTold, kind: str, children: tuple[Node, ...]) -> Node:
        name = run.run if kind == "run" else run.job[1]
        return Node(kind, name, run.job[0], _told_of_run(run, kind), children=children)

    def _makers(self, key: Key, *, of: RunTold | None) -> list[RunTold]:
        """One run of each job that made it: the one that the reader started, else the last before it."""
        latest: dict[Key, RunTold] = {}
        for run in map(self._graph.runs.__getitem__, self._graph.makers.get(key, ())):
            known = latest.get(run.job)
            if known is None or _rank(run, of) > _rank(known, of):
                latest[run.job] = run
        return [latest[job] for job in sorted(latest)]

    def _too_far(self, depth: int) -> bool:
        self._nodes += 1
        return depth > MAX_DEPTH or self._nodes > MAX_NODES


def used_by(graph: Graph, key: Key) -> tuple[Node, ...]:
    """The jobs that read a dataset, each with what its last run made."""
    latest: dict[Key, RunTold] = {}
    for run in map(graph.runs.__getitem__, graph.readers.get(key, ())):
        if run.job not in latest or run.at >= latest[run.job].at:
            latest[run.job] = run
    return tuple(
        Node(
            "job",
            job[1],
            job[0],
            _told_of_run(run, "job"),
            children=tuple(
                Node("dataset", made[1], made[0], _told_of_dataset(run.outputs[made]))
                for made in sorted(run.outputs)
            ),
        )
        for job, run in sorted(latest.items())
    )


def dataset_of_column(run: RunTold, product: str, column: str) -> Key | None:
    """Where a run's column of this name stands: among the answers, the model's columns, or the raw ones."""
    ours = [(OURS, answers_of(product)), (OURS, features_of(product))]
    for key in ours:
        if key in run.outputs and column in run.outputs[key].columns:
            return key
    return next((key for key, seen in sorted(run.inputs.items()) if column in seen.columns), None)


def columns_of(run: RunTold) -> list[str]:
    """Every column that a run speaks of."""
    datasets = (*run.outputs.values(), *run.inputs.values())
    return list(dict.fromkeys(name for dataset in datasets for name in dataset.columns))


def release_of(run: RunTold, product: str) -> str:
    """The release that a run made; empty where it made none."""
    made = run.outputs.get((OURS, model_of(product))) or run.outputs.get((OURS, answers_of(product)))
    return made.version if made else ""


def _rank(run: RunTold, of: RunTold | None) -> tuple[bool, bool, datetime]:
    if of is None:
        return (False, run.state == "COMPLETE", run.at)
    return (run.parent == of.run, run.at <= of.at, run.at)


def _columns(run: RunTold, product: str) -> Node | None:
    matrix = run.outputs.get((OURS, features_of(product)))
    if matrix is None:
        return None
    read = {(step.dataset, step.column) for steps in matrix.steps.values() for step in steps}
    lines = tuple(Node("column", name, told=_made_of(matrix.steps.get(name, ()))) for name in matrix.columns)
    told = f"made of {counted(len(read), 'column')} of the data"
    return Node(
        "columns", f"{counted(len(matrix.columns), 'column')} of the model", told=told, children=lines
    )


def _made_of(steps: tuple[StepSeen, ...]) -> str:
    names = list(dict.fromkeys(step.column for step in steps))
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    rule = next((step.rule for step in steps), "")
    return f"of {', '.join(names[:4])}{more} ({rule})" if names else "of no column of the data"


def _told_of_dataset(seen: DatasetSeen) -> str:
    said = [counted(seen.rows, "row") if seen.rows is not None else ""]
    said.append(counted(len(seen.columns), "column") if seen.columns else "")
    said.append(f"version {short(seen.version)}" if seen.version else "")
    return ", ".join(filter(None, said))


def _told_of_run(run: RunTold, kind: str) -> str:
    said = [run.job[1] if kind == "run" else "", f"{run.state or 'told'} {run.at:%Y-%m-%d %H:%M}"]
    said.append(f"commit {run.commit}" if run.commit else "")
    said.append(f"started by {run.scheduler}" if run.scheduler and kind == "run" else "")
    said.append(run.reason if run.state in {"FAIL", "ABORT"} else "")
    return ", ".join(filter(None, said))

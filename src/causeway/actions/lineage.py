"""What every run tells in the words of OpenLineage: one START and one terminal event, kept in the workspace.

A run that goes on has `lineage/<run>.open.json` with its START alone; one that ended has `lineage/<run>.json`
with both. What a killed run left open is closed by the next run of the product.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from causeway.actions.workspace import Workspace, write_whole
from causeway.adapters import registry
from causeway.core.events import RunFinished
from causeway.core.lineage import (
    Json,
    Source,
    Story,
    Work,
    ended,
    job_of,
    of_run,
    work_event,
)
from causeway.core.lineage_facets import Parent
from causeway.core.manifest import Manifest
from causeway.core.release import Release
from causeway.views.run import Runs, RunSeen

FOLDER = "lineage"
BUNDLED = "lineage.json"
OPEN = ".open.json"
STOPPED = "the run was stopped before its end, and another was begun from other inputs"
PARENT_VARIABLE = "OPENLINEAGE_PARENT_ID"
"""Where a scheduler says which run of its own starts this one: `namespace/job/run`."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def opening(manifest: Manifest, folder: Path, run: str) -> Story:
    """What is known of a run before it has read anything."""
    product = manifest.product
    sources = tuple(
        Source(part.path, (), owner=part.owner, title=part.name) for part in manifest.data if part.path
    )
    owners = {"OWNER": product.owner, "SPONSOR": product.sponsor}
    return Story(
        product.name,
        run,
        sources,
        owners={kind: name for kind, name in owners.items() if name},
        parent=parent_of(os.environ),
        code=registry.commit_here(folder),
    )


def parent_of(environment: Mapping[str, str]) -> Parent | None:
    """The run of a scheduler that started this process, if it says so as OpenLineage has agreed on."""
    namespace, _, rest = environment.get(PARENT_VARIABLE, "").partition("/")
    job, _, run = rest.rpartition("/")
    return Parent(namespace, job, run) if namespace and job and _UUID.fullmatch(run) else None


def begin(work: Workspace, start: Json) -> None:
    """Tells that a run began, unless that was told before."""
    run = _run_of(start)
    if run and not _closed(work, run).exists() and not _open(work, run).exists():
        write_whole(_open(work, run), msgspec.json.encode(start))


def end(work: Workspace, run: str, event: Json) -> None:
    """Tells how a run ended, once."""
    if _closed(work, run).exists():
        _open(work, run).unlink(missing_ok=True)
        return
    start = start_of(work, run) or {**event, "eventType": "START"}
    write_whole(_closed(work, run), msgspec.json.format(msgspec.json.encode([start, event]), indent=1))
    _open(work, run).unlink(missing_ok=True)


def has_ended(work: Workspace, run: str) -> bool:
    """Whether the end of this run was told."""
    return _closed(work, run).exists()


def start_of(work: Workspace, run: str) -> Json | None:
    """The START that this run told, while it goes on."""
    try:
        return msgspec.json.decode(_open(work, run).read_bytes(), type=Json)
    except (OSError, msgspec.DecodeError):
        return None


def finish(work: Workspace, run: str, bundled: bytes) -> None:
    """Tells that a run made this release, in the words that lie in its bundle."""
    events = msgspec.json.decode(bundled, type=list[Json])
    last = events[-1] if events else None
    if last is not None:
        end(work, run, last if _run_of(last) == run else of_run(last, run, at=work.clock.now()))


def fail(work: Workspace, run: str, reason: str, *, kind: str = "FAIL") -> None:
    """Tells that a run ended without a release, and why."""
    if start := start_of(work, run):
        end(work, run, ended(start, kind, at=work.clock.now(), reason=reason))


def settle(work: Workspace, product: str, runs: Runs, *, inputs: str) -> None:
    """Closes what killed runs left open; to be called by who alone may run this product.

    The run of these very inputs stays open: it is about to be taken up.
    """
    for run in runs.left_open():
        if run.inputs != inputs:
            fact = RunFinished(run.run, "aborted", reason=STOPPED, code="aborted")
            work.ledger.append(product, [fact], actor=work.actor, at=work.clock.now())
            fail(work, run.run, STOPPED, kind="ABORT")
    for run, start in _left_open(work, product):
        seen = runs.runs.get(run)
        if seen is None or seen.status != "open":
            _close(work, run, start, seen)


def begin_work(work: Workspace, told: Work) -> None:
    """Tells that a run began that makes no release: reading a source, or scoring a table."""
    begin(work, work_event(told, "START", at=work.clock.now()))


def end_work(work: Workspace, told: Work, *, reason: str = "") -> None:
    """Tells how it ended: well, or for this reason."""
    event = work_event(told, "FAIL" if reason else "COMPLETE", at=work.clock.now())
    end(work, told.run, ended(event, "FAIL", at=work.clock.now(), reason=reason) if reason else event)


def model_of_release(release: Release) -> dict[str, str]:
    """What a model is, in a few words each."""
    seen = release.evaluation
    return {
        "task": release.task,
        "target": release.target,
        "estimator": release.model.estimator,
        "framework": release.model.framework,
        **({"metric": f"{seen.metric} {seen.value:.4g}"} if seen.rows else {}),
    }


def events_told(work: Workspace) -> Iterator[Json]:
    """Every event of every run of this workspace, with those of bundles whose run told nothing here."""
    told: set[str] = set()
    for path in sorted((work.state / FOLDER).glob("[0-9a-f]*.json")):
        told.add(path.name.partition(".")[0])
        yield from _events_in(path)
    for path in sorted((work.state / "releases").glob(f"[0-9a-f]*/{BUNDLED}")):
        yield from (event for event in _events_in(path) if _run_of(event) not in told)


def _events_in(path: Path) -> list[Json]:
    with suppress(OSError, msgspec.DecodeError):
        found = msgspec.json.decode(path.read_bytes(), type=list[Json] | Json)
        return found if isinstance(found, list) else [found]
    return []


def _left_open(work: Workspace, product: str) -> Iterator[tuple[str, Json]]:
    """The runs and reads of this product whose end was not told; a scoring has a lease of its own."""
    for path in sorted((work.state / FOLDER).glob(f"*{OPEN}")):
        run = path.name.removesuffix(OPEN)
        start = start_of(work, run)
        job = start.get("job") if start else None
        name = str(job.get("name", "")) if isinstance(job, dict) else ""
        if start and (name == job_of(product) or name.startswith(f"{product}.read.")):
            yield run, start


def _close(work: Workspace, run: str, start: Json, seen: RunSeen | None) -> None:
    """Tells the end of a run as the ledger knows it; a read that nobody ended was cut off."""
    at = seen.ended_at if seen and seen.ended_at else work.clock.now()
    if seen and seen.status in ("made", "tried"):
        with suppress(OSError):
            finish(work, run, (work.bundle(seen.release) / BUNDLED).read_bytes())
            return
        end(work, run, ended(start, "COMPLETE", at=at, reason=""))
    elif seen and seen.status == "failed":
        end(work, run, ended(start, "FAIL", at=at, reason=seen.reason))
    else:
        end(work, run, ended(start, "ABORT", at=at, reason=seen.reason if seen else STOPPED))


def _run_of(event: Json) -> str:
    run = event.get("run")
    found = str(run.get("runId", "")) if isinstance(run, dict) else ""
    # it becomes the name of a file
    return found if _UUID.fullmatch(found) else ""


def _open(work: Workspace, run: str) -> Path:
    return work.state / FOLDER / f"{run}{OPEN}"


def _closed(work: Workspace, run: str) -> Path:
    return work.state / FOLDER / f"{run}.json"

"""`causeway run`: from a proof of concept's folder to a signed release, each stage done once."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from causeway.actions import lineage
from causeway.actions.bundles import open_bundle
from causeway.actions.decide import product_state
from causeway.actions.forecasting import rates_of
from causeway.actions.lease import Lease, holding
from causeway.actions.releases import chosen
from causeway.actions.source import digest_own_code, digest_source
from causeway.actions.stages.contract import check_declared
from causeway.actions.stages.package import LINEAGE, Packaged, unpacked
from causeway.actions.stages.pipeline import make_release, make_try
from causeway.actions.stages.site import Given, Site, Workshop
from causeway.actions.stages.step import AnyMade, Made, Nobody, StageEnded, Steps, Watcher, as_ended
from causeway.actions.sweep import sweep
from causeway.actions.workers import can_work, worker_speed
from causeway.actions.workspace import MANIFEST, Workspace, load_product
from causeway.adapters import registry
from causeway.assess.sameness import Difference, differences
from causeway.assess.stage_cost import ServerRate, server_rate
from causeway.core.errors import CausewayError, OutsideError, Refused
from causeway.core.events import AnyFact, ProductDeclared, ReleaseMade, RunFinished, RunStarted
from causeway.core.features import ColumnMade
from causeway.core.figure import Figure
from causeway.core.finding import Finding
from causeway.core.ids import digest_of_value, uuid7
from causeway.core.lineage import started
from causeway.core.manifest import Manifest
from causeway.core.release import Evaluation, Parity, Release, Speed
from causeway.views.run import Done, Runs, RunSeen, fold

POLL_SECONDS = 0.25

Pipeline = Callable[[Site, Steps], Packaged]


class Again(Struct, frozen=True):
    """An earlier release, and what is different in the one made anew."""

    release: str
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether the very same release came out."""
        return not self.differences


class RunReport(Struct, frozen=True, omit_defaults=True):
    """What came of a run: `status` is `made` or `already_made`."""

    product: str
    run: str
    status: str
    release: str
    bundle: str
    evaluation: Evaluation
    parity: Parity
    encoded_input: bool
    stages: tuple[StageEnded, ...]
    findings: tuple[Finding, ...]
    blocks: tuple[str, ...]
    """Codes of the findings that keep the release from being shipped."""
    again: Again | None = None
    """The release that this run was to repeat, and what came out otherwise."""
    columns: tuple[ColumnMade, ...] = ()
    """How each column of the model is made of raw ones."""
    not_compiled: str = ""
    """Why a process with the model itself answers, where one does."""
    speed: Speed | None = None
    cost: Figure | None = None
    """What the stages cost that were done now, an estimate; absent where none was."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked to make a release from."""

    folder: Path
    manifest: Manifest
    manifest_digest: str
    source: str
    rate: ServerRate
    """What a server costs, for the estimate of what each stage did."""
    given: Given | None = None
    tried: bool = False
    """Whether it is only to see what comes of it: then no release is recorded as made."""

    @property
    def product(self) -> str:
        """The product's name."""
        return self.manifest.product.name

    @property
    def governed(self) -> bool:
        """Whether data is read under a grant: then it is read, and the grant looked at, in every run."""
        return any(part.governed for part in self.manifest.data)

    @property
    def inputs(self) -> str:
        """The digest of everything that decides what comes out."""
        start = {"manifest": self.manifest_digest, "source": self.source, "by": digest_own_code()}
        more = {"given": self.given.digest} if self.given else {}
        return digest_of_value({**start, **more, **({"tried": "yes"} if self.tried else {})})


def run(
    work: Workspace,
    folder: Path,
    *,
    watcher: Watcher | None = None,
    workshop: Workshop = registry,
    pipeline: Pipeline | None = None,
    again: str | None = None,
    given: Given | None = None,
    tried: bool = False,
) -> RunReport:
    """The release of this folder as it is now: taken up where an earlier run stopped, or made.

    With `again`, the first digits of a release, nothing but the environment is taken up, and the report
    says whether the same release came out. `given` stands in the place of a source's file; with `tried` the
    model is put together as far as it can be asked, nothing is proven, and the product has no release of it.
    """
    watcher, pipeline = watcher or Nobody(), pipeline or (make_try if tried else make_release)
    manifest, digest = load_product(work, folder)
    for part in manifest.data:
        check_declared(folder, part.contract)
    rate = server_rate(rates_of(folder, manifest), manifest.budget.currency)
    asked = Asked(folder.resolve(), manifest, digest, _source(folder, manifest), rate, given, tried)
    since = _runs(work, asked).head
    earlier = None if again is None else open_bundle(work, _named(work, asked, again)).release
    waiting = False
    while True:
        with holding(work, f"run:{asked.product}") as lease:
            runs = _runs(work, asked)
            if not asked.governed and earlier is None and (already := _already(work, asked, runs)):
                return already
            if lease is None and not waiting:
                watcher.said("another process is making this release; waiting for it")
                waiting = True
            elif lease is not None:
                _raise_what_the_other_met(runs, asked, since=since if waiting else runs.head)
                fresh = runs if earlier is None else structs.replace(runs, done=_environments(runs))
                report = _lead(
                    work, asked, fresh, lease, watcher=watcher, workshop=workshop, pipeline=pipeline
                )
                return report if earlier is None else _beside(work, report, earlier)
        time.sleep(POLL_SECONDS)


def _named(work: Workspace, asked: Asked, release: str) -> str:
    return chosen(product_state(work, asked.product), asked.product, release)


def _environments(runs: Runs) -> dict[str, Done]:
    """The stages that made an environment: its packages are pinned, so making it again says nothing."""
    return {key: done for key, done in runs.done.items() if done.stage == "environment"}


def _beside(work: Workspace, report: RunReport, earlier: Release) -> RunReport:
    made = open_bundle(work, report.release).release
    return structs.replace(report, again=Again(earlier.digest, differences(earlier, made)))


def _source(folder: Path, manifest: Manifest) -> str:
    ours = {MANIFEST, *(part.contract for part in manifest.data)}
    return digest_source(folder.resolve(), without=ours)


def _runs(work: Workspace, asked: Asked) -> Runs:
    return fold(work.ledger.read(asked.product))


def _already(work: Workspace, asked: Asked, runs: Runs) -> RunReport | None:
    """The release that a run of these very inputs made, if it still lies there whole."""
    made = runs.made(asked.inputs)
    if made is None or not work.artifacts.has(made.stages[-1].result):
        return None
    packaged = _decoded(work, made.stages[-1].result, Packaged)
    if not unpacked(work, packaged) or not can_work(work, packaged.release):
        return None
    stages = tuple(
        _as_ended(work, runs.done.get(stage.key, stage))
        for stage in made.stages
        if work.artifacts.has(stage.result)
    )
    return _report(work, made.run, packaged, status="already_made", stages=stages)


def _as_ended(work: Workspace, done: Done) -> StageEnded:
    fact = _decoded(work, done.result, Made).fact
    return as_ended(done, fact)


def _raise_what_the_other_met(runs: Runs, asked: Asked, *, since: int) -> None:
    """Passes on the failure of the run that was waited for, instead of meeting it a second time."""
    last = runs.latest(asked.inputs)
    if last is not None and last.status == "failed" and last.ended_seq > since:
        raise Refused(last.reason, where="the run of another process", hint="mend it, then run again")


def _lead(
    work: Workspace,
    asked: Asked,
    runs: Runs,
    lease: Lease,
    *,
    watcher: Watcher,
    workshop: Workshop,
    pipeline: Pipeline,
) -> RunReport:
    """Makes the release while the lease is held."""
    sweep(work)
    _clear_scratch(work, runs)
    lineage.settle(work, asked.product, runs, inputs=asked.inputs)
    opened = runs.opened(asked.inputs) or _begin(work, asked, runs)
    story = lineage.opening(asked.manifest, asked.folder, opened.run)
    lineage.begin(work, started(story, at=opened.started_at))
    site = Site(
        work=work,
        manifest=asked.manifest,
        manifest_digest=asked.manifest_digest,
        folder=asked.folder,
        source=asked.source,
        run=opened.run,
        started_at=opened.started_at,
        workshop=workshop,
        watcher=watcher,
        given=asked.given,
    )
    steps = Steps(
        work=work,
        product=asked.product,
        run=opened.run,
        known=runs.done,
        seen=frozenset(stage.key for stage in opened.stages),
        lease=lease,
        watcher=watcher,
        ended=[],
        rate=asked.rate,
    )
    try:
        packaged = _guarded(site, steps, pipeline)
        return _finish(work, site, runs, packaged=packaged, steps=steps, tried=asked.tried)
    finally:
        shutil.rmtree(site.scratch, ignore_errors=True)


def _begin(work: Workspace, asked: Asked, runs: Runs) -> RunSeen:
    at = work.clock.now()
    run = uuid7(at)
    facts: list[AnyFact] = [RunStarted(run, asked.inputs)]
    if runs.manifest != asked.manifest_digest:
        part = asked.manifest.product
        facts.insert(0, ProductDeclared(asked.manifest_digest, part.stage))
    work.ledger.append(asked.product, facts, actor=work.actor, at=at)
    return RunSeen(run, asked.inputs, at)


def _guarded(site: Site, steps: Steps, pipeline: Pipeline) -> Packaged:
    """What the pipeline made; a failure is recorded before it is passed on."""
    try:
        return pipeline(site, steps)
    except CausewayError as error:
        _record_failure(site, error)
        raise
    except OSError as error:
        outside = OutsideError(
            f"the run stopped: {error.strerror or error}",
            where=str(error.filename or ""),
            hint="free some space or mend the permissions, then run again: finished stages are kept",
        )
        _record_failure(site, outside)
        raise outside from error


def _record_failure(site: Site, error: CausewayError) -> None:
    at = site.work.clock.now()
    fact = RunFinished(site.run, "failed", reason=error.message, code=error.code)
    site.work.ledger.append(site.product, [fact], actor=site.work.actor, at=at)
    lineage.fail(site.work, site.run, error.message)


def _finish(
    work: Workspace, site: Site, runs: Runs, *, packaged: Packaged, steps: Steps, tried: bool
) -> RunReport:
    """Records the release once, and reports it."""
    known = packaged.release.digest in runs.releases
    facts: list[AnyFact] = [] if known or tried else [_release_made(packaged, run=site.run)]
    facts.append(RunFinished(site.run, "tried" if tried else "made", release=packaged.release.digest))
    work.ledger.append(site.product, facts, actor=work.actor, at=work.clock.now())
    lineage.finish(work, site.run, work.artifacts.get(packaged.files[LINEAGE]))
    status = "already_made" if known else "made"
    report = _report(work, site.run, packaged, status=status, stages=tuple(steps.ended))
    done = [stage.seconds for stage in report.stages if not stage.cached]
    return structs.replace(report, cost=steps.rate.total(done)) if done else report


def _report(
    work: Workspace, run: str, packaged: Packaged, *, status: str, stages: tuple[StageEnded, ...]
) -> RunReport:
    release = packaged.release
    return RunReport(
        product=release.product,
        run=run,
        status=status,
        release=release.digest,
        bundle=str(work.bundle(release.digest)),
        evaluation=release.evaluation,
        parity=release.parity,
        encoded_input=release.encoded_input,
        stages=stages,
        findings=packaged.findings,
        blocks=release.findings,
        columns=packaged.made,
        not_compiled=release.model.reason,
        speed=worker_speed(work, release),
    )


def _decoded(work: Workspace, digest: str, made: type[AnyMade]) -> AnyMade:
    return msgspec.json.decode(work.artifacts.get(digest), type=made)


def _release_made(packaged: Packaged, *, run: str) -> ReleaseMade:
    release = packaged.release
    return ReleaseMade(
        release=release.digest,
        run=run,
        key_id=packaged.key_id,
        metric=release.evaluation.metric,
        value=release.evaluation.value,
        baseline=release.evaluation.baseline,
        encoded_input=release.encoded_input,
    )


def _clear_scratch(work: Workspace, runs: Runs) -> None:
    """Removes what killed runs of this product left in their scratch folders."""
    for run in runs.runs:
        shutil.rmtree(work.state / "runs" / run, ignore_errors=True)

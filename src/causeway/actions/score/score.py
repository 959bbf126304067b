"""Answers to all rows of a source by a release, or by what is live: once, and taken up where it stopped.

What is done is known by two things: a part's files in the scratch folder, whose description is written
last, and the facts in the ledger, which come with the part's records. Either may be missing after a kill.
"""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.bundles import describe
from causeway.actions.decide import product_state
from causeway.actions.lease import holding
from causeway.actions.lineage_work import scored_source, telling_score
from causeway.actions.score.answering import Setup
from causeway.actions.score.arms import route_for
from causeway.actions.score.files import part_files
from causeway.actions.score.origin import Origin, opened
from causeway.actions.score.parts import Watch, all_parts
from causeway.actions.score.target import Target, target_of
from causeway.actions.source import digest_file
from causeway.actions.workers import check_worker
from causeway.actions.workspace import PRIVATE, Workspace, load_product, write_whole
from causeway.adapters import registry
from causeway.assess.access_masks import as_masked
from causeway.core.access import NoAccess
from causeway.core.bundle import check_file
from causeway.core.contract_text import read_contract, write_contract
from causeway.core.errors import CausewayError, Conflict, Defect, UsageError, outside
from causeway.core.events import AnyFact, Event, ScoreFinished, ScoreStarted
from causeway.core.ids import digest_of_value, short
from causeway.core.lineage import Source
from causeway.core.manifest import Manifest
from causeway.core.release import Release
from causeway.core.routes import Route
from causeway.core.score import PART_ROWS, Part, PartDone, Staged, answer_columns, parts_of, score_name
from causeway.views.score import Scoring, scoring

CONTRACT = "contract.odcs.yaml"
CONSUMER = "score"


class Scored(Struct, frozen=True):
    """What became of every row: `scored`, or `already_scored` where all of it was there."""

    product: str
    status: str
    score: str
    releases: dict[str, int]
    source: str
    target: str
    rows: int
    scored: int
    set_apart: int
    arms: dict[str, int]
    set_aside: str
    """Where the rows lie that were set apart."""
    parts: int
    rules: dict[str, int] = {}
    """How many rows broke each rule."""
    unchecked: tuple[str, ...] = ()
    """What the contract says of the whole table, which a part cannot tell."""
    taken_up: int = 0
    """Parts that an earlier attempt had finished."""


class Wanted(Struct, frozen=True):
    """What somebody asked for."""

    release: str
    source: str
    target: str
    keep: tuple[str, ...] = ()
    unit: str = ""
    consumer: str = CONSUMER
    part_rows: int = PART_ROWS


@dataclass(frozen=True, slots=True)
class _Job:
    """A scoring, once all that it starts from is known."""

    name: str
    records: str
    """The name of what is recorded: another target gets the same answers, and no second record of them."""
    route: Route
    arm: str
    shares: dict[str, int]
    releases: dict[str, Release]
    wanted: Wanted
    origin: Origin
    target: Target
    identifiers: tuple[str, ...]
    unit: str
    scratch: Path


def score(work: Workspace, folder: Path, wanted: Wanted, *, watch: Watch = lambda *_: None) -> Scored:
    """Answers every row that keeps contract and signature, and sets the others apart with the reason."""
    manifest, _ = load_product(work, folder)
    state = product_state(work, manifest.product.name)
    route, arm = route_for(work, state, wanted.release)
    target = target_of(wanted.target)
    releases = {each.release: describe(work, each.release).release for each in route.served}
    for release in releases.values():
        check_worker(work, release, folder=folder)
    fetched = _fetched(work, route, wanted)
    try:
        origin = opened(work, folder, manifest, wanted.source, scratch=fetched)
        job = _job(work, wanted, manifest, origin, target=target, route=route, arm=arm, releases=releases)
        part = next((each for each in manifest.data if each.name == origin.source), None)
        read = scored_source(part, origin.told, folder=folder, digest=origin.digest)
        scored = _alone(work, job, watch, read=read)
    except NoAccess:
        # what may not be read any more does not stay either; with a new grant it is read anew
        for name in _begun_with(work, route.product, fetched):
            shutil.rmtree(work.state / "scores" / name, ignore_errors=True)
        shutil.rmtree(fetched, ignore_errors=True)
        raise
    except (CausewayError, OSError):
        if not _begun_with(work, route.product, fetched):
            # nothing is gone on with, so nobody's rows stay
            shutil.rmtree(fetched, ignore_errors=True)
        raise
    shutil.rmtree(fetched, ignore_errors=True)
    return scored


def _job(
    work: Workspace,
    wanted: Wanted,
    manifest: Manifest,
    origin: Origin,
    *,
    target: Target,
    route: Route,
    arm: str,
    releases: dict[str, Release],
) -> _Job:
    identifiers = _identifiers(manifest, origin)
    unit = wanted.unit or route.entity or next(iter(identifiers), "")
    shares = {each.release: each.share for each in route.served}
    records = score_name(shares, origin.digest, _draw_of(route, unit), str(wanted.part_rows))
    name = score_name(records, target.place, *wanted.keep)
    return _Job(
        name=name,
        records=records,
        route=route,
        arm=arm,
        shares=shares,
        releases=releases,
        wanted=wanted,
        origin=origin,
        target=target,
        identifiers=identifiers,
        unit=unit,
        scratch=work.state / "scores" / name,
    )


def _draw_of(route: Route, unit: str) -> str:
    """All that decides who gets which row, in words; empty where all get the same."""
    holdout = f"{route.holdout_percent} {route.withheld}" if route.holdout_percent else ""
    return f"{unit}/{route.salt}/{holdout}" if len(route.served) > 1 or holdout else ""


def _begun_with(work: Workspace, product: str, fetched: Path) -> list[str]:
    """The scorings of these rows that are on record, to be gone on with."""
    digests = {digest_file(each) for each in fetched.glob("rows.*") if each.is_file()}
    facts = (event.fact for event in work.ledger.read(product))
    return [fact.score for fact in facts if isinstance(fact, ScoreStarted) and fact.digest in digests]


def _alone(work: Workspace, job: _Job, watch: Watch, *, read: Source) -> Scored:
    with holding(work, f"score:{job.records}") as lease:
        if lease is None:
            raise Conflict("another process scores these rows", hint="wait for it, then repeat")
        past = scoring(work.ledger.read(job.route.product), job.name, job.records)
        finished = past.finished
        if finished and job.target.holds(job.name, digest=finished.target, rows=finished.scored):
            # nobody goes on with what a scoring that was killed at its very end left
            shutil.rmtree(job.scratch, ignore_errors=True)
            return _already(job, finished, parts=len(past.parts))
        try:
            job.target.check(job.name, begun=past.started is not None, scratch=job.scratch)
            release, releases = next(iter(job.releases.values())), list(job.releases)
            place = job.target.place
            with telling_score(work, release, job.name, source=read, target=place, releases=releases):
                scored = _carried_out(work, job, past, watch)
        except (CausewayError, OSError):
            if past.started is None:
                shutil.rmtree(job.scratch, ignore_errors=True)
            raise
        shutil.rmtree(job.scratch, ignore_errors=True)
        return scored


def _carried_out(work: Workspace, job: _Job, past: Scoring, watch: Watch) -> Scored:
    staged = _staged(job)
    columns = staged[0].columns
    _check_columns(job, columns)
    parts = parts_of(staged, job.wanted.part_rows)
    if not parts:
        raise UsageError(f"{job.origin.told} has no rows", hint="bring it again, with its rows")
    if past.started is None:
        past.begin(_begun(work, job, parts, columns))
    setup = Setup(
        score=job.name,
        digest=job.records if _draw_of(job.route, job.unit) else job.origin.digest,
        scratch=str(job.scratch),
        staged=staged,
        route=job.route,
        contracts=_contracts(work, job),
        arm=job.arm,
        unit=job.unit if job.unit in columns else "",
        entity=_entity_of(job, columns),
        keep=_kept(job, columns),
        consumer=job.wanted.consumer,
        at_us=int(past.at.timestamp() * 1e6) if past.at else 0,
    )
    done, taken_up = all_parts(work, setup, parts, past=past, target=job.target, watch=watch)
    return _finished(work, job, past, done, taken_up=taken_up)


def _fetched(work: Workspace, route: Route, wanted: Wanted) -> Path:
    """Where the rows of a granted source lie until this is done."""
    shares = [[each.release, each.share] for each in route.served]
    asked = digest_of_value([shares, wanted.source, wanted.target, list(wanted.keep), wanted.unit])
    return work.state / "scores" / f"read-{short(asked)}"


def _identifiers(manifest: Manifest, origin: Origin) -> tuple[str, ...]:
    """The columns that name a row: those of the source, or of the only one that names any."""
    named = [part for part in manifest.data if part.identifiers]
    mine = [part for part in named if part.name == origin.source] or (named if len(named) == 1 else [])
    return mine[0].identifiers if mine else ()


def _kept(job: _Job, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of the source that stand beside the answers."""
    ours = _ours(job)
    found = (*(name for name in job.identifiers if name in columns and name not in ours), *job.wanted.keep)
    return tuple(dict.fromkeys(found))


def _ours(job: _Job) -> frozenset[str]:
    """The columns of the answers that none of the source may be called like."""
    outputs = [output for release in job.releases.values() for output in release.signature.outputs]
    return frozenset((*answer_columns(outputs), *job.target.columns))


def _staged(job: _Job) -> tuple[Staged, ...]:
    """The source's rows as parts are read of them; made once."""
    mark, files = job.scratch / "staged.json", job.origin.files
    if mark.is_file():
        return msgspec.json.decode(mark.read_bytes(), type=tuple[Staged, ...])
    try:
        job.scratch.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
    except OSError as error:
        raise outside(error) from error
    tables = registry.tables()
    staged = tuple(
        tables.stage(file, job.scratch / f"source-{number:05}.parquet", part_rows=job.wanted.part_rows)
        for number, file in enumerate(files)
    )
    for file, one in zip(files, staged, strict=True):
        if strange := sorted(set(one.columns) ^ set(staged[0].columns)):
            raise UsageError(
                f"{file} is of another table than {files[0].name}: {', '.join(strange[:3])}",
                hint="put files of one table into the folder",
            )
    write_whole(mark, msgspec.json.encode(staged))
    return staged


def _check_columns(job: _Job, columns: Sequence[str]) -> None:
    """Refuses a source that lacks what a release takes, or what somebody named."""
    there = f"its columns: {', '.join(columns[:20])}"
    for digest, release in job.releases.items():
        lacking = [f.name for f in release.signature.inputs if f.required and f.name not in columns]
        if lacking:
            raise UsageError(
                f"{job.origin.told} lacks what release {short(digest)} takes: {', '.join(lacking[:8])}",
                hint=there,
            )
    for name in filter(None, (*job.wanted.keep, job.wanted.unit)):
        if name not in columns:
            raise UsageError(f"{job.origin.told} has no column {name}", hint=there)
    for name in job.wanted.keep:
        if name in _ours(job):
            raise UsageError(
                f"the column {name} cannot be kept: the answers have one of that name",
                hint="rename it in the source",
            )


def _entity_of(job: _Job, columns: Sequence[str]) -> str:
    """The column that names whom a row is about, where no release takes it as an input."""
    taken = {field.name for release in job.releases.values() for field in release.signature.inputs}
    entity = job.route.entity
    return entity if entity in columns and entity not in taken else ""


def _contracts(work: Workspace, job: _Job) -> dict[str, str]:
    """Each release's own contract, less what masking takes away."""
    found: dict[str, str] = {}
    for digest, release in job.releases.items():
        if CONTRACT not in release.files:
            continue
        content = (work.bundle(digest) / CONTRACT).read_bytes()
        check_file(release, CONTRACT, content)
        text = content.decode()
        if job.origin.masked:
            text = write_contract(
                as_masked(read_contract(text, where=CONTRACT), job.origin.source, dict(job.origin.masked))
            )
        found[digest] = text
    return found


def _begun(work: Workspace, job: _Job, parts: Sequence[Part], columns: Sequence[str]) -> Sequence[Event]:
    rows = sum(part.rows for part in parts)
    started = ScoreStarted(
        score=job.name,
        shares=job.shares,
        source=job.origin.told,
        digest=job.origin.digest,
        target=job.target.told,
        rows=rows,
        parts=len(parts),
        consumer=job.wanted.consumer,
        records=job.records,
    )
    facts: list[AnyFact] = [job.origin.read(job.name, rows=rows, columns=columns), started]
    return work.ledger.append(job.route.product, facts, actor=work.actor, at=work.clock.now())


def _finished(
    work: Workspace, job: _Job, past: Scoring, done: Sequence[PartDone], *, taken_up: int
) -> Scored:
    files = [part_files(job.scratch, part.number) for part in done]
    apart = [each for each, part in zip(files, done, strict=True) if part.set_apart]
    arms, rules = Counter[str](), Counter[str]()
    for part in done:
        arms.update(part.arms)
        rules.update(part.rules)
    fact = ScoreFinished(
        score=job.name,
        rows=past.started.rows if past.started else 0,
        scored=sum(part.scored for part in done),
        set_apart=sum(part.set_apart for part in done),
        arms=dict(arms),
        target=job.target.finish(files, apart=apart, scratch=job.scratch),
    )
    if fact.scored + fact.set_apart != fact.rows:
        raise Defect(f"of {fact.rows:,} rows {fact.scored + fact.set_apart:,} were found")
    if fact != past.finished:
        work.ledger.append(job.route.product, [fact], actor=work.actor, at=work.clock.now())
    told = _told(job, fact, status="scored", parts=len(done))
    return msgspec.structs.replace(
        told, rules=dict(rules.most_common()), unchecked=done[0].unchecked, taken_up=taken_up
    )


def _already(job: _Job, finished: ScoreFinished, *, parts: int) -> Scored:
    told = _told(job, finished, status="already_scored", parts=parts)
    return msgspec.structs.replace(told, taken_up=parts)


def _told(job: _Job, fact: ScoreFinished, *, status: str, parts: int) -> Scored:
    return Scored(
        product=job.route.product,
        status=status,
        score=job.name,
        releases=job.shares,
        source=job.origin.told,
        target=job.target.told,
        rows=fact.rows,
        scored=fact.scored,
        set_apart=fact.set_apart,
        arms=fact.arms,
        set_aside=job.target.apart if fact.set_apart else "",
        parts=parts,
    )

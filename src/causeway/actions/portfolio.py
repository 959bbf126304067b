"""Many folders at once: each judged in a process of its own, so that none can stop or slow the others."""

import json
import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.check import KINDS, CheckReport, check
from causeway.actions.side_by_side import Answer, Job, side_by_side
from causeway.assess.codes import codes
from causeway.assess.poc.judging import Verdict
from causeway.core.errors import CausewayError, UsageError, outside
from causeway.core.figure import Figure
from causeway.core.finding import Finding, Severity
from causeway.intake.files.walk import SKIPPED_FOLDERS, check_folder

SECONDS_A_FOLDER = 60.0
# what no file in the folder can show
OF_PEOPLE = frozenset({"NO-OWNER", "NO-KPI"})
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class Judged(Struct, frozen=True, omit_defaults=True):
    """One proof of concept of a portfolio: what it is and how it stands, or why it could not be judged."""

    name: str
    folder: str
    kind: str = ""
    stage: str = ""
    ready: bool = False
    verdict: Verdict | None = None
    top: str = ""
    """Code of the gravest finding in the folder itself; of a missing owner only where nothing else weighs."""
    title: str = ""
    sentence: str = ""
    codes: dict[str, Severity] = {}
    """Every code that was found, with its gravest weight."""
    work: Figure | None = None
    """Person-days to clear its findings by hand."""
    next: str = ""
    seconds: float = 0.0
    error: str = ""
    hint: str = ""

    @property
    def command(self) -> str:
        """What judges it alone."""
        return f"causeway check {shlex.quote(self.folder)}"


class Total(Struct, frozen=True):
    """A code, what it says, and in how many of the portfolio it was found; `severity` is the gravest."""

    code: str
    says: str
    proofs: int
    severity: Severity


class Portfolio(Struct, frozen=True):
    """Every proof of concept in the sub-folders, the gravest first, and what they have in common."""

    folder: str
    proofs: tuple[Judged, ...]
    ready: int
    not_ready: int
    failed: int
    totals: tuple[Total, ...]
    left_out: tuple[str, ...]
    """Sub-folders with nothing to judge in them."""
    seconds: float


Say = Callable[[str], None]


def check_all(
    folder: Path, *, stage: str = "", seconds: float = SECONDS_A_FOLDER, say: Say = lambda _: None
) -> Portfolio:
    """The judgement on every sub-folder; what cannot be judged says why and stops no other."""
    check_folder(folder)
    started = time.monotonic()
    names = _names(folder)
    if not names:
        raise UsageError(
            "no folder lies in this one",
            where=str(folder),
            hint=f"judge the folder itself: causeway check {shlex.quote(str(folder))}",
        )
    found: list[Judged] = []
    left_out: list[str] = []
    jobs = [(str(folder), name, stage) for name in names]
    answers = side_by_side(jobs, _judge, seconds=seconds, preload=__name__)
    for number, answer in enumerate(answers, start=1):
        judged, name = _judged(answer), answer.job[1]
        found += judged
        left_out += [] if judged else [name]
        say(f"{number} of {len(names)}: {name}")
    return portfolio(folder, found, left_out=left_out, seconds=time.monotonic() - started)


def portfolio(
    folder: Path, found: Iterable[Judged], *, left_out: Sequence[str] = (), seconds: float = 0.0
) -> Portfolio:
    """These judgements in order, and counted."""
    proofs = tuple(sorted(found, key=_order))
    judged = [proof for proof in proofs if proof.verdict]
    ready = sum(proof.ready for proof in judged)
    return Portfolio(
        folder=str(folder),
        proofs=proofs,
        ready=ready,
        not_ready=len(judged) - ready,
        failed=len(proofs) - len(judged),
        totals=tuple(_totals(judged)),
        left_out=tuple(sorted(left_out)),
        seconds=round(seconds, 3),
    )


def _order(proof: Judged) -> tuple[object, ...]:
    """The gravest first; what could not be judged last."""
    counts = proof.verdict or Verdict(0, 0, 0)
    return (proof.verdict is None, -counts.blockers, -counts.fixes, -counts.notes, proof.name)


def _totals(judged: Sequence[Judged]) -> list[Total]:
    """Every code, the gravest first, and of equal weight the most frequent."""
    known = codes()
    seen: dict[str, list[Severity]] = {}
    for proof in judged:
        for code, weight in proof.codes.items():
            seen.setdefault(code, []).append(weight)
    totals = [
        Total(
            code,
            known[code].says if code in known else code,
            len(weights),
            min(weights, key=_RANK.__getitem__),
        )
        for code, weights in seen.items()
    ]
    return sorted(totals, key=lambda total: (_RANK[total.severity], -total.proofs, total.code))


def _names(folder: Path) -> list[str]:
    """The folders in this one; links and what tools leave behind are none."""
    try:
        return sorted(
            entry.name
            for entry in os.scandir(folder)
            if entry.is_dir(follow_symlinks=False)
            and not entry.name.startswith(".")
            and entry.name not in SKIPPED_FOLDERS
        )
    except OSError as error:
        raise outside(error) from error


def _judge(job: Job) -> bytes:
    """What a process does: judge one folder, and everything that it holds."""
    place, name, stage = job
    folder = Path(place) / name
    try:
        judged = list(_judgements(folder, name, stage))
    except CausewayError as error:
        judged = [_failed(folder, name, error.message, error.hint)]
    except OSError as error:
        told = outside(error)
        judged = [_failed(folder, name, told.message, told.hint)]
    # a file's name need not be text; escapes keep every byte of it
    return json.dumps(msgspec.to_builtins(judged)).encode()


def _judged(answer: Answer) -> list[Judged]:
    if answer.content:
        return msgspec.convert(json.loads(answer.content), list[Judged])
    place, name, _ = answer.job
    folder = Path(place) / name
    return [_failed(folder, name, answer.problem, f"see: causeway check {shlex.quote(str(folder))}")]


def _failed(folder: Path, name: str, error: str, hint: str) -> Judged:
    return Judged(name, str(folder), error=error, hint=hint)


def _judgements(folder: Path, name: str, stage: str) -> Iterator[Judged]:
    report = check(folder, stage=stage)
    if not report.proofs:
        if not _is_nothing(report):
            yield _line(report, name)
        return
    yield _line(report, _inside(report.folder, folder, name))
    for proof in report.proofs[1:]:
        yield _line(check(Path(proof.path), stage=stage), _inside(proof.path, folder, name))


def _inside(path: str, folder: Path, name: str) -> str:
    return f"{name}/{Path(path).relative_to(folder).as_posix()}"


def _is_nothing(report: CheckReport) -> bool:
    """Whether there is nothing to judge: no code, no data, no manifest."""
    told = all(finding.common or finding.code in OF_PEOPLE for finding in report.findings)
    return told and not report.kind and not report.sources and not report.manifest


def _line(report: CheckReport, name: str) -> Judged:
    weights: dict[str, Severity] = {}
    for finding in report.findings:
        # the gravest come first
        weights.setdefault(finding.code, finding.severity)
    top = _top(report.findings)
    return Judged(
        name=name,
        folder=report.folder,
        kind=KINDS.get(report.kind, report.kind),
        stage=report.stage,
        ready=report.ready,
        verdict=report.verdict,
        top=top.code if top else "",
        title=top.title if top else "",
        sentence=report.sentence,
        codes=weights,
        work=report.forecast.work.by_hand if report.forecast else None,
        next=report.next,
        seconds=round(report.reach.seconds, 3),
    )


def _top(findings: Sequence[Finding]) -> Finding | None:
    """The gravest of what is in the folder itself; a missing owner only where nothing else weighs."""
    special = (f for f in findings if f.code not in OF_PEOPLE and f.severity is not Severity.NOTE)
    return next(special, findings[0] if findings else None)

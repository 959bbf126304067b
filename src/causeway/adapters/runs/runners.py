"""Runs the runner's scripts in a proof of concept's own interpreter, and reads what they wrote."""

import os
import shutil
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from causeway.adapters.ports import Say
from causeway.adapters.pythons.overlays import conversion_overlay
from causeway.adapters.runs.cases import Case, RawAnswers, read_answers, read_honest_answers, write_column
from causeway.adapters.runs.processes import Ended, run_bounded
from causeway.adapters.runs.sandbox import current
from causeway.core.answers import Answers, Converted, HonestAnswers, Tried
from causeway.core.environment import Environment, Limits
from causeway.core.errors import NotFound, OutsideError, Refused, outside
from causeway.core.table import Column, Table
from causeway.core.trace import Trace

RUNNER = Path(__file__).parents[2] / "runner"
AT = "at.txt"
"""Where the runner leaves word of the statement that it is in."""
MAX_TRACE_BYTES = 2 << 30
ANSWER_SECONDS = 300.0
GRACE_SECONDS = 45.0
DOINGS = {
    "predict": "asking the captured model",
    "evaluate": "fitting the model anew on held-out splits",
    "convert": "converting the captured model",
}
TOLD_CHARACTERS = 2_000
TOLD_LINES = 5
TOLD_WIDTH = 160
PRINTED = "it printed last: "
TRACEBACK = "Traceback (most recent call last)"
LEFT_OUT = {".git", ".hg", ".svn", ".causeway", "__pycache__", "node_modules", ".ipynb_checkpoints", ".venv"}


AnyStruct = TypeVar("AnyStruct", bound=Struct)


class _Outcome(Struct):
    ok: bool
    error: str = ""
    kind: str = ""
    peak_bytes: int = 0


def watch_training(
    environment: Environment,
    folder: Path,
    script: str,
    into: Path,
    *,
    limits: Limits,
    brought: Mapping[str, Path] | None = None,
    texts: Mapping[str, Sequence[str]] | None = None,
) -> Trace:
    """Runs a copy of the folder's training under watch; writes the trace and captured models to `into`.

    `script` is a path inside the folder, or `path:function`; `texts` names columns of files that are read as
    texts, whatever their cells look like.
    """
    script, _, function = script.partition(":")
    if not (folder / script).is_file():
        raise NotFound(
            f"{script} is not in the folder",
            where=str(folder),
            hint="name the training in causeway.toml: [model] train",
        )
    copy = into.resolve() / "poc"
    (into / "trace.json").unlink(missing_ok=True)
    copy_folder(folder.resolve(), copy)
    _lay_in(copy, brought or {})
    request: dict[str, object] = {
        "root": str(copy),
        "script": script,
        "function": function,
        "out": str(copy.parent),
        "limit_bytes": MAX_TRACE_BYTES,
        "texts": texts or {},
    }
    # in a cage it is interrupted first, so that what it did until then is known
    if current() is not None:
        request["seconds"] = limits.seconds
        limits = msgspec.structs.replace(limits, seconds=limits.seconds + GRACE_SECONDS)
    what = f"the training {script}" + (f":{function}" if function else "")
    try:
        ended = run_script("trace", request, environment=environment, scratch=into, limits=limits, what=what)[
            0
        ]
    except OutsideError as error:
        error.where = error.where or _stood_at(into)
        raise
    (into / AT).unlink(missing_ok=True)
    # what somebody let us read is not kept beside what was made of it
    for name in brought or {}:
        (copy / name).unlink(missing_ok=True)
    path = into / "trace.json"
    trace = decoded(path.read_bytes(), Trace, what=what)
    trace = msgspec.structs.replace(trace, printed=ended.printed, network=ended.network)
    path.write_bytes(msgspec.json.encode(trace))
    return trace


def _lay_in(copy: Path, brought: Mapping[str, Path]) -> None:
    """Puts these files into the copy, in place of what lay there."""
    for name, file in brought.items():
        place = copy / name
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            shutil.copyfile(file, place)
        except OSError as error:
            raise outside(error) from error


def _stood_at(into: Path) -> str:
    """The statement in which a training was stopped or died."""
    try:
        return (into / AT).read_text(encoding="utf-8")
    except OSError:
        return ""


def reference_predictions(environment: Environment, trace: Path, captured: int, matrix: Table) -> Answers:
    """What the captured model itself answers for these rows, in its own environment."""
    case = Case(trace.resolve(), captured)
    with _scratch(trace) as scratch:
        request = case.request(scratch) | {"matrix": case.matrix(scratch, matrix)}
        content = _run("predict", request, environment)
        return read_answers(scratch, msgspec.json.decode(content, type=RawAnswers))


def tried_predictions(environment: Environment, trace: Path, captured: int, matrix: Table) -> Tried:
    """The same for rows that the model may refuse: those that it takes are answered."""
    case = Case(trace.resolve(), captured)
    with _scratch(trace) as scratch:
        request = case.request(scratch) | {"matrix": case.matrix(scratch, matrix), "lenient": True}
        raw = msgspec.json.decode(_run("predict", request, environment), type=RawAnswers)
        taken = np.setdiff1d(np.arange(len(matrix)), np.array(raw.refused, np.int64))
        return Tried(read_answers(scratch, raw), taken, len(raw.refused), raw.why)


def honest_predictions(
    environment: Environment,
    trace: Path,
    captured: int,
    matrix: Table,
    target: Column,
    *,
    sampler: int | None = None,
    ordered: bool = False,
    copies: Column | None = None,
    seconds: float = 120.0,
) -> HonestAnswers:
    """Answers of fresh clones of the captured model for rows held out of their fitting.

    Rows of one number in `copies` are held out together.
    """
    case = Case(trace.resolve(), captured)
    with _scratch(trace) as scratch:
        request = case.request(scratch) | {
            "matrix": case.matrix(scratch, matrix),
            "target": write_column(scratch / "target", "target", target, case.target_kind),
            "sampler": case.model(sampler).file if sampler is not None else "",
            "ordered": ordered,
            "copies": write_column(scratch / "copies", "copies", copies) if copies else None,
            "seconds": seconds,
        }
        content = _run("evaluate", request, environment, seconds=seconds)
        return read_honest_answers(scratch, msgspec.json.decode(content, type=RawAnswers))


def convert_model(
    environment: Environment, trace: Path, captured: int, into: Path, *, dtype: str = "float32", say: Say
) -> Converted:
    """A captured model as `into`/model.onnx, or why that cannot be."""
    case = Case(trace.resolve(), captured)
    if case.captured.problem:
        return Converted(reason=f"{case.captured.estimator} was not kept: {case.captured.problem}")
    if case.fitted_on is None:
        return Converted(reason=f"what {case.captured.estimator} was fitted on was not seen")
    try:
        overlay = conversion_overlay(environment, say=say)
    except Refused as refused:
        return Converted(reason=refused.message)
    into.mkdir(parents=True, exist_ok=True)
    file = into.resolve() / "model.onnx"
    with _scratch(trace) as scratch:
        request = case.request(scratch) | {
            "overlay": [str(overlay)],
            "matrix": msgspec.to_builtins(case.fitted_on),
            "dtype": dtype,
            "file": str(file),
        }
        return msgspec.json.decode(_run("convert", request, environment), type=Converted)


def _run(name: str, request: dict[str, object], environment: Environment, *, seconds: float = 0) -> bytes:
    return run_script(
        name,
        request,
        environment=environment,
        scratch=Path(str(request["scratch"])),
        limits=Limits(seconds=ANSWER_SECONDS + 3 * seconds),
        what=DOINGS[name],
    )[1]


@contextmanager
def _scratch(trace: Path) -> Generator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="answer-", dir=trace.resolve(), ignore_cleanup_errors=True
    ) as name:
        yield Path(name)


def run_script(
    name: str,
    request: Mapping[str, object],
    *,
    environment: Environment,
    scratch: Path,
    limits: Limits,
    what: str,
) -> tuple[Ended, bytes]:
    """How the script ended and its result file's bytes; raises OutsideError where it has no good result."""
    scratch = scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    asked, answered = scratch / f"{name}.request.json", scratch / f"{name}.result.json"
    answered.unlink(missing_ok=True)
    # not resolved: an environment's python is a link, and its place tells what it may import
    python = Path(environment.python).absolute()
    if not python.exists():
        raise OutsideError(
            "the environment's python is gone",
            where=str(python),
            hint="run again to make the environment anew",
        )
    asked.write_bytes(
        msgspec.json.encode({**request, "result": str(answered), "file_bytes": limits.file_bytes})
    )
    ended = run_bounded(
        [str(python), "-s", str(RUNNER / f"{name}.py"), str(asked)],
        cwd=scratch,
        scratch=scratch,
        limits=limits,
        what=what,
        path=str(python.parent),
    )
    if not answered.is_file():
        raise OutsideError(_crash(ended, what), hint=_last_lines(ended))
    content = answered.read_bytes()
    outcome = decoded(content, _Outcome, what=what)
    if not outcome.ok:
        raise OutsideError(f"{what} failed: {outcome.error}", hint=_last_lines(ended))
    return ended, content


def decoded(content: bytes, kind: type[AnyStruct], *, what: str) -> AnyStruct:
    """What the runner wrote; the code that it ran may have written over it."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise OutsideError(
            f"{what} left a result that cannot be read: {error}", hint="look for code that writes it"
        ) from error


def copy_folder(folder: Path, copy: Path) -> None:
    """A copy without version control, environments or links that lead out of the folder."""
    shutil.rmtree(copy, ignore_errors=True)
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            folder,
            copy,
            ignore=lambda where, names: _left_out(folder, copy, Path(where), names),
            ignore_dangling_symlinks=True,
        )
    except (OSError, shutil.Error) as error:
        shutil.rmtree(copy, ignore_errors=True)
        why = getattr(error, "strerror", None) or error
        raise OutsideError(
            f"the folder cannot be copied: {why}",
            where=str(folder),
            hint="free some space, or check the permissions",
        ) from error


def _left_out(folder: Path, copy: Path, where: Path, names: list[str]) -> set[str]:
    out = LEFT_OUT & set(names)
    return out | {name for name in names if not _wanted(folder, copy, where / name)}


def _wanted(folder: Path, copy: Path, path: Path) -> bool:
    if path.is_symlink() and (path.is_dir() or not Path(os.path.realpath(path)).is_relative_to(folder)):
        return False
    if path.is_dir():
        return path.resolve() != copy and not (path / "pyvenv.cfg").exists()
    return path.is_file()


def _crash(ended: Ended, what: str) -> str:
    how = f"was killed by signal {-ended.code}" if ended.code < 0 else f"ended with code {ended.code}"
    return f"{what} {how} before it could say why"


def _last_lines(ended: Ended) -> str:
    """What it printed itself at the end; tracebacks lead through our own files, and tell nobody anything."""
    own = ended.printed.partition(TRACEBACK)[0][-TOLD_CHARACTERS:]
    said = [line[-TOLD_WIDTH:] for line in own.strip().splitlines()[-TOLD_LINES:]]
    return PRINTED + "\n".join(said) if said else "see what it does when you run it yourself"

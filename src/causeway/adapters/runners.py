"""Runs the runner's scripts in a proof of concept's own interpreter, and reads what they wrote."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct, UnsetType

from causeway.adapters.processes import Ended, run_bounded
from causeway.core.environment import Environment, Limits
from causeway.core.errors import NotFound, OutsideError
from causeway.core.trace import Trace

RUNNER = Path(__file__).parents[1] / "runner"
MAX_TRACE_BYTES = 2 << 30
TOLD_CHARACTERS = 2_000
LEFT_OUT = {".git", ".hg", ".svn", ".causeway", "__pycache__", "node_modules", ".ipynb_checkpoints", ".venv"}


class _Outcome(Struct):
    ok: bool
    error: str = ""
    kind: str = ""
    peak_bytes: int = 0
    result: msgspec.Raw | UnsetType = UNSET


def watch_training(
    environment: Environment, folder: Path, script: str, into: Path, *, limits: Limits
) -> Trace:
    """Runs a copy of the folder's training under watch; writes the trace and captured models to `into`."""
    if not (folder / script).is_file():
        raise NotFound(f"{script} is not in the folder", where=str(folder))
    copy = into.resolve() / "poc"
    copy_folder(folder.resolve(), copy)
    ended = run_script(
        "trace",
        {"root": str(copy), "script": script, "out": str(copy.parent), "limit_bytes": MAX_TRACE_BYTES},
        environment=environment,
        scratch=into,
        limits=limits,
        what=f"the training {script}",
    )[0]
    path = into / "trace.json"
    trace = msgspec.json.decode(path.read_bytes(), type=Trace)
    trace = msgspec.structs.replace(trace, printed=ended.printed, network=ended.network)
    path.write_bytes(msgspec.json.encode(trace))
    return trace


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
    asked.write_bytes(
        msgspec.json.encode({**request, "result": str(answered), "file_bytes": limits.file_bytes})
    )
    ended = run_bounded(
        [environment.python, "-s", str(RUNNER / f"{name}.py"), str(asked)],
        cwd=scratch,
        scratch=scratch,
        limits=limits,
        what=what,
        path=str(Path(environment.python).parent),
    )
    if not answered.is_file():
        raise OutsideError(_crash(ended, what), hint=_last_lines(ended))
    content = answered.read_bytes()
    outcome = msgspec.json.decode(content, type=_Outcome)
    if not outcome.ok:
        raise OutsideError(f"{what} failed: {outcome.error}", hint=_last_lines(ended))
    return ended, content


def copy_folder(folder: Path, copy: Path) -> None:
    """A copy without version control, environments or links that lead out of the folder."""
    shutil.rmtree(copy, ignore_errors=True)
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(
            folder,
            copy,
            ignore=lambda where, names: _left_out(folder, copy, where, names),
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


def _left_out(folder: Path, copy: Path, where: str, names: list[str]) -> set[str]:
    out = LEFT_OUT & set(names)
    return out | {name for name in names if not _wanted(folder, copy, Path(where) / name)}


def _wanted(folder: Path, copy: Path, path: Path) -> bool:
    if path.is_symlink() and (path.is_dir() or not path.resolve().is_relative_to(folder)):
        return False
    if path.is_dir():
        return path.resolve() != copy and not (path / "pyvenv.cfg").exists()
    return path.is_file()


def _crash(ended: Ended, what: str) -> str:
    how = f"was killed by signal {-ended.code}" if ended.code < 0 else f"ended with code {ended.code}"
    return f"{what} {how} before it could say why"


def _last_lines(ended: Ended) -> str:
    tail = ended.printed[-TOLD_CHARACTERS:].strip()
    return f"it printed last:\n{tail}" if tail else ""

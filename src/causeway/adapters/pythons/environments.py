"""Makes a proof of concept's environment from what it declares and imports, and says what differs."""

import fcntl
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.adapters.ports import Say
from causeway.adapters.pythons import pip
from causeway.adapters.pythons.interpreters import Interpreter, chosen_interpreter
from causeway.adapters.pythons.pip import Clash, Unfit
from causeway.adapters.pythons.requirements import Wanted, needed, normal, read_line, read_lines
from causeway.core.environment import Environment, Problem
from causeway.core.errors import OutsideError
from causeway.core.ids import digest_of_value

READY = ".ready"
RECIPE = 1
"""Changes when environments made before must not be used any more."""
MAX_ATTEMPTS = 25
VENV_SECONDS = 300
LIST_INSTALLED = """
import json, sys
from importlib import metadata, util
pins = {d.metadata["Name"]: d.version for d in metadata.distributions() if d.metadata["Name"]}
def there(name):
    try: return util.find_spec(name) is not None
    except (ImportError, ValueError): return False
print(json.dumps([pins, [n for n in sys.argv[1:] if not there(n)]]))
"""
OURS = {"pip", "setuptools", "wheel"}


class Plan(Struct):
    """What is still to be installed, as it changes while requirements turn out not to fit."""

    wanted: dict[str, Wanted]
    held: dict[str, Wanted]
    problems: list[Problem]
    loosened: dict[str, tuple[str, str]]
    """Requirements whose version pip may choose: name to the line as written and why."""


def build_environment(
    folder: Path,
    *,
    declared: Sequence[str],
    imports: Sequence[str],
    python: str | None,
    into: Path,
    say: Say,
    stated: str | None = None,
) -> Environment:
    """An interpreter with what these imports need, made below `into` or found there whole."""
    interpreter, differs = chosen_interpreter(python, stated)
    lines, unread = read_lines(folder, declared)
    install, held, missing = needed(lines, imports)
    problems = [Problem(f"python {stated}", differs, f"python {interpreter.version}")] if differs else []
    problems += [one for one in unread if _concerns(one, imports)] + missing
    key = _key(interpreter, install, held, problems)
    place = into.resolve() / key
    with _alone(into, key):
        if (found := _ready(place)) is not None:
            say(f"environment {key[:12]} is there already")
            return found
        plan = Plan({w.name: w for w in install}, {w.name: w for w in held}, problems, {})
        say(f"making an environment: python {interpreter.version}, {', '.join(w.line for w in install)}")
        shutil.rmtree(place, ignore_errors=True)
        made_python = _venv(place, interpreter)
        if plan.wanted:
            _fill(made_python, place, plan, say)
        made = _settled(made_python, interpreter, plan, imports)
        made = msgspec.structs.replace(made, key=key, folder=str(place))
        _write(place / READY, msgspec.json.encode(made))
        return made


def _key(
    interpreter: Interpreter, install: Sequence[Wanted], held: Sequence[Wanted], problems: Sequence[Problem]
) -> str:
    lines = sorted(w.line for w in install), sorted(w.line for w in held)
    wish = [RECIPE, interpreter.version, str(Path(interpreter.path).resolve()), *lines, list(problems)]
    return digest_of_value(wish).rpartition(":")[2][:24]


def _concerns(problem: Problem, imports: Sequence[str]) -> bool:
    """Whether a line that is not followed may be one that the training needs."""
    return not problem.requirement.startswith("-") and (
        not problem.proposal or normal(problem.proposal) in {normal(name) for name in imports}
    )


@contextmanager
def _alone(into: Path, key: str) -> Generator[None]:
    """Keeps other processes from making the same environment at the same time."""
    try:
        into.mkdir(parents=True, exist_ok=True)
        lock = (into / f"{key}.lock").open("w")
    except OSError as error:
        raise _cannot_write(into, error) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ready(place: Path) -> Environment | None:
    """The environment that was finished here; what was left half-made is not one."""
    try:
        found = msgspec.json.decode((place / READY).read_bytes(), type=Environment)
    except (OSError, msgspec.MsgspecError):
        return None
    return found if Path(found.python).exists() else None


def _settled(python: Path, interpreter: Interpreter, plan: Plan, imports: Sequence[str]) -> Environment:
    """The environment as it came out, with all that differs from what was declared."""
    pins, absent = installed(python, imports)
    brought = {problem.requirement for problem in plan.problems}
    for module in absent:
        if module not in brought:
            plan.problems.append(Problem(module, "imported, but nothing that was installed brings it"))
    for name, (line, why) in plan.loosened.items():
        instead = f"{name}=={pins[name]}" if name in pins else ""
        plan.problems.append(Problem(line, why, instead))
    kept = {name: version for name, version in pins.items() if name not in OURS or name in plan.wanted}
    return Environment(str(python), interpreter.version, kept, tuple(plan.problems), "", "")


def _venv(place: Path, interpreter: Interpreter) -> Path:
    try:
        done = subprocess.run(  # noqa: S603 - an interpreter that was asked for its version before
            [interpreter.path, "-I", "-m", "venv", str(place)],
            capture_output=True,
            text=True,
            timeout=VENV_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise OutsideError(
            f"the environment cannot be made: {error}",
            where=str(place),
            hint="repeat, or give another interpreter: [model] python",
        ) from error
    if done.returncode:
        shutil.rmtree(place, ignore_errors=True)
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise OutsideError(
            f"the environment cannot be made: {said[0]}",
            where=str(place),
            hint="check free space and permissions, and that this Python has venv and ensurepip",
        )
    return place / "bin" / "python"


def _fill(python: Path, place: Path, plan: Plan, say: Say) -> None:
    """Installs the plan, giving way one requirement at a time where it cannot be met as written."""
    for _ in range(MAX_ATTEMPTS):
        requirements, constraints = place / "wanted.txt", place / "held.txt"
        _write(requirements, _lines(plan.wanted))
        _write(constraints, _lines(plan.held))
        obstacle = pip.install(str(python), ["-r", str(requirements)], constraints if plan.held else None)
        if obstacle is None:
            return
        before = len(plan.problems)
        if isinstance(obstacle, Unfit):
            _give_way(str(python), plan, obstacle)
        else:
            _loosen(plan, obstacle)
        for problem in plan.problems[before:]:
            say(f"{problem.requirement}: {problem.why}; taking {problem.proposal or 'nothing'} instead")
    raise OutsideError("too many requirements cannot be met together", hint="check the declared versions")


def _give_way(python: str, plan: Plan, unfit: Unfit) -> None:
    """Replaces what has no fitting version by the nearest that has."""
    read = read_line(unfit.requirement)
    name = read.name if isinstance(read, Wanted) else normal(unfit.requirement)
    wishes = plan.wanted if name in plan.wanted else plan.held
    if name not in wishes:
        return _blame(plan, unfit, name)
    wish = wishes[name]
    version = pip.nearest(wish.spec, unfit.versions)
    instead = Wanted(name, f"=={version}", wish.marker, wish.extras) if version else None
    proposal = instead.line if instead else ""
    plan.problems.append(Problem(wish.line, _why(python, wish, unfit), proposal))
    if instead and instead.spec != wish.spec:
        wishes[name] = instead
    else:
        del wishes[name]
    return None


def _blame(plan: Plan, unfit: Unfit, name: str) -> None:
    """What another package needs cannot be had: that package's pin goes, then the package."""
    asker = next((n for n in plan.wanted if unfit.asker.lower().startswith(n)), None)
    if asker is None:
        raise OutsideError(
            f"{name}, which another package needs, cannot be had: {unfit.requirement}",
            hint="pin a version of the package that asks for it",
        )
    wish = plan.wanted.pop(asker)
    why = f"it needs {unfit.requirement}, which cannot be had"
    if wish.spec:
        plan.wanted[asker] = Wanted(asker, "", wish.marker, wish.extras)
        plan.loosened[asker] = (wish.line, why)
    else:
        plan.loosened.pop(asker, None)
        plan.problems.append(Problem(wish.line, why))


def _loosen(plan: Plan, clash: Clash) -> None:
    """Lets pip choose the version of one requirement that others exclude: rather a held one."""
    held = _names(clash.constraints, plan.held)
    wanted = _names(clash.requested, plan.wanted)
    why = (
        "; ".join(f"{who} needs {what}" for who, what in clash.needs[:3]) or "it excludes other requirements"
    )
    if held:
        plan.loosened[held[0]] = (plan.held.pop(held[0]).line, why)
        return
    others = _names([what for _, what in clash.needs], plan.wanted)
    specific = [n for n in (*others, *wanted) if plan.wanted[n].spec]
    if not specific:
        raise OutsideError("the requirements exclude each other", hint=why)
    wish = plan.wanted[specific[0]]
    plan.wanted[wish.name] = Wanted(wish.name, "", wish.marker, wish.extras)
    plan.loosened[wish.name] = (wish.line, why)


def _names(lines: Sequence[str], known: dict[str, Wanted]) -> list[str]:
    read = [read_line(line) for line in lines]
    return [one.name for one in read if isinstance(one, Wanted) and one.name in known]


def _why(python: str, wish: Wanted, unfit: Unfit) -> str:
    version = wish.spec.lstrip("=") if wish.exact else ""
    if other := unfit.other_python.get(version):
        return f"it needs Python {other.strip()}"
    everything = pip.wheels_and_sources(python, wish.name)
    if not everything and not unfit.versions:
        return "no package of this name can be found"
    if version and version not in everything:
        return "there is no such version"
    return "only its source can be had for this Python and system, and sources are not built"


def installed(python: Path | str, modules: Sequence[str] = ()) -> tuple[dict[str, str], list[str]]:
    """Every distribution with its version, and which of the modules cannot be found."""
    tops = [module.split(".")[0] for module in modules]
    done = subprocess.run(  # noqa: S603 - the environment's own interpreter
        [str(python), "-I", "-c", LIST_INSTALLED, *tops],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise OutsideError("the environment does not start", where=str(python), hint=done.stderr[-500:])
    pins, absent = msgspec.json.decode(done.stdout, type=tuple[dict[str, str], list[str]])
    return {normal(name): version for name, version in sorted(pins.items())}, absent


def _lines(wishes: dict[str, Wanted]) -> bytes:
    return "".join(f"{wish.line}\n" for wish in wishes.values()).encode()


def _write(path: Path, content: bytes) -> None:
    try:
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> OutsideError:
    return OutsideError(
        f"the environment cannot be written: {error.strerror}",
        where=str(path),
        hint="free some space, or check the permissions",
    )

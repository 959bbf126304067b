"""An interpreter's own pip, and what it says when it cannot do what was asked."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from causeway.core.errors import OutsideError

PIP_SECONDS = 1_800
SHOWN_CHARACTERS = 1_500
# these would send packages elsewhere, or other code into the interpreter
NOT_INHERITED = (
    "PIP_TARGET", "PIP_PREFIX", "PIP_USER", "PIP_ROOT", "PIP_REQUIREMENT", "PIP_CONSTRAINT",
    "PIP_PYTHON",    "PIP_REQUIRE_VIRTUALENV", "PIP_NO_DEPS", "PIP_QUIET", "PIP_VERBOSE", "PIP_NO_BINARY",
)  # fmt: skip
_NONE_FITS = re.compile(
    r"Could not find a version that satisfies the requirement (.+?)(?: \(from ([^()]*?)\))?"
    r" \(from versions: ([^)]*)\)"
)
_REQUESTED = re.compile(r"^ +The user requested (\(constraint\) )?(.+)$", re.MULTILINE)
_DEPENDS = re.compile(r"^ +(\S+)(?:\[[^\]]*\])? (\S+) depends on (.+)$", re.MULTILINE)
_OTHER_PYTHON = re.compile(r"(\d[\w.]*) Requires-Python ([^;\n]+)")
_NETWORK = re.compile(
    r"NewConnectionError|Temporary failure in name resolution|Max retries exceeded|ReadTimeoutError"
    r"|ConnectTimeout|Could not fetch URL|ProxyError|SSLError",
)
_DISK = re.compile(r"No space left on device|Errno 28|Errno 122")


class Unfit(Struct, frozen=True):
    """No version fits: the requirement, who asked for it, and the versions there are."""

    requirement: str
    asker: str
    versions: tuple[str, ...]
    other_python: dict[str, str]


class Clash(Struct, frozen=True):
    """Requirements that exclude each other: what was requested, what held fast, and who needs what."""

    requested: tuple[str, ...]
    constraints: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]


def install(python: str, arguments: Sequence[str], constraints: Path | None = None) -> Unfit | Clash | None:
    """Installs wheels; None when it worked, else what stood in the way."""
    held = ["-c", str(constraints)] if constraints else []
    done = run_pip(python, ["install", "--only-binary=:all:", *held, *arguments])
    return None if done.returncode == 0 else understood(done.stdout + done.stderr)


def run_pip(python: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Runs that interpreter's pip with the person's own pip configuration."""
    command = [python, "-s", "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    variables = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED and not k.startswith("PYTHON")}
    variables["PYTHONUTF8"] = "1"
    try:
        return subprocess.run(  # noqa: S603 - the environment's own interpreter
            command, env=variables, capture_output=True, text=True, timeout=PIP_SECONDS, check=False,
            stdin=subprocess.DEVNULL, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise OutsideError(
            f"pip did not end within {PIP_SECONDS} seconds", hint="check the network"
        ) from None
    except OSError as error:
        raise OutsideError(
            f"pip cannot be started: {error.strerror}",
            where=python,
            hint="give an interpreter that has pip: [model] python",
        ) from error


def understood(text: str) -> Unfit | Clash:
    """What pip complained of; raises OutsideError where it is no matter of versions."""
    if _DISK.search(text):
        raise OutsideError(
            "the disk is full", hint="free some space and run again; nothing half-made is used"
        )
    if unfit := _NONE_FITS.search(text):
        versions = tuple(v.strip() for v in unfit[3].split(",") if v.strip() not in {"", "none"})
        if not versions and _NETWORK.search(text):
            raise _no_network(unfit[1])
        return Unfit(unfit[1].strip(), unfit[2] or "", versions, dict(_OTHER_PYTHON.findall(text)))
    needs = tuple((f"{name} {version}", need.strip()) for name, version, need in _DEPENDS.findall(text))
    requested = _REQUESTED.findall(text)
    if "conflicting dependencies" in text or (requested and needs):
        free = tuple(line.strip() for constraint, line in requested if not constraint)
        return Clash(free, tuple(line.strip() for constraint, line in requested if constraint), needs)
    if _NETWORK.search(text):
        raise _no_network("what the training needs")
    raise OutsideError("pip could not install what the training needs", hint=_errors(text))


def wheels_and_sources(python: str, name: str) -> tuple[str, ...]:
    """Every version there is, sources too; none where pip cannot tell."""
    done = run_pip(python, ["index", "versions", name, "--ignore-requires-python"])
    listed = re.search(r"Available versions: (.+)", done.stdout)
    return tuple(v.strip() for v in listed[1].split(",")) if listed else ()


def nearest(wanted: str, versions: Sequence[str]) -> str:
    """The version closest to the one that the requirement names: of its line, else the next, or last."""
    plain = [v for v in versions if re.fullmatch(r"\d+(\.\d+)*(\.post\d+)?", v)] or list(versions)
    if not plain:
        return ""
    named = re.search(r"\d+(?:\.\d+)*", wanted.partition("=")[2] or wanted.partition(">")[2] or "")
    ordered = sorted(plain, key=number_of)
    if not named:
        return ordered[-1]
    goal = number_of(named[0])
    line = [v for v in ordered if number_of(v)[:2] == goal[:2]]
    if line:
        return min(
            line, key=lambda v: [abs(a - b) for a, b in zip(_padded(v), _padded(named[0]), strict=True)]
        )
    return next((v for v in ordered if number_of(v) > goal), ordered[-1])


def number_of(version: str) -> tuple[int, ...]:
    """A version's numbers, for ordering."""
    return tuple(map(int, re.findall(r"\d+", version)))


def _padded(version: str) -> tuple[int, ...]:
    return (*number_of(version), 0, 0, 0, 0)[:4]


def _no_network(what: str) -> OutsideError:
    return OutsideError(
        f"pip cannot reach where it gets packages from, looking for {what}",
        hint="connect, or point pip at a place it can reach (pip config, PIP_INDEX_URL, PIP_FIND_LINKS)",
    )


def _errors(text: str) -> str:
    lines = [line for line in text.splitlines() if "ERROR" in line] or text.splitlines()[-5:]
    return "pip said: " + "\n".join(lines)[-SHOWN_CHARACTERS:]

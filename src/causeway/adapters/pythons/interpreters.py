"""Finds Python interpreters on this machine, and knows one that only pretends to be there."""

import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from msgspec import Struct

from causeway.core.errors import OutsideError

ASK = "import sys; print('.'.join(map(str, sys.version_info[:3]))); import venv, ensurepip"
OLDEST = (3, 8)
PLACES = (
    "~/.pyenv/versions/{version}*/bin/python",
    "$PYENV_ROOT/versions/{version}*/bin/python",
    "~/.local/share/uv/python/cpython-{version}*/bin/python3",
    "/usr/local/bin/python{version}",
    "/opt/homebrew/bin/python{version}",
    "/opt/python/{version}*/bin/python3",
)


class Interpreter(Struct, frozen=True):
    """A Python that was asked for its version and answered."""

    path: str
    version: str

    @property
    def minor(self) -> str:
        """`3.11` of `3.11.7`."""
        return ".".join(self.version.split(".")[:2])


def chosen_interpreter(wanted: str | None, stated: str | None) -> tuple[Interpreter, str]:
    """The interpreter to use, and why it is not the stated one, if so.

    `wanted` must be had, a path or a version; `stated` is taken when it is there.
    """
    _asked.cache_clear()
    if wanted:
        return found_interpreter(wanted), ""
    ours = _asked(sys.executable)
    if ours is None:
        raise OutsideError(
            "this Python cannot make environments: it lacks venv or ensurepip",
            where=sys.executable,
            hint="install them (on Debian and Ubuntu: the package python3-venv)",
        )
    if not stated or _allows(stated, ours.version):
        return ours, ""
    version = re.search(r"\d+\.\d+", stated)
    other = next(_candidates(version[0]), None) if version and _known(version[0]) else None
    if other is None:
        return ours, f"Python {stated} is not on this machine"
    return other, ""


def found_interpreter(wanted: str) -> Interpreter:
    """The interpreter at this path or of this version; raises OutsideError when there is none."""
    if os.sep in wanted or (os.altsep or os.sep) in wanted:
        asked = _asked(str(Path(wanted).expanduser()))
    else:
        asked = next(_candidates(wanted.removeprefix("python")), None)
    if asked is None:
        there = ", ".join(sorted(_seen(), key=lambda minor: int(minor[2:])))
        raise OutsideError(
            f"there is no Python {wanted} that can make environments on this machine",
            hint=f"install it, or choose one that is here ({there}): [model] python in causeway.toml",
        )
    if not _known(asked.version):
        raise OutsideError(
            f"Python {asked.version} is too old to watch a training in", hint="use Python 3.8 or later"
        )
    return asked


def _known(version: str) -> bool:
    return tuple(map(int, version.split(".")[:2])) >= OLDEST


def _seen() -> set[str]:
    """The versions that lie in the usual places, not asked whether they start."""
    paths = [found for place in _places() for found in glob.glob(place.format(version="3.*"))]  # noqa: PTH207 - absolute
    named = {found[1] for path in paths if (found := re.search(r"(3\.\d+)[^/]*/bin/|python(3\.\d+)$", path))}
    return {f"3.{sys.version_info[1]}"} | {minor for minor in named if minor and _known(minor)}


def _candidates(version: str) -> Iterator[Interpreter]:
    """Interpreters of this version; a shim for a version that is not installed does not answer."""
    for path in _paths(version):
        asked = _asked(path)
        if asked and f"{asked.version}.".startswith(f"{version}."):
            yield asked


def _paths(version: str) -> Iterator[str]:
    minor = ".".join(version.split(".")[:2])
    yield sys.executable
    for name in (f"python{minor}", "python3", "python"):
        if path := shutil.which(name):
            yield path
    for place in _places():
        yield from sorted(glob.glob(place.format(version=version)), reverse=True)  # noqa: PTH207 - absolute


def _places() -> list[str]:
    return [os.path.expandvars(os.path.expanduser(place)) for place in PLACES]  # noqa: PTH111 - a pattern


@cache
def _asked(path: str) -> Interpreter | None:
    try:
        answered = subprocess.run(  # noqa: S603 - an interpreter the person named, or one found on the path
            [path, "-I", "-c", ASK], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = answered.stdout.strip()
    return Interpreter(path, version) if answered.returncode == 0 and version else None


def _allows(stated: str, version: str) -> bool:
    """Whether a stated version (`3.10`, `>=3.8,<3.12`, `^3.9`) allows this one."""
    ours = tuple(map(int, version.split(".")[:2]))
    for sign, major, minor in re.findall(r"([<>=!~^]*)\s*(\d+)(?:\.(\d+))?", stated):
        bound = (int(major), int(minor or 0))
        if not _holds(sign, ours, bound, whole=not minor):
            return False
    return True


def _holds(sign: str, ours: tuple[int, ...], bound: tuple[int, int], *, whole: bool) -> bool:
    if sign == ">=":
        return ours >= bound
    if sign == ">":
        return ours > bound or ours[1] > bound[1]
    if sign in {"<", "<="}:
        return ours < bound or (sign == "<=" and ours == bound)
    if sign in {"^", "~=", "~"}:
        return ours[0] == bound[0] and ours >= bound
    if sign == "!=":
        return ours != bound
    return ours[0] == bound[0] if whole else ours == bound

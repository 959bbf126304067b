"""Which versions fit together today, asked of pip's resolver; nothing is installed."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.adapters.pythons import pip
from causeway.adapters.pythons.pip import Clash, Unfit
from causeway.adapters.pythons.requirements import Wanted, normal, read_line
from causeway.core.environment import Resolved

MAX_ATTEMPTS = 12


class _Named(Struct):
    name: str
    version: str


class _Installable(Struct):
    metadata: _Named


class _Report(Struct):
    install: list[_Installable]


def resolve(wanted: Sequence[str], held: Sequence[str], python: str, *, give_way: bool) -> Resolved:
    """One version each for the wanted lines on this Python (`3.11`); held lines give way where they may."""
    firm, soft = _by_name(wanted), _by_name(held)
    dropped: dict[str, str] = {}
    for _ in range(MAX_ATTEMPTS):
        if not firm:
            break
        found = _asked(firm, soft, python)
        if isinstance(found, dict):
            return Resolved(found, dropped)
        name, why = _obstacle(found, firm, soft)
        dropped[name] = why
        if not give_way:
            break
        # what was written goes only after what was concluded
        if soft.pop(name, None) is None:
            firm.pop(name)
    return Resolved({}, dropped)


def _by_name(lines: Sequence[str]) -> dict[str, str]:
    read = {line: read_line(line) for line in lines}
    return {one.name: line for line, one in read.items() if isinstance(one, Wanted)}


def _asked(firm: dict[str, str], soft: dict[str, str], python: str) -> dict[str, str] | Unfit | Clash:
    with tempfile.TemporaryDirectory(prefix="causeway-resolve-") as scratch:
        wanted, held, report = (Path(scratch) / name for name in ("wanted.txt", "held.txt", "report.json"))
        wanted.write_text("\n".join(firm.values()), encoding="utf-8")
        held.write_text("\n".join(soft.values()), encoding="utf-8")
        done = pip.run_pip(
            sys.executable,
            ["install", "--dry-run", "--ignore-installed", "--only-binary=:all:",
             "--python-version", python, "--target", str(Path(scratch) / "nowhere"),
             "--report", str(report), "-r", str(wanted), "-c", str(held)],
        )  # fmt: skip
        if done.returncode:
            return pip.understood(done.stdout + done.stderr)
        read = msgspec.json.decode(report.read_bytes(), type=_Report)
    return {normal(one.metadata.name): one.metadata.version for one in read.install}


def _obstacle(found: Unfit | Clash, firm: dict[str, str], soft: dict[str, str]) -> tuple[str, str]:
    """Which line has to go, and why."""
    if isinstance(found, Unfit):
        name = next(iter(_by_name([found.requirement])), "")
        if name in firm or name in soft:
            return name, "no version of it fits this Python"
        asker = next((one for one in firm if found.asker.lower().startswith(one)), next(iter(firm)))
        return asker, f"it needs {found.requirement}, which cannot be had"
    lines = [line.split(" (")[0] for line in (*found.constraints, *found.requested)]
    names = [name for name in _by_name(lines) if name in soft] or [n for n in _by_name(lines) if n in firm]
    needs = "; ".join(f"{who} needs {what}" for who, what in found.needs[:2])
    return next(iter(names), next(iter(firm))), needs or "it excludes others"

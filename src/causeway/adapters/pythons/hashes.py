"""Exact versions with the hashes of their wheels, asked of pip; nothing is installed."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.adapters.pythons import pip
from causeway.adapters.pythons.requirements import normal
from causeway.core.environment import Pin
from causeway.core.errors import OutsideError
from causeway.core.ids import DIGEST_PREFIX, digest_of


class _Archive(Struct):
    hashes: dict[str, str] = {}


class _Download(Struct):
    url: str = ""
    archive_info: _Archive | None = None


class _Named(Struct):
    name: str
    version: str


class _Installable(Struct):
    metadata: _Named
    download_info: _Download


class _Report(Struct):
    install: list[_Installable]


def pinned(lines: Sequence[str], python: str, *, alone: bool = False) -> tuple[Pin, ...]:
    """Each of these and what it needs (unless `alone`) for this machine's kind, one wheel each.

    A wheel whose hash pip does not tell, as in a folder of wheels, is hashed here. Raises OutsideError where
    pip cannot reach them.
    """
    with tempfile.TemporaryDirectory(prefix="causeway-pins-") as scratch:
        wanted, report = Path(scratch) / "wanted.txt", Path(scratch) / "report.json"
        wanted.write_text("\n".join(lines), encoding="utf-8")
        done = pip.run_pip(
            python,
            ["install", "--dry-run", "--ignore-installed", "--only-binary=:all:", "--quiet",
             *(["--no-deps"] if alone else []), "--report", str(report), "-r", str(wanted)],
        )  # fmt: skip
        if done.returncode:
            raise OutsideError(
                "pip cannot find the packages that the release is served with",
                where=(done.stderr.strip().splitlines() or [""])[-1][:300],
                hint="check pip's configuration and the network",
            )
        read = msgspec.json.decode(report.read_bytes(), type=_Report)
    found = [
        Pin(normal(one.metadata.name), one.metadata.version, _hash(one.download_info)) for one in read.install
    ]
    return tuple(sorted(found, key=lambda pin: pin.name))


def _hash(told: _Download) -> str:
    known = told.archive_info.hashes.get("sha256", "") if told.archive_info else ""
    here = Path(told.url.removeprefix("file://"))
    if not known and told.url.startswith("file://") and here.is_file():
        return digest_of(here.read_bytes())
    return DIGEST_PREFIX + known if known else ""

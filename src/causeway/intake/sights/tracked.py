"""What does not belong into version control, told by git's index where there is one, else by .gitignore."""

import fnmatch
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from causeway.core.finding import Evidence
from causeway.core.poc import Sighting
from causeway.intake.files.text import read_bytes, read_text
from causeway.intake.files.walk import Entry, Walk

MAX_INDEX_BYTES = 30_000_000
MAX_ENTRIES = 200_000
BIG_BYTES = 500_000
ARCHIVES = {
    ".gz",
    ".zip",
    ".tar",
    ".7z",
    ".rar",
    ".bz2",
    ".tgz",
    ".exe",
    ".whl",
    ".dmg",
    ".msi",
    ".deb",
    ".iso",
}
NAMES = {".ds_store", "thumbs.db", "desktop.ini", ".rhistory", "npm-debug.log", "nohup.out"}
SUFFIXES = {".pyc", ".pyo", ".swp", ".tmp", ".bak"}


def rubbish(root: Path, walk: Walk) -> list[Sighting]:
    """Files and folders that machines made and somebody committed."""
    index = tracked(root)
    ignored = _ignored(root) if index is None else []
    found: list[Sighting] = []
    for folder, why in _folders(walk):
        if _committed(folder, index, ignored, folder=True):
            found.append(Sighting("junk", folder, Evidence(folder), why))
    counts: Counter[str] = Counter()
    for entry in walk.entries:
        why = _why(entry)
        if why and _committed(entry.path, index, ignored, folder=False):
            counts[why] += 1
            if counts[why] <= 2:
                found.append(Sighting("junk", entry.path, Evidence(entry.path), why))
    return found


def tracked(root: Path) -> frozenset[str] | None:
    """The paths in git's index; None where there is none, or one that we cannot read."""
    path = root / ".git" / "index"
    raw = read_bytes(path, MAX_INDEX_BYTES) if path.is_file() and not path.is_symlink() else None
    if raw is None or raw[:4] != b"DIRC" or len(raw) < 12:
        return None
    version, count = struct.unpack(">II", raw[4:12])
    if version not in {2, 3} or count > MAX_ENTRIES:
        return None
    return frozenset(_paths(raw, count))


def _paths(raw: bytes, count: int) -> Iterator[str]:
    position = 12
    for _ in range(count):
        if position + 62 > len(raw):
            return
        (flags,) = struct.unpack(">H", raw[position + 60 : position + 62])
        start = position + (64 if flags & 0x4000 else 62)
        end = raw.find(b"\0", start)
        if end < 0:
            return
        yield raw[start:end].decode("utf-8", "replace")
        # entries are padded with one to eight zero bytes to a multiple of eight
        position += (end - position + 8) // 8 * 8


def _folders(walk: Walk) -> Iterator[tuple[str, str]]:
    for text in (*walk.skipped, *walk.junk):
        path, _, why = text.partition(" (")
        if why and "permission" not in why:
            yield path, why.rstrip(")")


def _committed(path: str, index: frozenset[str] | None, ignored: list[str], *, folder: bool) -> bool:
    if index is not None:
        return any(item.startswith(f"{path}/") for item in index) if folder else path in index
    parts = path.split("/")
    return not any(fnmatch.fnmatch(part, pattern) for pattern in ignored for part in (*parts, path))


def _ignored(root: Path) -> list[str]:
    path = root / ".gitignore"
    lines = read_text(path, 100_000).text.splitlines() if path.is_file() else []
    plain = [line.strip().strip("/") for line in lines if line.strip() and not line.startswith(("#", "!"))]
    return [line.removeprefix("**/") for line in plain]


def _why(entry: Entry) -> str:
    name = entry.name.lower()
    if name in NAMES or entry.suffix in SUFFIXES:
        return "left by a system or an editor"
    # one gzipped file is mostly data; an archive of many is mostly not
    packed = entry.suffix in ARCHIVES and (entry.suffix != ".gz" or name.endswith(".tar.gz"))
    return f"{entry.size / 1e6:.1f} MB" if packed and entry.size > BIG_BYTES else ""

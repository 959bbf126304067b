"""Folders whose files are the data: pictures, sounds and texts, with the classes that folders stand for."""
# ruff: noqa: SIM905 - lists of words read best as words

from collections import Counter
from collections.abc import Iterable
from posixpath import basename, dirname

from causeway.core.poc import DataFile
from causeway.intake.files.walk import Entry

KINDS = {
    "pictures": set(".jpg .jpeg .png .bmp .tif .tiff .webp .gif .dcm .ppm .pgm".split()),
    "sounds": {".wav", ".mp3", ".flac", ".ogg", ".m4a", ".aiff"},
    "videos": {".mp4", ".avi", ".mov", ".mkv"},
    "texts": {".txt", ".pdf", ".docx", ".md", ".html"},
}
MIN_FILES = {"pictures": 20, "sounds": 10, "videos": 10, "texts": 20}
MIN_IN_CLASS = 5
SPLITS = {"train", "test", "val", "valid", "validation", "training", "testing", "dev", "eval"}
NOT_DATA = {"static", "assets", "docs", "doc", "css", "js", "templates", "figures", "plots", "img",
            "images", "screenshots", "icons", "media", "public", "fonts", "reports", "output",
            "outputs", "results", "site", "runs", "artifacts", "mlruns"}  # fmt: skip


def collections_of(entries: Iterable[Entry]) -> list[DataFile]:
    """Every folder that is a collection of files of one sort; its subfolders are its classes."""
    by_kind: dict[str, dict[str, list[Entry]]] = {}
    for entry in entries:
        kind = next((kind for kind, suffixes in KINDS.items() if entry.suffix in suffixes), "")
        if kind:
            by_kind.setdefault(kind, {}).setdefault(dirname(entry.path), []).append(entry)
    return [made for kind, folders in by_kind.items() for made in _of_kind(kind, folders)]


def _of_kind(kind: str, folders: dict[str, list[Entry]]) -> list[DataFile]:
    roots: dict[str, dict[str, list[Entry]]] = {}
    for folder, files in folders.items():
        roots.setdefault(dirname(folder), {})[basename(folder)] = files
    found: list[DataFile] = []
    for root, inside in roots.items():
        full = {name: files for name, files in inside.items() if len(files) >= MIN_IN_CLASS}
        if len(full) >= 2 and not set(map(str.lower, full)) & SPLITS and _is_data(root, classes=True):
            found.append(_collection(root, kind, full))
            continue
        found += [
            _collection(f"{root}/{name}".strip("/"), kind, {"": files})
            for name, files in full.items()
            if len(files) >= MIN_FILES[kind] and _is_data(f"{root}/{name}", classes=False)
        ]
    return found


def _is_data(folder: str, *, classes: bool) -> bool:
    parts = [part.lower() for part in folder.split("/") if part]
    # pictures in a folder called images are data when they lie there by class
    last = parts[-1:] if classes else []
    return not (set(parts) - (set(last) & {"images", "img", "media"})) & NOT_DATA


def _collection(root: str, kind: str, inside: dict[str, list[Entry]]) -> DataFile:
    counts = Counter({name: len(files) for name, files in inside.items() if name})
    files = [entry for listed in inside.values() for entry in listed]
    return DataFile(
        root or ".",
        kind,
        sum(entry.size for entry in files),
        records=len(files),
        exact=True,
        parts=tuple(f"{name}: {count:,}" for name, count in counts.most_common(100)),
    )

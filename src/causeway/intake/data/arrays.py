"""NumPy files by their headers: shapes and types, and nothing of the values."""

import re
import zipfile

from causeway.core.poc import DataFile
from causeway.intake.files.unpacking import DAMAGES, member
from causeway.intake.files.walk import Entry

MAX_ARRAYS = 50
_DESCRIBED = re.compile(rb"'descr': '([^']+)'.*?'shape': \(([\d, ]*)\)", re.DOTALL)


def read_arrays(entry: Entry) -> DataFile:
    """The arrays of a .npy or .npz file; the longest first dimension counts as its records."""
    if entry.suffix == ".npy":
        found = {"": _described(entry.head)}
    else:
        try:
            with zipfile.ZipFile(entry.full) as archive:
                names = [name for name in archive.namelist() if name.endswith(".npy")][:MAX_ARRAYS]
                found = {name[:-4]: _described(member(archive, name, 400)) for name in names}
        except DAMAGES:
            return DataFile(entry.path, "NumPy", entry.size, problem="is damaged")
    shapes = {name: told for name, told in found.items() if told}
    if not shapes:
        return DataFile(entry.path, "NumPy", entry.size, problem="has no header that makes sense")
    return DataFile(
        entry.path,
        "NumPy",
        entry.size,
        records=max(shape[0] if shape else 1 for _, shape in shapes.values()),
        exact=True,
        parts=tuple(
            f"{name}{' ' if name else ''}{' x '.join(map(str, shape)) or 'one value'} of {kind}"
            for name, (kind, shape) in shapes.items()
        ),
    )


def _described(raw: bytes) -> tuple[str, tuple[int, ...]] | None:
    found = _DESCRIBED.search(raw[:400]) if raw.startswith(b"\x93NUMPY") else None
    if found is None:
        return None
    shape = tuple(int(part) for part in found[2].replace(b" ", b"").split(b",") if part)
    return found[1].decode("latin-1").lstrip("<>|="), shape

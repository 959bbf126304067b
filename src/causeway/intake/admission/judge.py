"""The verdict on a saved model: what it is by its bytes, and whether all of it is on the list."""

import bz2
import hashlib
import io
import lzma
import zlib
from pathlib import Path

from causeway.core.admission import Admission
from causeway.core.ids import DIGEST_PREFIX
from causeway.intake.admission import plain
from causeway.intake.admission.archives import members
from causeway.intake.admission.opcodes import Listed, follow
from causeway.intake.admission.skops_files import SCHEMA, read_schema
from causeway.intake.admission.unlisted import Unlisted

MAX_BYTES = 1 << 30
MAX_TOLD = 20
DAMAGES = (
    ValueError, IndexError, OverflowError, MemoryError, RecursionError, TypeError, KeyError, AttributeError,
)  # fmt: skip
"""What reading bytes raises that are no pickle."""
NUMPY = b"\x93NUMPY"
ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!", b"!<arch>")


def judge_artefact(path: Path, *, named: str = "") -> Admission:
    """The verdict on this file; it is read, never opened by what it was written with."""
    name = named or path.name
    try:
        if path.stat().st_size > MAX_BYTES:
            return Admission(name, allowed=False, container="unknown", why="it is too large to be read")
        raw = path.read_bytes()
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
        return Admission(name, allowed=False, container="unknown", why=why)
    return judge_bytes(raw, named=name)


def judge_bytes(raw: bytes, *, named: str) -> Admission:
    """The verdict on these bytes."""
    found = Listed()
    container, why = "unknown", ""
    try:
        container = _container(raw)
        found = READERS[container](raw)
        # its bytes between the operations are harmless to joblib only, which has to be the one to open it
        container = "joblib" if found.saw_arrays else container
    except Unlisted as error:
        why = str(error)
    except DAMAGES:
        why = "it is no saved model of a kind that is known"
    refused = tuple(found.refused)
    if refused and not why:
        more = f" and {len(refused) - 3} more" if len(refused) > 3 else ""
        why = f"it names what is not on the list: {', '.join(refused[:3])}{more}"
    return Admission(
        named,
        allowed=not why,
        container=container,
        why=why[:300],
        names=tuple(found.names)[:MAX_TOLD],
        refused_names=refused[:MAX_TOLD],
        digest=DIGEST_PREFIX + hashlib.sha256(raw).hexdigest(),
    )


def _container(raw: bytes) -> str:
    if raw.startswith(ARCHIVES):
        raise Unlisted("it is an archive of a kind that no model is saved as")
    if raw.startswith(b"PK"):
        return "zip"
    if raw.startswith(NUMPY):
        return "npy"
    packed = raw[:2] == b"\x1f\x8b" or raw.startswith(
        (b"BZh", b"\xfd7zXZ\0", b"x\x01", b"x\x5e", b"x\x9c", b"x\xda")
    )
    return "packed" if packed else plain.form_of(raw) or "pickle"


def _pickle(raw: bytes, *, persistent: bool = False) -> Listed:
    found = Listed(persistent=persistent)
    stream = io.BytesIO(raw)
    follow(found, stream)
    if stream.tell() != len(raw):
        raise Unlisted("it holds bytes behind its end")
    return found


def _packed(raw: bytes) -> Listed:
    opened = _opener(raw)
    try:
        content = opened.decompress(raw, MAX_BYTES)
    except (OSError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise Unlisted("it cannot be unpacked") from error
    if not opened.eof or opened.unused_data:
        raise Unlisted("it holds bytes behind its end, or more than can be unpacked")
    return _pickle(content)


def _opener(raw: bytes) -> "zlib._Decompress | bz2.BZ2Decompressor | lzma.LZMADecompressor":
    if raw.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if raw.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor()
    return zlib.decompressobj(wbits=47)


def _numpy(raw: bytes) -> Listed:
    rest = plain.behind_numpy_header(raw)
    if rest is None:
        return Listed()
    return _pickle(rest)


def _zip(raw: bytes) -> Listed:
    held = members(raw)
    if all(name.endswith(".npy") and content.startswith(NUMPY) for name, content in held.items()):
        return _together([_numpy(content) for content in held.values()])
    if SCHEMA in held:
        return _skops(held)
    root = next(iter(held)).split("/")[0]
    names = {name.removeprefix(f"{root}/"): name for name in held if name.startswith(f"{root}/")}
    if len(names) != len(held) or "data.pkl" not in names:
        raise Unlisted("its zip is laid out as no saved model is")
    for short, name in names.items():
        plain.check_torch_member(short, held[name])
    return _pickle(held[names["data.pkl"]], persistent=True)


def _skops(held: dict[str, bytes]) -> Listed:
    arrays = [content for name, content in held.items() if name != SCHEMA]
    return _together([read_schema(held), *(_numpy(content) for content in arrays)])


def _together(each: list[Listed]) -> Listed:
    whole = Listed()
    for found in each:
        whole.names.update(found.names)
        whole.refused.update(found.refused)
    return whole


def _nothing(_: bytes) -> Listed:
    return Listed()


READERS = {
    "zip": _zip,
    "npy": _numpy,
    "packed": _packed,
    "pickle": _pickle,
    "safetensors": _nothing,
    "ONNX": _nothing,
    "XGBoost": _nothing,
    "LightGBM": _nothing,
}

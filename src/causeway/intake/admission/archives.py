"""Takes a zip apart by its own bytes: whatever two readers could see differently is refused."""

import re
import struct
import zlib
from collections.abc import Iterator

from msgspec import Struct

from causeway.intake.admission.unlisted import Unlisted

END = struct.Struct("<4s4H2LH")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +-]*(/[A-Za-z0-9_.][A-Za-z0-9_. +-]*)*")
DESCRIBED_LATER, UTF8 = 0x8, 0x800
LARGE = 0xFFFFFFFF
VERSIONS = slice(12, 16)
STORED, DEFLATED = 0, 8
MAX_MEMBERS = 20_000
MAX_BYTES = 2 << 30
ODD = "its zip is put together in an unusual way"


class _Entry(Struct, frozen=True):
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def members(raw: bytes) -> dict[str, bytes]:
    """The files of this zip, by name, each held against its checksum."""
    entries, start = _directory(raw)
    held: dict[str, bytes] = {}
    at = total = 0
    for entry in sorted(entries, key=lambda each: each.offset):
        total += entry.size
        if entry.offset != at or entry.name in held or total > MAX_BYTES:
            raise Unlisted(ODD)
        held[entry.name], at = _content(raw, entry)
    if at != start:
        raise Unlisted("its zip holds bytes that belong to no file")
    return held


def _directory(raw: bytes) -> tuple[list[_Entry], int]:
    if len(raw) < END.size:
        raise Unlisted("its zip ends too early")
    mark, disk, first, here, count, size, start, comment = END.unpack(raw[-END.size :])
    if mark != b"PK\5\6" or (disk, first, comment) != (0, 0, 0) or here != count:
        raise Unlisted("its zip has no end, or bytes behind it")
    behind = raw[start + size : -END.size]
    if count > MAX_MEMBERS or behind not in {b"", _large_end(behind, count, size, start)}:
        raise Unlisted(ODD)
    entries = list(_entries(raw[start : start + size]))
    if len(entries) != count or not entries:
        raise Unlisted(ODD)
    return entries, start


def _large_end(behind: bytes, count: int, size: int, start: int) -> bytes:
    """What PyTorch always writes before the end: the same once more, for archives that need 64 bits."""
    versions = behind[VERSIONS]
    record = struct.pack("<4sQ4s2L4Q", b"PK\6\6", 44, versions, 0, 0, count, count, size, start)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)


def _entries(directory: bytes) -> Iterator[_Entry]:
    at = 0
    while at < len(directory):
        if len(directory) - at < CENTRAL.size:
            raise Unlisted(ODD)
        values = CENTRAL.unpack_from(directory, at)
        mark, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, _, offset = values
        at += CENTRAL.size
        if mark != b"PK\1\2" or comment or disk:
            raise Unlisted(ODD)
        yield _Entry(_name(directory[at : at + name]), flags, method, crc, packed, size, offset)
        at += name + extra


def _name(raw: bytes) -> str:
    name = raw.decode("ascii", "replace")
    if not NAME.fullmatch(name) or ".." in name:
        raise Unlisted("a file in its zip has an unusual name")
    return name


def _content(raw: bytes, entry: _Entry) -> tuple[bytes, int]:
    """The bytes of one file, and where the next one starts."""
    if len(raw) < entry.offset + LOCAL.size:
        raise Unlisted(ODD)
    mark, _, flags, method, _, _, crc, packed, size, name, extra = LOCAL.unpack_from(raw, entry.offset)
    at = entry.offset + LOCAL.size
    later = bool(flags & DESCRIBED_LATER)
    if packed == size == LARGE:
        packed, size = _large_sizes(raw[at + name : at + name + extra])
    told = {(crc, packed, size)} - ({(0, 0, 0)} if later else set())
    same = (flags, method, raw[at : at + name]) == (entry.flags, entry.method, entry.name.encode())
    if mark != b"PK\3\4" or not same or told - {(entry.crc, entry.packed, entry.size)}:
        raise Unlisted("its zip says one thing in its directory and another beside the file")
    if flags & ~(DESCRIBED_LATER | UTF8) or method not in {STORED, DEFLATED}:
        raise Unlisted("a file in its zip is encrypted or packed in an unusual way")
    at += name + extra
    held = raw[at : at + entry.packed]
    content = held if method == STORED else _inflated(held, entry.size)
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise Unlisted("a file in its zip is not what its checksum says")
    return content, _behind(raw, at + entry.packed, entry) if later else at + entry.packed


def _large_sizes(extra: bytes) -> tuple[int, int]:
    """The sizes that NumPy writes in 64 bits, however small the file: packed and not."""
    if len(extra) != struct.calcsize("<2H2Q"):
        raise Unlisted(ODD)
    kind, width, size, packed = struct.unpack("<2H2Q", extra)
    if (kind, width) != (1, 16):
        raise Unlisted(ODD)
    return packed, size


def _behind(raw: bytes, at: int, entry: _Entry) -> int:
    """Where the description that follows a file ends."""
    for form in ("<4s3L", "<4sL2Q"):
        width = struct.calcsize(form)
        said = raw[at : at + width]
        if len(said) == width and struct.unpack(form, said) == (
            b"PK\7\x08",
            entry.crc,
            entry.packed,
            entry.size,
        ):
            return at + width
    raise Unlisted(ODD)


def _inflated(held: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj(-15)
    try:
        content = unpacker.decompress(held, size + 1)
    except zlib.error as error:
        raise Unlisted("a file in its zip cannot be unpacked") from error
    if not unpacker.eof or unpacker.unused_data or unpacker.unconsumed_tail:
        raise Unlisted("a file in its zip is longer than it says")
    return content

"""Compressed bytes opened up to a limit, so that a small file cannot grow without end."""

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Callable

MAX_UNPACKED_BYTES = 24_000_000
MAX_MEMORY_BYTES = 64_000_000
MAX_MEMBERS = 5_000
DAMAGES = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, NotImplementedError, RuntimeError,
    ValueError, EOFError,
)  # fmt: skip
"""What a damaged or hostile archive raises."""


def unpacked(raw: bytes, limit: int = MAX_UNPACKED_BYTES) -> bytes:
    """What these bytes hold when they are zlib, gzip, bzip2, xz or lzma; else nothing."""
    opener = _opener(raw)
    try:
        return opener(raw, limit) if opener else b""
    except DAMAGES:
        return b""


def is_packed(head: bytes) -> bool:
    """Whether these first bytes start a compressed stream that we can open."""
    return _opener(head) is not None


def member(archive: zipfile.ZipFile, name: str, limit: int = MAX_UNPACKED_BYTES) -> bytes:
    """The first bytes of a file in an archive; nothing where it is damaged."""
    try:
        with archive.open(name) as file:
            return file.read(limit)
    except DAMAGES:
        return b""
    except KeyError:
        return b""


def _opener(head: bytes) -> Callable[[bytes, int], bytes] | None:
    if head[:2] == b"\x1f\x8b" or (head[:1] == b"\x78" and head[1:2] in {b"\x01", b"\x5e", b"\x9c", b"\xda"}):
        return _inflate
    if head.startswith(b"BZh"):
        return _bzip
    return _lzma if head.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")) else None


def _inflate(raw: bytes, limit: int) -> bytes:
    return zlib.decompressobj(wbits=47).decompress(raw, limit)


def _bzip(raw: bytes, limit: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(raw, limit)


def _lzma(raw: bytes, limit: int) -> bytes:
    return lzma.LZMADecompressor(memlimit=MAX_MEMORY_BYTES).decompress(raw, limit)

"""Bytes to text: by byte order mark, then UTF-8, then what Windows used to write."""

import codecs
import errno
import os
import stat
from pathlib import Path

from msgspec import Struct

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


MAX_LINE = 4_000
MAX_REST = 200
MAX_SQUARES = 200_000_000


class Text(Struct, frozen=True):
    """A file's text with the encoding that gave it; `cut` when only the beginning was read."""

    text: str
    encoding: str
    cut: bool = False
    binary: bool = False

    @property
    def bom(self) -> bool:
        """Whether the file starts with a byte order mark."""
        return self.encoding in {"utf-8-sig", "utf-16", "utf-32"}


def read_text(path: Path, limit: int) -> Text:
    """The file's first `limit` bytes as text; unreadable files are empty and `binary`."""
    raw = read_bytes(path, limit + 1)
    if raw is None:
        return Text("", "", binary=True)
    return decode(raw[:limit], cut=len(raw) > limit)


def read_searchable(path: Path, limit: int) -> str:
    """The file's first `limit` bytes as text in which patterns can be searched."""
    return searchable(read_text(path, limit).text)


def searchable(text: str) -> str:
    """The text with its endless lines cut; every line keeps its number."""
    # a search may cost the square of a line's length: many long lines are as dear as one that is endless
    if len(text) <= MAX_LINE:
        return text
    kept, spent = [], 0
    for line in text.split("\n"):
        most = MAX_LINE if spent < MAX_SQUARES else MAX_REST
        kept.append(line[:most])
        spent += min(len(line), most) ** 2
    return "\n".join(kept)


def read_bytes(path: Path, limit: int) -> bytes | None:
    """The file's first `limit` bytes, or None where it cannot be read."""
    try:
        with open(path, "rb", opener=_regular) as file:
            return file.read(limit)
    except OSError:
        return None


def _regular(path: str, flags: int) -> int:
    """Opens a file but no link, and neither waits for who writes to a pipe nor reads a device without end."""
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return opened


def decode(raw: bytes, *, cut: bool = False) -> Text:
    """The text of these bytes and the encoding that fits."""
    encoding = sniff_encoding(raw)
    errors = "replace" if cut or encoding == "cp1252" else "strict"
    try:
        text = raw.decode(encoding, errors)
    except UnicodeDecodeError:
        encoding, text = "cp1252", raw.decode("cp1252", "replace")
    return Text(text, encoding, cut=cut, binary="\0" in text[:4096])


def sniff_encoding(raw: bytes) -> str:
    """The name of the encoding these bytes seem to be in."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return encoding
    head = raw[:2000]
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 4 and not head[::2].count(0):
        return "utf-16-le"
    if len(head) >= 4 and head[::2].count(0) > len(head) // 4 and not head[1::2].count(0):
        return "utf-16-be"
    try:
        # the last bytes may be half a character
        raw[: max(len(raw) - 4, 0)].decode("utf-8")
    except UnicodeDecodeError as error:
        return "cp1252" if error.start < len(raw) - 8 else "utf-8"
    return "utf-8"

"""What came on a connection and is not read yet: requests that came together are read one after another.

Where one ends is only guessed from outside. That need not be right: the parser may be given a request in
whatever pieces, and what it says goes.
"""

import re

HEAD_ENDS = b"\r\n\r\n"
LEFT = len(HEAD_ENDS) - 1
"""So many bytes may be the beginning of that."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


class Behind:
    """Bytes, taken from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether any are left."""
        return self._at < len(self._data)

    def add(self, data: bytes) -> None:
        """These come last."""
        self._data = self._data[self._at :] + data
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many, or all that are left."""
        at, data = self._at, self._data
        self._at = min(at + size, len(data))
        # a packet that is one request is not copied
        return data if self._at - at == len(data) else data[at : self._at]

    def head(self) -> bytes:
        """The first head, which stays; nothing where it is not whole."""
        return self._data[self._at : self._end()]

    def through_head(self, before: bytes) -> bytes:
        """All until the head ends of which so much was taken before, that included; else all."""
        found = (before[-LEFT:] + self._data[self._at :]).find(HEAD_ENDS)
        return self.take(len(self._data) if found < 0 else found + len(HEAD_ENDS) - len(before[-LEFT:]))

    def request(self, length: int | None) -> bytes:
        """The first request, whose body is so long; where that is not known, as its head says."""
        end = self._end()
        if end == self._at:
            return self.take(len(self._data))
        if length is None:
            said = _LENGTH.search(self._data, self._at, end)
            length = int(said[1]) if said else 0
        return self.take(end - self._at + length)

    def _end(self) -> int:
        """Where the first head ends; where it begins, if it is not whole."""
        found = self._data.find(HEAD_ENDS, self._at)
        return self._at if found < 0 else found + len(HEAD_ENDS)

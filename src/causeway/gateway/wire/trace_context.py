"""The trace that a caller's request belongs to, as W3C Trace Context (level 1) writes it."""

import re
from collections.abc import Mapping

from msgspec import Struct

TRACEPARENT = b"traceparent"
SAMPLED = 0x01
_PARTS = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16


class Parent(Struct, frozen=True, gc=False):
    """The caller's own span, of which ours is a part."""

    trace: str
    span: str
    sampled: bool


def parent_of(headers: Mapping[bytes, bytes]) -> Parent | None:
    """The span that asked, where it says so just as the standard wants it."""
    said = headers.get(TRACEPARENT)
    found = _PARTS.fullmatch(said) if said is not None else None
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    # later versions may say more behind a dash, the first one must not
    if version == b"ff" or (version == b"00" and more is not None) or trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return Parent(trace.decode(), span.decode(), bool(int(flags, 16) & SAMPLED))

"""What starting needed, and answering does not."""

import contextlib
import ctypes
import gc
import re
import sys
from collections.abc import Iterator
from pathlib import Path

M_ARENA_MAX = -8
"""As glibc's malloc.h has it."""
MADV_DONTNEED = 4
"""As Linux's mman.h has it."""
NAMES = 22_000
"""Interned and forgotten, as many have Python make its table of such names larger, if it ever has to."""
MAPPINGS = Path("/proc/self/smaps")


def share_one_arena() -> None:
    """Has all threads take their memory from one place, instead of one each that is never quite full.

    To be called before there are any. They hardly ever ask at the same time, as the interpreter has one lock.
    """
    # only glibc has it
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def settle(*, alone: bool) -> None:
    """Gives memory back, and has the collector pass over what stays: forked processes share it untouched.

    One that stays `alone` takes now what would make it larger some day.
    """
    # names that are gone still fill the table, so that it would grow some day, by half a megabyte at once;
    # but those who are forked write here and there into it, and the smaller it is the more of it they share
    for number in range(NAMES if alone else 0):
        sys.intern(f"name {number}")
    gc.collect()
    gc.freeze()
    # it looks at all once there is a quarter more than it last found: of what comes, not of what stays
    gc.collect()
    # only glibc has it
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
        _forget_files()


def _forget_files() -> None:
    """Has the pages of libraries that only starting needed be read again where they are ever needed again."""
    madvise = ctypes.CDLL(None).madvise
    for start, end in _untouched(MAPPINGS.read_text()):
        madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_DONTNEED)


def _untouched(mappings: str) -> Iterator[tuple[int, int]]:
    """Where files are mapped that cannot be written to there, and of which nothing was changed in memory."""
    for mapping in _MAPPING.finditer(mappings):
        start, end, anonymous = mapping.groups()
        if anonymous == "0":
            yield int(start, 16), int(end, 16)


_MAPPING = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ [1-9][0-9]* +/[^\n]*\n"
    r"(?:[A-Z][^\n]*\n)*?Anonymous: +([0-9]+) kB",
    re.MULTILINE,
)

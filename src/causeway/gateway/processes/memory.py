"""What starting needed, and answering does not."""

import contextlib
import ctypes
import gc

M_ARENA_MAX = -8
"""As glibc's malloc.h has it."""


def share_one_arena() -> None:
    """Has all threads take their memory from one place, instead of one each that is never quite full.

    To be called before there are any. They hardly ever ask at the same time, as the interpreter has one lock.
    """
    # only glibc has it
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def settle() -> None:
    """Gives memory back, and has the collector pass over what stays: forked processes share it untouched."""
    gc.collect()
    gc.freeze()
    # it looks at all once there is a quarter more than it last found: of what comes, not of what stays
    gc.collect()
    # only glibc has it
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)

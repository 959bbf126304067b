"""What starting needed, and answering does not."""

import contextlib
import ctypes
import gc


def settle() -> None:
    """Gives memory back, and has the collector pass over what stays: forked processes share it untouched."""
    gc.collect()
    gc.freeze()
    # it looks at all again when there is a quarter more than it last found: now of what comes, not of what stays
    gc.collect()
    # only glibc has it
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)

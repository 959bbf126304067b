"""What starting needed, and answering does not."""

import contextlib
import ctypes
import gc


def settle() -> None:
    """Gives memory back, and has the collector pass over what stays: forked processes share it untouched."""
    gc.collect()
    gc.freeze()
    # only glibc has it
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)

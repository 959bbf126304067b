"""Libraries that write to the process's standard error themselves, past Python."""

import contextlib
import os
import sys
from collections.abc import Iterator
from threading import Lock

_ERRORS = 2
_one = Lock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """While it lasts, nothing reaches standard error, not even what Rust says of its own panics."""
    with _one, contextlib.ExitStack() as after:
        # without a standard error there is nothing to silence
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.flush()
            kept = os.dup(_ERRORS)
            after.callback(os.close, kept)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            after.callback(os.close, nowhere)
            os.dup2(nowhere, _ERRORS)
            after.callback(os.dup2, kept, _ERRORS)
        yield

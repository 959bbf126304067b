"""The memory of a stage is that of all processes that it starts, not only ours."""

import mmap
import subprocess
import sys

import pytest

from causeway.actions.stages.memory import PeakMemory

HELD = 90_000_000
BUSY = (
    f"held = bytearray({HELD}); import time; end = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass"
)


def test_a_process_that_was_started_counts_with_those_that_it_starts():
    before = PeakMemory()
    with before:
        pass
    started = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}], check=True)"
    with PeakMemory() as seen:
        subprocess.run([sys.executable, "-c", started], check=True)

    assert seen.bytes >= before.bytes + HELD


def test_what_a_stage_before_held_is_forgotten():
    # pages of the system itself: what an allocator frees it may keep, and then it is still held
    with PeakMemory() as first, mmap.mmap(-1, HELD) as pages:
        pages.write(bytes(HELD))
    with PeakMemory() as second:
        pass

    assert second.bytes < first.bytes


def test_an_error_inside_ends_the_watch():
    seen = PeakMemory()

    with pytest.raises(ValueError, match="no"), seen:
        raise ValueError("no")

    assert seen.bytes > 0

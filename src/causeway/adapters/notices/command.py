"""Runs a command with a message on its standard input: no shell, and not for long."""

import contextlib
import os
import shlex
import signal
import subprocess
import tempfile
import threading
from typing import IO

from causeway.core.errors import OutsideError, UsageError

SECONDS = 30.0
MOST_WORDS = 200
KEPT_BYTES = 4096
"""Of what it says; the end of it tells why."""
SAID_SECONDS = 0.5
"""After its end; what it started may keep its words open for ever."""
# what a hook needs to find its tools; no secret of ours is among it
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


def run_command(line: str, message: bytes, *, seconds: float = SECONDS) -> str:
    """`exit 0`; raises OutsideError for any other end."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"the command cannot be read: {error}") from error
    if not words:
        raise UsageError("the integration names no command", hint='write it: url = "command:/opt/page --now"')
    with tempfile.TemporaryFile() as told:
        told.write(message)
        told.seek(0)
        process = _begun(words, told)
    said = _Tail(process)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        raise OutsideError(
            f"{words[0]} did not end within {seconds:g} s", hint="have it end sooner"
        ) from None
    if process.returncode:
        last = said.text().strip().splitlines()[-1:] or ["it said nothing"]
        raise OutsideError(
            f"{words[0]} ended with {process.returncode}: {last[0][:MOST_WORDS]}", hint="see why"
        )
    return "exit 0"


def _begun(words: list[str], told: IO[bytes]) -> "subprocess.Popen[bytes]":
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        return subprocess.Popen(  # noqa: S603 - the command is the manifest's own, and no shell reads it
            words,
            stdin=told,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise OutsideError(f"{words[0]} cannot be run: {error.strerror}", hint="see its path") from error
    except ValueError as error:
        raise UsageError(f"the command cannot be run: {error}") from error


class _Tail:
    """The end of what a process says, however much that is and however long somebody may still speak."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._stream, self._kept = process.stderr, b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        """What was said by now."""
        self._reader.join(SAID_SECONDS)
        return self._kept.decode(errors="replace")

    def _read(self) -> None:
        if self._stream is None:
            return
        with self._stream as stream:
            while piece := os.read(stream.fileno(), 1 << 16):
                self._kept = (self._kept + piece)[-KEPT_BYTES:]


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends it with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

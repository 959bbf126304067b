"""Runs a command with a message on its standard input: no shell, and not for long."""

import contextlib
import os
import shlex
import signal
import subprocess

from causeway.core.errors import OutsideError, UsageError

SECONDS = 30.0
MOST_WORDS = 200
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
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 - the command is the manifest's own, and no shell reads it
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise OutsideError(f"{words[0]} cannot be run: {error.strerror}", hint="see its path") from error
    try:
        _, said = process.communicate(message, timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        raise OutsideError(
            f"{words[0]} did not end within {seconds:g} s", hint="have it end sooner"
        ) from None
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise OutsideError(
            f"{words[0]} ended with {process.returncode}: {last[0][:MOST_WORDS]}", hint="see why"
        )
    return "exit 0"


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ends it with all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()

"""Starts `causeway up` behind one's back, and stops it again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.instance import Instance, running
from causeway.actions.supervisor import Front
from causeway.actions.up import Started
from causeway.actions.workspace import Workspace
from causeway.core.errors import OutsideError

READY_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
LOG = "up.log"


class Stopped(Struct, frozen=True):
    """What became of the instance: `stopped`, or `not_running`."""

    status: str
    pid: int = 0


def start_in_background(
    work: Workspace,
    *,
    port: int,
    console_port: int,
    minutes: float | None = None,
    front: Front | None = None,
) -> Started:
    """A running instance of this workspace's own process group, once everything answers."""
    log = work.state / LOG
    command = [sys.executable, "-m", "causeway", "up", str(work.root), "--json"]
    command += ["--port", str(port), "--console-port", str(console_port)]
    command += ["--minutes", str(minutes)] if minutes else []
    command += front.words if front else []
    with log.open("wb") as stream:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if started := _said(log):
            return started
        if process.poll() is not None:
            break
        time.sleep(POLL_SECONDS)
    process.terminate()
    raise _why(log)


def stop(work: Workspace) -> Stopped:
    """Ends the instance that serves this workspace, and waits until it is gone."""
    instance = running(work)
    if instance is None:
        return Stopped("not_running")
    os.kill(instance.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _same(running(work), instance):
        if time.monotonic() > deadline:
            raise OutsideError(
                f"process {instance.pid} does not stop", hint=f"end it by hand: kill -9 {instance.pid}"
            )
        time.sleep(POLL_SECONDS)
    return Stopped("stopped", instance.pid)


class _Refusal(Struct):
    """The error as the command printed it."""

    error: str
    where: str
    hint: str


def _why(log: Path) -> OutsideError:
    last = log.read_bytes().strip().splitlines()[-1:]
    try:
        told = msgspec.json.decode(b"".join(last), type=_Refusal)
    except msgspec.DecodeError:
        return OutsideError("`causeway up` did not start", where=str(log), hint="see what it wrote there")
    return OutsideError(told.error, where=told.where, hint=told.hint)


def _said(log: Path) -> Started | None:
    for line in log.read_bytes().splitlines():
        try:
            return msgspec.json.decode(line, type=Started)
        except msgspec.DecodeError:
            continue
    return None


def _same(now: Instance | None, before: Instance) -> bool:
    return now is not None and (now.pid, now.started) == (before.pid, before.started)

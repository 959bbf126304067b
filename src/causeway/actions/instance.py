"""The running `causeway up` of a workspace: where it answers, and whether it is still alive."""

import http.client
import os
import ssl
import time
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.workspace import Workspace, write_whole
from causeway.core.ids import digest_of

HOST = "127.0.0.1"
PORT = 8080
CONSOLE_PORT = 8090
EVERYWHERE = {"0.0.0.0": HOST, "::": "::1"}  # noqa: S104 - compared with, not listened on
"""Addresses that stand for all of this machine's, and one of those."""
FOLLOW_SECONDS = 20.0
POLL_SECONDS = 0.05


class Instance(Struct, frozen=True):
    """A control plane and its gateway, as processes and ports of this machine.

    `started` tells the process from a later one that got the same number.
    """

    pid: int
    started: str
    port: int
    console_port: int
    at: datetime
    gateway_pid: int = 0
    gateway_started: str = ""
    host: str = HOST
    """Where the gateway listens."""
    tls: bool = False

    @property
    def address(self) -> str:
        """Where the gateway answers."""
        host = f"[{self.reached}]" if ":" in self.reached else self.reached
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def reached(self) -> str:
        """The host by which this machine itself comes to the gateway."""
        return EVERYWHERE.get(self.host, self.host)

    @property
    def console(self) -> str:
        """Where people look."""
        return f"http://{HOST}:{self.console_port}"


def running(work: Workspace) -> Instance | None:
    """The instance that serves this workspace now; None where there is none, or only a stale note of one."""
    instance = recorded(work)
    return instance if instance and alive(instance.pid, instance.started) else None


def recorded(work: Workspace) -> Instance | None:
    """What the last `up` wrote down, whether or not it still runs."""
    try:
        return msgspec.json.decode(_note(work).read_bytes(), type=Instance)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def record(work: Workspace, instance: Instance) -> None:
    """Writes down who serves this workspace."""
    write_whole(_note(work), msgspec.json.encode(instance))


class Health(Struct, frozen=True):
    """What the gateway says of itself; `version` is that of the route file it follows.

    It names problems only to whoever shows the digest of that file.
    """

    version: int
    problems: tuple[str, ...] | None = None


def followed(instance: Instance, routes: Path, *, version: int, product: str) -> str:
    """Waits until the gateway follows this version of the routes; what is wrong then, or empty."""
    deadline = time.monotonic() + FOLLOW_SECONDS
    while time.monotonic() < deadline:
        health = _health(instance, proof=digest_of(routes.read_bytes()))
        if health and health.version >= version and health.problems is not None:
            return "; ".join(each for each in health.problems if each.startswith(f"{product}:"))
        time.sleep(POLL_SECONDS)
    return f"the gateway on port {instance.port} did not follow within {FOLLOW_SECONDS:g} s"


def _health(instance: Instance, *, proof: str) -> Health | None:
    connection = connected(instance, seconds=FOLLOW_SECONDS)
    try:
        connection.request("GET", "/v2/health/ready", headers={"causeway-routes": proof})
        return msgspec.json.decode(connection.getresponse().read(), type=Health)
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        # it may just be starting again
        return None
    finally:
        connection.close()


def connected(instance: Instance, *, seconds: float) -> http.client.HTTPConnection:
    """A connection to the gateway of this instance."""
    if not instance.tls:
        return http.client.HTTPConnection(instance.reached, instance.port, timeout=seconds)
    context = ssl.create_default_context()
    # its certificate is made out to the name that others use, and it is our own process on this machine
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(instance.reached, instance.port, timeout=seconds, context=context)


def forget(work: Workspace, instance: Instance) -> None:
    """Takes the note away, if it is this instance's."""
    noted = recorded(work)
    if noted and (noted.pid, noted.started) == (instance.pid, instance.started):
        _note(work).unlink(missing_ok=True)


def alive(pid: int, started: str) -> bool:
    """Whether the process that had this number at that start still runs."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # somebody else's process has this number now
        return False
    return start_of(pid) == started


def start_of(pid: int) -> str:
    """When this process started, in the kernel's ticks; empty where the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    # a zombie is nobody
    return "" if state == "Z" else rest[18]


def _note(work: Workspace) -> Path:
    return work.state / "up.json"

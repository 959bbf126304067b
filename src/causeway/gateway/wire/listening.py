"""Where a gateway listens: a port, a path, or both; for several processes, which of them gets a caller."""

import contextlib
import ctypes
import os
import socket
import stat
import struct
from collections.abc import Generator, Sequence
from pathlib import Path

from causeway.core.errors import OutsideError

BACKLOG = 2048
ATTACH_REUSEPORT_CBPF = 51
LOAD_RANDOM, MODULO, RETURN_IF, RETURN = (0x20, 0xFFFFF038), 0x94, 0x15, 0x06
"""Of the kernel's packet filters: load a random number, take a remainder, compare, return."""
OWNER_ONLY = 0o177


class Listening:
    """The sockets of a gateway of so many processes.

    On Linux each process has a socket of its own on the same port (SO_REUSEPORT), and a filter in the kernel
    draws one for each new connection. They are made here once: what waits at one outlives its process.
    """

    def __init__(self, ports: Sequence[socket.socket], unix: socket.socket | None) -> None:
        self._ports, self._unix = ports, unix
        self._path = Path(unix.getsockname()) if unix else None
        self._port = int(ports[0].getsockname()[1]) if ports else 0

    @property
    def port(self) -> int:
        """The port; 0 where there is none."""
        return self._port

    def of(self, seat: int) -> list[socket.socket]:
        """Those on which the process in this seat accepts."""
        own = [self._ports[seat if len(self._ports) > 1 else 0]] if self._ports else []
        return [*own, self._unix] if self._unix else own

    def steer(self, seats: Sequence[int]) -> None:
        """Has new connections go to these seats only."""
        if len(self._ports) > 1 and seats:
            _attach(self._ports[0], seats)

    def hang_up(self, seat: int) -> None:
        """Ends what waits at the socket of a seat that nobody takes."""
        if len(self._ports) > 1:
            with contextlib.suppress(OSError):
                while True:
                    self._ports[seat].accept()[0].close()

    def close(self) -> None:
        """Takes no more."""
        for each in self._ports:
            each.close()
        if self._unix and self._path:
            # first, so that whoever takes the path next does not lose it to us
            self._path.unlink(missing_ok=True)
            self._unix.close()
            self._path = None


def listen(host: str, port: int | None, *, unix: Path | None, seats: int, fd: int = -1) -> Listening:
    """Takes the port, the path, or both; `fd` is the port's socket, where somebody else holds it."""
    ports = [] if port is None else _ports(host, port, seats, fd)
    try:
        return Listening(ports, _path(unix) if unix else None)
    except OutsideError:
        for each in ports:
            each.close()
        raise


def _ports(host: str, port: int, seats: int, fd: int) -> list[socket.socket]:
    first = _bound(host, port) if fd < 0 else _held(fd)
    ports = [first]
    try:
        if seats > 1 and _can_steer():
            # only now, so that a port which another gateway has is in use for this one
            first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            number = first.getsockname()[1]
            ports += [_bound(host, number, together=True) for _ in range(seats - 1)]
        for each in ports:
            each.listen(BACKLOG)
        if len(ports) > 1 and not _attach(first, range(seats)):
            for each in ports[1:]:
                each.close()
            return [first]
    except OSError as error:
        for each in ports:
            each.close()
        raise _in_use(f"{host}:{port}", error, "choose another with --port, or stop it") from error
    return ports


def _held(fd: int) -> socket.socket:
    try:
        held = socket.socket(fileno=fd)
        held.setblocking(False)
    except OSError as error:
        raise OutsideError(
            f"{fd} is no socket: {error.strerror}", hint="leave --fd to causeway up"
        ) from error
    return held


def _can_steer() -> bool:
    return os.uname().sysname == "Linux" and hasattr(socket, "SO_REUSEPORT")


def _bound(host: str, port: int, *, together: bool = False) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if together:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise _in_use(f"{host}:{port}", error, "choose another with --port, or stop it") from error
    bound.setblocking(False)
    return bound


def _attach(port: socket.socket, seats: Sequence[int]) -> bool:
    """Draws one of these sockets of the group for each new connection; whether the kernel takes that."""
    program = [(LOAD_RANDOM[0], 0, 0, LOAD_RANDOM[1]), (MODULO, 0, 0, len(seats))]
    for place, seat in enumerate(seats):
        program += [(RETURN_IF, 0, 1, place), (RETURN, 0, 0, seat)]
    program.append((RETURN, 0, 0, seats[0]))
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    held = ctypes.create_string_buffer(code, len(code))
    try:
        port.setsockopt(
            socket.SOL_SOCKET,
            ATTACH_REUSEPORT_CBPF,
            struct.pack("HP", len(program), ctypes.addressof(held)),
        )
    except OSError:
        return False
    return True


def _path(path: Path) -> socket.socket:
    _remove_stale(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _owner_only():
            bound.bind(str(path))
        bound.listen(BACKLOG)
    except (OSError, ValueError) as error:
        bound.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise OutsideError(
            f"cannot listen on {path}: {reason}", hint="choose another path with --unix; it must be short"
        ) from error
    bound.setblocking(False)
    return bound


def _remove_stale(path: Path) -> None:
    """Takes away what a gateway that is gone left behind; nothing else."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise OutsideError(f"{path} is no socket", hint="choose another path with --unix")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise _in_use(str(path), error, "choose another path with --unix") from error
    raise OutsideError(
        f"cannot listen on {path}: somebody answers there", hint="choose another path with --unix, or stop it"
    )


@contextlib.contextmanager
def _owner_only() -> Generator[None]:
    before = os.umask(OWNER_ONLY)
    try:
        yield
    finally:
        os.umask(before)


def _in_use(where: str, error: OSError, hint: str) -> OutsideError:
    return OutsideError(
        f"cannot listen on {where}: {error.strerror or error}",
        hint=f"another process may hold it: {hint}",
    )

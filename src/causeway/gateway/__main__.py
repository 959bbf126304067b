"""`python -m causeway.gateway`: answers what the route file says, and records it."""

import argparse
import os
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING

from causeway.core.errors import CausewayError, UsageError
from causeway.gateway.processes.memory import share_one_arena

if TYPE_CHECKING:
    from causeway.gateway.server import Options


def main() -> int:
    """Serves; the exit code says how it ended."""
    # no matrix here is large enough for several threads, and what is forked must have none
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    share_one_arena()
    _without_command_line()
    from causeway.gateway.log import hear_libraries, say_error  # noqa: PLC0415 - only now, as numpy reads the line above
    from causeway.gateway.server import run  # noqa: PLC0415 - the same

    try:
        options = _options()
        hear_libraries()
        run(options)
    except CausewayError as error:
        say_error(error)
        return error.exit_code
    return 0


def _without_command_line() -> None:
    """Lets uvicorn's parts be imported without what its package begins with: its command line."""
    spec = find_spec("uvicorn")
    if spec is None or "uvicorn" in sys.modules:
        return
    package = sys.modules["uvicorn"] = module_from_spec(spec)
    # its parts look for these here
    package.Config = import_module("uvicorn.config").Config  # type: ignore[attr-defined]
    package.Server = import_module("uvicorn.server").Server  # type: ignore[attr-defined]


def _options() -> "Options":
    from causeway.gateway.server import Options  # noqa: PLC0415 - as above

    given = _parser().parse_args()
    if given.log:
        # programs that it starts say things in the same form
        os.environ["CAUSEWAY_LOG"] = given.log
    if bool(given.tls_cert) != bool(given.tls_key):
        raise UsageError("a certificate and its key belong together", hint="give --tls-cert and --tls-key")
    port = given.port
    if port is None and (given.unix is None or given.fd >= 0):
        port = _platform_port()
    return Options(
        routes=given.routes,
        records=given.records,
        host=given.host,
        port=port,
        port_file=given.port_file,
        grpc_port=given.grpc_port,
        unix=given.unix,
        fd=given.fd,
        rotate_seconds=given.rotate_seconds,
        look_seconds=given.look_seconds,
        workers=given.workers,
        workers_most=given.workers_most,
        rise_seconds=given.rise_seconds,
        fall_seconds=given.fall_seconds,
        certificate=(given.tls_cert, given.tls_key) if given.tls_cert else None,
        proxies=tuple(given.proxy),
        access_log=given.access_log,
        notes=given.notes,
    )


def _platform_port() -> int:
    """The port that Vertex AI wants, else 0: a free one."""
    said = os.environ.get("AIP_HTTP_PORT") or "0"
    if not said.isdecimal() or int(said) > 65535:
        raise UsageError(f"AIP_HTTP_PORT is {said[:20]!r}", hint="give a port, or leave the variable out")
    return int(said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m causeway.gateway", description=__doc__)
    add = parser.add_argument
    add("--routes", type=Path, required=True, help="route file, followed when it changes")
    add("--records", type=Path, required=True, help="folder for the record logs")
    add("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    add(
        "--port",
        type=int,
        help="port; 0 takes a free one, as does neither this nor --unix nor AIP_HTTP_PORT",
    )
    add("--port-file", type=Path, help="file to write the port to once it answers")
    add("--grpc-port", type=int, help="answer gRPC there as well; 0 takes a free one")
    add("--unix", type=Path, help="path of a socket to listen at, which only this user may open")
    add("--fd", type=int, default=-1, help="number of an open socket that is the port")
    add("--workers", type=int, default=0, help="processes that answer; 0, the default, as the routes ask")
    add("--workers-most", type=int, default=0, help="as many when callers wait; 0 as the routes ask")
    add("--rise-seconds", type=int, default=3, help="busy for so long, there is one more")
    add("--fall-seconds", type=int, default=30, help="idle for so long, there is one fewer")
    add("--tls-cert", type=Path, help="certificate with its chain, PEM; taken up anew when it changes")
    add("--tls-key", type=Path, help="its key, PEM, without a password")
    add("--proxy", action="append", default=[], help="address or network whose X-Forwarded-* are believed")
    add("--rotate-seconds", type=float, default=10.0, help="close a record log at least this often")
    add("--look-seconds", type=float, default=0.5, help="how often to look at the route file")
    add("--log", choices=("plain", "json"), help="how to say what befalls it; also CAUSEWAY_LOG")
    add("--access-log", action="store_true", help="a line for each request, without what was in it")
    add("--notes", action="store_true", help="say on standard output what befalls the processes, in JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())

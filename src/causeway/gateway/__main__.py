"""`python -m causeway.gateway`: answers what the route file says, and records it."""

import argparse
import os
import sys
from pathlib import Path

from causeway.core.errors import CausewayError
from causeway.gateway.server import Options, run


def main() -> int:
    """Serves; the exit code says how it ended."""
    try:
        run(_options())
    except CausewayError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - nobody else is there to say it
        print(f"  {error.hint}", file=sys.stderr)  # noqa: T201 - the same
        return error.exit_code
    return 0


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m causeway.gateway", description=__doc__)
    parser.add_argument("--routes", type=Path, required=True, help="route file, followed when it changes")
    parser.add_argument("--records", type=Path, required=True, help="folder for the record logs")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port",
        type=int,
        default=int(os.environ.get("AIP_HTTP_PORT") or 0),
        help="port; 0 takes a free one (default: AIP_HTTP_PORT, where a platform says it)",
    )
    parser.add_argument("--port-file", type=Path, help="file to write the port to once it answers")
    parser.add_argument("--grpc-port", type=int, help="answer gRPC there as well; 0 takes a free one")
    parser.add_argument(
        "--rotate-seconds", type=float, default=10.0, help="close a record log at least this often"
    )
    given = parser.parse_args()
    return Options(
        routes=given.routes,
        records=given.records,
        host=given.host,
        port=given.port,
        port_file=given.port_file,
        rotate_seconds=given.rotate_seconds,
        grpc_port=given.grpc_port,
    )


if __name__ == "__main__":
    sys.exit(main())

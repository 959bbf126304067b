"""One release, served by itself: no routes, no keys, no records, and the standard library's HTTP server.

`causeway eject` copies this file with the modules that it needs into a folder of its own.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from causeway.core.bundle import RELEASE
from causeway.core.errors import CausewayError
from causeway.core.ids import digest_of
from causeway.core.routes import Key, Route, Served
from causeway.gateway.app import App
from causeway.gateway.door.keys import Caller, Headers, Keyring
from causeway.gateway.models.bundles import Loaded, load_bundle
from causeway.gateway.models.folder import read_part
from causeway.gateway.models.worker import Worker
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import Malformed, TooLarge
from causeway.gateway.routes.routing import Live, Routing, Variant
from causeway.gateway.wire.http import MAX_BODY_BYTES, Reply, reply_to

REQUEST_SECONDS = 60.0
IDLE_SECONDS = 20.0
MAX_CONNECTIONS = 128
NOT_READY = 3
_LENGTH = re.compile(r"[0-9]{1,12}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Anybody(Keyring):
    """A keyring that opens for whoever asks: who may call is decided in front of this server."""

    def __init__(self, product: str) -> None:
        super().__init__(())
        self._caller = Caller({product: Key("anybody", "", "anybody")})

    def caller(self, headers: Headers) -> Caller:  # noqa: ARG002 - nobody is asked for a key
        """The one caller that there is."""
        return self._caller


class Turning:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def start(self, worker: Worker) -> None:
        """Starts the release's own process."""
        asyncio.run_coroutine_threadsafe(worker.start(), self.loop).result()

    def close(self, loaded: Loaded) -> None:
        """Ends the release's own process, and the loop."""
        if loaded.worker:
            asyncio.run_coroutine_threadsafe(loaded.worker.close(), self.loop).result(REQUEST_SECONDS)
        self.loop.call_soon_threadsafe(self.loop.stop)


def load(bundle: Path, trusted: Path, *, python: str, turning: Turning) -> tuple[Loaded, Route]:
    """The release in this folder, proven byte by byte against the public keys in `trusted`."""
    pems = tuple(path.read_text(encoding="utf-8") for path in sorted(trusted.glob("*.pem")))
    content = read_part(bundle, RELEASE)
    product = _product(content)
    served = Served(digest_of(content), str(bundle), 100, python)
    route = Route(product, (served,), (), records="off", trusted_keys=pems)
    return load_bundle(served, route, start=turning.start), route


def _product(content: bytes) -> str:

    try:
        return str(json.loads(content)["product"])
    except (ValueError, KeyError, TypeError):
        raise Malformed("release.json is no release") from None


def app_of(loaded: Loaded, route: Route) -> App:
    """The gateway's own application, answering with this release only."""
    app = App(Recorder(Path(os.devnull), rotate_seconds=IDLE_SECONDS))
    live = Live(route, (Variant(loaded, 100, ""),), None)
    app.routing = Routing(1, {route.product: live}, Anybody(route.product))
    return app


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the application."""

    app: App
    turning: Turning
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server_version = "release"
    sys_version = ""

    def do_GET(self) -> None:
        """Answers a question; what it has of a body is read, lest it pass for another request."""
        self._take()

    def do_HEAD(self) -> None:
        """The same, without the answer's body."""
        self._take()

    def do_POST(self) -> None:
        """Answers rows."""
        self._take()

    # what it does not do is told as the gateway tells it
    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 - the standard library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing: no request is logged."""

    def _take(self) -> None:
        try:
            body = self._body()
        except CausewayError as error:
            self.close_connection = True
            self._send(reply_to(error))
        else:
            self._answer(body)

    def _body(self) -> bytes:
        # a header that others read otherwise could say where this request ends, and the next begins
        if self.headers.defects or any(map(_is_odd, self.headers.items())):
            raise Malformed(
                "a header is not as HTTP has them", hint="send `name: value`, each on a line of its own"
            )
        lengths = self.headers.get_all("content-length", ["0"] if self.command != "POST" else [])
        # one that says it both ways, or twice, could be read as two requests by whoever stands in front
        if len(lengths) != 1 or not _LENGTH.fullmatch(lengths[0]) or "transfer-encoding" in self.headers:
            raise Malformed(
                "the request does not say plainly how long its body is", hint="send content-length"
            )
        length = int(lengths[0])
        if length > MAX_BODY_BYTES:
            raise TooLarge(f"the body is larger than {MAX_BODY_BYTES >> 20} MB")
        body = self.rfile.read(length)
        if len(body) < length:
            raise Malformed("the body is shorter than it says")
        return body

    def _answer(self, body: bytes) -> None:
        headers = [(name.lower().encode(), text.encode("latin-1")) for name, text in self.headers.items()]
        path = self.path.partition("?")[0]
        scope = {"type": "http", "method": self.command, "path": path, "headers": headers}
        asked = asyncio.run_coroutine_threadsafe(_reply(self.app, scope, body), self.turning.loop)
        self._send(asked.result(REQUEST_SECONDS))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in (("content-type", reply.media), *reply.headers):
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


def _is_odd(header: tuple[str, str]) -> bool:
    name, value = header
    return not _NAME.fullmatch(name) or "\r" in value or "\n" in value


class Bounded(ThreadingHTTPServer):
    """A server that takes no more connections at once than it has threads for."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *given: Any) -> None:  # noqa: ANN401 - as the standard library has it
        super().__init__(*given)
        self._room = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the same
        """Waits for room, then answers in a thread."""
        self._room.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the same
        """Answers, and makes room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the same
        """Says what went wrong, unless it is that the caller hung up."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def server_of(app: App, turning: Turning, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server that answers with this application."""
    bound = type("Bound", (Handler,), {"app": app, "turning": turning})
    return Bounded((host, port), bound)


async def _reply(app: App, scope: Mapping[str, Any], body: bytes) -> Reply:
    """What the application sends for this request."""
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = tuple((name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"])
    media = next((value for name, value in headers if name == "content-type"), "application/json")
    kept = tuple(each for each in headers if each[0] not in {"content-type", "content-length"})
    return Reply(sent[1]["body"], sent[0]["status"], media, kept)


def main(here: Path, arguments: list[str] | None = None) -> int:
    """Serves the release that lies in `here`/bundle until it is told to stop; with --check only proves it."""
    parser = argparse.ArgumentParser(prog="serve.py", description="Serves one release.")
    given = os.environ
    parser.add_argument("--host", default=given.get("HOST", "127.0.0.1"))
    parser.add_argument(
        "--port", type=int, default=int(given.get("AIP_HTTP_PORT") or given.get("PORT") or 8080)
    )
    parser.add_argument("--python", default=given.get("WORKER_PYTHON", sys.executable))
    parser.add_argument("--check", action="store_true", help="prove the release, and end")
    options = parser.parse_args(arguments)
    turning = Turning()
    try:
        loaded, route = load(here / "bundle", here / "trusted", python=options.python, turning=turning)
        if options.check:
            turning.close(loaded)
            print(f"{loaded.digest}: every byte is what was signed, and the model answers")  # noqa: T201 - the result
            return 0
        server = server_of(app_of(loaded, route), turning, host=options.host, port=options.port)
    except (CausewayError, OSError) as error:
        told = error.message if isinstance(error, CausewayError) else error
        print(f"error: {told}", file=sys.stderr)  # noqa: T201 - a server's own word
        return NOT_READY
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    host, port = server.server_address[:2]
    print(f"serving {route.product} on http://{host}:{port}", file=sys.stderr, flush=True)  # noqa: T201 - the same
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        turning.close(loaded)
    return 0

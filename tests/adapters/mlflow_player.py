"""Plays what a real tracking server answered, over real HTTP."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "golden" / "mlflow"
TOLD = json.loads((RECORDED / "answers.json").read_text())
RUNS = TOLD["runs"]


class Player(BaseHTTPRequestHandler):
    token, more, cut = "", {}, ""

    def do_GET(self):
        if self.token and self.headers.get("authorization") != f"Bearer {self.token}":
            return self.say(401, b"no")
        if self.path in self.more:
            return self.say(*self.more[self.path])
        if self.path in TOLD["files"]:
            return self.say(200, (RECORDED / TOLD["files"][self.path]).read_bytes())
        status, body = TOLD["answers"].get(self.path, (404, {"error_code": "ENDPOINT_NOT_FOUND"}))
        return self.say(status, json.dumps(body).encode())

    def say(self, status, body, **headers):
        self.send_response(status)
        lacking = 10 if self.path == self.cut else 0
        for name, value in {"content-length": str(len(body) + lacking), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def playing(**told):
    """The address of such a server: host and port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Playing", (Player,), told))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

"""A client that calls an ASGI application in this process."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self):
        return self.content.decode()

    def json(self):
        return json.loads(self.content)


@dataclass
class Browser:
    app: object
    headers: dict[str, str]

    def get(self, target):
        return self.ask("GET", target)

    def post(self, target, body=b""):
        return self.ask("POST", target, body)

    def ask(self, method, target, body=b""):
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (name.encode(), value.encode())
                for name, value in {"host": "127.0.0.1:8090", **self.headers}.items()
            ],
            "server": ("127.0.0.1", 8090),
        }
        return asyncio.run(_call(self.app, scope, body))


async def _call(app, scope, body):
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))

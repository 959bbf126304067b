"""Drives a FastAPI or Starlette app: requests are put to it directly, without a server."""

import asyncio
import json
import os
import sys
from urllib.parse import urlencode

from causeway_runner.apps_flask import BATCHES, Route
from causeway_runner.driving import Failed, Undrivable, imported
from causeway_runner.forms import read_by
from causeway_runner.matching import Input

FACTORIES = ("create_app", "make_app", "get_app")
NUMBERS = {"integer", "number"}


class Asgi:
    """The app, its start-up done."""

    name = "FastAPI"

    def __init__(self, path, _request, _seconds):
        sys.path.insert(0, os.path.dirname(path))
        self.app = found_app(imported(path))
        self.loop = asyncio.new_event_loop()
        self.route, self.error = None, None
        self.loop.run_until_complete(self.started())

    async def started(self):
        """Runs what the app does before it serves."""
        self.lifespan = self.app.router.lifespan_context(self.app)
        await self.lifespan.__aenter__()

    def inputs(self, wanted):
        """What the place that asks for most of what is wanted asks for."""
        routes = self.described() if hasattr(self.app, "openapi") else self.read()
        routes = [route for route in routes if route.fields or route.whole]
        if not routes:
            raise Undrivable("no path takes a form, a query or JSON whose fields can be told")
        self.route = max(routes, key=lambda route: (wanted(route.fields), route.whole, len(route.fields)))
        return self.route.fields

    def described(self):
        """The places that take inputs, as the app's own OpenAPI description has them."""
        described = self.app.openapi()
        self.parts = described.get("components", {}).get("schemas", {})
        for path, methods in described.get("paths", {}).items():
            for method, about in methods.items():
                if "{" not in path and method in ("post", "get", "put"):
                    yield self.route_of(path, method, about)

    def route_of(self, path, method, about):
        """One path with its fields."""
        content = about.get("requestBody", {}).get("content", {})
        kind = next(iter(content), "")
        schema = self.resolved(content.get(kind, {}).get("schema", {}))
        fields = [self.field(name, part) for name, part in schema.get("properties", {}).items()]
        sent = "json" if "json" in kind else "form"
        if not content:
            sent = "query"
            fields = [self.field(one["name"], one.get("schema", {})) for one in about.get("parameters", [])]
        batch = len(fields) == 1 and fields[0].name.lower() in BATCHES
        open_ = bool(content) and not fields and sent == "json"
        self.nested = None
        if batch:
            inner = self.resolved(self.resolved(schema["properties"][fields[0].name]).get("items", {}))
            if inner.get("properties"):
                named = fields[0].name
                fields = [self.field(name, part) for name, part in inner["properties"].items()]
                route = Route(path, method.upper(), sent, names=[], inputs=fields)
                route.list_in = named
                return route
        names = [field.name for field in fields]
        return Route(path, method.upper(), sent, names=names, inputs=fields, whole=batch or open_)

    def resolved(self, schema):
        """A part of the description, looked up where it only refers to another."""
        for one in schema.get("allOf", []) + schema.get("anyOf", []):
            if "$ref" in one or one.get("type") != "null":
                schema = one
                break
        reference = schema.get("$ref", "")
        return self.parts.get(reference.rpartition("/")[2], schema) if reference else schema

    def field(self, name, schema):
        """One field as an input."""
        schema = self.resolved(schema)
        if schema.get("enum"):
            return Input(name, "select", options=schema["enum"], handle=name)
        kind = schema.get("type", "")
        if kind == "boolean":
            return Input(name, "check", handle=name)
        if kind in NUMBERS:
            low, high = schema.get("minimum"), schema.get("maximum")
            return Input(name, "number", low=low, high=high, whole=kind == "integer", handle=name)
        return Input(name, "text", handle=name)

    def read(self):
        """The places that take inputs, as the code behind them reads them."""
        for route in self.app.routes:
            if hasattr(route, "endpoint") and "{" not in route.path:
                names, sent = read_by(route.endpoint)
                method = "POST" if "POST" in (route.methods or ()) else "GET"
                fields = [Input(name, "json", handle=name) for name in names]
                whole = not fields and sent == "json"
                yield Route(route.path, method, sent or "json", names=names, inputs=fields, whole=whole)

    def ask(self, values):
        """Sends the inputs; what the app answers. Raises Failed where it answers with an error."""
        sent = {asked.handle: value for asked, value in values}
        named = getattr(self.route, "list_in", "")
        return self.send({named: [sent]} if named else sent)

    def ask_whole(self, record, row):
        """Sends a whole record, or the row of the matrix under the one name that is read."""
        names = self.route.names
        return self.send({names[0]: row} if names else record)

    def send(self, sent):
        """Makes the request."""
        query, body, kind = b"", b"", b"application/json"
        if self.route.sent == "query" or self.route.method == "GET":
            query = urlencode(sent).encode()
        elif self.route.sent == "form":
            body, kind = urlencode(sent).encode(), b"application/x-www-form-urlencoded"
        else:
            body = json.dumps(sent).encode()
        status, text = self.loop.run_until_complete(self.answered(query, body, kind))
        if status >= 400:
            raise Failed("HTTP %d%s" % (status, ": " + text[:200] if text else ""))
        return text

    async def answered(self, query, body, kind):
        """Status and text of the answer."""
        held = {"status": 500, "body": b""}
        headers = [(b"host", b"localhost"), (b"content-type", kind), (b"content-length", b"%d" % len(body))]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": self.route.method,
            "path": self.route.rule, "raw_path": self.route.rule.encode(), "query_string": query,
            "root_path": "", "headers": headers, "scheme": "http", "client": ("127.0.0.1", 1),
            "server": ("localhost", 80), "state": {},
        }  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            held["status"] = message.get("status", held["status"])
            held["body"] += message.get("body", b"")

        try:
            await self.app(scope, receive, send)
        except Exception as error:
            return 500, "%s: %s" % (type(error).__name__, str(error)[:200])
        return held["status"], held["body"].decode("utf-8", "replace")


def found_app(module):
    """The app in a module, or what its factory makes."""
    from starlette.applications import Starlette

    for held in vars(module).values():
        if isinstance(held, Starlette):
            return held
    for name in FACTORIES:
        if callable(getattr(module, name, None)):
            return getattr(module, name)()
    raise Undrivable("the file makes no FastAPI or Starlette app when it is imported")

"""A real gateway process on a free port, and a caller for it."""

import hashlib
import http.client
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bundle_made import SigningKey

from causeway.core.ids import canonical_json, digest_of
from causeway.core.records import Lost, Record, frames
from causeway.core.routes import Key, Route, RouteFile, Served

BEARER = "s3cret-token"
PATIENCE_SECONDS = 40


def key(bearer=BEARER, *, name="key-1", consumer="team-a", scopes=("predict",)) -> Key:
    return Key(name, hashlib.sha256(bearer.encode()).hexdigest(), consumer, scopes)


def route(product, *bundles, signing: SigningKey, shares=(100,), keys=None, **more) -> Route:
    served = tuple(
        Served(name, str(folder), share) for (name, folder), share in zip(bundles, shares, strict=True)
    )
    return Route(product, served, (key(),) if keys is None else keys, trusted_keys=(signing.pem,), **more)


def eventually(holds, what="what was waited for"):
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if found := holds():
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen")


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self):
        return json.loads(self.raw)


@dataclass
class Gateway:
    folder: Path
    process: subprocess.Popen | None = None
    port: int = 0
    version: int = 0
    proof: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def records_folder(self) -> Path:
        return self.folder / "records"

    def routed(self, *routes: Route) -> "Gateway":
        self.version += 1
        part = self.folder / "routes.part"
        content = canonical_json(RouteFile(self.version, routes))
        part.write_bytes(content)
        self.proof = digest_of(content)
        part.replace(self.folder / "routes.json")
        return self

    def follow(self, *routes: Route) -> None:
        self.routed(*routes)
        eventually(lambda: self.health()["version"] == self.version, "the new route file")

    def start(self, *options: str) -> "Gateway":
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "causeway.gateway", "--routes", self.folder / "routes.json"]
        command += ["--records", self.records_folder, "--port-file", port_file, *options]
        with (self.folder / "stderr").open("wb") as said:
            self.process = subprocess.Popen(list(map(str, command)), stderr=said)
        eventually(lambda: port_file.exists() or self.process.poll() is not None, "the start")
        assert self.process.poll() is None, self.said()
        self.port = int(port_file.read_text())
        return self

    def said(self) -> str:
        return (self.folder / "stderr").read_text()

    def stop(self, signum=signal.SIGTERM) -> int:
        self.process.send_signal(signum)
        return self.process.wait(PATIENCE_SECONDS)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def call(self, method, path, body=None, *, bearer=BEARER, **headers) -> Got:
        connection = self.connect()
        try:
            return call_on(connection, method, path, body, bearer=bearer, **headers)
        finally:
            connection.close()

    def invoke(self, *rows, product="churn", **headers) -> Got:
        path = f"/products/{product}/invocations"
        return self.call("POST", path, {"dataframe_records": list(rows)}, **headers)

    def health(self):
        return self.call("GET", "/v2/health/ready", bearer=None, causeway_routes=self.proof).body

    def recorded(self, product="churn") -> list[Record]:
        return [frame for frame in self.framed(product) if isinstance(frame, Record)]

    def told_lost(self, product="churn") -> list[Lost]:
        return [frame for frame in self.framed(product) if isinstance(frame, Lost)]

    def framed(self, product="churn"):
        try:
            logs = sorted((self.records_folder / product).glob("*.*"))
            return [frame for log in logs for frame in frames(log.read_bytes())]
        except FileNotFoundError:
            # one was just closed, and has another name now
            return self.framed(product)


def call_on(connection, method, path, body=None, *, bearer=BEARER, **headers) -> Got:
    sent = {"content-type": "application/json"} if body is not None else {}
    if bearer:
        sent["authorization"] = f"Bearer {bearer}"
    sent |= {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    content = body if isinstance(body, bytes | str | None) else json.dumps(body)
    connection.request(method, path, content, sent)
    response = connection.getresponse()
    return Got(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


@contextmanager
def running(folder: Path, *routes: Route, options=()):
    folder.mkdir(parents=True, exist_ok=True)
    gateway = Gateway(folder).routed(*routes).start(*options)
    try:
        yield gateway
    finally:
        if gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.wait()


@contextmanager
def both_ways(folder: Path, *routes: Route):
    """The same gateway twice: with the short way, and with the long one only."""
    with running(folder / "short", *routes) as short, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_FASTLANE", "0")
        with running(folder / "long", *routes) as long:
            yield short, long

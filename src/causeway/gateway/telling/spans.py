"""Finished requests as OpenTelemetry's spans, in OTLP's JSON over HTTP."""

import gzip
import http.client
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import msgspec

from causeway import __version__
from causeway.core.errors import OutsideError
from causeway.gateway.telling.collector import Collector
from causeway.gateway.telling.sights import Sight

SERVER_KIND, STATUS_ERROR = 2, 2
FAILED = 500
NANOSECONDS = 1_000_000_000
_ATTEMPTS = 2

_encode = msgspec.json.Encoder().encode


class Exporter:
    """Sends spans to a collector, from one thread.

    `heard` is told what is wrong with it, and nothing once it works again.
    """

    def __init__(self, collector: Collector, heard: Callable[[str], None]) -> None:
        self._collector, self._heard = collector, heard
        self._headers = {"content-type": "application/json", **collector.headers}
        if collector.compressed:
            self._headers["content-encoding"] = "gzip"
        self._tls = _tls(collector)
        self._connection: http.client.HTTPConnection | None = None
        self._before, self._after = _around(collector.resource)
        self._trouble = ""

    def send(self, sights: Sequence[Sight]) -> bool:
        """Whether the collector took them."""
        body = f"{self._before}{','.join(map(span_of, sights))}{self._after}".encode()
        trouble = self._sent(gzip.compress(body, 1) if self._collector.compressed else body)
        if trouble != self._trouble:
            self._trouble = trouble
            self._heard(trouble)
        return not trouble

    def _sent(self, body: bytes) -> str:
        """Why not, or nothing."""
        trouble = ""
        for _ in range(_ATTEMPTS):
            # a connection that was kept may have been closed at the other end meanwhile
            fresh = self._connection is None
            connection = self._connection or self._connected()
            try:
                connection.request("POST", self._collector.path, body, self._headers)
                reply = connection.getresponse()
                reply.read(1 << 20)
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                self._connection = None
                trouble = getattr(error, "strerror", None) or type(error).__name__
                if fresh:
                    break
                continue
            self._connection = connection
            return "" if reply.status < http.HTTPStatus.MULTIPLE_CHOICES else f"it says {reply.status}"
        return trouble

    def _connected(self) -> http.client.HTTPConnection:
        asked = self._collector
        if self._tls:
            return http.client.HTTPSConnection(
                asked.host, asked.port, timeout=asked.seconds, context=self._tls
            )
        return http.client.HTTPConnection(asked.host, asked.port, timeout=asked.seconds)


def span_of(sight: Sight) -> str:
    """One span, as JSON."""
    same = _same(
        sight.method, sight.route, sight.status, sight.code, (sight.product, sight.release, sight.arm)
    )
    named = f",{_attribute('causeway.prediction_id', sight.prediction)}" if sight.prediction else ""
    parent = f',"parentSpanId":"{sight.parent.span}"' if sight.parent else ""
    began_ns = sight.ended_ns - int(sight.seconds * NANOSECONDS)
    return (
        f'{{"traceId":"{sight.trace}","spanId":"{random.getrandbits(64) or 1:016x}"{parent},'
        f'"startTimeUnixNano":"{began_ns}","endTimeUnixNano":"{sight.ended_ns}",{same}{named}]}}'
    )


@lru_cache(maxsize=1024)
def _same(method: str, route: str, status: int, code: str, who: tuple[str, str, str]) -> str:
    """What many spans share, up to the attributes that one may have beside."""
    told = {"http.request.method": method or "_OTHER", "http.route": route}
    told |= dict(zip(("causeway.product", "causeway.release", "causeway.arm"), who, strict=True))
    told |= {"causeway.code": code, "error.type": code if status >= FAILED else ""}
    attributes = [_attribute("http.response.status_code", status)]
    attributes += [_attribute(name, value) for name, value in told.items() if value]
    name = _encode(f"{method} {route}".strip() or "HTTP").decode()
    failed = f'"status":{{"code":{STATUS_ERROR}}},' if status >= FAILED else ""
    return f'"name":{name},"kind":{SERVER_KIND},{failed}"attributes":[{",".join(attributes)}'


def _attribute(name: str, value: str | int) -> str:
    # 64-bit numbers are texts in OTLP's JSON
    said = {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
    return _encode({"key": name, "value": said}).decode()


def _around(resource: Mapping[str, str]) -> tuple[str, str]:
    told = ",".join(_attribute(name, value) for name, value in resource.items())
    scope = _encode({"name": "causeway.gateway", "version": __version__}).decode()
    before = (
        f'{{"resourceSpans":[{{"resource":{{"attributes":[{told}]}},"scopeSpans":[{{"scope":{scope},"spans":['
    )
    return before, "]}]}]}"


def _tls(collector: Collector) -> ssl.SSLContext | None:
    if not collector.tls:
        return None
    try:
        return ssl.create_default_context(cafile=collector.certificate or None)
    except OSError as error:
        raise OutsideError(
            f"the certificate of the OpenTelemetry collector cannot be read: {error.strerror}",
            hint="name a PEM file in OTEL_EXPORTER_OTLP_CERTIFICATE, or leave it out",
        ) from error

"""Where spans go and which: OpenTelemetry's own variables of the environment."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from causeway.core.errors import UsageError
from causeway.gateway.telling.sights import Sight

_PREFIX, _TRACES = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"
_RANDOM_DIGITS = 12
"""The end of a trace's id, by which the sampled share is drawn."""
Number = TypeVar("Number", int, float)
Sampler = Callable[[Sight], bool]


class Collector(Struct, frozen=True):
    """Whom to tell of spans, and how."""

    address: str
    """Scheme, host and port; nothing that may be a secret."""
    host: str
    port: int | None
    path: str
    tls: bool
    headers: Mapping[str, str]
    resource: Mapping[str, str]
    sampler: str
    ratio: float
    compressed: bool
    certificate: str
    seconds: float
    every_seconds: float
    most: int
    batch: int

    def samples(self, sight: Sight) -> bool:
        """Whether this request is told of."""
        base = self.sampler.removeprefix("parentbased_")
        if base != self.sampler and sight.parent is not None:
            return sight.parent.sampled
        if base == "traceidratio":
            return int(sight.trace[-_RANDOM_DIGITS:], 16) < self.ratio * 16**_RANDOM_DIGITS
        return base == "always_on"


_SAMPLERS = ("always_on", "always_off", "traceidratio")


def collector_of(given: Mapping[str, str]) -> Collector | None:
    """The collector that these variables name; None where they name none."""
    off = given.get("OTEL_SDK_DISABLED", "").lower() == "true" or given.get("OTEL_TRACES_EXPORTER") == "none"
    whole = given.get(f"{_TRACES}ENDPOINT") or ""
    base = given.get(f"{_PREFIX}ENDPOINT") or ""
    if off or not (whole or base):
        return None
    if _said(given, "PROTOCOL") == "grpc":
        raise UsageError(
            "spans go to the OpenTelemetry collector over HTTP, not gRPC",
            where=f"{_PREFIX}PROTOCOL",
            hint="name its HTTP port, 4318 as a rule, and OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json",
        )
    url = urlsplit(whole or f"{base.rstrip('/')}/v1/traces")
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in ("http", "https") or not url.hostname or port == -1:
        raise UsageError(
            "the address of the OpenTelemetry collector is none",
            where=f"{_TRACES}ENDPOINT" if whole else f"{_PREFIX}ENDPOINT",
            hint="give one such as http://127.0.0.1:4318",
        )
    sampler, ratio = _sampler(given)
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return Collector(
        address=f"{url.scheme}://{host}" + (f":{port}" if port else ""),
        host=url.hostname,
        port=port,
        path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        tls=url.scheme == "https",
        headers=_pairs(_said(given, "HEADERS")),
        resource=_resource(given),
        sampler=sampler,
        ratio=ratio,
        compressed=_said(given, "COMPRESSION") == "gzip",
        certificate=_said(given, "CERTIFICATE"),
        seconds=_number(given, f"{_PREFIX}TIMEOUT", 10_000) / 1000,
        every_seconds=_number(given, "OTEL_BSP_SCHEDULE_DELAY", 5000) / 1000,
        most=_number(given, "OTEL_BSP_MAX_QUEUE_SIZE", 8192),
        batch=_number(given, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
    )


def _said(given: Mapping[str, str], name: str) -> str:
    return given.get(f"{_TRACES}{name}") or given.get(f"{_PREFIX}{name}") or ""


def _sampler(given: Mapping[str, str]) -> tuple[str, float]:
    name = given.get("OTEL_TRACES_SAMPLER") or "parentbased_always_on"
    if name.removeprefix("parentbased_") not in _SAMPLERS:
        raise UsageError(
            f"there is no sampler {name[:60]!r}",
            where="OTEL_TRACES_SAMPLER",
            hint=f"one of {', '.join(_SAMPLERS)}, each also with parentbased_ in front",
        )
    ratio = _number(given, "OTEL_TRACES_SAMPLER_ARG", 1.0) if name.endswith("ratio") else 1.0
    if not 0 <= ratio <= 1:
        raise UsageError(
            "the share of traces is not from 0 to 1", where="OTEL_TRACES_SAMPLER_ARG", hint="0.1"
        )
    return name, ratio


def _resource(given: Mapping[str, str]) -> dict[str, str]:
    said = _pairs(given.get("OTEL_RESOURCE_ATTRIBUTES") or "")
    named = given.get("OTEL_SERVICE_NAME")
    return {"service.name": "causeway-gateway", **said, **({"service.name": named} if named else {})}


def _pairs(text: str) -> dict[str, str]:
    """`name=value` with commas in between, percent-encoded."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): unquote(value.strip()) for name, is_, value in pairs if is_ and name.strip()}


def _number(given: Mapping[str, str], name: str, usual: Number) -> Number:
    said = given.get(name)
    try:
        number = type(usual)(said) if said else usual
    except ValueError:
        number = type(usual)(-1)
    if number < 0:
        raise UsageError(f"{name} is no number", where=name, hint=f"{usual}, for instance")
    return number

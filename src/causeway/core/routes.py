"""The file that tells the gateway what to answer: compiled by the control plane, only read by the gateway."""

from msgspec import Struct


class Key(Struct, frozen=True):
    """A consumer's key: `digest` is the SHA-256 of the token, in hexadecimal."""

    id: str
    digest: str
    consumer: str
    scopes: tuple[str, ...] = ("predict",)


class Served(Struct, frozen=True):
    """A release that answers, where its bundle lies, and its share of the traffic in percent."""

    release: str
    bundle: str
    share: int


class Route(Struct, frozen=True, omit_defaults=True):
    """Everything the gateway needs to serve one product.

    `records` is `async` (default), `durable` or `off`; `requests_per_minute` caps all consumers
    together; `label` is shown to callers, `sandbox` for instance.
    """

    product: str
    served: tuple[Served, ...]
    keys: tuple[Key, ...]
    label: str = ""
    requests_per_minute: int | None = None
    records: str = "async"
    trusted_keys: tuple[str, ...] = ()
    """Public signing keys, PEM, that a bundle's signature must match."""


class RouteFile(Struct, frozen=True):
    """All routes at one moment; `version` grows with every change."""

    version: int
    routes: tuple[Route, ...]

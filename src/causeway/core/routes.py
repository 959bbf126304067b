"""The file that tells the gateway what to answer: compiled by the control plane, only read by the gateway."""

from collections import Counter

import msgspec
from msgspec import Struct

from causeway.core.errors import UsageError
from causeway.core.records import Value

PREDICT, METRICS, OUTCOMES = "predict", "metrics", "outcomes"
SCOPES = (PREDICT, METRICS, OUTCOMES)
"""What a key may do: ask for answers; see what the gateway counts of each key; send what came about."""
RECORD_LEVELS = ("async", "durable", "off")


class Key(Struct, frozen=True):
    """A consumer's key: `digest` is the SHA-256 of the token, in hexadecimal."""

    id: str
    digest: str
    consumer: str
    scopes: tuple[str, ...] = ("predict",)
    requests_per_minute: int | None = None
    requests_per_month: int | None = None
    """Counted from the first day of the month, UTC."""


class Served(Struct, frozen=True):
    """A release that answers, where its bundle lies, and its share of the traffic in percent.

    `python` is the interpreter for the release's own function, where it has one; empty where that is gone.
    """

    release: str
    bundle: str
    share: int
    python: str = ""


class Used(Struct, frozen=True):
    """What `usage.json` holds: requests in this month (UTC), by product and key."""

    month: str
    requests: dict[str, dict[str, int]]


class OverBudget(Struct, frozen=True):
    """A month's budget is spent: nobody is answered until this moment (seconds since 1970), and why."""

    until: float
    why: str


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
    warm: tuple[Served, ...] = ()
    """Kept loaded without traffic: what a roll back returns to, what stands in on failure."""
    shadow: tuple[Served, ...] = ()
    """Releases that are asked the same beside, and whose answers are only recorded."""
    validation: str = "strict"
    deadline_ms: float | None = None
    on_failure: str = "refuse"
    fallback: dict[str, Value] = {}
    entity: str = ""
    """The input by which a row is assigned; the request's id where empty."""
    salt: str = ""
    """Another one assigns everybody anew."""
    holdout_percent: int = 0
    withheld: str = "say"
    """What a row of the holdout gets: `say`, that its answer is withheld, or `fallback`."""
    personal: dict[str, str] = {}
    """Inputs that are not recorded as they are: `mask`, `hash` or `omit` by name."""
    personal_key: str = ""
    """The file with the key of these hashes; only the gateway and the sealer read it."""
    on_full_disk: str = "answer"
    workers: int = 1
    workers_most: int | None = None
    over_budget: OverBudget | None = None


class RouteFile(Struct, frozen=True):
    """All routes at one moment; `version` grows with every change."""

    version: int
    routes: tuple[Route, ...]


def workers_of(file: RouteFile) -> tuple[int, int]:
    """How many processes these routes ask for: at first, and at most."""
    served = [route for route in file.routes if route.served]
    least = max((route.workers for route in served), default=1)
    return least, max([least, *(route.workers_most or 0 for route in served)])


_decode = msgspec.json.Decoder(RouteFile).decode


def read_routes(content: bytes, *, where: str = "") -> RouteFile:
    """The routes in this file; refused if one contradicts itself."""
    try:
        file = _decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            f"not a route file: {error}", where=where, hint="ship again to rewrite it"
        ) from error
    for problem in route_problems(file):
        raise UsageError(problem, where=where, hint="ship again to rewrite it")
    return file


def route_problems(file: RouteFile) -> list[str]:
    """What in these routes cannot be, in words; empty when all is well."""
    twice = [name for name, count in Counter(route.product for route in file.routes).items() if count > 1]
    return [f"product {name} is routed twice" for name in twice] + [
        problem for route in file.routes for problem in _problems(route)
    ]


def _problems(route: Route) -> list[str]:
    problems: list[str] = []
    total = sum(served.share for served in route.served)
    if route.served and total != 100:
        problems.append(f"the shares of {route.product} sum to {total}, not 100")
    if any(served.share < 0 for served in route.served):
        problems.append(f"a share of {route.product} is negative")
    if not 0 <= route.holdout_percent < 100:
        problems.append(f"the holdout of {route.product} is {route.holdout_percent} percent")
    if route.records not in RECORD_LEVELS:
        problems.append(f"records of {route.product} is {route.records!r}, not {', '.join(RECORD_LEVELS)}")
    return problems

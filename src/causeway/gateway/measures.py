"""What the gateway counts about itself, and the page on which it says so."""

from causeway import __version__
from causeway.core.ids import short
from causeway.gateway import metrics
from causeway.gateway.recorder import Recorder
from causeway.gateway.routing import Live, Routing


class Measures:
    """Counters over the life of this process; no label holds what a caller may choose."""

    def __init__(self) -> None:
        self.requests = metrics.Counter(
            "causeway_requests_total", "Requests by outcome.", ("product", "release", "code")
        )
        self.rows = metrics.Counter("causeway_rows_total", "Rows answered.", ("product",))
        self.seconds = metrics.Histogram("causeway_request_seconds", "Time from request to answer.")

    def count(self, product: str, release: str, status: int, *, seconds: float) -> None:
        """Counts one finished request."""
        self.requests.add(product, release, str(status))
        if product:
            self.seconds.observe(product, seconds)

    def page(self, routing: Routing, recorder: Recorder) -> bytes:
        """Everything, in the Prometheus text format."""
        return metrics.page(
            [
                self.requests.lines(),
                self.rows.lines(),
                self.seconds.lines(),
                *_records(recorder),
                *_routes(routing),
                metrics.family(
                    "causeway_gateway_info",
                    "gauge",
                    "Which gateway this is.",
                    labels=("version",),
                    values={(__version__,): 1},
                ),
            ]
        )


def _records(recorder: Recorder) -> list[list[str]]:
    kept = {(product,): float(count) for product, count in recorder.written.items()}
    lost = {(product,): float(count) for product, count in recorder.dropped.items()}
    return [
        metrics.family(
            "causeway_records_total", "counter", "Rows recorded.", labels=("product",), values=kept
        ),
        metrics.family(
            "causeway_records_dropped_total",
            "counter",
            "Rows answered or refused without a record, because the disk refused it.",
            labels=("product",),
            values=lost,
        ),
    ]


def _routes(routing: Routing) -> list[list[str]]:
    refused = {(live.product,): float(bool(live.problem)) for live in routing.live.values()}
    return [
        metrics.family(
            "causeway_release_share_ratio",
            "gauge",
            "Share of the traffic that a release gets.",
            labels=("product", "release", "arm"),
            values={key: share for live in routing.live.values() for key, share in _shares(live)},
        ),
        metrics.family(
            "causeway_bundle_refused",
            "gauge",
            "1 where the newest route could not be followed and the one before goes on.",
            labels=("product",),
            values=refused,
        ),
        metrics.family(
            "causeway_route_version",
            "gauge",
            "Version of the route file.",
            values={(): float(routing.version)},
        ),
        metrics.family(
            "causeway_routes_refused",
            "gauge",
            "1 while the route file itself cannot be read.",
            values={(): float(bool(routing.problem))},
        ),
    ]


def _shares(live: Live) -> list[tuple[tuple[str, str, str], float]]:
    return [((live.product, short(v.loaded.digest), v.arm), v.share / 100) for v in live.variants]

"""What the gateway counts about itself, and the page on which it says so."""

from collections.abc import Collection, Sequence

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

    def page(self, routing: Routing, recorder: Recorder, *, products: Collection[str]) -> bytes:
        """What concerns these products, and the gateway as such, in the Prometheus text format."""
        return metrics.page(
            [
                self.requests.lines(("", *products)),
                self.rows.lines(products),
                self.seconds.lines(products),
                *_records(recorder, products),
                *_routes(routing, [live for live in routing.live.values() if live.product in products]),
                metrics.family(
                    "causeway_gateway_info",
                    "gauge",
                    "Which gateway this is.",
                    labels=("version",),
                    values={(__version__,): 1},
                ),
            ]
        )


def _records(recorder: Recorder, products: Collection[str]) -> list[list[str]]:
    dropped, troubles = recorder.lost, recorder.troubles
    kept = {(each,): float(recorder.written[each]) for each in products if each in recorder.written}
    lost = {(each,): float(dropped[each]) for each in products if each in dropped}
    failing = {(each,): float(each in troubles) for each in products}
    return [
        metrics.family(
            "causeway_records_total", "counter", "Rows recorded.", labels=("product",), values=kept
        ),
        metrics.family(
            "causeway_records_dropped_total",
            "counter",
            "Rows answered or refused without a record on the disk, which refused it or lost the log.",
            labels=("product",),
            values=lost,
        ),
        metrics.family(
            "causeway_records_failing",
            "gauge",
            "1 while records are not kept as they should be.",
            labels=("product",),
            values=failing,
        ),
    ]


def _routes(routing: Routing, mine: Sequence[Live]) -> list[list[str]]:
    refused = {(live.product,): float(bool(live.problem)) for live in mine}
    return [
        metrics.family(
            "causeway_release_share_ratio",
            "gauge",
            "Share of the traffic that a release gets.",
            labels=("product", "release", "arm"),
            values={key: share for live in mine for key, share in _shares(live)},
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

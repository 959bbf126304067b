"""What the gateway counts about itself, and the page on which it says so."""

from collections.abc import Callable, Collection, Iterable, Sequence

from causeway import __version__
from causeway.core.ids import short
from causeway.gateway.metering import metrics
from causeway.gateway.processes.board import State
from causeway.gateway.processes.tallies import Tallies
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.routes.routing import Live, Routing

REFUSED, FAILED = 400, 500
TOLD = SPANS, LINES = "spans", "access_log"
"""What is told of finished requests beside."""
Written = Callable[[Iterable[list[str]]], bytes]


class Measures:
    """Counters over the life of the gateway; no label holds what a caller may choose."""

    def __init__(self, tallies: Tallies | None = None) -> None:
        tallies = tallies or Tallies()
        self._refused: dict[tuple[str, str, int], int] = {}
        self._numbers = tallies.numbers
        self._places: dict[tuple[str, str, int], tuple[int, int]] = {}
        self.requests = metrics.Counter(
            "causeway_requests_total", "Requests by outcome.", ("product", "release", "code"), tallies
        )
        self.rows = metrics.Counter("causeway_rows_total", "Rows answered.", ("product",), tallies)
        self.seconds = metrics.Histogram("causeway_request_seconds", "Time from request to answer.", tallies)
        self.refusals = metrics.Counter(
            "causeway_refusals_total", "Requests that were refused.", ("product", "key", "reason"), tallies
        )
        self.failures = metrics.Counter(
            "causeway_model_failures_total",
            "Good requests on which a release failed and something else was to answer.",
            ("product", "release", "reason"),
            tallies,
        )
        self.fallbacks = metrics.Counter(
            "causeway_fallback_rows_total",
            "Rows that the release before, or the declared answer, answered.",
            ("product", "kind"),
            tallies,
        )
        self.kept = metrics.Counter("causeway_records_total", "Rows recorded.", ("product",), tallies)
        self.lost = metrics.Counter(
            "causeway_records_dropped_total",
            "Rows answered or refused without a record on the disk, which refused it or lost the log.",
            ("product",),
            tallies,
        )
        self.shadowed = metrics.Counter(
            "causeway_shadow_rows_total",
            "Rows that a shadow was asked as well, by what came of it; dropped ones were too many.",
            ("product", "release", "outcome"),
            tallies,
        )

        self.untold = metrics.Counter(
            "causeway_telling_dropped_total",
            "Spans and lines of the access log that were dropped; answers never wait for them.",
            ("kind", "reason"),
            tallies,
        )

    def count(self, product: str, release: str, status: int, *, seconds: float) -> None:
        """Counts one finished request."""
        self.requests.add(product, release, str(status))
        if status >= REFUSED and release:
            key = product, release, status
            self._refused[key] = self._refused.get(key, 0) + 1
        if product:
            self.seconds.observe(product, seconds)

    def answered(self, product: str, release: str, status: int, *, rows: int, seconds: float) -> None:
        """Counts one request, and the rows of its answer."""
        places = self._places.get((product, release, status))
        if places is None:
            at = self.requests.cell(product, release, str(status)), self.rows.cell(product)
            places = self._places[product, release, status] = at
        self._numbers[places[0]] += 1
        self._numbers[places[1]] += rows
        self.seconds.observe(product, seconds)

    def refused(self, product: str, key: str, reason: str) -> None:
        """Counts one request that got no answer, of whom and why."""
        self.refusals.add(product, key, reason)

    def shed(self, requests: int) -> None:
        """Counts requests of which nothing was read."""
        if requests:
            self.requests.add("", "", "503", amount=requests)
            self.refusals.add("", "", "overloaded", amount=requests)

    def failed(self, product: str, release: str, reason: str) -> None:
        """Counts a failure of a release that its callers may never see."""
        self.failures.add(product, release, reason)
        key = product, release, FAILED
        self._refused[key] = self._refused.get(key, 0) + 1

    def stood_in(self, product: str, kind: str, *, rows: int) -> None:
        """Counts rows that something else than the model answered."""
        self.rows.add(product, amount=rows)
        self.fallbacks.add(product, kind, amount=rows)

    def take_refused(self) -> dict[tuple[str, str, int], int]:
        """How many requests each release refused or failed since the last time, by status."""
        refused, self._refused = self._refused, {}
        return refused

    def hear(self, recorder: Recorder) -> None:
        """Counts what the recorder counted since the last time."""
        for product, count in recorder.written.items():
            self.kept.heard(product, total=count)
        for product, count in recorder.lost.items():
            self.lost.heard(product, total=count)

    def page(
        self,
        routing: Routing,
        states: Sequence[State],
        *,
        products: Collection[str],
        by_key: Collection[str] = (),
        written: Written = metrics.page,
    ) -> bytes:
        """What concerns these products, and the gateway as such, over all its processes.

        `by_key` are the products of which is told which key was refused.
        """
        up = [state for state in states if state.up]
        return written(
            [
                self.requests.lines(("", *products)),
                self.rows.lines(products),
                self.seconds.lines(products),
                self.failures.lines(products),
                self.fallbacks.lines(products),
                self.refusals.lines(("", *by_key) if by_key else ()),
                self.kept.lines(products),
                self.lost.lines(products),
                self.shadowed.lines(products),
                self.untold.lines(TOLD),
                _failing(up, products),
                *_routes(routing, up, [live for live in routing.live.values() if live.product in products]),
                metrics.family(
                    "causeway_gateway_info",
                    "gauge",
                    "Which gateway this is.",
                    labels=("version",),
                    values={(__version__,): 1},
                ),
                metrics.family(
                    "causeway_gateway_processes",
                    "gauge",
                    "Processes that take requests.",
                    values={(): len(up)},
                ),
            ]
        )


def _failing(up: Sequence[State], products: Collection[str]) -> list[str]:
    failing = {product for state in up for product in state.failing}
    return metrics.family(
        "causeway_records_failing",
        "gauge",
        "1 while records are not kept as they should be.",
        labels=("product",),
        values={(each,): float(each in failing) for each in products},
    )


def _routes(routing: Routing, up: Sequence[State], mine: Sequence[Live]) -> list[list[str]]:
    unfollowed = {product for state in up for product in state.refused}
    refused = {(live.product,): float(live.product in unfollowed) for live in mine}
    return [
        metrics.family(
            "causeway_release_share_ratio",
            "gauge",
            "Share of the traffic that a release gets.",
            labels=("product", "release", "arm"),
            values={key: share for live in mine for key, share in _shares(live)},
        ),
        metrics.family(
            "causeway_release_warm",
            "gauge",
            "1 for the release before, where it is kept loaded without traffic.",
            labels=("product", "release"),
            values={(live.product, live.previous.loaded.version): 1.0 for live in mine if live.previous},
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
            "Version of the route file that every process follows, or a later one.",
            values={(): float(min(state.version for state in up))},
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

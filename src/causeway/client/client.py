"""Asks a product for answers, over connections that are kept."""

import os
import random
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import msgspec

from causeway.client.answers import Answers, read_answers
from causeway.client.connections import Connections, Got
from causeway.client.refusals import ClientError, Failed, Unreachable, refusal

TOKEN = "CAUSEWAY_TOKEN"  # noqa: S105 - the name of a variable
TIMEOUT_SECONDS = 10.0
RETRY_SECONDS = 10.0
BATCH_ROWS = 500
FIRST_WAIT_SECONDS = 0.05
OK = 200
BUSY = (429, 503)

Row = Mapping[str, Any]


class Client:
    """A product's caller; threads may share one.

    Without `token` the variable CAUSEWAY_TOKEN is read. `product` may be left out with a key that opens one
    product. `timeout` is that of one try in seconds. What was surely not answered is tried again until
    `retry_seconds` have passed: a refused connection, and 429 and 503 where they say when to come back.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        product: str = "",
        timeout: float = TIMEOUT_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.product = product
        self.timeout = timeout
        self.retry_seconds = retry_seconds
        self._token = os.environ.get(TOKEN, "") if token is None else token
        self._connections = Connections(address, tls=tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections that are kept."""
        self._connections.close()

    def predict(self, rows: Row | Sequence[Row], *, request: str = "") -> Answers:
        """The answers to these rows (or this one), all or none; `request` names it in the records."""
        sent = [rows] if isinstance(rows, Mapping) else rows
        # a number that is none goes as null, which the gateway takes as missing
        body = msgspec.json.encode({"dataframe_records": sent}, enc_hook=_plain)
        path = f"/products/{self.product}/invocations" if self.product else "/invocations"
        got = self._asked("POST", path, body, request=request)
        named = got.headers.get("x-request-id", request)
        try:
            return read_answers(
                got.body,
                release=got.headers.get("causeway-release", ""),
                request=named,
                seconds=got.seconds,
            )
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Failed(
                f"this is no answer of a gateway: {error}", status=got.status, request=named
            ) from error

    def predict_each(self, rows: Iterable[Row], *, batch: int = BATCH_ROWS) -> Iterator[Answers]:
        """The answers to any number of rows, so many a request, as they come."""
        waiting: list[Row] = []
        for row in rows:
            waiting.append(row)
            if len(waiting) >= batch:
                yield self.predict(waiting)
                waiting = []
        if waiting:
            yield self.predict(waiting)

    def openapi(self) -> dict[str, Any]:
        """The product's own description: every field, every output, every error, and an example."""
        if not self.product:
            raise ValueError("a description is that of one product: Client(..., product=NAME)")
        got = self._asked("GET", f"/products/{self.product}/openapi.json")
        described: dict[str, Any] = msgspec.json.decode(got.body)
        return described

    def ready(self) -> bool:
        """Whether every product there has a release to answer with; False where nobody listens."""
        try:
            return self._once("GET", "/v2/health/ready", None, "").status == OK
        except ClientError:
            return False

    def _asked(self, method: str, path: str, body: bytes | None = None, *, request: str = "") -> Got:
        """The reply, once there is one with an answer."""
        until = time.monotonic() + self.retry_seconds
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                got = self._once(method, path, body, request)
                if got.status == OK:
                    return got
                error = _refusal(got, request)
                pause = error.retry_after if got.status in BUSY else None
            except Unreachable as unreachable:
                error = unreachable
                pause = wait * random.uniform(0.5, 1.0) if unreachable.for_now else None
                wait *= 2
            if pause is None or time.monotonic() + pause > until:
                raise error
            time.sleep(pause)

    def _once(self, method: str, path: str, body: bytes | None, request: str) -> Got:
        headers = {"content-type": "application/json"} if body is not None else {}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        if request:
            headers["x-request-id"] = request
        return self._connections.request(method, path, body, headers, timeout=self.timeout)


def _refusal(got: Got, request: str) -> ClientError:
    named = got.headers.get("x-request-id", request)
    return refusal(got.status, got.body, retry_after=got.headers.get("retry-after"), request=named)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever an application holds
    """A number of NumPy's, or whatever else has a plain value, as that value."""
    item = getattr(value, "item", None)
    if item is None:
        raise TypeError(f"a {type(value).__name__} cannot be sent; send numbers, texts, booleans or None")
    return item()

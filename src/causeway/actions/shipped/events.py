"""What other servers log: CloudEvents of KServe and MLServer, rows of MLflow's inference tables."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from causeway.actions.shipped.bodies import Strange

REQUEST, RESPONSE = "inference.request", "inference.response"
MOST_ID = 200
LONGEST_MS = 86_400_000
"""An answer that took longer than a day is not believed to have."""
_OK = 200
_TABLE = frozenset({"request", "response"})
_IDS = ("client_request_id", "databricks_request_id", "request_id", "id")


class Half(Struct, frozen=True):
    """A request or its answer, or both; the other one comes under the same id."""

    id: str
    at_us: int | None
    request: object = None
    response: object = None
    latency_us: int = 0


def halves_of(content: bytes) -> Iterator[Half | Strange]:
    """Every event in these JSON lines, this JSON list, or this one JSON object; what is none, and why."""
    whole = content.strip()
    if whole[:1] == b"[":
        try:
            listed = json.loads(whole)
        except (ValueError, RecursionError):
            yield Strange("a list that is no JSON")
            return
        yield from (_half(each) for each in listed)
        return
    lines = whole.splitlines()
    try:
        one = [json.loads(whole)] if len(lines) > 1 and not _is_json(lines[0]) else None
    except (ValueError, RecursionError):
        one = None
    if one is not None:
        yield _half(one[0])
        return
    for line in lines:
        if line.strip():
            yield _of_line(line)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _of_line(line: bytes) -> Half | Strange:
    try:
        return _half(json.loads(line))
    except (ValueError, RecursionError):
        return Strange("a line that is no JSON")


def half_of_binary(headers: Mapping[str, str], body: bytes) -> Half | Strange:
    """The event whose attributes are HTTP headers (`ce-...`) and whose data is the body."""
    told = {name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")}
    try:
        return _half({**told, "data": json.loads(body)})
    except (ValueError, RecursionError):
        return Strange("data that is no JSON, as of binary tensors")


def _half(event: object) -> Half | Strange:
    try:
        if not isinstance(event, dict):
            raise Strange("what is no JSON object")  # noqa: TRY301 - one shape of answer
        if "specversion" in event or "type" in event:
            return _of_cloud_event(event)
        if event.keys() >= _TABLE:
            return _of_table(event)
        raise Strange("what is neither a CloudEvent nor a row of an inference table")  # noqa: TRY301 - the same
    except Strange as strange:
        return strange


def _of_cloud_event(event: Mapping[str, Any]) -> Half:
    kind = str(event.get("type", ""))
    name = _id(event.get("requestid") or event.get("id"))
    data = _data(event)
    at = _time(event.get("time"))
    if kind.endswith(REQUEST):
        return Half(name, at, request=data)
    if kind.endswith(RESPONSE):
        return Half(name, at, response=data)
    raise Strange("a CloudEvent of another type than inference.request and inference.response")


def _data(event: Mapping[str, Any]) -> object:
    if "data_base64" in event:
        try:
            return json.loads(base64.b64decode(event["data_base64"], validate=True))
        except (binascii.Error, ValueError, TypeError, RecursionError):
            raise Strange("data_base64 that is no JSON") from None
    return _parsed(event.get("data"), "data")


def _of_table(row: Mapping[str, Any]) -> Half:
    status = row.get("status_code")
    if status is not None and str(status) != str(_OK):
        raise Strange(f"a call that failed with status {str(status)[:5]}")
    found = next((row[name] for name in _IDS if row.get(name)), None)
    took = row.get("execution_time_ms", row.get("execution_duration_ms"))
    return Half(
        _id(found),
        _time(row.get("timestamp_ms") or row.get("request_time") or row.get("timestamp")),
        _parsed(row["request"], "request"),
        _parsed(row["response"], "response"),
        round(1000 * took) if isinstance(took, int | float) and 0 <= took <= LONGEST_MS else 0,
    )


def _parsed(content: object, what: str) -> object:
    """JSON may lie in a text."""
    if not isinstance(content, str):
        if content is None:
            raise Strange(f"an event without {what}")
        return content
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Strange(f"a {what} that is no JSON") from None


def _id(value: object) -> str:
    if not isinstance(value, str | int) or not str(value).strip():
        raise Strange("an event without an id")
    name = str(value).strip()
    if len(name) > MOST_ID or not name.isprintable():
        raise Strange(f"an id that is longer than {MOST_ID} characters, or not printable")
    return name


def _time(value: object) -> int | None:
    """Microseconds since 1970; None where nothing is said."""
    if value is None:
        return None
    try:
        if isinstance(value, int | float):
            seconds = value / 1000 if value > 1e11 else value
            return round(datetime.fromtimestamp(seconds, UTC).timestamp() * 1e6)
        at = datetime.fromisoformat(str(value).strip())
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)
    except (ValueError, OverflowError, OSError):
        raise Strange("an event whose time is none") from None


def merged(first: Half, second: Half) -> Half:
    """Both halves as one; the request's time is the prediction's."""
    request, response = (first, second) if first.request is not None else (second, first)
    at = request.at_us if request.at_us is not None else response.at_us
    took = 0
    if request.at_us is not None and response.at_us is not None:
        took = max(0, response.at_us - request.at_us)
    return msgspec.structs.replace(request, at_us=at, response=response.response, latency_us=took)

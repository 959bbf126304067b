"""What callers get where a model fails, too much is asked, or their key is limited; on both ways."""

import json
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from failing_made import write_failing, write_slow
from gateway_process import both_ways, eventually, key, route, running

from causeway.core.routes import Key, Served

GOOD = {"tenure": 5, "visits": 3}
FAILS = {"tenure": 60, "visits": 3}
NO_NUMBER = {"tenure": 5, "visits": -5}
BAD = {"tenure": "five", "visits": 3}


def keyed(bearer, **limits) -> Key:
    plain = key(bearer, name=f"key-{bearer}", consumer=bearer)
    return Key(plain.id, plain.digest, plain.consumer, limits.pop("scopes", plain.scopes), **limits)


@pytest.fixture(scope="module")
def routes(signing, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    failing = {name: write_failing(folder, signing, product=name) for name in ("plain", "backed", "declared")}
    about, earlier = (write_failing(folder, signing, product="customers", proven=n) for n in (50, 81))
    before = write_failing(folder, signing, product="backed", proven=81)
    keys = (key(), key("watch", name="key-watch", consumer="prometheus", scopes=("metrics",)))

    def routed(product, more=(), **changes):
        return route(product, failing[product], signing=signing, keys=(*keys, *more), **changes)

    fallback = {"leaves": "stay", "probability": 0.25}
    of_customers = route(
        "customers",
        about,
        signing=signing,
        keys=keys,
        entity="customer",
        on_failure="previous",
        warm=(Served(earlier[0], str(earlier[1]), 0),),
    )
    return [
        routed(
            "plain", more=(keyed("a-minute", requests_per_minute=2), keyed("a-month", requests_per_month=3))
        ),
        routed("backed", on_failure="previous", warm=(Served(before[0], str(before[1]), 0),)),
        routed("declared", on_failure="answer", fallback=fallback, deadline_ms=50_000),
        route("slow", write_slow(folder, signing, product="slow"), signing=signing, keys=keys, records="off"),
        of_customers,
    ]


@pytest.fixture(scope="module")
def lanes(routes, tmp_path_factory):
    """The same gateway twice: with the short way, and with the long one only."""
    with both_ways(tmp_path_factory.mktemp("ways"), *routes) as ways:
        yield ways


def told(got):
    """What must be the same on both ways."""
    headers = {
        k: v for k, v in got.headers.items() if k not in ("date", "x-request-id", "causeway-prediction-id")
    }
    headers.pop("retry-after", None)
    body = {k: v for k, v in got.body.items() if k != "ids"}
    return got.status, list(got.headers), headers, body


def stood_in(lane, product, kind):
    """The record of a row that something else than its model answered."""
    flags = (f"fallback:{kind}",)
    found = eventually(lambda: [each for each in lane.recorded(product) if each.flags == flags], "the record")
    return found[-1]


def both(lanes, *rows, **more):
    first, second = (told(lane.invoke(*rows, **more)) for lane in lanes)
    assert first == second
    return first


def test_what_fails_is_refused_where_nothing_stands_in(lanes):
    status, _, _, body = both(lanes, FAILS, product="plain")
    assert (status, body["code"]) == (500, "model_failed")
    status, _, _, body = both(lanes, NO_NUMBER, product="plain")
    assert (status, body["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("row", [FAILS, NO_NUMBER], ids=["it raises", "it makes no number"])
def test_the_declared_answer_stands_in_for_a_model_that_fails(lanes, row):
    status, _, headers, body = both(lanes, row, GOOD, product="declared")
    assert (status, headers["causeway-fallback"]) == (200, "answer")
    assert body["predictions"] == [{"label": "stay", "probability": {"stay": 0.75, "leave": 0.25}}] * 2
    assert body["flags"] == {"0": ["fallback:answer"], "1": ["fallback:answer"]}
    for lane in lanes:
        assert stood_in(lane, "declared", "answer").outputs["probability"] == 0.25


def test_the_release_before_answers_as_itself(lanes, routes):
    before = routes[1].warm[0].release
    status, _, headers, body = both(lanes, FAILS, product="backed")
    assert (status, headers["causeway-fallback"], headers["causeway-release"]) == (200, "previous", before)
    assert body["flags"] == {"0": ["fallback:previous"]}
    for lane in lanes:
        last = stood_in(lane, "backed", "previous")
        assert (last.release, last.arm) == (before, "previous")
    # where that one fails too, it is the first failure that is told
    assert both(lanes, NO_NUMBER, product="backed")[0] == 422


def test_the_release_before_answers_for_rows_that_name_nobody(lanes, routes):
    """One release answers them all, whomever they are about."""
    before = routes[-1].warm[0].release
    for rows in ([FAILS], [FAILS, GOOD], [FAILS, GOOD | {"customer": "c-1"}]):
        status, _, headers, body = both(lanes, *rows, product="customers")
        assert (status, headers["causeway-fallback"], headers["causeway-release"]) == (
            200,
            "previous",
            before,
        )
        flags = [[*([] if "customer" in row else ["unnamed:customer"]), "fallback:previous"] for row in rows]
        assert body["flags"] == {str(n): said for n, said in enumerate(flags)}


def test_a_protocol_of_tensors_is_told_as_well(lanes):
    inputs = [
        {"name": name, "shape": [1], "datatype": "FP64", "data": [value]} for name, value in FAILS.items()
    ]
    for lane in lanes:
        got = lane.call("POST", "/v2/models/backed/infer", {"inputs": inputs})
        assert (got.status, got.headers["causeway-fallback"]) == (200, "previous")
        assert got.body["parameters"] == {"flags.0": "fallback:previous"}


def test_failures_are_counted_though_callers_get_an_answer(lanes):
    for lane in lanes:
        lane.invoke(FAILS, product="declared")
        page = lane.call("GET", "/metrics").raw.decode()
        failed = [line for line in page.splitlines() if line.startswith("causeway_model_failures_total{")]
        assert any('product="declared"' in line and 'reason="model_failed"' in line for line in failed)
        assert 'causeway_fallback_rows_total{product="declared",kind="answer"}' in page


def test_a_bad_request_is_no_failure_of_the_model(lanes):
    for row in (BAD, {"tenure": 5}, {"tenure": 1e39, "visits": 3}):
        status, _, headers, _ = both(lanes, row, product="declared")
        assert (status, "causeway-fallback" in headers) == (422, False)


def test_a_good_request_is_answered_by_the_model(lanes):
    status, _, headers, body = both(lanes, GOOD, product="declared")
    assert (status, "causeway-fallback" in headers, "flags" in body) == (200, False, False)


def test_nobody_is_answered_after_the_deadline(lanes):
    for product in ("plain", "declared"):
        status, _, headers, body = both(lanes, GOOD, product=product, causeway_deadline_ms="0.000001")
        assert (status, body["code"], "causeway-fallback" in headers) == (504, "deadline", False)
    status, _, _, body = both(lanes, GOOD, product="plain", causeway_deadline_ms="soon")
    assert (status, body["code"]) == (400, "malformed")
    for product in ("plain", "declared"):
        assert both(lanes, GOOD, product=product, causeway_deadline_ms="60000")[0] == 200


def flooded(lane, rows):
    """What 40 callers at once are told, who ask for more and more until this machine is too slow for them."""
    for times in (1, 2, 4, 8, 16):
        with ThreadPoolExecutor(40) as callers:
            asked = rows * times
            got = list(callers.map(lambda _, asked=asked: lane.invoke(*asked, product="slow"), range(40)))
        if any(each.status != 200 for each in got):
            break
    return got


def test_too_many_are_refused_early_and_the_others_answered(lanes):
    rows = [GOOD] * 20
    for lane in lanes:
        for _ in range(3):
            assert lane.invoke(*rows, product="slow").status == 200
        got = flooded(lane, rows)
        assert {each.status for each in got} == {200, 503}
        refused = next(each for each in got if each.status == 503)
        assert (refused.body["code"], refused.headers["retry-after"]) == ("overloaded", "1")
        assert sum(each.status == 200 for each in got) >= 4
        assert lane.call("GET", "/ping", bearer=None).status == 200
        assert lane.invoke(*rows, product="slow").status == 200
        assert 'reason="overloaded"' in lane.call("GET", "/metrics", bearer="watch").raw.decode()
        assert 'reason="overloaded"' not in lane.call("GET", "/metrics").raw.decode()


def test_a_key_makes_as_many_requests_as_it_may(lanes):
    for lane in lanes:
        ask = [lane.invoke(GOOD, product="plain", bearer="a-minute") for _ in range(3)]
        assert [got.status for got in ask] == [200, 200, 429]
        assert (ask[2].body["code"], 1 <= int(ask[2].headers["retry-after"]) <= 60) == (
            "too_many_requests",
            True,
        )
        ask = [lane.invoke(GOOD, product="plain", bearer="a-month") for _ in range(4)]
        assert [got.status for got in ask] == [200, 200, 200, 429]
        assert (ask[3].body["code"], 1 <= int(ask[3].headers["retry-after"]) <= 31 * 86_400) == (
            "quota_spent",
            True,
        )


def test_a_key_for_the_metrics_predicts_nothing(lanes):
    for lane in lanes:
        assert lane.invoke(GOOD, product="plain", bearer="watch").status == 403
        page = lane.call("GET", "/metrics", bearer="watch").raw.decode()
        assert 'causeway_refusals_total{product="plain",key="key-watch",reason="forbidden"}' in page


def test_what_was_asked_this_month_outlives_the_gateway_even_where_it_is_killed(signing, routes, tmp_path):
    limited = routes[0]
    usage = tmp_path / "usage.json"
    with running(tmp_path, limited) as gateway:
        assert gateway.invoke(GOOD, product="plain", bearer="a-month").status == 200
        assert gateway.invoke(GOOD, product="plain", bearer="a-month").status == 200
        eventually(
            lambda: usage.exists() and b'"key-a-month":2' in usage.read_bytes(), "the count on the disk"
        )
        gateway.process.kill()
        gateway.process.wait()
        gateway.start()
        assert gateway.invoke(GOOD, product="plain", bearer="a-month").status == 200
        assert gateway.invoke(GOOD, product="plain", bearer="a-month").status == 429
        assert gateway.stop() == 0
    counted = json.loads(usage.read_bytes())
    assert counted["requests"] == {"plain": {"key-a-month": 3}}
    assert counted["month"] == time.strftime("%Y-%m", time.gmtime())


def test_a_revoked_key_opens_nothing_within_a_second(lanes, routes):
    lane = lanes[0]
    taken = []
    # the best of three, as the machine may have other things to do
    for _ in range(3):
        lane.follow(*routes)
        assert lane.invoke(GOOD, product="plain").status == 200
        began = time.monotonic()
        lane.routed(*(route_ for route_ in routes if route_.product != "plain"))
        eventually(lambda: lane.invoke(GOOD, product="plain").status != 200, "the end of the key")
        taken.append(time.monotonic() - began)
    lane.follow(*routes)
    assert min(taken) < 1.0


def test_a_caller_who_went_away_is_dropped_and_nobody_hurt(lanes):
    body = json.dumps({"dataframe_records": [GOOD]}).encode()
    head = "POST /products/slow/invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer s3cret-token\r\n"
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    for lane in lanes:
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as caller:
                # closed with a reset
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                caller.sendall(request)
        assert lane.invoke(GOOD, product="slow").status in (200, 503)


def test_bodies_in_pieces_have_so_much_room_and_no_more(lanes):
    size = 4 << 20
    start = (
        "POST /products/plain/invocations HTTP/1.1\r\nhost: a\r\nauthorization: Bearer s3cret-token\r\n"
        f"content-length: {size}\r\n\r\n "
    ).encode()
    for lane in lanes:
        callers = [socket.create_connection(("127.0.0.1", lane.port), timeout=20) for _ in range(65)]
        try:
            for caller in callers:
                caller.sendall(start)
            ready, _, _ = select.select(callers, [], [], 20)
            assert len(ready) == 1
            assert ready[0].recv(100).startswith(b"HTTP/1.1 503 ")
        finally:
            for caller in callers:
                caller.close()
        # who left gives room back
        assert lane.invoke(GOOD, product="plain").status == 200

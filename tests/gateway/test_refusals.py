import asyncio
import json
import socket

import pytest

from causeway.gateway.refusals import TooSlow
from causeway.gateway.wire.http import body_of

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
INVOKE = "/products/churn/invocations"
INFER = "/v2/models/churn/infer"


def records(*rows):
    return {"dataframe_records": list(rows)}


ROWS = {
    "a number as text": (ROW | {"tenure": "5.5"}, 422, "row 0, field 'tenure': expected number, got '5.5'"),
    "text as a number": (ROW | {"plan": 7}, 422, "row 0, field 'plan'"),
    "a boolean as a number": (ROW | {"tenure": True}, 422, "got true"),
    "half an integer": (ROW | {"visits": 2.5}, 422, "row 0, field 'visits': expected integer"),
    "an object as a value": (ROW | {"tenure": {}}, 400, "got `object` - at `$.dataframe_records[0]"),
    "a list as a value": (ROW | {"plan": ["gold"]}, 400, "got `array` - at `$.dataframe_records[0]"),
    "a missing value": (ROW | {"tenure": None}, 422, "row 0, field 'tenure': a value is missing"),
    "a missing field": ({"tenure": 1, "plan": "gold"}, 422, "row 0, field 'visits': the field is missing"),
    "an unknown field": (ROW | {"tenur": 1}, 422, "there is no field 'tenur'"),
    "an unseen category": (ROW | {"plan": "golf"}, 422, "row 0, field 'plan': 'golf'"),
    "more than float32": (ROW | {"tenure": 1e300}, 422, "too large"),
    "more than 64 bits": (ROW | {"visits": 2**64}, 422, "too large"),
    "a number of 400 digits": (ROW | {"tenure": 10**400}, 422, "not a finite number"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_wrong_row_is_refused_by_name(gateway, case):
    row, status, says = ROWS[case]
    got = gateway.invoke(row)
    assert (got.status, got.body["status"], got.body["ok"]) == (status, status, False)
    assert says in got.body["error"]
    assert got.body["hint"]


def test_the_row_that_is_wrong_is_named(gateway):
    assert "row 2, field 'tenure'" in gateway.invoke(ROW, ROW, ROW | {"tenure": "x"}).body["error"]


def test_near_matches_are_offered(gateway):
    assert "did you mean 'tenure'?" in gateway.invoke(ROW | {"tenur": 1}).body["hint"]
    assert "basic" in gateway.invoke(ROW | {"plan": "Basic"}).body["hint"]


BODIES = {
    "nothing": (b"", 400),
    "no JSON": (b"hello", 400),
    "half of it": (json.dumps(records(ROW)).encode()[:-3], 400),
    "NaN": (b'{"instances":[{"tenure":NaN,"visits":3,"plan":"gold"}]}', 400),
    "beyond float64": (b'{"instances":[{"tenure":1e999,"visits":3,"plan":"gold"}]}', 400),
    "5000 digits": (b'{"instances":[{"tenure":' + b"9" * 5000 + b"}]}", 400),
    "invalid UTF-8": (b'{"instances":[{"plan":"\xff\xfe"}]}', 400),
    "half a surrogate": (b'{"instances":[{"plan":"\\ud800"}]}', 400),
    "deep lists": (b'{"instances":' + b"[" * 100_000, 400),
    "deep objects": (b'{"instances":' + b'{"a":' * 100_000, 400),
    "deep and closed": (b'{"params":' + b"[" * 5_000 + b"]" * 5_000 + b"}", 400),
    "a list": (b"[1]", 400),
    "no form": (b"{}", 400),
    "an unknown form": (b'{"rows":[]}', 400),
    "two forms": (b'{"instances":[],"inputs":[]}', 400),
    "no rows": (b'{"instances":[]}', 422),
    "rows without names": (b'{"instances":[[1,2,3]]}', 400),
    "uneven columns": (b'{"inputs":{"tenure":[1,2],"visits":[1]}}', 400),
    "a short split row": (b'{"dataframe_split":{"columns":["tenure"],"data":[[]]}}', 400),
    "a column twice": (b'{"dataframe_split":{"columns":["tenure","tenure"],"data":[[1,2]]}}', 400),
    "parameters": (json.dumps(records(ROW) | {"params": {"a": 1}}).encode(), 422),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_cannot_be_read_is_refused(gateway, case):
    body, status = BODIES[case]
    got = gateway.call("POST", INVOKE, body)
    assert got.status == status, got.raw
    assert got.body["ok"] is False
    assert got.body["error"]
    assert got.body["code"]


def tensor(name="tenure", shape=(1,), datatype="FP64", data=(5,)):
    return {"name": name, "shape": list(shape), "datatype": datatype, "data": list(data)}


PLAN, VISITS = tensor("plan", datatype="BYTES", data=["gold"]), tensor("visits", datatype="INT64", data=[3])
TENSORS = {
    "shape and data disagree": ([tensor(shape=[2]), VISITS, PLAN], 400),
    "a matrix": ([tensor(shape=[1, 3], data=[1, 2, 3])], 400),
    "no shape": ([tensor(shape=[]), VISITS, PLAN], 400),
    "a negative shape": ([tensor(shape=[-1]), VISITS, PLAN], 400),
    "uneven lengths": ([tensor(shape=[2], data=[1, 2]), VISITS, PLAN], 400),
    "uneven nesting": ([tensor(shape=[2], data=[[1], 2]), VISITS, PLAN], 400),
    "deeper nesting": ([tensor(data=[[[1]]]), VISITS, PLAN], 400),
    "a long shape": ([tensor(shape=[1] * 3), VISITS, PLAN], 400),
    "a tensor twice": ([tensor(), tensor(), VISITS, PLAN], 400),
    "text in numbers": ([tensor(datatype="BYTES", data=["5"]), VISITS, PLAN], 422),
    "no such type": ([tensor(datatype="FLOAT"), VISITS, PLAN], 422),
    "a fraction as INT64": ([tensor(datatype="INT64", data=[1.5]), VISITS, PLAN], 422),
    "no tensors": ([], 422),
    "a tensor missing": ([tensor(), PLAN], 422),
    "an unknown tensor": ([tensor(), VISITS, PLAN, tensor("age")], 422),
    "too many rows": ([tensor(shape=[10_001], data=[1] * 10_001)], 413),
    "a huge shape": ([tensor(shape=[2**62]), VISITS, PLAN], 413),
}


@pytest.mark.parametrize("case", TENSORS)
def test_a_tensor_that_does_not_fit_is_refused(gateway, case):
    inputs, status = TENSORS[case]
    got = gateway.call("POST", INFER, {"inputs": inputs})
    assert got.status == status, got.raw


CSVS = {
    "a word for a number": (b"tenure,visits,plan\nmany,3,gold\n", 422),
    "a short row": (b"tenure,visits,plan\n5,3\n", 400),
    "a column twice": (b"tenure,tenure,plan\n5,3,gold\n", 400),
    "a blank value": (b"tenure,visits,plan\n,3,gold\n", 422),
    "infinity": (b"tenure,visits,plan\ninf,3,gold\n", 422),
    "only a header": (b"tenure,visits,plan\n", 422),
    "nothing": (b"", 400),
    "an open quote": (b'tenure,visits,plan\n5,3,"gold', 400),
    "binary": (b"\xff\xfe\x00", 400),
}


@pytest.mark.parametrize("case", CSVS)
def test_a_csv_that_does_not_fit_is_refused(gateway, case):
    body, status = CSVS[case]
    got = gateway.call("POST", INVOKE, body, content_type="text/csv")
    assert got.status == status, got.raw


def test_too_many_rows_are_refused(gateway):
    got = gateway.invoke(*[ROW] * 10_001)
    assert got.status == 413
    assert "10,000" in got.body["hint"]


def test_a_body_over_the_limit_is_refused_before_it_is_read(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(
            b"POST /products/churn/invocations HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\n"
            b"authorization: Bearer s3cret-token\r\n\r\n"
        )
        answer = caller.recv(4096)
    assert b" 413 " in answer.splitlines()[0]
    assert b"connection: close" in answer


def test_a_chunked_body_over_the_limit_is_refused(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(
            b"POST /products/churn/invocations HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
            b"authorization: Bearer s3cret-token\r\n\r\n"
        )
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        try:
            for _ in range(5):
                caller.sendall(chunk)
        except ConnectionError:
            pass
        answer = caller.recv(4096)
    assert b" 413 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"content_type": "text/plain"}, INVOKE),
        ({"content_type": "text/csv"}, INFER),
        ({"content_type": "application/x-www-form-urlencoded"}, INFER),
        ({"content_encoding": "gzip"}, INVOKE),
    ],
)
def test_other_media_are_refused_with_what_is_read(gateway, headers, path):
    got = gateway.call("POST", path, json.dumps(records(ROW)), **headers)
    assert got.status == 415
    assert got.body["code"] == "unsupported_media_type"


LONG = "tenure" * 100_000
ECHOES = {
    "a field": (INVOKE, {"instances": [ROW | {LONG: 1}]}),
    "a text": (INVOKE, {"instances": [ROW | {"tenure": LONG}]}),
    "a category": (INVOKE, {"instances": [ROW | {"plan": LONG}]}),
    "a form": (INVOKE, {LONG: []}),
    "a tensor twice": (INFER, {"inputs": [tensor(LONG), tensor(LONG)]}),
    "a tensor of another length": (INFER, {"inputs": [tensor(LONG, shape=[2], data=[1, 2]), PLAN]}),
    "a datatype": (INFER, {"inputs": [tensor(datatype=LONG), VISITS, PLAN]}),
    "an output": (INFER, {"inputs": [tensor(), VISITS, PLAN], "outputs": [{"name": LONG}]}),
}


@pytest.mark.parametrize("case", ECHOES)
def test_an_error_does_not_say_back_all_that_was_sent(gateway, case):
    path, body = ECHOES[case]
    got = gateway.call("POST", path, body)
    assert 400 <= got.status < 500
    assert len(got.raw) < 1300


def test_more_rows_than_may_be_are_not_even_made(gateway):
    for body in (b'{"instances":[' + b",".join([b"{}"] * 1_000_000) + b"]}", b"tenure\n" + b"1\n" * 20_000):
        media = "application/json" if body[:1] == b"{" else "text/csv"
        got = gateway.call("POST", INVOKE, body, content_type=media)
        assert (got.status, got.body["code"]) == (413, "too_large")


def test_a_body_that_never_comes_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("causeway.gateway.wire.http.BODY_SECONDS", 0.01)

    async def never():
        await asyncio.Event().wait()

    with pytest.raises(TooSlow, match="did not arrive"):
        asyncio.run(body_of({}, never))


def test_unknown_addresses_say_what_there_is(gateway):
    for path in (
        "/",
        "/v1/predict",
        "/v2/models",
        "/v2/models/churn/explain",
        "/products/churn",
        "/%2e%2e/etc",
    ):
        got = gateway.call("GET", path)
        assert got.status == 404
        assert "/v2/models/<product>" in got.body["hint"]
    got = gateway.call("POST", "/v2/models/chrun/infer", {"inputs": []})
    assert got.status == 404
    assert "churn" in got.body["hint"]


def test_a_wrong_method_says_the_right_one(gateway):
    got = gateway.call("GET", INFER)
    assert got.status == 405
    assert "POST" in got.body["error"]
    assert gateway.call("DELETE", "/v2/health/live").status == 405


def test_no_hostile_request_was_answered_with_an_internal_error(gateway):
    assert "Traceback" not in gateway.said()

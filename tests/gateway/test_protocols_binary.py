"""The binary tensor data extension: values behind the JSON, in both lanes, and what is no such thing."""

import json
import struct

import numpy as np
import pytest
from gateway_process import BEARER, both_ways, key, route, running

ROWS = [{"tenure": 5.5, "visits": 3, "plan": "gold"}, {"tenure": 60.0, "visits": 0, "plan": "basic"}]
INFER = "/v2/models/churn/infer"
DTYPES = {"FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "INT8": "i1", "INT16": "<i2", "INT32": "<i4"}
DTYPES |= {"INT64": "<i8", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8"}


def texts(*values):
    parts = [value if isinstance(value, bytes) else value.encode() for value in values]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


PIECES = {
    "tenure": ("FP64", np.array([row["tenure"] for row in ROWS], "<f8").tobytes()),
    "visits": ("INT64", np.array([row["visits"] for row in ROWS], "<i8").tobytes()),
    "plan": ("BYTES", texts(*(row["plan"] for row in ROWS))),
}


def binary(pieces=PIECES, *, rows=2, tail=b"", sizes=None, **more):
    """A body, and the length of its JSON."""
    inputs = [
        {
            "name": name,
            "shape": [rows],
            "datatype": datatype,
            "parameters": {"binary_data_size": (sizes or {}).get(name, len(content))},
        }
        for name, (datatype, content) in pieces.items()
    ]
    head = json.dumps({"inputs": inputs, **more}).encode()
    return head + b"".join(content for _, content in pieces.values()) + tail, len(head)


def infer(gateway, body, length, path=INFER, **headers):
    headers = {"content_type": "application/octet-stream"} | headers
    return gateway.call("POST", path, body, inference_header_content_length=str(length), **headers)


def read(got):
    """The outputs of an answer, wherever they stand."""
    assert got.status == 200, got.raw
    length = int(got.headers["inference-header-content-length"])
    head, rest = json.loads(got.raw[:length]), got.raw[length:]
    outputs = {}
    for output in head["outputs"]:
        size = output.get("parameters", {}).get("binary_data_size")
        if size is None:
            outputs[output["name"]] = output["data"]
            continue
        content, rest = rest[:size], rest[size:]
        if output["datatype"] == "BYTES":
            values = []
            while content:
                (count,) = struct.unpack_from("<I", content)
                values.append(content[4 : 4 + count].decode())
                content = content[4 + count :]
            outputs[output["name"]] = values
        else:
            array = np.frombuffer(content, DTYPES[output["datatype"]])
            outputs[output["name"]] = array.reshape(output["shape"])
    assert rest == b""
    return outputs


def json_answer(gateway, rows=ROWS, **more):
    def one(name, datatype):
        return {
            "name": name,
            "shape": [len(rows)],
            "datatype": datatype,
            "data": [row[name] for row in rows],
        }

    inputs = [one("tenure", "FP64"), one("visits", "INT64"), one("plan", "BYTES")]
    got = gateway.call("POST", INFER, {"inputs": inputs, **more})
    assert got.status == 200, got.raw
    return got


@pytest.fixture(scope="module")
def lanes(signing, churn, tmp_path_factory):
    routes = [route("churn", churn, signing=signing, keys=(key(),))]
    with both_ways(tmp_path_factory.mktemp("ways"), *routes) as ways:
        yield ways


def test_binary_inputs_get_the_answer_of_the_same_rows_in_json(lanes):
    for gateway in lanes:
        got = infer(gateway, *binary())
        assert got.status == 200, got.raw
        outputs, same = (
            {o["name"]: o for o in body["outputs"]} for body in (got.body, json_answer(gateway).body)
        )
        assert outputs["label"] == same["label"]
        assert outputs["probability"] == same["probability"]


def test_answers_are_binary_where_they_are_asked_to_be(lanes):
    for gateway in lanes:
        got = infer(gateway, *binary(parameters={"binary_data_output": True}))
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["causeway-prediction-id"]
        every = read(got)
        plain = {o["name"]: o["data"] for o in json_answer(gateway).body["outputs"]}
        assert every["label"] == plain["label"]
        assert every["prediction_id"][0] == got.headers["causeway-prediction-id"]
        np.testing.assert_array_equal(every["probability"].ravel(), np.float32(plain["probability"]))
        wanted = [{"name": "probability", "parameters": {"binary_data": True}}, {"name": "label"}]
        some = read(json_answer(gateway, outputs=wanted))
        assert some["label"] == ["stay", "stay"]
        np.testing.assert_array_equal(some["probability"], every["probability"])
        but = [{"name": "label", "parameters": {"binary_data": False}}, {"name": "probability"}]
        got = json_answer(gateway, outputs=but, parameters={"binary_data_output": True})
        assert b'"data":["stay","stay"]' in got.raw
        assert read(got).keys() == {"label", "probability"}


def test_tensors_in_the_json_and_behind_it_may_be_mixed(gateway):
    pieces = {name: PIECES[name] for name in ("visits", "plan")}
    body, length = binary(pieces)
    head = json.loads(body[:length])
    head["inputs"].insert(1, {"name": "tenure", "shape": [2, 1], "datatype": "FP32", "data": [[5.5], [60]]})
    first = json.dumps(head).encode()
    got = infer(gateway, first + body[length:], len(first))
    assert got.status == 200, got.raw


@pytest.mark.parametrize("datatype", DTYPES)
def test_every_datatype_of_numbers_is_read(gateway, datatype):
    value = np.array([3], DTYPES[datatype])
    pieces = {
        "tenure": (datatype, value.tobytes()),
        "visits": (datatype, value.tobytes()),
        "plan": ("BYTES", texts("gold")),
    }
    got = infer(gateway, *binary(pieces, rows=1))
    same = json_answer(gateway, [{"tenure": 3.0, "visits": 3, "plan": "gold"}])
    assert got.status == 200, got.raw
    assert got.body["outputs"][1] == same.body["outputs"][1]


def test_a_row_without_an_answer_is_not_a_number_in_bytes(gateway):
    pieces = PIECES | {"plan": ("BYTES", texts("gold", "platinum"))}
    body, length = binary(pieces, parameters={"binary_data_output": True})
    got = infer(gateway, body, length, path="/v2/models/lenient/infer")
    outputs = read(got)
    assert b'"flags.1":"unseen:plan"' in got.raw
    assert outputs["label"][1] in ("", "stay", "leave")
    assert np.isfinite(outputs["probability"][0]).all()


def test_a_body_in_chunks_is_the_same_body(lanes):
    body, length = binary(parameters={"binary_data_output": True})
    for gateway in lanes:
        connection = gateway.connect()
        headers = {"authorization": f"Bearer {BEARER}", "inference-header-content-length": str(length)}
        parts = (body[at : at + 7] for at in range(0, len(body), 7))
        connection.request("POST", INFER, parts, headers, encode_chunked=True)
        got = connection.getresponse()
        assert got.status == 200
        assert int(got.headers["inference-header-content-length"]) < len(got.read())
        connection.close()


WRONG = {
    "cut short": lambda: (binary()[0][:-3], binary()[1]),
    "no bytes at all": lambda: (binary()[0][: binary()[1]], binary()[1]),
    "something left over": lambda: binary(tail=b"xx"),
    "a length beyond the body": lambda: (binary()[0], 10**6),
    "a negative length": lambda: (binary()[0], -1),
    "a length that is no number": lambda: (binary()[0], "1e2"),
    "a length of very many digits": lambda: (binary()[0], "9" * 4000),
    "a length into the JSON": lambda: (binary()[0], 20),
    "no JSON, three inputs": lambda: (binary()[0], 0),
    "a negative size": lambda: binary(sizes={"tenure": -16}),
    "a size too large": lambda: binary(sizes={"tenure": 2**40}),
    "a size too small": lambda: binary(sizes={"tenure": 8}),
    "a size of half a number": lambda: binary(PIECES | {"tenure": ("FP64", b"1234567")}),
    "too few values for its shape": lambda: binary(rows=3),
    "a huge shape": lambda: binary(rows=2**62),
    "a negative shape": lambda: binary(rows=-2),
    "too many values": lambda: binary(PIECES | {"tenure": ("INT8", bytes(10_001))}, rows=10_001),
    "an unknown datatype": lambda: binary(PIECES | {"tenure": ("BF16", b"1234")}),
    "a datatype for another field": lambda: binary(PIECES | {"plan": ("BOOL", b"\1\0")}),
    "text for a number": lambda: binary(PIECES | {"tenure": ("BYTES", texts("5", "6"))}),
    "no UTF-8": lambda: binary(PIECES | {"plan": ("BYTES", texts(b"\xff\xfe", "gold"))}),
    "a text longer than the bytes": lambda: binary(
        PIECES | {"plan": ("BYTES", b"\xff\xff\xff\xff" + b"gold")}
    ),
    "half a length of a text": lambda: binary(PIECES | {"plan": ("BYTES", texts("gold") + b"\4\0")}),
    "not a number": lambda: binary(PIECES | {"tenure": ("FP64", np.array([1, np.nan], "<f8").tobytes())}),
    "infinity": lambda: binary(PIECES | {"tenure": ("FP16", np.array([1, -np.inf], "<f2").tobytes())}),
    "a fraction for an integer": lambda: binary(
        PIECES | {"visits": ("FP32", np.array([1, 1.5], "<f4").tobytes())}
    ),
    "an integer beyond 64 bits": lambda: binary(
        PIECES | {"visits": ("UINT64", np.array([1, 2**64 - 1], "<u8").tobytes())}
    ),
    "no rows": lambda: binary({name: (kind, b"") for name, (kind, _) in PIECES.items()}, rows=0),
    "twice the same input": lambda: (
        binary()[0].replace(b'"visits"', b'"tenure"', 1),
        binary()[1],
    ),
    "parameters that are a list": lambda: binary(parameters=[1]),
}


@pytest.mark.parametrize("case", WRONG)
def test_bytes_that_lie_get_one_clear_refusal(lanes, case):
    said = []
    for gateway in lanes:
        got = infer(gateway, *WRONG[case]())
        assert got.status in (400, 413, 422), got.raw
        assert got.body["error"]
        assert len(got.raw) < 1200
        said.append((got.status, got.body))
    assert said[0] == said[1]


def test_a_text_names_its_input_and_element(gateway):
    got = infer(gateway, *WRONG["no UTF-8"]())
    assert got.body["error"] == "input 'plan': element 0 is not UTF-8"


@pytest.mark.parametrize(
    ("datatype", "value", "status"),
    [
        ("INT8", 300, 422),
        ("INT8", -128, 200),
        ("UINT8", -1, 422),
        ("UINT64", 2**64, 422),
        ("INT16", 1.5, 422),
    ],
)
def test_json_integers_are_held_to_their_datatype(gateway, datatype, value, status):
    def one(name, kind, data):
        return {"name": name, "shape": [1], "datatype": kind, "data": [data]}

    inputs = [one("tenure", datatype, value), one("visits", "INT64", 3), one("plan", "BYTES", "gold")]
    assert gateway.call("POST", INFER, {"inputs": inputs}).status == status


def test_base64_texts_of_mlserver_are_texts(gateway):
    body = json_answer(gateway, ROWS[:1]).body
    inputs = [
        {"name": "tenure", "shape": [1, 1], "datatype": "FP64", "data": [5.5]},
        {"name": "visits", "shape": [1, 1], "datatype": "INT64", "data": [3]},
        {
            "name": "plan",
            "shape": [1, 1],
            "datatype": "BYTES",
            "data": ["Z29sZA=="],
            "parameters": {"content_type": "base64"},
        },
    ]
    got = gateway.call("POST", INFER, {"inputs": inputs})
    assert got.status == 200, got.raw
    assert got.body["outputs"][1] == body["outputs"][1]
    inputs[2]["data"] = ["gold!"]
    assert gateway.call("POST", INFER, {"inputs": inputs}).status == 400


def test_a_model_of_one_input_takes_bytes_alone(signing, tmp_path):
    from bundle_made import Features, Numeric, logistic_onnx, release_of, write_features, written  # noqa: PLC0415, I001
    from causeway.core.release import Field  # noqa: PLC0415

    features = Features(columns=("a",), rules=(Numeric("a"),))
    files = {"model.onnx": logistic_onnx((0.5,)), "features.json": write_features(features)}
    release = release_of("one", fields=(Field("a", "number"),), files=files)
    bundle = written(tmp_path, signing, release, files)
    with running(tmp_path / "gateway", route("one", bundle, signing=signing)) as gateway:
        content = np.array([1.0, -1.0], "<f8").tobytes()
        got = infer(gateway, content, 0, path="/v2/models/one/infer")
        assert read(got)["label"] == ["leave", "stay"]
        assert infer(gateway, content[:-1], 0, path="/v2/models/one/infer").status == 400

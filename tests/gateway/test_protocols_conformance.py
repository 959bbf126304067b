"""Whatever the gateway says at `/v2` is valid against the protocol's own description of it.

`open_inference_rest.yaml` is that of kserve/open-inference-protocol, as it is there.
"""

from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from gateway_process import BEARER
from test_protocols import INFER, ROW, tensors

DESCRIPTION = yaml.safe_load((Path(__file__).parent / "open_inference_rest.yaml").read_text())


def valid(name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": DESCRIPTION["components"]}
    jsonschema_rs.validator_for(schema).validate(value)


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_server_s_metadata(gateway, path):
    got = gateway.call("GET", path)
    assert got.status == 200
    valid("metadata_server_response", got.body)


@pytest.mark.parametrize("product", ["churn", "prices", "lenient"])
def test_a_model_s_metadata_and_readiness(gateway, product):
    got = gateway.call("GET", f"/v2/models/{product}")
    valid("metadata_model_response", got.body)
    path = f"/v2/models/{product}/versions/{got.body['versions'][0]}"
    assert gateway.call("GET", path).body == got.body
    for ready in (f"{path}/ready", f"/v2/models/{product}/ready", f"{path}/ready/"):
        assert gateway.call("GET", ready).status == 200


def prices(*rows):
    return [
        {"name": name, "shape": [len(rows)], "datatype": "FP32", "data": [row[i] for row in rows]}
        for i, name in enumerate(("rooms", "area"))
    ]


ASKED = {
    "a row": ("churn", {"inputs": tensors(ROW)}),
    "rows, with everything said": (
        "churn",
        {
            "id": "42",
            "parameters": {"content_type": "pd"},
            "inputs": tensors(ROW, ROW, tenure=[2, 1]),
            "outputs": [{"name": "probability", "parameters": {"binary_data": False}}],
        },
    ),
    "a number": ("prices", {"inputs": prices((3, 70))}),
    "flagged numbers": ("prices", {"inputs": prices((3, 70), (40, 2))}),
}


@pytest.mark.parametrize("case", ASKED)
def test_requests_and_their_answers(gateway, case):
    product, body = ASKED[case]
    valid("inference_request", body)
    got = gateway.call("POST", f"/v2/models/{product}/infer", body)
    assert got.status == 200, got.raw
    valid("inference_response", got.body)
    for output in got.body["outputs"]:
        size = 1
        for part in output["shape"]:
            size *= part
        assert size == len(output["data"])
    told = gateway.call("GET", f"/v2/models/{product}").body
    promised = {output["name"]: output["datatype"] for output in told["outputs"]}
    assert all(promised[output["name"]] == output["datatype"] for output in got.body["outputs"])


REFUSED = {
    "no key": ("GET", "/v2", None, None, 401),
    "no such model": ("GET", "/v2/models/nothing", None, BEARER, 404),
    "no such version": ("GET", "/v2/models/churn/versions/000", None, BEARER, 404),
    "no inputs": ("POST", INFER, {"inputs": []}, BEARER, 422),
    "no JSON": ("POST", INFER, "{", BEARER, 400),
    "nothing": ("POST", INFER, b"", BEARER, 400),
    "another method": ("GET", INFER, None, BEARER, 405),
}


@pytest.mark.parametrize("case", REFUSED)
def test_errors(gateway, case):
    method, path, body, bearer, status = REFUSED[case]
    got = gateway.call(method, path, body, bearer=bearer)
    assert got.status == status, got.raw
    valid("metadata_server_error_response", got.body)
    valid("inference_error_response", got.body)


def test_all_its_addresses_are_there(gateway):
    """Those of the description, with a model and a version filled in."""
    version = gateway.call("GET", "/v2/models/churn").body["versions"][0]
    for path, methods in DESCRIPTION["paths"].items():
        address = path.replace("${MODEL_NAME}", "churn").replace("${MODEL_VERSION}", version)
        address = address.replace("[", "").replace("]", "")
        assert "{" not in address, path
        for method in {"get", "post"} & methods.keys():
            body = {"inputs": tensors(ROW)} if method == "post" else None
            assert gateway.call(method.upper(), address, body).status == 200, address

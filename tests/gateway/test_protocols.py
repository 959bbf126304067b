import numpy as np
import pytest
from bundle_made import WEIGHTS

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
INFER = "/v2/models/churn/infer"


def expected(row):
    x = np.float32([row["tenure"], row["visits"], row["plan"] == "gold"])
    return float(1 / (1 + np.exp(-2 * x @ np.float32(WEIGHTS))))


def tensors(*rows, **shapes):
    def one(name, datatype):
        data = [row[name] for row in rows]
        return {"name": name, "shape": shapes.get(name, [len(rows)]), "datatype": datatype, "data": data}

    return [one("tenure", "FP64"), one("visits", "INT64"), one("plan", "BYTES")]


def outputs_of(got):
    assert got.status == 200, got.raw
    return {output["name"]: output for output in got.body["outputs"]}


def test_infer_answers_a_label_and_probabilities_with_ids(gateway):
    rows = [ROW, {"tenure": 60, "visits": 0, "plan": "basic"}]
    got = gateway.call("POST", INFER, {"id": "42", "inputs": tensors(*rows)})
    outputs = outputs_of(got)
    assert got.body["id"] == "42"
    assert outputs["label"] == {"name": "label", "shape": [2], "datatype": "BYTES", "data": ["stay", "stay"]}
    assert outputs["probability"]["shape"] == [2, 2]
    np.testing.assert_allclose(
        outputs["probability"]["data"][1::2], [expected(row) for row in rows], atol=1e-6
    )
    ids = outputs["prediction_id"]["data"]
    assert ids == sorted(ids)
    assert ids[0] == got.headers["causeway-prediction-id"]
    assert ids[0][14] == "7"
    assert got.headers["causeway-release"].startswith("sha256:")
    assert got.headers["causeway-stage"] == "sandbox"


def test_tensors_may_be_nested_columns_and_integers_may_stand_for_numbers(gateway):
    row = ROW | {"tenure": 5}
    flat = tensors(row)
    nested = [tensor | {"shape": [1, 1], "data": [tensor["data"]]} for tensor in flat]
    nested[0] |= {"datatype": "INT32"}
    answers = [outputs_of(gateway.call("POST", INFER, {"inputs": inputs})) for inputs in (flat, nested)]
    assert answers[0]["probability"] == answers[1]["probability"]


def test_only_the_outputs_that_were_asked_for_come_back(gateway):
    got = gateway.call("POST", INFER, {"inputs": tensors(ROW), "outputs": [{"name": "label"}]})
    assert list(outputs_of(got)) == ["label"]
    got = gateway.call("POST", INFER, {"inputs": tensors(ROW), "outputs": [{"name": "labels"}]})
    assert got.status == 422
    assert "label, probability, prediction_id" in got.body["hint"]


def test_a_version_may_be_named(gateway, churn):
    version = gateway.call("GET", "/v2/models/churn").body["versions"][0]
    assert version == churn[0].removeprefix("sha256:")[:12]
    path = f"/v2/models/churn/versions/{version}"
    assert gateway.call("GET", path).status == gateway.call("GET", f"{path}/ready").status == 200
    assert outputs_of(gateway.call("POST", f"{path}/infer", {"inputs": tensors(ROW)}))
    got = gateway.call("POST", "/v2/models/churn/versions/000/infer", {"inputs": tensors(ROW)})
    assert got.status == 404
    assert version in got.body["hint"]


def test_metadata_tells_the_real_signature(gateway):
    body = gateway.call("GET", "/v2/models/churn").body
    assert {t["name"]: t["datatype"] for t in body["inputs"]} == {
        "tenure": "FP64",
        "visits": "INT64",
        "plan": "BYTES",
    }
    assert body["platform"] == "onnx_onnxv1"
    assert body["properties"]["probability.classes"] == "stay,leave"


FORMS = {
    "dataframe_split": {"columns": list(ROW), "index": [7], "data": [list(ROW.values())]},
    "dataframe_records": [ROW],
    "instances": [ROW],
    "inputs": {name: [value] for name, value in ROW.items()},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_mlflow_form_gets_the_same_answer(gateway, form):
    got = gateway.call("POST", "/products/churn/invocations", {form: FORMS[form]})
    assert got.status == 200, got.raw
    (prediction,) = got.body["predictions"]
    assert prediction["label"] == "stay"
    assert prediction["probability"]["leave"] == pytest.approx(expected(ROW), abs=1e-6)
    assert got.body["ids"] == [got.headers["causeway-prediction-id"]]


def test_csv_is_read_by_the_signature(gateway):
    text = "plan,tenure,visits\r\ngold,5.5,3\r\nbasic,60,0\r\n"
    got = gateway.call("POST", "/products/churn/invocations", text, content_type="text/csv; charset=utf-8")
    assert [p["probability"]["leave"] for p in got.body["predictions"]] == pytest.approx(
        [expected(ROW), expected({"plan": "basic", "tenure": 60, "visits": 0})], abs=1e-6
    )


def test_one_output_comes_back_as_plain_values_and_what_is_unusual_is_flagged(gateway):
    got = gateway.invoke({"rooms": 3, "area": 70}, {"rooms": 40, "area": 2.5}, product="prices")
    assert got.body["predictions"] == [73.0, 42.5]
    assert got.body["flags"] == {"1": ["range:rooms"]}


def test_a_key_to_one_product_needs_no_name_for_it(gateway):
    got = gateway.call("POST", "/invocations", {"instances": [ROW]}, bearer="churn-only")
    assert got.status == 200
    got = gateway.call("POST", "/invocations", {"instances": [ROW]})
    assert got.status == 404
    assert "churn|lenient|prices" in got.body["hint"]


def test_what_a_release_flags_is_answered_with_a_flag_and_never_with_a_guess(gateway):
    rows = ROW, ROW | {"plan": "platinum"}, ROW | {"tenure": None}
    body = gateway.invoke(*rows, product="lenient").body
    assert body["flags"]["1"] == ["unseen:plan"]
    assert body["flags"]["2"] == ["missing:tenure"]
    first, second, third = (p["probability"] for p in body["predictions"])
    assert first["leave"] == pytest.approx(expected(ROW), abs=1e-6)
    assert third is None
    assert second is None or second["leave"] == pytest.approx(expected(ROW | {"plan": ""}), abs=1e-6)


def test_a_request_keeps_the_name_that_its_caller_gave(gateway):
    assert gateway.invoke(ROW, x_request_id="order 17").headers["x-request-id"] == "order 17"
    assert len(gateway.invoke(ROW, x_request_id="x" * 500).headers["x-request-id"]) == 36
    got = gateway.call("POST", INFER, {"inputs": tensors(ROW)}, x_request_id="order-17")
    assert got.body["id"] == "order-17"


def test_health_is_open_to_all_and_says_little(gateway):
    assert gateway.call("GET", "/v2/health/live", bearer=None).body == {"live": True}
    ready = gateway.call("GET", "/v2/health/ready", bearer=None)
    assert ready.status == 200
    assert ready.body["ready"]
    assert "problems" not in ready.body
    assert gateway.health()["problems"] == []
    assert gateway.call("GET", "/ping", bearer=None).status == 200
    assert gateway.call("HEAD", "/ping", bearer=None).raw == b""


def test_metrics_are_prometheus_text(gateway):
    gateway.invoke(ROW)
    got = gateway.call("GET", "/metrics")
    assert got.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = got.raw.decode().splitlines()
    release = gateway.call("GET", "/v2/models/churn").body["versions"][0]
    assert any(
        line.startswith(f'causeway_requests_total{{product="churn",release="{release}",code="200"}}')
        for line in lines
    )
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {"causeway_request_seconds", "causeway_records_total", "causeway_records_dropped_total"} <= names
    assert len(names) == sum(line.startswith("# TYPE") for line in lines)

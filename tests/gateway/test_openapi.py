"""The OpenAPI document of a product: valid, of its own fields, and its example is answered as it stands."""

import json
from pathlib import Path
from types import SimpleNamespace

import jsonschema_rs
import pytest
from bundle_made import write_bundle
from gateway_process import BEARER, key, route, running

from causeway.core.release import Field
from causeway.gateway.openapi.document import field_schema

pytestmark = pytest.mark.integration
DIALECT = "https://json-schema.org/draft/2020-12/schema"
OPENAPI = jsonschema_rs.validator_for(
    json.loads((Path(__file__).parent / "openapi" / "schema-3.1.json").read_text())
)


def document(gateway, product="churn", path="/products/{}/openapi.json", **how):
    got = gateway.call("GET", path.format(product), **how)
    assert got.status == 200, got.raw
    return got.body


def resolved(document, schema):
    """The schema with its references as JSON Schema finds them."""
    return {"components": document["components"], **schema}


@pytest.mark.parametrize("product", ["churn", "prices", "lenient"])
def test_the_document_is_valid_and_names_the_fields(gateway, product):
    described = document(gateway, product)
    OPENAPI.validate(described)
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
    assert described["info"]["title"] == product
    fields = described["components"]["schemas"]["Row"]["properties"]
    signature = gateway.call("GET", f"/v2/models/{product}").body["inputs"]
    assert list(fields) == [each["name"] for each in signature]


def test_what_is_no_document_of_openapi_is_told():
    fine = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {}}
    assert OPENAPI.is_valid(fine)
    assert not OPENAPI.is_valid({**fine, "paths": {"no-slash": {}}})
    assert not OPENAPI.is_valid({**fine, "info": {"title": "a"}})
    assert not OPENAPI.is_valid({**fine, "paths": {"/a": {"post": {"responses": {"ok": {}}}}}})


def test_a_field_has_its_type_its_closed_set_and_what_it_was_proven_on(gateway):
    row = document(gateway)["components"]["schemas"]["Row"]
    assert row["required"] == ["tenure", "visits", "plan"]
    assert row["additionalProperties"] is False
    assert row["properties"]["plan"] == {"type": "string", "enum": ["basic", "gold"]}
    assert row["properties"]["visits"] == {"type": "integer", "format": "int64"}
    tenure = row["properties"]["tenure"]
    # outside of it there is an answer, so it is no rule
    assert "minimum" not in tenure
    assert (tenure["type"], tenure["x-minimum"], tenure["x-maximum"]) == ("number", 0, 80)
    lenient = document(gateway, "lenient")["components"]["schemas"]["Row"]
    assert "required" not in lenient
    assert lenient["properties"]["plan"]["type"] == ["string", "null"]
    assert lenient["properties"]["plan"]["x-known"] == ["basic", "gold"]


def test_what_a_contract_demands_is_a_rule_unless_it_is_only_flagged():
    field = Field("age", "integer", minimum=18.0, maximum=80.0, at_least=0.0, at_most=120.0)
    loaded = SimpleNamespace(release=SimpleNamespace(missing="refuse", unseen="refuse"))
    schemas = {
        mode: field_schema(field, loaded, SimpleNamespace(route=SimpleNamespace(validation=mode)), 30)
        for mode in ("strict", "coerce", "flag")
    }
    assert schemas["strict"] == schemas["coerce"]
    assert {n: v for n, v in schemas["strict"].items() if n != "description"} == {
        "type": "integer",
        "format": "int64",
        "minimum": 0,
        "maximum": 120,
        "x-minimum": 18,
        "x-maximum": 80,
    }
    assert schemas["flag"].keys() >= {"x-allowed-minimum", "x-allowed-maximum"}
    assert not schemas["flag"].keys() & {"minimum", "maximum"}


@pytest.mark.parametrize("product", ["churn", "prices", "lenient"])
@pytest.mark.parametrize("lane", ["/products/{}/invocations", "/v2/models/{}/infer"])
def test_the_example_is_answered_as_it_stands_and_the_answer_is_as_described(gateway, product, lane):
    described = document(gateway, product)
    operation = described["paths"][lane.format(product)]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    asked = content["examples"]["row"]["value"]
    jsonschema_rs.validate(resolved(described, content["schema"]), asked)
    got = gateway.call("POST", lane.format(product), asked)
    assert got.status == 200, got.raw
    told = operation["responses"]["200"]
    jsonschema_rs.validate(resolved(described, told["content"]["application/json"]["schema"]), got.body)
    assert set(told["headers"]) <= set(got.headers)


def test_who_a_row_is_of_and_what_is_held_out_are_described(signing, churn, tmp_path):
    held = route("churn", churn, signing=signing, entity="customer", holdout_percent=90)
    with running(tmp_path, held) as gateway:
        described = document(gateway)
        row = described["components"]["schemas"]["Row"]
        assert "customer" in row["properties"]
        assert "customer" not in row["required"]
        operation = described["paths"]["/products/churn/invocations"]["post"]
        told = operation["responses"]["200"]["content"]["application/json"]["schema"]
        rows = [row["examples"][0] | {"customer": name} for name in ("a", "b", "c", "d", "e", "f")]
        got = gateway.invoke(*rows)
        assert got.status == 200, got.raw
        assert any("withheld" in flags for flags in got.body["flags"].values())
        jsonschema_rs.validate(resolved(described, told), got.body)


def test_refusals_are_as_described(gateway):
    described = document(gateway)
    responses = described["paths"]["/products/churn/invocations"]["post"]["responses"]
    got = gateway.invoke({"tenure": "5"})
    assert str(got.status) in responses
    assert (
        f"`{got.body['code']}`" in described["components"]["responses"][f"Error{got.status}"]["description"]
    )
    jsonschema_rs.validate(described["components"]["schemas"]["Error"], got.body)


def test_it_needs_a_key_and_is_found_beside_the_model_too(gateway):
    assert gateway.call("GET", "/products/churn/openapi.json", bearer=None).status == 401
    assert gateway.call("GET", "/products/prices/openapi.json", bearer="churn-only").status == 404
    assert gateway.call("POST", "/products/churn/openapi.json", {}).status == 405
    one = document(gateway)
    assert document(gateway, path="/v2/models/{}/openapi.json") == one
    version = one["info"]["version"]
    assert document(gateway, path=f"/v2/models/{{}}/versions/{version}/openapi.json") == one


def test_it_is_that_of_the_release_that_answers_most(signing, churn, tmp_path):
    other = write_bundle(tmp_path / "other", signing, weights=(1.0, 1.0, 1.0))
    both = route("churn", churn, other, signing=signing, shares=(10, 90), keys=(key(BEARER),))
    with running(tmp_path / "gateway", both) as gateway:
        assert {document(gateway)["info"]["x-release"] for _ in range(5)} == {other[0]}

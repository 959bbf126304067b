"""Our verdict on a document is that of the standard's own schema, and nothing in it is lost."""

import copy
import json
import os
import pkgutil
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causeway.core.contract_text import document_of, read_contract
from causeway.core.contract_yaml import dump_yaml, load_yaml
from causeway.core.errors import BadContract

SCHEMA = jsonschema_rs.Draft201909Validator(
    json.loads(pkgutil.get_data("causeway.core", "reference/odcs-json-schema-v3.2.0.json") or b"")
)
EVERYTHING = """
kind: DataContract
apiVersion: v3.2.0
id: orders
version: 1.0.0
status: active
name: orders
team: {name: crew, members: [{username: dana, role: Owner}]}
servers: [{server: s, type: postgres, host: h, port: "5432", database: d, schema: public}]
schema:
- name: orders
  logicalType: object
  relationships: [{from: [orders.id, orders.land], to: [lands.id, lands.land]}]
  properties:
  - name: id
    logicalType: integer
    primaryKey: true
    primaryKeyPosition: 1
    unique: true
    logicalTypeOptions: {minimum: 1, maximum: 9.5, multipleOf: 1, format: i64}
    relationships: [{to: lands.id, type: foreignKey}]
    quality: [{metric: duplicateValues, mustBe: 0, severity: warning, dimension: uniqueness}]
  - name: land
    logicalType: string
    logicalTypeOptions: {minLength: 2, maxLength: 2, pattern: "[A-Z]+", format: hostname}
    enum: [{value: DE, label: Germany}, {value: 3}, {value: true}]
    quality:
    - {metric: invalidValues, arguments: {validValues: [DE]}, mustBeLessThan: 1, unit: percent}
    - {type: text, description: Ask Dana.}
    - {type: custom, engine: soda, implementation: "checks:"}
  - {name: day, logicalType: date, logicalTypeOptions: {format: yyyy-MM-dd, minimum: "2024-01-01"}}
  - {name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true, defaultTimezone: Etc/UTC}}
  - name: tags
    logicalType: array
    items: {logicalType: string}
    logicalTypeOptions: {minItems: 1, uniqueItems: true}
  - name: part
    logicalType: object
    properties: [{name: x, logicalType: number}]
    logicalTypeOptions: {required: [x]}
  - {name: sum, semanticType: measure, transformLogic: SUM(x)}
  - {name: weights, logicalType: vector, logicalTypeOptions: {dimensions: 3, elementType: float32}}
  quality:
  - {metric: rowCount, mustBeBetween: [1, 100]}
  - {metric: duplicateValues, mustNotBeBetween: [1, 2], arguments: {properties: [id, land]}}
  - {type: sql, query: SELECT COUNT(*) FROM orders, mustBeGreaterOrEqualTo: 3}
slaProperties:
- {property: freshness, value: 4, valueExt: 5, unit: d, element: orders.at, driver: regulatory}
support: [{channel: c, url: "https://example.org"}]
price: {priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte}
"""
WHOLE = load_yaml(EVERYTHING, where="here")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2.5, 3.0, 10**20, "x", "", "map", "sql", "warning", "2024-01-01"]),
    st.sampled_from([[], {}, [1, 2], ["a"], {"value": 1}, {"name": "n"}, [{"name": "n"}]]),
)
KEYS = [
    "metric",
    "type",
    "mustBe",
    "unit",
    "query",
    "enum",
    "items",
    "properties",
    "format",
    "minimum",
    "unknown",
]


def places(value, path=()):
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from places(child, (*path, key))


PLACES = list(places(WHOLE))[1:]


def accepted(text, where="here"):
    try:
        return read_contract(text, where=where)
    except BadContract:
        return None


def test_all_forms_of_the_standard_are_read_and_written_whole():
    assert SCHEMA.is_valid(WHOLE)
    assert document_of(read_contract(EVERYTHING, where="here")) == WHOLE


def test_the_team_may_be_a_list_as_it_was_before():
    before = {**WHOLE, "apiVersion": "v3.0.2", "team": [{"username": "dana", "role": "Owner"}]}
    assert document_of(read_contract(dump_yaml(before), where="here")) == before


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(PLACES), value=VALUES, key=st.sampled_from([None, *KEYS]), drop=st.booleans())
def test_the_verdict_on_a_changed_document_is_that_of_the_schema(place, value, key, drop):
    document = copy.deepcopy(WHOLE)
    parent = document
    for part in place[:-1]:
        parent = parent[part]
    if drop:
        del parent[place[-1]]
    elif key is not None and isinstance(parent[place[-1]], dict):
        parent[place[-1]][key] = value
    else:
        parent[place[-1]] = value
    read = accepted(dump_yaml(document))
    assert (read is not None) == SCHEMA.is_valid(document)
    if read is not None:
        assert document_of(read) == document


def test_the_verdict_on_the_open_examples_is_that_of_the_schema():
    folder = os.environ.get("CAUSEWAY_STANDARDS")
    examples = sorted(path for path in Path(folder).rglob("*.yaml") if "odcs" in str(path)) if folder else []
    if not examples:
        pytest.skip("CAUSEWAY_STANDARDS does not name a folder with the standard's examples")
    verdicts = {path.name: (accepted(path.read_text()) is not None, schema_says(path)) for path in examples}
    assert verdicts == {name: (theirs, theirs) for name, (_, theirs) in verdicts.items()}


def schema_says(path):
    return SCHEMA.is_valid(load_yaml(path.read_text(), where=str(path)))


def test_a_whole_number_may_be_written_with_a_fraction_of_nothing():
    document = copy.deepcopy(WHOLE)
    document["schema"][0]["properties"][1]["logicalTypeOptions"]["minLength"] = 3.0
    read = accepted(dump_yaml(document))
    assert read is not None
    assert read.objects[0].columns[1].logical_type_options.min_length == 3

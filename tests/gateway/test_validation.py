"""What becomes of a row that is not just as the release takes it: refused, read as meant, or flagged."""

import math
from contextlib import ExitStack

import msgspec
import pytest
from bundle_made import FIELDS, release_of
from gateway_process import eventually, key, route, running
from msgspec import structs

from causeway.core.contract import Contract, Options, Property, SchemaObject
from causeway.core.contract_limits import limited
from causeway.core.release import Field
from causeway.gateway.protocols import oip
from causeway.gateway.refusals import Invalid
from causeway.gateway.rows.plain_bodies import PlainBodies
from causeway.gateway.rows.schema import Schema

ROW = {"tenure": 3.5, "visits": 2, "plan": "gold", "paperless": True}
MODES = ("strict", "coerce", "flag")
KINDS = (*FIELDS, Field("paperless", "boolean"))


def schema(mode, *, fields=KINDS, judged=True):
    return Schema(release_of(fields=fields, files={}), judged=judged, validation=mode)


def told(mode, change, **more):
    """The value as it was read and the row's flags, or why it was refused."""
    try:
        checked = schema(mode, **more).check([ROW | change])
    except Invalid as refusal:
        return refusal.message
    return checked.rows[0], checked.flags[0]


MEANT = {
    "a number as text": ({"tenure": " 12.5 "}, {"tenure": 12.5}, ("coerced:tenure",)),
    "a whole number as text": ({"visits": "12"}, {"visits": 12}, ("coerced:visits",)),
    "a whole number with a fraction of nothing": ({"visits": "12.0"}, {"visits": 12}, ("coerced:visits",)),
    "one for true": ({"paperless": 1}, {"paperless": True}, ("coerced:paperless",)),
    "nought for false": ({"paperless": 0.0}, {"paperless": False}, ("coerced:paperless",)),
    "true as text": ({"paperless": "True"}, {"paperless": True}, ("coerced:paperless",)),
    "a number for text": ({"plan": 7.0}, {"plan": "7"}, ("coerced:plan",)),
}


@pytest.mark.parametrize("case", MEANT)
def test_what_is_plainly_meant_is_read_where_the_product_wants_it(case):
    change, made, flags = MEANT[case]
    assert told("coerce", change) == (ROW | made, flags)


@pytest.mark.parametrize("mode", ["strict", "flag"])
@pytest.mark.parametrize(
    "change", [{"tenure": "12"}, {"visits": "1"}, {"paperless": 1}, {"paperless": "true"}]
)
def test_elsewhere_another_type_is_refused_by_field_and_row(mode, change):
    assert told(mode, change).startswith(f"row 0, field '{next(iter(change))}': expected ")


@pytest.mark.parametrize(
    "change",
    [
        {"tenure": "twelve"},
        {"tenure": "1,200"},
        {"tenure": "1_200"},
        {"tenure": "nan"},
        {"tenure": "1e999"},
        {"tenure": "\u0663"},
        {"tenure": True},
        {"visits": "1.5"},
        {"visits": "1" * 30},
        {"paperless": 2},
        {"paperless": "yes"},
        {"tenure": ""},
    ],
)
def test_what_is_not_plain_is_refused_even_so(change):
    assert told("coerce", change).startswith("row 0, field '")


@pytest.mark.parametrize("judged", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_a_field_that_the_release_does_not_know(mode, judged):
    got = told(mode, {"other|one": 1}, judged=judged)
    if mode == "strict":
        assert got == "row 0: there is no field 'other|one'"
    else:
        assert got == (ROW, ("unknown:other/one",))


def test_so_many_unknown_fields_do_not_fill_the_records():
    _, flags = told("flag", {f"{n}" * 100: n for n in range(9)})
    assert len(flags) == 5
    assert max(map(len, flags)) < 70


LIMITED = (structs.replace(FIELDS[0], at_least=0.0, at_most=80.0), *KINDS[1:])


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_a_range_is_a_rule_where_a_contract_in_force_says_so(mode, typed, rows):
    judge = schema(mode, fields=LIMITED)
    given = [ROW] * (rows - 1) + [ROW | {"tenure": 80.5}]
    if typed:
        given = judge.plain.rows(_body(given))
    if mode != "flag":
        with pytest.raises(
            Invalid, match=f"row {rows - 1}, field 'tenure': 80.5 is not what the contract allows"
        ):
            judge.check(given)
    else:
        assert judge.check(given).flags == [()] * (rows - 1) + [("range:tenure",)]
    at_the_edge = [ROW | {"tenure": 80.0}]
    assert judge.check(judge.plain.rows(_body(at_the_edge)) if typed else at_the_edge).flags == [()]


def _body(rows):
    return msgspec.json.encode({"dataframe_records": rows})


def test_only_a_contract_in_force_makes_rules():
    columns = (
        Property("tenure", logical_type_options=Options(minimum=0, exclusive_maximum=80)),
        Property("plan", logical_type_options=Options(min_length=1)),
    )
    draft = Contract("c", "1", status="draft", schema=(SchemaObject("rows", properties=columns),))
    assert limited(FIELDS, draft, table="rows") == FIELDS
    made = limited(FIELDS, structs.replace(draft, status="active"), table="rows")
    assert (made[0].at_least, made[0].at_most) == (0.0, math.nextafter(80.0, -math.inf))
    assert made[1:] == FIELDS[1:]


def test_plain_rows_are_those_that_would_be_read_one_by_one():
    judge = schema("strict")
    assert isinstance(judge.plain, PlainBodies)
    for form in ("dataframe_records", "instances"):
        body = _body([ROW, ROW]).replace(b"dataframe_records", form.encode())
        typed = judge.check(judge.plain.rows(body))
        assert [*typed.rows] == judge.check([ROW, ROW]).rows
    split = {"index": [0], "columns": list(ROW), "data": [list(ROW.values())]}
    assert [*judge.plain.rows(msgspec.json.encode({"dataframe_split": split}))] == [ROW]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"dataframe_records":[{}]}',
        b'{"dataframe_records":[],"instances":[]}',
        b'{"dataframe_records":[{"tenure":1,"visits":2,"plan":"gold","paperless":1}]}',
        b'{"dataframe_records":[{"tenure":1,"visits":9223372036854775808,"plan":"gold","paperless":true}]}',
        b'{"dataframe_records":[{"tenure":1e999,"visits":2,"plan":"gold","paperless":true}]}',
        b'{"dataframe_records":[{"tenure":1,"visits":2,"plan":"gold","paperless":true,"more":1}]}',
        b'{"dataframe_split":{"columns":["visits","tenure","plan","paperless"],"data":[[2,3,"gold",true]]}}',
    ],
)
def test_all_others_go_the_long_way(body):
    assert not schema("strict").plain.rows(body)


def tensors(**changes):
    datatypes = {"tenure": "FP64", "visits": "INT64", "plan": "BYTES", "paperless": "BOOL"}
    inputs = [{"name": n, "shape": [2], "datatype": d, "data": [ROW[n]] * 2} for n, d in datatypes.items()]
    for tensor in inputs:
        tensor.update(changes.get(tensor["name"], {}))
    return {"inputs": inputs, "id": "mine"}


@pytest.mark.parametrize("shape", [[2], [2, 1]])
def test_plain_tensors_are_the_same_rows(shape):
    judge = schema("strict")
    body = msgspec.json.encode(tensors(tenure={"shape": shape}, plan={"shape": shape}))
    rows, name = judge.plain.tensors(body)
    assert ([*rows], name) == (oip.rows_of(oip.read(body), KINDS), "mine")
    assert rows[0] == ROW


@pytest.mark.parametrize(
    "changes",
    [
        {"tenure": {"shape": [1]}},
        {"tenure": {"shape": [1, 2]}},
        {"tenure": {"shape": [2], "data": [1.0]}},
        {"tenure": {"data": [[1.0], [2.0]], "shape": [2, 1]}},
        {"tenure": {"parameters": {}}},
        {"tenure": {"datatype": "INT8"}},
        {"visits": {"datatype": "INT32"}},
        {"visits": {"data": [1.0, 2.5]}},
        {"plan": {"data": [1, 2]}},
        {"plan": {"name": "other"}},
    ],
)
def test_other_tensors_go_the_long_way(changes):
    assert schema("strict").plain.tensors(msgspec.json.encode(tensors(**changes))) is None


@pytest.fixture(scope="module")
def gateways(signing, churn, tmp_path_factory):
    """The short way and the long one, where a product reads what is plainly meant."""
    routes = [route("churn", churn, signing=signing, keys=(key(),), validation="coerce", records="durable")]
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        both = []
        for lane in ("1", "0"):
            patch.setenv("CAUSEWAY_FASTLANE", lane)
            both.append(opened.enter_context(running(tmp_path_factory.mktemp("coerce"), *routes)))
        yield both


def test_both_ways_read_what_is_meant_and_record_it_so_until_the_route_changes(gateways, signing, churn):
    plain = {"tenure": 3.0, "visits": 2, "plan": "gold"}
    for gateway in gateways:
        got = gateway.invoke(plain | {"tenure": "3", "other": None})
        assert (got.status, got.body["flags"]) == (200, {"0": ["unknown:other", "coerced:tenure"]})
        assert got.body["predictions"] == gateway.invoke(plain).body["predictions"]
        record = gateway.recorded()[0]
        assert (record.inputs, record.flags) == (plain, ("unknown:other", "coerced:tenure"))
    for gateway in gateways:
        gateway.follow(route("churn", churn, signing=signing, keys=(key(),), records="durable"))
    eventually(lambda: [each.invoke(plain | {"tenure": "3"}).status for each in gateways] == [422, 422])

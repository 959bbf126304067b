"""Personal values never touch the disk."""

import json
import logging

import pytest
from bundle_made import write_bundle
from gateway_process import eventually, route, running
from hypothesis import given
from hypothesis import strategies as st

from causeway.core.personal import Private, masked
from causeway.core.records import SegmentColumn
from causeway.core.routes import RouteFile, Served
from causeway.gateway.log import _Libraries, print_defect
from causeway.gateway.routes.routing import Routing, next_routing

PLANTED = "gold-Wilhelmina"
NUMBER = 91234.5678
ROW = {"tenure": NUMBER, "visits": 3, "plan": PLANTED}
KEY = bytes(range(32))


@pytest.fixture
def lane(request, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_FASTLANE", request.param)


@pytest.mark.parametrize(
    ("lane", "case"),
    [("0", ("mask", "g***")), ("1", ("mask", "g***")), ("1", ("hash", None)), ("0", ("omit", None))],
    indirect=["lane"],
)
def test_a_personal_value_is_nowhere_on_the_disk(tmp_path, signing, lenient, case, lane):
    way, text = case
    key = tmp_path / "churn.key"
    key.write_text(KEY.hex())
    private = route(
        "lenient",
        lenient,
        signing=signing,
        personal={"plan": way, "tenure": way},
        personal_key=str(key),
    )
    with running(tmp_path / "gateway", private, options=("--access-log",)) as gateway:
        got = gateway.invoke(ROW, ROW, product="lenient", x_request_id="order-of-Wilhelmina")
        assert got.status == 200, got.body
        assert got.headers["x-request-id"] == "order-of-Wilhelmina"
        refused = gateway.invoke(ROW | {"visits": "Wilhelmina"}, product="lenient")
        assert refused.status == 422
        assert gateway.stop() == 0
        first, second = gateway.recorded("lenient")
    raw = b"".join(file.read_bytes() for file in (tmp_path / "gateway").rglob("*") if file.is_file())
    assert b"Wilhelmina" not in raw
    assert str(NUMBER).encode() not in raw
    assert first.inputs == second.inputs
    assert first.inputs["visits"] == 3
    known = Private({}, KEY)
    if way == "omit":
        assert set(first.inputs) == {"visits"}
    else:
        assert first.inputs["plan"] == (text or known.hashed(PLANTED))
        assert first.inputs["tenure"] == (90000.0 if way == "mask" else known.hashed(NUMBER))
    assert first.flags == ("range:tenure", "unseen:plan")
    assert first.request == second.request == known.hashed("order-of-Wilhelmina")
    assert f" {first.request} " in gateway.said()


def test_without_its_key_a_route_is_not_followed_and_what_answered_goes_on(tmp_path, signing, churn):
    plain = route("churn", churn, signing=signing)
    with running(tmp_path, plain) as gateway:
        lost = route(
            "churn", churn, signing=signing, personal={"plan": "hash"}, personal_key=str(tmp_path / "none")
        )
        gateway.routed(lost)
        eventually(lambda: gateway.health()["version"] == 2, "the new route file")
        assert any("the key for personal values" in problem for problem in gateway.health()["problems"])
        assert gateway.invoke({"tenure": 1.0, "visits": 3, "plan": "gold"}).status == 200


@pytest.mark.parametrize("way", ["mask", "hash", None])
def test_what_goes_on_answering_records_as_the_newest_route_wants_it(tmp_path, signing, churn, way):
    key = tmp_path / "key"
    key.write_text(KEY.hex() if way else "gone")
    plain = next_routing(RouteFile(1, (route("churn", churn, signing=signing),)), Routing())
    bad = route(
        "churn",
        ("sha256:" + "0" * 64, tmp_path / "no bundle"),
        signing=signing,
        personal={"plan": way or "hash"},
        personal_key=str(key),
    )
    still = next_routing(RouteFile(2, (bad,)), plain).live["churn"]
    [kept] = still.variants[0].private.kept([{"tenure": 1.0, "plan": PLANTED}])
    assert still.problem
    assert kept["tenure"] == 1.0
    assert kept.get("plan") == {"mask": "g***", "hash": Private({}, KEY).hashed(PLANTED)}.get(way)


def test_a_key_that_is_gone_keeps_no_other_product_from_answering(tmp_path, signing, churn, lenient):
    before = write_bundle(tmp_path, signing, weights=(1, 1, 1))
    made = route(
        "churn",
        churn,
        signing=signing,
        personal={"plan": "hash"},
        personal_key=str(tmp_path / "none"),
        warm=(Served(before[0], str(before[1]), 0),),
    )
    routing = next_routing(RouteFile(1, (made, route("lenient", lenient, signing=signing))), Routing())
    assert not routing.live["churn"].variants
    assert routing.live["lenient"].variants


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(), st.booleans()))
def test_a_mask_keeps_the_kind_and_never_a_second_character(value):
    hidden = masked(value)
    if isinstance(value, str):
        assert hidden in {"***", value[:1] + "***"}
    elif hidden is not None:
        assert type(hidden) is type(value)
        assert len(repr(hidden).lstrip("-").partition("e")[0].replace(".", "").strip("0")) <= 1


def test_equal_values_have_one_hash_whatever_their_type_and_other_keys_another():
    ours, theirs = Private({}, KEY), Private({}, bytes(32))
    assert ours.hashed(7) == ours.hashed(7.0) == ours.hashed("7") == ours.hashed(" 7 ")
    assert ours.hashed(8) != ours.hashed(7) != theirs.hashed(7)
    assert ours.hashed("x").split(":")[0] == ours.name != theirs.name


def test_the_columns_of_a_segment_are_treated_as_its_rows_were():
    private = Private({"plan": "mask", "name": "omit", "who": "hash"}, KEY)
    columns = private.columns(
        {
            "id": SegmentColumn("text", ["a"]),
            "in_plan": SegmentColumn("text", ["golden"]),
            "in_name": SegmentColumn("text", ["Ada"]),
            "in_who": SegmentColumn("integer", [7]),
        }
    )
    (row,) = private.kept([{"plan": "golden", "name": "Ada", "who": 7}])
    assert {name: column.values[0] for name, column in columns.items()} == {
        "id": "a",
        **{f"in_{name}": value for name, value in row.items()},
    }
    assert columns["in_who"].kind == "text"


def test_a_defect_is_logged_without_its_message(capsys):
    try:
        try:
            raise ValueError(PLANTED)  # noqa: TRY301 - the chain is what is tested
        except ValueError as error:
            raise KeyError(PLANTED) from error
    except KeyError as error:
        print_defect(error)
    said = capsys.readouterr().err
    assert "builtins.KeyError (its message is not logged)" in said
    assert "builtins.ValueError" in said
    assert "Wilhelmina" not in said.replace("raise ValueError(PLANTED)", "")


def test_a_defect_is_json_where_the_log_is_and_libraries_say_no_values(capsys, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_LOG", "json")
    try:
        raise ValueError(PLANTED)  # noqa: TRY301 - as above
    except ValueError as error:
        print_defect(error)
    _Libraries().handle(logging.makeLogRecord({"msg": "row %s", "args": (PLANTED,), "levelname": "ERROR"}))
    defect, library = map(json.loads, capsys.readouterr().err.splitlines())
    assert (defect["event"], defect["message"]) == ("defect", "builtins.ValueError")
    assert "test_personal.py:" in defect["way"][0]
    assert (library["event"], library["level"], library["message"]) == ("library", "error", "row %s")
    assert "Wilhelmina" not in json.dumps([defect, library])

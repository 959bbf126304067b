"""Rows of one request may be different releases', or nobody's; both lanes and all protocols say so."""

from collections import Counter

import pytest
from bundle_made import FIELDS, OUTPUTS, write_bundle
from gateway_process import route, running

from causeway.core.assignment import Lots
from causeway.core.ids import short
from causeway.core.release import Field, Output

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}
SHARES = (60, 40)
HOLDOUT = 20


def rows(count, *, first=0):
    return [ROW | {"customer": f"c-{i}"} for i in range(first, first + count)]


@pytest.fixture(scope="module")
def pair(signing, tmp_path_factory):
    """Two releases that nobody takes for each other: one never, one always says `leave`."""
    folder = tmp_path_factory.mktemp("pair")
    stay = write_bundle(folder, signing, weights=(-1.0, -1.0, -1.0))
    leave = write_bundle(folder, signing, weights=(1.0, 1.0, 1.0))
    return stay, leave


@pytest.fixture(scope="module", params=["1", "0"], ids=["short", "long"])
def live(request, pair, signing, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_FASTLANE", request.param)
        made = route("churn", *pair, signing=signing, shares=SHARES, entity="customer")
        with running(tmp_path_factory.mktemp("live"), made) as gateway:
            yield gateway


@pytest.fixture
def routed(live, pair, signing):
    def follow(*bundles, shares=SHARES, **more):
        more = {"entity": "customer"} | more
        live.follow(route("churn", *(bundles or pair), signing=signing, shares=shares, **more))
        return live

    return follow


def expected(lots: Lots, customer: str) -> str:
    return ("stay", "leave")[lots.release(customer)]


def labels(got):
    return [each["label"] for each in got.body["predictions"]]


def test_each_row_is_answered_by_the_release_of_its_entity(routed, pair):
    gateway, lots = routed(), Lots("churn", SHARES)
    got = gateway.invoke(*rows(40))
    assert labels(got) == [expected(lots, f"c-{i}") for i in range(40)]
    names = {"stay": short(pair[0][0]), "leave": short(pair[1][0])}
    assert got.body["releases"] == [names[label] for label in labels(got)]
    assert set(got.headers["causeway-release"].split(", ")) == {pair[0][0], pair[1][0]}
    # alone each row gets the same, and the answer looks as that of one release does
    for i in range(12):
        alone = gateway.invoke(*rows(1, first=i))
        assert labels(alone) == [expected(lots, f"c-{i}")]
        assert "releases" not in alone.body
        assert alone.headers["causeway-release"] in (pair[0][0], pair[1][0])


def test_what_is_recorded_names_release_and_arm_of_each_row_and_its_entity(routed, pair):
    gateway, lots = routed(records="durable"), Lots("churn", SHARES)
    ids = gateway.invoke(*rows(20)).body["ids"]
    kept = {record.id: record for record in gateway.recorded()}
    for i, name in enumerate(ids):
        drawn = lots.release(f"c-{i}")
        found = kept[name]
        assert (found.release, found.arm) == (pair[drawn][0], ("champion", "canary")[drawn])
        assert found.inputs == ROW | {"customer": f"c-{i}"}
        assert found.outputs["label"] == ("stay", "leave")[drawn]


def test_the_entity_may_be_an_input_of_the_release(routed, signing, tmp_path):
    fields = (*FIELDS[:2], Field("plan", "text"))
    pair = [write_bundle(tmp_path, signing, weights=(w, w, w), fields=fields) for w in (-1.0, 1.0)]
    gateway = routed(*pair, entity="plan")
    lots = Lots("churn", SHARES)
    sent = [ROW | {"plan": plan} for plan in ("gold", "basic")] * 3
    assert labels(gateway.invoke(*sent)) == [expected(lots, row["plan"]) for row in sent]


def test_rows_that_name_nobody_share_the_draw_of_their_request(routed):
    gateway = routed()
    seen = Counter()
    for _ in range(60):
        got = gateway.invoke(ROW, ROW | {"customer": None}, ROW | {"customer": ""})
        assert len(set(labels(got))) == 1
        assert got.body["flags"] == {str(i): ["unnamed:customer"] for i in range(3)}
        seen.update(labels(got)[:1])
    assert 10 < seen["stay"] < 55


@pytest.mark.parametrize("customer", [["a"], {"a": 1}, 2**70])
def test_what_can_name_nobody_is_refused(routed, customer):
    got = routed().invoke(ROW, ROW | {"customer": customer})
    assert got.status in (400, 422)


def test_a_wrong_row_is_named_by_its_number_in_the_request(routed):
    gateway, lots = routed(), Lots("churn", SHARES)
    sent = rows(12)
    wrong = next(i for i in range(11, 0, -1) if lots.release(f"c-{i}") == 1)
    sent[wrong]["tenure"] = "x"
    got = gateway.invoke(*sent)
    assert got.status == 422
    assert got.body["error"].startswith(f"row {wrong}, field 'tenure'")
    sent[wrong]["tenure"], sent[wrong]["plan"] = 1, "silver"
    got = gateway.invoke(*sent)
    assert got.status == 422
    assert got.body["error"].startswith(f"row {wrong}, field 'plan'")


def tensors(count):
    customers = [f"c-{i}" for i in range(count)]
    return {
        "inputs": [
            {"name": "tenure", "shape": [count], "datatype": "FP64", "data": [3] * count},
            {"name": "visits", "shape": [count], "datatype": "INT64", "data": [2] * count},
            {"name": "plan", "shape": [count], "datatype": "BYTES", "data": ["gold"] * count},
            {"name": "customer", "shape": [count], "datatype": "BYTES", "data": customers},
        ]
    }


def test_the_open_inference_protocol_names_the_release_of_each_row(routed, pair):
    gateway, lots = routed(), Lots("churn", SHARES)
    body = gateway.call("POST", "/v2/models/churn/infer", tensors(10)).body
    outputs = {output["name"]: output["data"] for output in body["outputs"]}
    assert outputs["label"] == [expected(lots, f"c-{i}") for i in range(10)]
    assert outputs["release"] == [short(pair[lots.release(f"c-{i}")][0]) for i in range(10)]
    assert set(body["model_version"].split(",")) == set(outputs["release"])


def test_csv_is_drawn_as_json_is(routed):
    gateway, lots = routed(), Lots("churn", SHARES)
    lines = [f"5.5,3,gold,{i}" for i in range(10)]
    got = gateway.call(
        "POST",
        "/products/churn/invocations",
        "\n".join(["tenure,visits,plan,customer", *lines]),
        content_type="text/csv",
    )
    assert labels(got) == [expected(lots, str(i)) for i in range(10)]
    assert labels(gateway.invoke(*[ROW | {"customer": i} for i in range(10)])) == labels(got)


def test_who_names_a_version_gets_it_for_all_rows(routed, pair):
    gateway = routed()
    path = f"/v2/models/churn/versions/{short(pair[1][0])}/infer"
    outputs = gateway.call("POST", path, tensors(6)).body["outputs"]
    assert {output["name"]: output["data"] for output in outputs}["label"] == ["leave"] * 6


def test_held_out_rows_get_no_answer_and_are_told_so(routed, pair):
    gateway = routed(pair[1], shares=(100,), holdout_percent=HOLDOUT, records="durable")
    lots = Lots("churn", (100,), "", HOLDOUT)
    got = gateway.invoke(*rows(60))
    held = [i for i in range(60) if lots.held_out(f"c-{i}")]
    assert 3 < len(held) < 25
    assert (got.status, got.headers["causeway-withheld"]) == (200, str(len(held)))
    assert got.headers["causeway-release"] == pair[1][0]
    for i, answer in enumerate(got.body["predictions"]):
        assert answer == {"label": None, "probability": None} if i in held else answer["label"] == "leave"
    assert got.body["flags"] == {str(i): ["withheld"] for i in held}
    kept = {record.id: record for record in gateway.recorded()}
    arms = [kept[name].arm for name in got.body["ids"]]
    assert arms == ["holdout" if i in held else "champion" for i in range(60)]
    said = kept[got.body["ids"][held[0]]].outputs
    assert (said["label"], said["probability"] > 0.5) == ("leave", True)
    alone = gateway.invoke(*rows(1, first=held[0]))
    assert alone.body["predictions"] == [{"label": None, "probability": None}]
    assert "causeway-release" not in alone.headers
    assert alone.headers["causeway-withheld"] == "1"
    body = gateway.call("POST", "/v2/models/churn/infer", tensors(60)).body
    assert body["parameters"] == {f"flags.{i}": "withheld" for i in held}
    outputs = {output["name"]: output["data"] for output in body["outputs"]}
    assert [label is None for label in outputs["label"]] == [i in held for i in range(60)]


def test_the_holdout_stays_when_the_release_changes_and_whoever_names_a_version_cannot_leave_it(routed, pair):
    lots = Lots("churn", (100,), "", HOLDOUT)
    held = {i for i in range(60) if lots.held_out(f"c-{i}")}
    for bundles, shares in (((pair[0],), (100,)), ((pair[1],), (100,)), (pair, SHARES)):
        gateway = routed(*bundles, shares=shares, holdout_percent=HOLDOUT)
        assert {i for i, label in enumerate(labels(gateway.invoke(*rows(60)))) if label is None} == held
    path = f"/v2/models/churn/versions/{short(pair[1][0])}/infer"
    outputs = gateway.call("POST", path, tensors(60)).body["outputs"]
    told = {output["name"]: output["data"] for output in outputs}["label"]
    assert {i for i, label in enumerate(told) if label is None} == held


def test_held_out_rows_get_the_fallback_where_one_is_declared(routed, pair):
    gateway = routed(
        pair[1],
        shares=(100,),
        holdout_percent=HOLDOUT,
        withheld="fallback",
        fallback={"leaves": "stay", "probability": 0.25},
    )
    lots = Lots("churn", (100,), "", HOLDOUT)
    customer = next(f"c-{i}" for i in range(60) if lots.held_out(f"c-{i}"))
    got = gateway.invoke(ROW | {"customer": customer})
    assert got.body["predictions"] == [{"label": "stay", "probability": {"stay": 0.75, "leave": 0.25}}]
    assert got.body["flags"] == {"0": ["withheld"]}


def test_another_salt_assigns_anew(routed):
    before = labels(routed().invoke(*rows(60)))
    after = labels(routed(salt="autumn").invoke(*rows(60)))
    assert after == [expected(Lots("churn", SHARES, "autumn"), f"c-{i}") for i in range(60)]
    assert before != after


def test_releases_with_other_classes_answer_together(routed, signing, pair, tmp_path):
    turned = tuple(Output(output.name, output.kind, ("leave", "stay"), output.positive) for output in OUTPUTS)
    other = write_bundle(tmp_path, signing, weights=(1.0, 1.0, 1.0), outputs=turned)
    gateway, lots = routed(pair[0], other), Lots("churn", SHARES)
    got = gateway.invoke(*rows(20))
    for i, answer in enumerate(got.body["predictions"]):
        assert list(answer["probability"]) == ["stay", "leave"]
        likely = max(answer["probability"], key=answer["probability"].get)
        # the other model's first class is its `leave`
        assert likely == ("stay", "stay")[lots.release(f"c-{i}")]


def test_without_rows_it_is_refused_as_ever(routed):
    got = routed().invoke()
    assert (got.status, got.body["code"]) == (422, "invalid_input")

"""A shadow is asked the same, and its answers are compared and recorded; nobody gets them, nobody waits."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from bundle_made import SigningKey, write_bundle
from gateway_process import eventually, route, running

from causeway.core.assignment import Lots
from causeway.core.ids import beside, short
from causeway.core.release import Output
from causeway.core.routes import Served
from causeway.gateway.shadows.shadow import compared
from causeway.gateway.shadows.shadowing import MOST_BYTES, Shadowing

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}


@pytest.fixture(scope="module")
def releases(signing, tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    return [write_bundle(folder, signing, weights=(w, w, w)) for w in (-1.0, 1.0, -0.2)]


def shadow(*bundles):
    return tuple(Served(name, str(folder), 0) for name, folder in bundles)


@pytest.fixture(scope="module", params=["1", "0"], ids=["short", "long"])
def live(request, releases, signing, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAUSEWAY_FASTLANE", request.param)
        stay, leave, near = releases
        made = route("churn", stay, signing=signing, shadow=shadow(leave, near))
        with running(tmp_path_factory.mktemp("live"), made) as gateway:
            yield gateway


@pytest.fixture
def both(live, releases, signing):
    """The gateway with two shadows, whatever tests came before."""
    stay, leave, near = releases
    live.follow(route("churn", stay, signing=signing, shadow=shadow(leave, near)))
    return live


def shadowed(gateway) -> dict[tuple[str, str], float]:
    page = gateway.call("GET", "/metrics").raw.decode()
    found = re.findall(r'causeway_shadow_rows_total\{.*release="(.*)",outcome="(.*)"\} (.*)', page)
    return {(release, outcome): float(count) for release, outcome, count in found}


def shadow_process(gateway) -> int:
    children = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}/children").read_text().split()
    named = [pid for pid in children if "gateway.shadow" in Path(f"/proc/{pid}/cmdline").read_text()]
    return int(named[0]) if named else 0


def test_shadows_are_recorded_and_compared_and_nobody_gets_their_answers(both, releases):
    live = both
    stay, leave, near = releases
    counted = shadowed(live)
    before = {record.id for record in live.recorded()}
    got = live.invoke(ROW, ROW | {"visits": 4}, x_request_id="named")
    assert got.headers["causeway-release"] == stay[0]
    assert [each["label"] for each in got.body["predictions"]] == ["stay", "stay"]
    assert list(got.body) == ["predictions", "ids"]

    def shadows():
        found = [r for r in live.recorded() if r.arm == "shadow" and r.id not in before]
        return found if len(found) == 4 else []

    told = {(record.release, record.id): record for record in eventually(shadows, "the shadows' records")}
    for name in got.body["ids"]:
        for release, label in ((leave[0], "leave"), (near[0], "stay")):
            record = told[release, beside(name, release)]
            assert (record.outputs["label"], record.request, record.consumer) == (label, "named", "team-a")
            assert beside(record.id, release) == name
            assert record.inputs["tenure"] == 5.5
    # the near one says the same, with another probability
    for release in (leave[0], near[0]):
        key = short(release), "different"
        eventually(lambda key=key: shadowed(live).get(key, 0) == counted.get(key, 0) + 2, "the counts")


def test_a_shadow_that_ended_is_started_again(both):
    live = both
    live.invoke(ROW)
    first = eventually(lambda: shadow_process(live), "the shadows' process")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: shadow_process(live) not in (0, first), "another process")

    def told():
        before = sum(shadowed(live).values())
        live.invoke(ROW)
        return sum(shadowed(live).values()) > before

    eventually(told, "its answers")


def test_what_cannot_be_sent_to_a_shadow_is_answered_all_the_same(both):
    # a number to the release, and more than the 64 bits in which questions are sent
    got = both.call("POST", "/v1/models/churn:predict", {"instances": [ROW | {"tenure": 10**20}]})
    assert (got.status, got.body["flags"]) == (200, {"0": ["range:tenure"]})
    assert ("", "dropped") in shadowed(both)


def test_withheld_rows_are_asked_of_the_shadow_and_not_compared(live, releases, signing):
    stay, leave, _ = releases
    live.follow(
        route("churn", stay, signing=signing, shadow=shadow(leave), entity="customer", holdout_percent=50)
    )
    lots = Lots("churn", (100,), "", 50)
    customer = next(f"c-{i}" for i in range(99) if lots.held_out(f"c-{i}"))
    got = live.invoke(ROW | {"customer": customer})
    assert got.body["predictions"] == [{"label": None, "probability": None}]
    wanted = beside(got.body["ids"][0], leave[0])
    [record] = eventually(lambda: [r for r in live.recorded() if r.id == wanted], "the shadow's record")
    assert (record.outputs["label"], record.inputs["customer"]) == ("leave", customer)


def test_without_shadows_their_process_ends_and_a_bad_one_harms_nobody(live, releases, signing, tmp_path):
    stay = releases[0]
    live.follow(route("churn", stay, signing=signing))
    eventually(lambda: not shadow_process(live), "the end of the shadows' process")
    stranger = write_bundle(tmp_path, SigningKey(), weights=(1, 1, 3))
    live.follow(route("churn", stay, signing=signing, shadow=shadow(stranger)))
    assert live.invoke(ROW).status == 200
    eventually(lambda: "a shadow is not asked" in live.said(), "the complaint")
    assert live.health()["problems"] == []


def test_what_is_too_much_is_dropped_and_counted(tmp_path):
    counted = []

    class Measures:
        class shadowed:  # noqa: N801 - stands for a counter
            @staticmethod
            def add(*labels, amount):
                counted.append((labels, amount))

    class Made:
        ids = ("a", "b")

        class variant:  # noqa: N801 - as above
            class loaded:  # noqa: N801 - as above
                class release:  # noqa: N801 - as above
                    product = "churn"

    shadowing = Shadowing(tmp_path / "routes.json", None, Measures)
    shadowing._bytes = MOST_BYTES + 1
    began = time.perf_counter()
    shadowing.take(Made, None)
    assert time.perf_counter() - began < 0.1
    assert counted == [(("churn", "", "dropped"), 2)]


def test_what_is_the_same_and_what_is_not():
    outputs = (Output("label", "label", ("a", "b"), "b"), Output("p", "probability", ("a", "b"), "b"))
    turned = (Output("label", "label", ("b", "a"), "b"), Output("p", "probability", ("b", "a"), "b"))
    theirs = {"label": ["a", "b", None, "a"], "p": [[0.8, 0.2], [0.1, 0.9], None, [0.7, 0.3]]}
    mine = {"label": ["a", "b", "a", "b"], "p": [[0.2, 0.8], [0.9 + 1e-9, 0.1], [0, 1], [0.6, 0.4]]}
    assert compared(outputs, theirs, turned, mine) == {"same": 2, "different": 1}

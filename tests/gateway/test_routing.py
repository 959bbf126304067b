import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter

import pytest
from bundle_made import FEATURES, SigningKey, release_of, unruly_onnx, write_bundle, written
from gateway_process import eventually, key, route, running

from causeway.core.errors import UsageError
from causeway.core.features import write_features
from causeway.core.ids import canonical_json, short
from causeway.core.routes import RouteFile, Served, read_routes
from causeway.gateway.app import App
from causeway.gateway.models.bundles import load_bundle
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.routes.routing import Routing, next_routing
from causeway.gateway.upkeep.watcher import Watcher

ROW = {"tenure": 5.5, "visits": 3, "plan": "gold"}


def spoilt_model(folder, signing):
    name, bundle = write_bundle(folder, signing, weights=(1, 1, 1))
    (bundle / "model.onnx").write_bytes((bundle / "model.onnx").read_bytes() + b"\0")
    return name, bundle


def spoilt_release(folder, signing):
    name, bundle = write_bundle(folder, signing, weights=(1, 1, 2))
    content = (bundle / "release.json").read_bytes()
    (bundle / "release.json").write_bytes(content.replace(b"churn", b"chunk"))
    return name, bundle


def signed_by_a_stranger(folder, signing):
    return write_bundle(folder, SigningKey(), weights=(1, 1, 3))


def of_another_product(folder, signing):
    return write_bundle(folder, signing, product="other")


def without_its_model(folder, signing):
    name, bundle = write_bundle(folder, signing, weights=(1, 1, 4))
    (bundle / "model.onnx").unlink()
    return name, bundle


def no_model_at_all(folder, signing):
    name, bundle = write_bundle(folder, signing, weights=(1, 1))
    return name, bundle


def cut_short(folder, signing):
    name, bundle = write_bundle(folder, signing, weights=(1, 1, 5))
    model = bundle / "model.onnx"
    model.write_bytes(model.read_bytes()[:-20])
    return name, bundle


def unsigned(folder, signing):
    name, bundle = write_bundle(folder, signing, weights=(1, 1, 6))
    (bundle / "release.sig").unlink()
    return name, bundle


def of_another_digest(folder, signing):
    _, bundle = write_bundle(folder, signing, weights=(1, 1, 7))
    return f"sha256:{'0' * 64}", bundle


def a_model_that_does_not_load(folder, signing):
    return with_model(folder, signing, b"no model")


def a_model_that_does_not_run(folder, signing):
    """Well formed, and of no use: it makes three columns of what it is given, whatever that is."""
    return with_model(folder, signing, unruly_onnx())


def with_model(folder, signing, model):
    files = {"model.onnx": model, "features.json": write_features(FEATURES)}
    return written(folder, signing, release_of(files=files), files)


BAD = {
    cut_short: "model.onnx is not the file that was",
    unsigned: "release.sig is missing from the bundle",
    of_another_digest: "the release is named",
    a_model_that_does_not_load: "the model cannot be loaded",
    a_model_that_does_not_run: "the model failed",
    spoilt_model: "model.onnx is not the file that was released",
    spoilt_release: "the release is named",
    signed_by_a_stranger: "not signed by a trusted key",
    of_another_product: "the release is of other",
    without_its_model: "model.onnx is missing from the bundle",
    no_model_at_all: "the model takes 2 columns, the features make 3",
}


@pytest.fixture(scope="module")
def live(signing, tmp_path_factory):
    good = write_bundle(tmp_path_factory.mktemp("good"), signing)
    with running(tmp_path_factory.mktemp("live"), route("churn", good, signing=signing)) as gateway:
        yield gateway, good


@pytest.mark.parametrize("make", BAD)
def test_a_bad_bundle_never_takes_the_place_of_a_good_one(live, make, signing, tmp_path):
    gateway, good = live
    gateway.follow(route("churn", make(tmp_path, signing), signing=signing))
    got = gateway.invoke(ROW)
    assert (got.status, got.headers["causeway-release"]) == (200, good[0])
    assert any(BAD[make] in problem for problem in gateway.health()["problems"])
    assert 'causeway_bundle_refused{product="churn"} 1' in gateway.call("GET", "/metrics").raw.decode()
    assert BAD[make] in gateway.said()
    gateway.follow(route("churn", good, signing=signing))
    assert gateway.health()["problems"] == []


def test_a_release_is_replaced_while_others_are_answered(live, signing, tmp_path):
    gateway, good = live
    newer = write_bundle(tmp_path, signing, weights=(0.5, 0.5, 0.5))
    before = gateway.invoke(ROW).body["predictions"]
    gateway.follow(route("churn", newer, signing=signing))
    got = gateway.invoke(ROW)
    assert got.headers["causeway-release"] == newer[0]
    assert got.body["predictions"] != before
    gateway.follow(route("churn", good, signing=signing))
    assert gateway.invoke(ROW).body["predictions"] == before


def test_traffic_is_shared_and_no_caller_chooses_its_share(live, signing, tmp_path):
    gateway, good = live
    canary = write_bundle(tmp_path, signing, weights=(0.5, 0.5, 0.5))
    gateway.follow(route("churn", good, canary, signing=signing, shares=(80, 20)))
    answered = [gateway.invoke(ROW, x_request_id="mine").headers["causeway-release"] for _ in range(200)]
    assert 0.08 < Counter(answered)[canary[0]] / len(answered) < 0.35
    gateway.follow(route("churn", good, signing=signing))


@pytest.mark.parametrize("make", [spoilt_model, spoilt_release, signed_by_a_stranger, unsigned])
def test_nothing_is_loaded_before_it_is_proven(make, signing, tmp_path, monkeypatch):
    def loaded(*_, **__):
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("causeway.gateway.models.bundles.Model", loaded)
    made = route("churn", make(tmp_path, signing), signing=signing)
    live = next_routing(RouteFile(1, (made,)), Routing()).live["churn"]
    assert live.problem
    assert not live.variants


def test_the_release_before_answers_at_once_even_when_its_folder_is_gone(live, signing, tmp_path):
    gateway, good = live
    before = write_bundle(tmp_path, signing, weights=(0.5, 0.5, 0.5))
    gateway.follow(route("churn", good, signing=signing, warm=(Served(before[0], str(before[1]), 0),)))
    metrics = gateway.call("GET", "/metrics").raw.decode()
    assert f'causeway_release_warm{{product="churn",release="{short(before[0])}"}} 1' in metrics
    assert gateway.invoke(ROW).headers["causeway-release"] == good[0]
    shutil.rmtree(before[1])
    gateway.follow(route("churn", before, signing=signing, warm=(Served(good[0], str(good[1]), 0),)))
    assert gateway.invoke(ROW).headers["causeway-release"] == before[0]
    gateway.follow(route("churn", good, signing=signing))
    assert gateway.health()["problems"] == []


def test_a_release_before_that_cannot_be_kept_is_said_and_harms_nobody(live, signing, tmp_path):
    gateway, good = live
    name, bundle = unsigned(tmp_path, signing)
    gateway.follow(route("churn", good, signing=signing, warm=(Served(name, str(bundle), 0),)))
    [problem] = gateway.health()["problems"]
    assert "is not kept ready: release.sig is missing" in problem
    assert gateway.invoke(ROW).status == 200
    gateway.follow(route("churn", good, signing=signing))


def test_one_release_before_is_kept_and_it_stands_in_for_the_champion_only(signing, tmp_path):
    first, second, third = [write_bundle(tmp_path, signing, weights=(w, 1, 1)) for w in (1, 2, 3)]
    warm = tuple(Served(name, str(folder), 0) for name, folder in (second, third))
    made = route("churn", first, signing=signing, warm=warm)
    live = next_routing(RouteFile(1, (made,)), Routing()).live["churn"]
    assert [each.loaded.digest for each in live.kept] == [first[0], second[0]]
    assert live.stand_in(live.champion) is live.previous
    made = route("churn", first, second, signing=signing, shares=(90, 10), warm=warm)
    after = next_routing(RouteFile(2, (made,)), Routing(live={"churn": live})).live["churn"]
    champion, canary = after.variants
    # what was loaded stays loaded
    assert (champion.loaded, canary.loaded) == (live.variants[0].loaded, live.previous.loaded)
    assert after.stand_in(canary) is champion
    assert after.stand_in(champion).loaded.digest == third[0]


def test_a_new_release_passes_for_as_fast_as_the_one_before(signing, tmp_path):
    first, second = [write_bundle(tmp_path, signing, weights=(w, 1, 1)) for w in (1, 2)]
    routing = next_routing(RouteFile(1, (route("churn", first, signing=signing),)), Routing())
    routing.live["churn"].champion.loaded.pace.last.extend([0.001] * 3)
    after = next_routing(RouteFile(2, (route("churn", second, signing=signing),)), routing)
    pace = after.live["churn"].champion.loaded.pace
    assert pace is not routing.live["churn"].champion.loaded.pace
    pace.last.append(0.5)
    assert pace.seconds == 0.001


def test_a_revoked_key_stops_working_even_when_the_bundles_fail(live, signing, tmp_path):
    gateway, good = live
    bad = without_its_model(tmp_path, signing)
    gateway.follow(route("churn", bad, signing=signing, keys=(key("other"),)))
    assert gateway.invoke(ROW).status == 401
    assert gateway.invoke(ROW, bearer="other").status == 200
    gateway.follow(route("churn", good, signing=signing))


def test_a_spoilt_route_file_changes_nothing_and_is_said(live, signing):
    gateway, good = live
    (gateway.folder / "routes.json").write_bytes(b'{"version": 99')
    eventually(lambda: gateway.health()["problems"], "the complaint")
    assert gateway.invoke(ROW).status == 200
    gateway.follow(route("churn", good, signing=signing))
    assert gateway.health()["problems"] == []


SPOILT = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: len(file.read_bytes()) // 2]),
    "gone": lambda file: file.unlink(),
    "unreadable": lambda file: (file.unlink(), file.mkdir()),
    "huge": lambda file: os.truncate(file, 1 << 33),
    "no JSON": lambda file: file.write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_whatever_becomes_of_the_route_file_what_answered_goes_on_and_it_is_said(live, signing, spoil):
    gateway, good = live
    file = gateway.folder / "routes.json"
    SPOILT[spoil](file)
    [problem] = eventually(lambda: gateway.health()["problems"], "the complaint")
    assert problem.startswith("routes.json")
    assert gateway.invoke(ROW).headers["causeway-release"] == good[0]
    if file.is_dir():
        file.rmdir()
    gateway.follow(route("churn", good, signing=signing))
    assert gateway.health()["problems"] == []


def test_without_a_good_bundle_the_product_is_not_ready(tmp_path, signing):
    bad = without_its_model(tmp_path / "b", signing)
    with running(tmp_path, route("churn", bad, signing=signing)) as gateway:
        got = gateway.call("GET", "/v2/health/ready", bearer=None)
        assert got.status == 503
        assert got.body["ready"] is False
        assert gateway.call("GET", "/ping", bearer=None).status == 503
        assert gateway.call("GET", "/v2/models/churn/ready").status == 503
        refused = gateway.invoke(ROW)
        assert (refused.status, refused.body["code"]) == (503, "not_ready")
        shutil.rmtree(tmp_path / "b")
        gateway.follow(route("churn", write_bundle(tmp_path / "b", signing), signing=signing))
        assert gateway.invoke(ROW).status == 200


def test_a_port_in_use_is_one_clear_error(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "causeway.gateway",
                "--routes",
                "r",
                "--records",
                "d",
                "--port",
                str(port),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    assert ended.returncode == 3
    assert f"error: cannot listen on 127.0.0.1:{port}: Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_release_that_could_not_be_loaded_is_tried_again(tmp_path, signing, monkeypatch):
    monkeypatch.setattr("causeway.gateway.upkeep.watcher.RETRY_SECONDS", 0.0)
    made = name, bundle = write_bundle(tmp_path / "bundles", signing)
    (tmp_path / "routes.json").write_bytes(
        canonical_json(RouteFile(1, (route("churn", made, signing=signing),)))
    )
    late = bundle.rename(bundle.with_name("late"))

    async def story():
        app = App(Recorder(tmp_path / "records", rotate_seconds=10))
        watcher = Watcher(app, tmp_path / "routes.json")
        await watcher.look()
        before = app.routing.live["churn"]
        late.rename(bundle)
        await watcher.look()
        return before, app.routing.live["churn"]

    before, after = asyncio.run(story())
    assert (before.variants, bool(before.problem)) == ((), True)
    assert ([variant.loaded.digest for variant in after.variants], after.problem) == ([name], "")


@pytest.mark.parametrize("error", [ValueError("a secret"), KeyError("plan"), MemoryError()], ids=repr)
def test_whatever_one_bundle_brings_about_is_its_own_products_problem(signing, tmp_path, monkeypatch, error):
    good, odd, warm = (write_bundle(tmp_path, signing, product=p, weights=w) for p, w in ODD)
    loads = load_bundle

    def load(served, route, *, start):
        if served.release in (odd[0], warm[0]):
            raise error
        return loads(served, route, start=start)

    monkeypatch.setattr("causeway.gateway.routes.routing.load_bundle", load)
    backed = route("churn", good, signing=signing, warm=(Served(warm[0], str(warm[1]), 0),))
    made = next_routing(RouteFile(1, (route("odd", odd, signing=signing), backed)), Routing())
    said = f"it could not be loaded: {type(error).__name__}"
    assert made.live["odd"].problem == f"release {short(odd[0])}: {said}"
    assert [each.loaded.digest for each in made.live["churn"].variants] == [good[0]]
    assert made.live["churn"].problem == ""
    assert made.live["churn"].warm_problem.endswith(said)


ODD = (("churn", (1, 1, 1)), ("odd", (1, 1, 2)), ("churn", (1, 1, 3)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shares": (50,)}, "sum to 50"),
        ({"records": "sometimes"}, "records of churn is 'sometimes'"),
    ],
)
def test_routes_that_contradict_themselves_are_refused(signing, change, says):
    given = route("churn", ("sha256:0", "b"), signing=signing, **change)
    with pytest.raises(UsageError, match=says):
        read_routes(canonical_json(RouteFile(1, (given,))))


def test_a_product_is_routed_once(signing):
    twice = route("churn", ("sha256:0", "b"), signing=signing)
    with pytest.raises(UsageError, match="routed twice"):
        read_routes(canonical_json(RouteFile(1, (twice, twice))))
    assert Served("sha256:0", "b", 100) in twice.served

import asyncio

import numpy as np
import pytest
from bundle_made import (
    SigningKey,
    columns_onnx,
    logistic_onnx,
    release_of,
    write_bundle,
    write_columns,
    written,
)

from causeway.core.bundle import BadBundle, check_paths
from causeway.core.features import Features, Numeric, Words
from causeway.core.ids import digest_of
from causeway.core.routes import Route, Served
from causeway.gateway.app import App
from causeway.gateway.models.bundles import load_bundle
from causeway.gateway.models.verify import verify_apart
from causeway.gateway.records.recorder import Recorder
from causeway.gateway.refusals import Invalid
from causeway.gateway.routes.routing import Routing

WORDS = Features(
    columns=("tenure", "plan"),
    rules=(Numeric("tenure"), Words("plan", strip=True)),
    domains={"plan": ("basic", "gold")},
)


def load(made, signing, product="pipeline", **changes):
    name, folder = made
    trusted = changes.pop("trusted", (signing.pem,))
    served = Served(name, str(folder), 100)
    return load_bundle(served, Route(product, (served,), (), trusted_keys=trusted))


@pytest.mark.parametrize("features", [None, WORDS])
def test_a_model_that_takes_columns_takes_numbers_and_texts(tmp_path, signing, features):
    loaded = load(write_columns(tmp_path, signing, features=features), signing)
    rows = loaded.schema.check([{"tenure": 1, "plan": "gold"}, {"plan": "basic", "tenure": 2.5}]).rows
    assert loaded.model.predict(rows).answers == {"value": [21.0, 12.5]}


def test_rows_that_the_features_do_not_define_have_no_answer_and_the_others_do(tmp_path, signing):
    loaded = load(write_columns(tmp_path, signing, features=WORDS, missing="flag"), signing)
    rows = loaded.schema.check([{"tenure": None, "plan": "gold"}, {"tenure": 1, "plan": " gold "}]).rows
    predicted = loaded.model.predict(rows)
    assert predicted.answers == {"value": [None, 21.0]}
    assert [(p.row, p.field, p.kind) for p in predicted.problems if p.refused] == [(0, "tenure", "missing")]


def test_without_features_a_text_that_is_missing_is_never_an_empty_one(tmp_path, signing):
    loaded = load(write_columns(tmp_path, signing, features=None), signing)
    with pytest.raises(Invalid, match="row 0, field 'plan': a value is missing"):
        loaded.schema.check([{"tenure": 1, "plan": None}])


def test_the_matrix_is_the_same_for_one_row_and_for_many(tmp_path, signing):
    loaded = load(write_bundle(tmp_path, signing), signing, "churn")
    rows = [{"tenure": i / 3, "visits": i % 7, "plan": ("basic", "gold")[i % 2]} for i in range(200)]
    together = loaded.model.predict(loaded.schema.check(rows).rows).answers
    alone = [loaded.model.predict(loaded.schema.check([row]).rows).answers for row in rows]
    assert together["label"] == [one["label"][0] for one in alone]
    apart = [one["probability"][0] for one in alone]
    np.testing.assert_allclose(together["probability"], apart, atol=1e-7)


def test_a_signature_is_checked_in_a_process_of_its_own(signing):
    made = signing.private.sign(b"content")
    assert verify_apart(signing.pem, made, b"content") is True
    assert verify_apart(signing.pem, made, b"contents") is False
    assert verify_apart(SigningKey().pem, made, b"content") is False
    with pytest.raises(BadBundle, match=r"could not be checked: .*not a public key in PEM"):
        verify_apart("no key", made, b"content")


def test_a_route_that_trusts_nobody_loads_nothing(tmp_path, signing):
    with pytest.raises(BadBundle, match="trusts no signing key"):
        load(write_columns(tmp_path, signing, features=None), signing, trusted=())


@pytest.mark.parametrize("path", ["../model.onnx", "/etc/passwd", "a/../../b", "a\\b"])
def test_a_bundle_stays_in_its_folder(tmp_path, signing, path):
    made = load(write_columns(tmp_path, signing, features=None), signing).release
    made.files[path] = "sha256:0"
    with pytest.raises(BadBundle, match="outside itself"):
        check_paths(made)


def test_a_signed_release_that_names_a_file_outside_its_folder_is_not_loaded(tmp_path, signing):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "outside").write_bytes(b"content")
    files = {"model.onnx": columns_onnx()}
    release = release_of("pipeline", files=files)
    release.files["../outside"] = digest_of(b"content")
    with pytest.raises(BadBundle, match="outside itself"):
        load(written(tmp_path / "bundle", signing, release, files), signing)


def test_text_without_features_is_found_when_the_bundle_is_loaded(tmp_path, signing):
    files = {"model.onnx": logistic_onnx()}
    bundle = written(tmp_path, signing, release_of("churn", files=files), files)
    with pytest.raises(BadBundle, match="plan is text, and the bundle has no features"):
        load(bundle, signing, "churn")


def test_whatever_breaks_while_loading_the_routes_stay_and_are_followed_on(tmp_path, capsys):
    async def story():
        app = App(Recorder(tmp_path, rotate_seconds=10))
        first = Routing(version=1)
        await app.reroute(lambda: first)
        await app.reroute(lambda: {}["no such key"])
        broken = app.routing
        await app.reroute(lambda: Routing(version=2))
        return first, broken, app.routing

    first, broken, last = asyncio.run(story())
    assert (broken.version, broken.live) == (first.version, first.live)
    assert "could not be followed" in broken.problem
    assert (last.version, last.problem) == (2, "")
    assert "KeyError" in capsys.readouterr().err

"""One byte of one file of a release, changed by anybody, and neither ship nor the gateway will have it."""

import base64
import json
import random
from pathlib import Path

import pytest

import shipyard
from causeway.actions.bundles import open_bundle, prove, trusted_keys
from causeway.actions.ship import ship
from causeway.actions.verify import in_words, verify
from causeway.core.bundle import BadBundle
from causeway.core.ids import short
from causeway.core.routes import Route, Served
from causeway.gateway.models.bundles import load_bundle

FILES = (
    "release.json",
    "release.sig",
    "model.sig",
    "model.onnx",
    "features.json",
    "findings.json",
    "example.json",
    "lineage.json",
)


@pytest.fixture
def released(folder):
    """A release that would ship, and the folder that it lies in."""
    digest = shipyard.answering(folder)
    return digest, Path(shipyard.workspace(folder).bundle(digest))


def refusals(folder, digest, bundle):
    """What ship and the gateway say of it."""
    with pytest.raises(BadBundle) as by_ship:
        ship(shipyard.workspace(folder), folder, agree=lambda _: pytest.fail("it was planned"))
    route = Route("churn", (Served(digest, str(bundle), 100),), (), trusted_keys=trusted_keys())
    with pytest.raises(BadBundle) as by_gateway:
        load_bundle(route.served[0], route)
    return str(by_ship.value), str(by_gateway.value)


def flip(path, position, *, bit=0):
    content = bytearray(path.read_bytes())
    content[position] ^= 1 << bit
    path.write_bytes(content)


def test_an_untouched_release_ships_and_loads(folder, released):
    digest, bundle = released
    assert {path.name for path in bundle.iterdir()} == set(FILES)
    route = Route("churn", (Served(digest, str(bundle), 100),), (), trusted_keys=trusted_keys())
    assert load_bundle(route.served[0], route).digest == digest
    assert ship(shipyard.workspace(folder), folder, agree=lambda _: True).status == "shipped"


@pytest.mark.parametrize("where", ["first", "middle", "last"])
@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_refused_by_ship_and_gateway_in_the_files_name(folder, released, name, where):
    digest, bundle = released
    size = (bundle / name).stat().st_size
    flip(bundle / name, {"first": 0, "middle": size // 2, "last": size - 1}[where])
    for said in refusals(folder, digest, bundle):
        assert name in said


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_emptied_or_grown_is_refused(folder, released, name):
    digest, bundle = released
    whole = (bundle / name).read_bytes()
    for spoilt in (whole[:-1], b"", whole + b"\n"):
        (bundle / name).write_bytes(spoilt)
        with pytest.raises(BadBundle, match=name):
            prove(bundle, digest)
    (bundle / name).write_bytes(whole)
    prove(bundle, digest)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_is_missed(folder, released, name):
    digest, bundle = released
    (bundle / name).unlink()
    for said in refusals(folder, digest, bundle):
        assert f"{name} is missing from the bundle" in said


def test_any_byte_anywhere_in_the_signatures_counts(folder, released):
    digest, bundle = released
    for name in ("release.sig", "model.sig"):
        whole = (bundle / name).read_bytes()
        draws = random.Random(7)
        for _ in range(400):
            flip(bundle / name, draws.randrange(len(whole)), bit=draws.randrange(8))
            with pytest.raises(BadBundle, match=name):
                prove(bundle, digest)
            (bundle / name).write_bytes(whole)


@pytest.mark.parametrize("added", ["notes.txt", "features/more.py", ".hidden", "model.onnx.bak"])
def test_a_file_put_beside_is_named(folder, released, added):
    digest, bundle = released
    (bundle / added).parent.mkdir(exist_ok=True)
    (bundle / added).write_text("x = 1")
    for said in refusals(folder, digest, bundle):
        assert f"{added} was put into the bundle after it was signed" in said


def test_a_link_is_no_file_even_to_the_same_bytes(folder, released, tmp_path):
    digest, bundle = released
    elsewhere = tmp_path / "same"
    elsewhere.write_bytes((bundle / "model.onnx").read_bytes())
    (bundle / "model.onnx").unlink()
    (bundle / "model.onnx").symlink_to(elsewhere)
    for said in refusals(folder, digest, bundle):
        assert "model.onnx is a link, not the file that was signed" in said


def test_a_link_to_a_folder_is_no_folder(folder, released, tmp_path):
    digest, bundle = released
    (bundle / "features").symlink_to(tmp_path)
    assert all("features is a link" in said for said in refusals(folder, digest, bundle))


def test_the_model_signature_of_another_release_does_not_do(folder, released):
    _, bundle = released
    other = shipyard.answering(folder, weight=0.7)
    (shipyard.workspace(folder).bundle(other) / "model.sig").write_bytes((bundle / "model.sig").read_bytes())
    with pytest.raises(BadBundle, match=r"model\.sig is that of another release"):
        open_bundle(shipyard.workspace(folder), other)


def test_the_same_signature_in_other_words_does_not_do(folder, released):
    digest, bundle = released
    held = json.loads((bundle / "model.sig").read_bytes())
    (bundle / "model.sig").write_text(json.dumps(held, indent=1))
    with pytest.raises(BadBundle, match=r"model\.sig is not the signature that was made"):
        prove(bundle, digest)


def test_a_key_that_nobody_vouches_for_signs_no_model(folder, released, tmp_path):
    digest, bundle = released
    held = json.loads((bundle / "release.sig").read_bytes())
    held["model_key_signature"] = base64.b64encode(bytes(64)).decode()
    (bundle / "release.sig").write_text(json.dumps(held, sort_keys=True, separators=(",", ":")))
    with pytest.raises(BadBundle, match=r"release\.sig names a model-signing key"):
        prove(bundle, digest)


def test_a_release_made_before_this_signature_is_still_proven_by_its_own_list(folder):
    digest = shipyard.release(folder, format=1)
    bundle = shipyard.workspace(folder).bundle(digest)
    (bundle / "model.sig").unlink()
    assert prove(bundle, digest).format == 1
    flip(bundle / "model.onnx", 0)
    with pytest.raises(BadBundle, match=r"model\.onnx is not the file that was released"):
        prove(bundle, digest)


def test_verify_proves_each_release_and_names_the_one_that_was_changed(folder, released):
    digest, bundle = released
    said = verify(shipyard.workspace(folder))
    assert any(line == f"that every file of 1 release is as signed: {short(digest)}" for line in said.proven)
    flip(bundle / "lineage.json", 0)
    said = verify(shipyard.workspace(folder))
    assert not said.ok
    named = f"release {short(digest)}, named by event 3 of churn, is not as signed: "
    assert in_words(said) == f"{named}lineage.json is not the file that was released"

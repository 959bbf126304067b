from pathlib import Path

import pytest

from causeway.actions.workspace import has_workspace, load_product, open_workspace, write_whole
from causeway.adapters import registry
from causeway.core.errors import BadManifest, NotFound, OutsideError
from causeway.core.ids import digest_of


@pytest.fixture(autouse=True)
def _embedded_ledger(monkeypatch):
    monkeypatch.delenv("CAUSEWAY_LEDGER", raising=False)
    monkeypatch.delenv("CAUSEWAY_ACTOR", raising=False)


def test_a_workspace_is_made_beside_the_manifest_and_found_from_below(tmp_path):
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    assert not has_workspace(tmp_path)

    made = open_workspace(tmp_path)

    assert made.state == tmp_path / ".causeway"
    assert made.state.stat().st_mode & 0o077 == 0
    assert (made.state / ".gitignore").read_text() == "*\n"
    assert open_workspace(below).root == tmp_path


def test_whoever_is_logged_in_keeps_one_opaque_id(tmp_path):
    first, again = open_workspace(tmp_path), open_workspace(tmp_path)

    assert first.actor == again.actor
    assert first.ledger.resolve(first.actor) is not None


def test_the_environment_may_say_who_acts_and_where_the_ledger_lies(tmp_path, monkeypatch):
    monkeypatch.setenv("CAUSEWAY_ACTOR", "robot-1")
    monkeypatch.setenv("CAUSEWAY_LEDGER", str(tmp_path / "elsewhere.db"))

    work = open_workspace(tmp_path)

    assert work.actor == "robot-1"
    assert (tmp_path / "elsewhere.db").exists()
    assert not (work.state / "ledger.db").exists()


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(NotFound, match="there is no folder"):
        open_workspace(tmp_path / "nowhere")

    assert not (tmp_path / "nowhere").exists()


def test_a_folder_where_no_state_can_be_made_is_one_clear_error(tmp_path):
    (tmp_path / ".causeway").write_text("a file, not a folder")

    with pytest.raises(OutsideError, match="cannot make"):
        open_workspace(tmp_path)


def test_the_manifest_is_kept_as_it_was_read(tmp_path):
    work = open_workspace(tmp_path)
    content = b'[product]\nname = "churn"\n'
    (tmp_path / "causeway.toml").write_bytes(content)

    manifest, digest = load_product(work, tmp_path)

    assert manifest.product.name == "churn"
    assert work.artifacts.get(digest) == content


def test_no_manifest_says_how_to_draft_one(tmp_path):
    with pytest.raises(NotFound) as caught:
        load_product(open_workspace(tmp_path), tmp_path)

    assert caught.value.hint == f"draft one: causeway init {tmp_path}"


def test_a_manifest_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "causeway.toml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(BadManifest, match="UTF-8"):
        load_product(open_workspace(tmp_path), tmp_path)


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "routes.json"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"

    with pytest.raises(OutsideError):
        write_whole(path / "below-a-file", b"third")

    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_the_store_keeps_each_content_once_and_checks_it_on_reading(tmp_path):
    store = registry.artifact_store(tmp_path)

    digest = store.put(b"content")

    assert store.put(b"content") == digest == digest_of(b"content")
    assert store.get(digest) == b"content"
    assert store.has(digest)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [digest.removeprefix("sha256:")]


def test_the_store_takes_files_and_gives_copies(tmp_path):
    store = registry.artifact_store(tmp_path / "store")
    (tmp_path / "model").write_bytes(b"weights")

    digest = store.put_file(tmp_path / "model")
    store.fetch(digest, tmp_path / "out" / "model")

    assert digest == digest_of(b"weights")
    assert (tmp_path / "out" / "model").read_bytes() == b"weights"


def test_a_content_that_changed_on_disk_is_never_handed_out(tmp_path):
    store = registry.artifact_store(tmp_path)
    digest = store.put(b"content")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.chmod(0o644)
    path.write_bytes(b"tampered")

    assert not store.has(digest)
    with pytest.raises(OutsideError, match="has changed"):
        store.get(digest)


def test_a_content_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        registry.artifact_store(tmp_path).get("sha256:" + "0" * 64)


def test_a_tampered_content_is_replaced_when_it_is_put_again(tmp_path):
    store = registry.artifact_store(tmp_path)
    digest = store.put(b"content")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.chmod(0o644)
    path.write_bytes(b"tampered")

    store.put(b"content")

    assert store.get(digest) == b"content"


def test_a_full_disk_leaves_no_half_written_artefact(tmp_path, monkeypatch):
    store = registry.artifact_store(tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutsideError, match="No space left"):
        store.put(b"content")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

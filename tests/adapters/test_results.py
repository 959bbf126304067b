"""What strangers' code may have written over, and folders that are awkward to copy."""

import pytest

from causeway.adapters.runs.runners import copy_folder, decoded
from causeway.core.errors import OutsideError
from causeway.core.trial import StoodIn


@pytest.mark.parametrize("content", [b"", b"\xff", b'{"x":' + b"[" * 100_000, b"[" * 50_000 + b"]" * 50_000])
def test_a_result_that_cannot_be_read_is_said_to_be_one(content):
    with pytest.raises(OutsideError, match="cannot be read"):
        decoded(content, StoodIn, what="it")


def test_links_that_lead_to_themselves_are_not_copied(tmp_path):
    folder = tmp_path / "poc"
    folder.mkdir()
    (folder / "loop").symlink_to("loop")
    (folder / "kept.csv").write_text("a")
    copy_folder(folder, tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["kept.csv"]

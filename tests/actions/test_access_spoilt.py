"""A contract that is gone or spoilt lets nobody read more, and keeps nobody from taking a grant back."""

import pytest
from test_access_grants import poc, read, workspace  # noqa: F401 - a fixture

from causeway.actions.access import grant, revoke
from causeway.actions.access_wish import pseudonym_key
from causeway.core.access import NoAccess
from causeway.core.errors import BadContract, CausewayError, NotFound, OutsideError

SPOILT = {"gone": None, "no YAML": b"{", "no text": b"\xff\xfe\x00"}


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT)
def test_without_its_classes_nothing_is_granted_or_read_and_all_can_be_taken_back(poc, content):  # noqa: F811 - the fixture
    contract = poc / "people.odcs.yaml"
    whole = contract.read_bytes()
    # what was granted before anybody classified a column must not come back with the contract's end
    contract.write_bytes(whole.replace(b", classification: ", b", description: "))
    grant(workspace(poc), poc, "people", days=3)
    contract.write_bytes(whole)
    grant(workspace(poc), poc, "people", days=3)
    contract.unlink()
    if content is not None:
        contract.write_bytes(content)
    with pytest.raises((NotFound, BadContract)) as told:
        read(poc)
    assert told.value.hint
    with pytest.raises((NotFound, BadContract)):
        grant(workspace(poc), poc, "people", days=3)
    assert len(revoke(workspace(poc), poc, "people").grants) == 2
    contract.write_bytes(whole)
    with pytest.raises(NoAccess):
        read(poc)


def test_a_spoilt_key_of_pseudonyms_is_told(tmp_path):
    (tmp_path / "pseudonyms.key").write_text("zz")
    with pytest.raises(OutsideError, match="pseudonyms cannot be read") as told:
        pseudonym_key(tmp_path)
    assert isinstance(told.value, CausewayError)
    assert told.value.hint

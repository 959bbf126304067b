import stat

import pytest

from causeway.adapters import registry
from causeway.core import signatures
from causeway.core.errors import OutsideError, UsageError


def test_a_signature_holds_for_its_bytes_and_its_key_only(tmp_path):
    mine, other = registry.signer(tmp_path / "mine"), registry.signer(tmp_path / "other")
    signature = mine.sign(b"facts")
    assert signatures.verify(mine.public_pem, signature, b"facts")
    assert not signatures.verify(mine.public_pem, signature, b"fact")
    assert not signatures.verify(other.public_pem, signature, b"facts")
    assert not signatures.verify(mine.public_pem, b"", b"facts")


def test_the_key_is_made_once_and_closed_to_others(tmp_path):
    folder = tmp_path / "deep" / "keys"
    first, again = registry.signer(folder), registry.signer(folder)
    assert first.key_id == again.key_id == signatures.key_id_of(first.public_pem)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "signing.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [f"{first.key_id}.pub.pem", "signing.key"]
    assert registry.trusted_keys(folder) == {first.key_id: first.public_pem}


def test_a_key_that_others_can_read_is_not_used(tmp_path):
    registry.signer(tmp_path)
    (tmp_path / "signing.key").chmod(0o644)
    with pytest.raises(OutsideError, match="read by others") as refused:
        registry.signer(tmp_path)
    assert refused.value.hint == f"run: chmod 600 {tmp_path / 'signing.key'}"


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_broken_key_is_told_and_never_replaced(tmp_path, content):
    path = tmp_path / "signing.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(OutsideError, match="cannot be read"):
        registry.signer(tmp_path)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutsideError, match="folder of signing keys"):
        registry.signer(tmp_path / "file" / "keys")
    assert registry.trusted_keys(tmp_path / "nowhere") == {}


def test_other_peoples_keys_are_trusted_when_they_are_put_there(tmp_path):
    theirs = registry.signer(tmp_path / "theirs")
    registry.trust_key(tmp_path / "mine", theirs.public_pem)
    assert registry.trusted_keys(tmp_path / "mine") == {theirs.key_id: theirs.public_pem}


def test_what_is_no_ed25519_public_key_is_told():
    rsa = (
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALqbHeRLCyOdykC5SDLqI49ArYGYG1mq\n"
        "aH9/GnWjGavZM02fos4lc2w6tCchcUBNtJvGqKwhC5JEnx3RYoSX2ucCAwEAAQ==\n-----END PUBLIC KEY-----\n"
    )
    for pem in ("", "nonsense", rsa):
        with pytest.raises(UsageError, match="public key"):
            signatures.key_id_of(pem)

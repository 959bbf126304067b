import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from causeway.actions.stages.package import model_signature, release_signature
from causeway.adapters.signing import FolderSigner
from causeway.core.ids import digest_of
from causeway.core.model_signing import (
    NoModelSignature,
    envelope_bytes,
    hint_of,
    is_as_written,
    read_model_signature,
    statement_over,
    write_model_signature,
)
from causeway.core.signatures import verify

FILES = {"b.txt": b"two", "a.b": b"dot", "a/c": b"deeper", "model.onnx": b"\x08\x09"}


@pytest.fixture
def signer(tmp_path):
    return FolderSigner(tmp_path / "keys")


def signed(signer, files=FILES):
    return model_signature(signer, "churn", {path: digest_of(content) for path, content in files.items()})


def test_every_file_is_listed_by_name_and_signed_with_a_key_of_the_right_kind(signer):
    made = read_model_signature(signed(signer))
    assert list(made.digests) == ["a.b", "a/c", "b.txt", "model.onnx"]
    assert made.digests["b.txt"] == digest_of(b"two")
    assert made.hint == hint_of(signer.model_pem)
    assert verify(signer.model_pem, made.signature, made.signed)
    assert not verify(signer.model_pem, made.signature, made.signed + b" ")


def test_the_key_is_made_once_and_closed_to_others(signer, tmp_path):
    pem = signer.model_pem
    assert FolderSigner(tmp_path / "keys").model_pem == pem
    assert (tmp_path / "keys" / "model-signing.pem").read_text() == pem
    assert (tmp_path / "keys" / "model-signing.key").stat().st_mode & 0o777 == 0o600
    assert release_signature(signer, b"{}").model_key == pem


def test_what_is_signed_has_its_kind_and_length_before_it():
    assert envelope_bytes(b"hello") == b"DSSEv1 28 application/vnd.in-toto+json 5 hello"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"bundle.v0.3", b"bundle.v0.2"), "another kind"),
        ((b'"dsseEnvelope"', b'"envelope"'), "cannot be read"),
        ((b'"payload":"', b'"payload":"*'), "cannot be read"),
    ],
)
def test_what_is_no_such_bundle_is_said_so(signer, change, said):
    with pytest.raises(NoModelSignature, match=said):
        read_model_signature(signed(signer).replace(*change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b'"a/c"', b'"a.b"'), "lists a file twice"),
        ((b'"algorithm":"sha256"', b'"algorithm":"md5"'), "another digest"),
        ((b'"sha256":"', b'"sha256":"0'), "not that of the files"),
        ((b"in-toto.io/Statement/v1", b"in-toto.io/Statement/v0"), "another kind"),
        ((digest_of(b"two")[7:].encode(), b"zz"), "the digest of b.txt is none"),
    ],
)
def test_a_list_that_contradicts_itself_is_none(signer, change, said):
    payload = statement_over("churn", {path: digest_of(content) for path, content in FILES.items()})
    spoilt = payload.replace(*change)
    assert spoilt != payload
    sealed = write_model_signature(spoilt, b"", public_pem=signer.model_pem)
    with pytest.raises(NoModelSignature, match=said):
        read_model_signature(sealed)


VECTORS = os.environ.get("CAUSEWAY_MODEL_SIGNATURES", "")


@pytest.mark.skipif(not VECTORS, reason="CAUSEWAY_MODEL_SIGNATURES names no folder of reference signatures")
def test_the_reference_signatures_made_with_keys_hold():
    root = Path(VECTORS)
    key = load_pem_public_key((root / "keys" / "certificate" / "signing-key-pub.pem").read_bytes())
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    found = sorted(root.glob("*-elliptic-key/model.sig"))
    assert found
    for path in found:
        made = read_model_signature(path.read_bytes())
        assert verify(public, made.signature, made.signed), path.parent.name
        assert not verify(public, made.signature, made.signed[:-1]), path.parent.name
        for name, digest in made.digests.items():
            file = path.parent / ("signme-1" if name == "." else name)
            if file.is_file() and name != ".":
                assert digest_of(file.read_bytes()) == digest, file
        assert made.hint in {"", hint_of(public)}
        assert not is_as_written(path.read_bytes(), public_pem=public)


REFERENCE = os.environ.get("CAUSEWAY_MODEL_SIGNING", "") or shutil.which("model_signing") or ""


@pytest.mark.skipif(not REFERENCE, reason="the reference implementation (model_signing) is not installed")
def test_the_reference_implementation_takes_our_signature_and_refuses_a_changed_file(signer, tmp_path):
    bundle = tmp_path / "bundle"
    for path, content in FILES.items():
        (bundle / path).parent.mkdir(parents=True, exist_ok=True)
        (bundle / path).write_bytes(content)
    (bundle / "model.sig").write_bytes(signed(signer))

    def verified():
        command = [REFERENCE, "verify", "key", bundle, "--signature", bundle / "model.sig"]
        command += ["--public_key", tmp_path / "keys" / "model-signing.pem"]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    ended = verified()
    assert (ended.returncode, "Verification succeeded" in ended.stdout) == (0, True), ended
    (bundle / "b.txt").write_bytes(b"Two")
    assert verified().returncode != 0

"""Seals what the stages made into an immutable, signed bundle named by the digest of its description."""

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from causeway.actions.lineage import start_of
from causeway.actions.source import digest_file, digest_own_code
from causeway.actions.stages.site import Site
from causeway.actions.stages.step import Made
from causeway.actions.workspace import Workspace, keys_folder
from causeway.adapters import registry
from causeway.adapters.ports import Signer
from causeway.core.bundle import RELEASE, SIGNATURE, BadBundle, BundleSignature, model_key_statement
from causeway.core.features import ColumnMade
from causeway.core.finding import Finding
from causeway.core.ids import canonical_json, digest_of, short, uuid7
from causeway.core.lineage import Story, completed, started
from causeway.core.model_signing import (
    MODEL_SIGNATURE,
    envelope_bytes,
    statement_over,
    write_model_signature,
)
from causeway.core.papers import PROVENANCE, Built, PaperFacts, provenance
from causeway.core.release import Release
from causeway.gateway.models.folder import names_in

LINEAGE = "lineage.json"
READ_ONLY_FILE = 0o444
READ_ONLY_FOLDER = 0o555
WRITABLE_FOLDER = 0o755


class Contents(Struct, frozen=True):
    """Everything that goes into a bundle; `files` maps each path to the digest of bytes in the store."""

    release: Release
    files: dict[str, str]
    findings: tuple[Finding, ...]
    story: Story
    made: tuple[ColumnMade, ...] = ()
    """How each column of the model is made."""
    papers: PaperFacts | None = None
    """What the statement of provenance says; without it there is none."""


class Packaged(Made, frozen=True, kw_only=True):
    """A sealed release, who signed it, and what was found about it."""

    release: Release
    findings: tuple[Finding, ...]
    key_id: str
    made: tuple[ColumnMade, ...] = ()


def package(site: Site, contents: Contents) -> Packaged:
    """The release, signed and unpacked read-only where the gateway finds it."""
    signer = site.workshop.signer(keys_folder())
    described = canonical_json(contents.release)
    release = digest_of(described)
    put = site.work.artifacts.put
    files = {
        **contents.files,
        RELEASE: put(described),
        SIGNATURE: put(canonical_json(release_signature(signer, described))),
        # the times in it differ from run to run, so it lies beside what the release's name covers
        LINEAGE: put(_lineage(site, msgspec.structs.replace(contents.story, release=release))),
    }
    if contents.papers:
        files[PROVENANCE] = put(_provenance(site, contents.papers, files))
    files[MODEL_SIGNATURE] = put(model_signature(signer, contents.release.product, files))
    packaged = Packaged(
        fact=f"release {short(release)}, signed by {signer.key_id}",
        files=files,
        release=contents.release,
        findings=contents.findings,
        key_id=signer.key_id,
        made=contents.made,
    )
    unpack(site, packaged)
    return packaged


def release_signature(signer: Signer, described: bytes) -> BundleSignature:
    """The signature over the bytes of `release.json`, and the word for the key of `model.sig`."""
    vouched = signer.sign(model_key_statement(signer.model_pem))
    return BundleSignature(
        signer.key_id,
        base64.b64encode(signer.sign(described)).decode(),
        signer.model_pem,
        base64.b64encode(vouched).decode(),
    )


def model_signature(signer: Signer, name: str, files: Mapping[str, str]) -> bytes:
    """The OpenSSF model signature over all these files, path to digest."""
    statement = statement_over(name, files)
    signature = signer.sign_model(envelope_bytes(statement))
    return write_model_signature(statement, signature, public_pem=signer.model_pem)


def unpacked(work: Workspace, packaged: Packaged) -> bool:
    """Whether the bundle lies in its place, every byte of it, signed by a key that is trusted here."""
    if packaged.key_id not in registry.trusted_keys(keys_folder()):
        return False
    folder = work.bundle(packaged.release.digest)
    try:
        if set(names_in(folder)) != set(packaged.files):
            return False
    except BadBundle:
        return False
    return all(
        (folder / path).is_file() and digest_file(folder / path) == digest
        for path, digest in packaged.files.items()
    )


def unpack(site: Site, packaged: Packaged) -> None:
    """Puts the bundle in its place whole; one that lies there with other bytes makes way."""
    folder = site.work.bundle(packaged.release.digest)
    if unpacked(site.work, packaged):
        return
    scratch = folder.with_name(f".making-{uuid7(site.work.clock.now())}")
    try:
        for path, digest in packaged.files.items():
            site.work.artifacts.fetch(digest, scratch / path)
            (scratch / path).chmod(READ_ONLY_FILE)
        if folder.exists():
            _remove(folder)
        scratch.chmod(READ_ONLY_FOLDER)
        scratch.replace(folder)
    finally:
        if scratch.exists():
            _remove(scratch)


def _provenance(site: Site, papers: PaperFacts, files: Mapping[str, str]) -> bytes:
    built = Built(site.run, site.started_at, site.work.clock.now(), code=digest_own_code())
    # the signature names the machine's key, and the lineage its own times: neither is what was built
    made = {path: digest for path, digest in files.items() if path not in {SIGNATURE, LINEAGE}}
    return msgspec.json.format(canonical_json(provenance(papers, built, files=made)), indent=1)


def _remove(folder: Path) -> None:
    folder.chmod(WRITABLE_FOLDER)
    shutil.rmtree(folder)


def _lineage(site: Site, story: Story) -> bytes:
    # the very START that the run told when it began
    start = start_of(site.work, site.run) or started(story, at=site.started_at)
    events = [start, completed(story, at=site.work.clock.now())]
    return msgspec.json.format(msgspec.json.encode(events), indent=1)

"""Opens a release's bundle from the workspace, checked byte by byte."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from causeway.actions.workspace import Workspace, keys_folder
from causeway.adapters import registry
from causeway.core.bundle import (
    COLUMNS,
    RELEASE,
    SIGNATURE,
    WHOLE,
    BadBundle,
    BundleSignature,
    check_file,
    check_names,
    check_paths,
    check_signed,
    signed_files,
    verified_release,
)
from causeway.core.errors import NotFound
from causeway.core.features import ColumnMade
from causeway.core.finding import Finding
from causeway.core.ids import short
from causeway.core.model_signing import MODEL_SIGNATURE
from causeway.core.release import Field, Release
from causeway.core.signatures import verify
from causeway.gateway.models.folder import names_in

FINDINGS = "findings.json"
EXAMPLE = "example.json"

Decoded = TypeVar("Decoded")
Row = dict[str, str | float | int | bool | None]

_findings = msgspec.json.Decoder(list[Finding]).decode
_signed = msgspec.json.Decoder(BundleSignature).decode
_example = msgspec.json.Decoder(Row).decode
_columns = msgspec.json.Decoder(tuple[ColumnMade, ...]).decode


class UntrustedSigner(BadBundle):
    """The release is signed by a key that this machine does not trust."""

    code = "untrusted_signer"


class Bundle(Struct, frozen=True):
    """A release whose every byte was checked, what was found when it was made, and one row to try it with."""

    digest: str
    release: Release
    findings: tuple[Finding, ...]
    example: Row
    columns: tuple[ColumnMade, ...] = ()
    """How each column of the model is made; none where an earlier version made the release."""


def open_bundle(work: Workspace, digest: str) -> Bundle:
    """The bundle of this release; refused if one byte of it is not what was signed."""
    bundle = describe(work, digest)
    prove(work.bundle(digest), digest)
    return bundle


def prove(folder: Path, digest: str) -> Release:
    """The release in this folder, once every file in it is what was signed, and none is there besides."""
    signature, trusted = _read(folder, SIGNATURE), trusted_keys()
    release = verified_release(_read(folder, RELEASE), signature, name=digest, trusted=trusted, verify=verify)
    whole = release.format >= WHOLE
    signed = signed_files(
        release,
        signature,
        _read(folder, MODEL_SIGNATURE) if whole else b"",
        trusted=trusted,
        verify=verify,
    )
    check_paths(release)
    check_names(release, signed, names_in(folder) if whole else ())
    for path in signed:
        check_signed(signed, path, _read(folder, path))
    return release


def describe(work: Workspace, digest: str) -> Bundle:
    """What the bundle says of itself, its signature checked; the model's bytes are not read."""
    folder = work.bundle(digest)
    check_signer(work, digest)
    release = verified_release(
        _read(folder, RELEASE),
        _read(folder, SIGNATURE),
        name=digest,
        trusted=trusted_keys(),
        verify=verify,
    )
    check_paths(release)
    example = _parsed(_example, folder, release, EXAMPLE)
    return Bundle(
        digest=digest,
        release=release,
        findings=tuple(_parsed(_findings, folder, release, FINDINGS) or ()),
        example=example or example_row(release.signature.inputs),
        columns=_parsed(_columns, folder, release, COLUMNS) or (),
    )


def check_signer(work: Workspace, digest: str) -> None:
    """Refuses a release whose signature names a key that is not trusted here."""
    try:
        signer = _signed((work.bundle(digest) / SIGNATURE).read_bytes()).key_id
    except (OSError, msgspec.DecodeError):
        # that it is missing or spoilt is told by whoever reads all of the bundle
        return
    if signer not in registry.trusted_keys(keys_folder()):
        raise UntrustedSigner(
            f"release {short(digest)} is signed by {signer}, which is no key of this machine",
            where=str(keys_folder()),
            hint=f"set CAUSEWAY_KEYS to the folder that holds {signer}.pub.pem, or copy that file here; "
            "if it is lost, causeway run signs the release anew",
        )


def trusted_keys() -> tuple[str, ...]:
    """The public halves, in PEM, of the keys whose signatures this machine believes."""
    return tuple(registry.trusted_keys(keys_folder()).values())


def example_row(fields: tuple[Field, ...]) -> Row:
    """One row that the release accepts, made from what its signature says of each column."""
    return {field.name: _example_value(field) for field in fields}


def _example_value(field: Field) -> str | float | int | bool:
    if field.categories:
        return field.categories[0]
    if field.kind == "text":
        # reads as a text and as a number, whichever the release makes of it
        return "1"
    if field.kind == "boolean":
        return False
    middle = ((field.minimum or 0.0) + (field.maximum or field.minimum or 0.0)) / 2
    return round(middle) if field.kind == "integer" else middle


def _read(folder: Path, path: str) -> bytes:
    try:
        return (folder / path).read_bytes()
    except FileNotFoundError:
        if not folder.is_dir():
            raise NotFound(
                f"release {short(folder.name)} is not in this workspace", hint="make it: causeway run"
            ) from None
        raise BadBundle(
            f"{path} is missing from the bundle", where=str(folder), hint="make the release again"
        ) from None


def _checked(folder: Path, release: Release, path: str) -> bytes:
    content = _read(folder, path)
    check_file(release, path, content)
    return content


def _parsed(decode: Callable[[bytes], Decoded], folder: Path, release: Release, path: str) -> Decoded | None:
    if path not in release.files:
        return None
    try:
        return decode(_checked(folder, release, path))
    except msgspec.DecodeError as error:
        raise BadBundle(f"{path} cannot be read: {error}", hint="it was made by another version") from error

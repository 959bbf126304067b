"""Whether the bytes of a bundle are what its name, its signature and its own list of files say."""

import base64
import binascii
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from causeway.core.errors import Refused
from causeway.core.ids import digest_of, short
from causeway.core.release import Release

RELEASE = "release.json"
SIGNATURE = "release.sig"
FEATURES = "features.json"
FUNCTION = "features/"
"""The folder of the modules whose function makes the model's columns."""

Verify = Callable[[str, bytes, bytes], bool]
"""Whether the holder of this public key (PEM) made this signature over these bytes."""


class BadBundle(Refused):
    """The bundle is not what it says it is."""

    code = "bad_bundle"


class BundleSignature(Struct, frozen=True):
    """What `release.sig` holds: who signed the bytes of `release.json`, and the signature in base64."""

    key_id: str
    signature: str


_release = msgspec.json.Decoder(Release).decode
_signature = msgspec.json.Decoder(BundleSignature).decode


def verified_release(
    content: bytes, signature: bytes, *, name: str, trusted: Sequence[str], verify: Verify
) -> Release:
    """The release that these bytes describe, once its name and a trusted signature are proven."""
    if digest_of(content) != name:
        raise BadBundle(
            f"{RELEASE} has the digest {short(digest_of(content))}, the release is named {short(name)}",
            hint="make the release again; never edit a bundle",
        )
    _check_signature(content, signature, trusted=trusted, verify=verify)
    try:
        return _release(content)
    except msgspec.DecodeError as error:
        raise BadBundle(
            f"{RELEASE} cannot be read: {error}", hint="it was made by another version"
        ) from error


def check_file(release: Release, path: str, content: bytes) -> None:
    """Refuses bytes that are not those of this file when the release was made."""
    if digest_of(content) != release.files.get(path):
        raise BadBundle(
            f"{path} is not the file that was released",
            hint="unpack the bundle again; its content does not match its digest",
        )


def check_paths(release: Release) -> None:
    """Refuses a bundle whose list of files leaves its folder or lacks its model."""
    for path in release.files:
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            raise BadBundle(f"the bundle names a file outside itself: {path}")
    if release.model.file not in release.files:
        raise BadBundle(f"the bundle does not list its model {release.model.file}")


def _check_signature(content: bytes, signature: bytes, *, trusted: Sequence[str], verify: Verify) -> None:
    if not trusted:
        raise BadBundle("the route trusts no signing key", hint="ship again: it writes the trusted keys")
    try:
        made = base64.b64decode(_signature(signature).signature, validate=True)
    except (msgspec.DecodeError, binascii.Error, UnicodeDecodeError) as error:
        raise BadBundle(f"{SIGNATURE} cannot be read", hint="make the release again") from error
    if not any(verify(public, made, content) for public in trusted):
        raise BadBundle(
            "the release is not signed by a trusted key",
            hint="make the release again with a key that this route trusts",
        )

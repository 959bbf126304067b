"""What a manifest says will be brought is not missing from the folder."""

import posixpath

from msgspec import structs

from causeway.core.manifest import Manifest
from causeway.core.poc import Poc


def with_brought(poc: Poc, manifest: Manifest | None) -> Poc:
    """The proof of concept, less the missing files that a run brings from outside."""
    paths = (
        {posixpath.normpath(part.path) for part in manifest.data if part.origin} if manifest else set[str]()
    )
    if not paths:
        return poc
    left = (
        sighting
        for sighting in poc.sightings
        if sighting.what != "missing_file" or posixpath.normpath(sighting.value) not in paths
    )
    return structs.replace(poc, sightings=tuple(left))


def brings_training_data(poc: Poc, manifest: Manifest | None) -> bool:
    """Whether what the training reads comes from outside, when it runs."""
    read = {
        posixpath.normpath(name) for name in (poc.training_data.value, *poc.training_data.candidates) if name
    }
    parts = manifest.data if manifest else ()
    return any(part.origin and posixpath.normpath(part.path) in read for part in parts)

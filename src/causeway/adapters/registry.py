"""The one door: every concrete adapter is made here, and imported only when it is asked for."""

from pathlib import Path

from causeway.adapters.ports import ArtifactStore, Signer


def artifact_store(root: Path) -> ArtifactStore:
    """The store of content-addressed files in this folder."""
    from causeway.adapters.artifacts import FolderArtifacts

    return FolderArtifacts(root)


def signer(keys: Path) -> Signer:
    """The signer whose key lies in this folder; made there on first use."""
    from causeway.adapters.signing import FolderSigner

    return FolderSigner(keys)


def trusted_keys(keys: Path) -> dict[str, str]:
    """The public keys in this folder: key id to PEM."""
    from causeway.adapters.signing import read_trusted

    return read_trusted(keys)

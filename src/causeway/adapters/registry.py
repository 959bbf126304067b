"""The one door: every concrete adapter is made here, and imported only when it is asked for."""

from pathlib import Path

from causeway.adapters.ports import ArtifactStore


def artifact_store(root: Path) -> ArtifactStore:
    """The store of content-addressed files in this folder."""
    from causeway.adapters.artifacts import FolderArtifacts

    return FolderArtifacts(root)

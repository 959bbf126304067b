"""The seams: what Causeway asks of the outside, as protocols. Concrete adapters lie beside this file."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

Say = Callable[[str], None]
"""Where a long step tells what it is doing."""


class ArtifactStore(Protocol):
    """Contents named by the digest of their bytes; what is read back is what was put."""

    def put(self, content: bytes) -> str:
        """Keeps these bytes; their digest."""
        ...

    def put_file(self, path: Path) -> str:
        """Keeps a copy of this file; the digest of its bytes."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes of this name, checked against it; raises NotFound, or OutsideError when they changed."""
        ...

    def has(self, digest: str) -> bool:
        """Whether these bytes are here, whole."""
        ...

    def fetch(self, digest: str, into: Path) -> None:
        """Writes a checked copy of these bytes to the path `into`."""
        ...


class Signer(Protocol):
    """Signs in the name of this machine; whether a signature holds is `core.signatures.verify`."""

    @property
    def key_id(self) -> str:
        """The name of the key."""
        ...

    @property
    def public_pem(self) -> str:
        """The public half, PEM."""
        ...

    def sign(self, content: bytes) -> bytes:
        """The signature over these bytes."""
        ...

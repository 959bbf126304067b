"""Artefacts as files named by the digest of their bytes, in a folder of this machine."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from causeway.core.errors import NotFound, OutsideError, remedy
from causeway.core.ids import DIGEST_PREFIX, digest_of

CHUNK_BYTES = 1 << 20
READ_ONLY = 0o444


class FolderArtifacts:
    """A store that writes each content once, whole or not at all, and checks it on every read."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, content: bytes) -> str:
        """Keeps these bytes; their digest."""
        digest = digest_of(content)
        place = self._place(digest)
        if not self.has(digest):
            with _writing(place) as scratch:
                scratch.write_bytes(content)
        return digest

    def put_file(self, path: Path) -> str:
        """Keeps a copy of this file; the digest of its bytes."""
        digest = _digest_of_file(path)
        place = self._place(digest)
        if not self.has(digest):
            with _writing(place) as scratch:
                shutil.copyfile(path, scratch)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of this name, checked against it."""
        content = self._read(digest)
        if digest_of(content) != digest:
            raise OutsideError(
                f"artefact {digest} has changed on disk",
                where=str(self._place(digest)),
                hint="delete that file and run again, or restore a backup",
            )
        return content

    def has(self, digest: str) -> bool:
        """Whether these bytes are here, whole."""
        place = self._place(digest)
        return place.is_file() and _digest_of_file(place) == digest

    def digests(self) -> list[str]:
        """The names of all that is kept, sorted."""
        return sorted(DIGEST_PREFIX + path.name for path in self.root.glob("??/[0-9a-f]*"))

    def fetch(self, digest: str, into: Path) -> None:
        """Writes a checked copy of these bytes to the path `into`."""
        content = self.get(digest)
        with _writing(into) as scratch:
            scratch.write_bytes(content)

    def _place(self, digest: str) -> Path:
        name = digest.removeprefix(DIGEST_PREFIX)
        return self.root / name[:2] / name

    def _read(self, digest: str) -> bytes:
        try:
            return self._place(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(
                f"artefact {digest} is not in the store",
                where=str(self.root),
                hint="run again to make it, or restore a backup",
            ) from None


class _writing:  # noqa: N801 - reads as what it does
    """A scratch file beside `place` that becomes it when the block ends well."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __enter__(self) -> Path:
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.place.parent, prefix=".writing-")
        except OSError as error:
            raise self._failed(error) from error
        os.close(handle)
        self.scratch = Path(name)
        return self.scratch

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            if error is None:
                with self.scratch.open("rb") as stream:
                    os.fsync(stream.fileno())
                self.scratch.chmod(READ_ONLY)
                self.scratch.replace(self.place)
        except OSError as late:
            error = late
        self.scratch.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> OutsideError:
        return OutsideError(f"cannot write {self.place}: {error.strerror}", hint=remedy(error))


def _digest_of_file(path: Path) -> str:
    summed = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            summed.update(chunk)
    return DIGEST_PREFIX + summed.hexdigest()

"""Segments in an object store, or wherever else fsspec can write."""

from collections.abc import Callable
from typing import TypeVar

import fsspec

from causeway.core.errors import CausewayError, MissingExtra, NotFound, OutsideError
from causeway.core.ids import digest_of

Result = TypeVar("Result")


class ObjectSegments:
    """Files below an address; each is written by one call, which the store takes whole or not at all."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._told = url.partition("://")[0] + "://..."
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            raise MissingExtra(
                f"{self._told} needs another package: {error.name or error}",
                hint=f"install with: pip install {error.name or 'the package it names'}",
            ) from None
        except ValueError as error:
            raise OutsideError(
                f"segments cannot lie at {self._told}: {error}", hint="mend CAUSEWAY_SEGMENTS"
            ) from None

    def put(self, name: str, content: bytes) -> None:
        """Puts all of this there, or nothing."""

        def put() -> None:
            place = self._place(name)
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(place, content)

        self._tried(put)

    def source(self, name: str) -> bytes:
        """The file's bytes; refused where it is not there."""
        content = self.content(name)
        if content is None:
            raise NotFound(f"there is no segment {name} at {self._told}", hint="see: causeway verify")
        return content

    def content(self, name: str) -> bytes | None:
        """All of its bytes; None where it is not there."""

        def read() -> bytes | None:
            try:
                # what another process wrote may not be in this one's listing yet
                self._files.invalidate_cache()
                return bytes(self._files.cat_file(self._place(name)))
            except FileNotFoundError:
                return None

        return self._tried(read)

    def digest(self, name: str) -> str | None:
        """The digest of its bytes; None where it is not there."""
        content = self.content(name)
        return None if content is None else digest_of(content)

    def remove(self, name: str) -> None:
        """Takes it away, if it is there."""

        def remove() -> None:
            try:
                self._files.rm_file(self._place(name))
            except FileNotFoundError:
                return

        self._tried(remove)

    def _place(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _tried(self, act: Callable[[], Result]) -> Result:
        try:
            return act()
        except CausewayError:
            raise
        except Exception as error:  # noqa: BLE001 - every store has errors of its own, which may hold its keys
            raise OutsideError(
                f"the store of segments {self._told} failed: {type(error).__name__}",
                hint="check that it answers, and that this account may read, write and remove there",
            ) from None
